#include "gateway/provider/cookie.h"

#include <doctest/doctest.h>

using namespace gateway;
using namespace gateway::provider;

TEST_CASE("all cookies of the name are found, in any Cookie field, and no others") {
  RequestHead head;
  head.fields = {{"Cookie", "a=1; portcullis=one;portcullis = no; xportcullis=2"},
                 {"X-Cookie", "portcullis=three"},
                 {"cookie", "portcullis=t=wo ;  portcullis; ;"},
                 {"COOKIE", ""}};
  const auto found = cookie_values(head, "portcullis");
  REQUIRE(found.size() == 2);
  CHECK(found[0] == "one");
  CHECK(found[1] == "t=wo");
  CHECK(cookie_values(head, "__Host-portcullis").empty());
}

TEST_CASE("over https the cookie is bound to its host, and never readable by script") {
  CHECK(set_cookie(true, "ID") == "__Host-portcullis=ID; Path=/; HttpOnly; SameSite=Lax; Secure");
  CHECK(set_cookie(false, "ID") == "portcullis=ID; Path=/; HttpOnly; SameSite=Lax");
  CHECK(clear_cookie(false) == "portcullis=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
}
