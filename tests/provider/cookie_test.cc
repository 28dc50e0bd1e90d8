#include "gateway/provider/cookie.h"

#include <doctest/doctest.h>

using namespace gateway;
using namespace gateway::provider;

TEST_CASE("all cookies of the name are found, in any Cookie field, and no others") {
  http::RequestHead head;
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

TEST_CASE("what a browser is known by is for the sign-in page alone, an id for each user") {
  const std::string a(27, 'a'), b(27, 'b');
  CHECK(set_known_cookie(true, "/oauth/sign_in", {a, b}) ==
        "__Secure-portcullis-known=" + a + "." + b +
            "; Path=/oauth/sign_in; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure");
  CHECK(set_known_cookie(false, "/x", {a}) ==
        "portcullis-known=" + a + "; Path=/x; Max-Age=34560000; HttpOnly; SameSite=Lax");
  const std::vector<std::string> many(kMostKnownIds + 1, a);
  const std::string cookie = set_known_cookie(false, "/", many);
  CHECK(cookie.substr(0, cookie.find(';')).size() == 16 + 28 * kMostKnownIds);
}

TEST_CASE("ids of a known browser are read as they were set, and no more of them than could be") {
  const std::string a(27, 'a'), b(27, 'b');
  http::RequestHead head;
  const std::string value = "portcullis-known=" + a + "." + b + "; portcullis-known=x.." +
                            b.substr(1) + ".; " + "portcullis-known=" + b +
                            "; __Secure-portcullis-known=" + a;
  head.fields = {{"Cookie", value}};
  CHECK(known_ids(head, false) == std::vector<std::string>{a, b, b});
  CHECK(known_ids(head, true) == std::vector<std::string>{a});
  std::string long_one = "portcullis-known=";
  for (int i = 0; i < 1000; ++i) long_one += a + ".";
  head.fields = {{"Cookie", long_one}};
  CHECK(known_ids(head, false).size() == 2 * kMostKnownIds);
}
