#include "gateway/auth/identity_lines.h"

#include <doctest/doctest.h>

TEST_CASE("identity lines name what was proven, with what no field could hold encoded") {
  conf::Headers headers;
  headers.client = "Who-Called";
  CHECK(gateway::auth::identity_lines({"key", "alice", "email photos", "7f"}, headers) ==
        "Who-Called: key\r\nX-OAuth-User: alice\r\nX-OAuth-Realms: email photos\r\n"
        "X-OAuth-Token-Id: 7f\r\n");
  CHECK(gateway::auth::identity_lines({"k!~", "", "", ""}, headers) == "Who-Called: k!~\r\n");
  CHECK(gateway::auth::identity_lines({"", "a b%\r\n\x7f\xC3\xA9", "", ""}, headers) ==
        "X-OAuth-User: a%20b%25%0D%0A%7F%C3%A9\r\n");
  CHECK(gateway::auth::identity_lines({}, headers).empty());
}
