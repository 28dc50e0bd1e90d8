#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/http/target.h"

using gateway::http::parse_target;
using gateway::http::Target;

TEST_CASE("targets are taken apart without changing a byte") {
  struct Case {
    std::string method, target, path, origin, authority, scheme;
  };
  const std::vector<Case> cases = {
      {"GET", "/", "/", "/", "", ""},
      {"GET", "/a%2Fb;v=1?x=%zz&y=%00", "/a%2Fb;v=1", "/a%2Fb;v=1?x=%zz&y=%00", "", ""},
      {"GET", "/?", "/", "/?", "", ""},
      {"GET", "/a??b=/c", "/a", "/a??b=/c", "", ""},
      {"GET", "/-._~!$&'()*+,;=:@/%7e", "/-._~!$&'()*+,;=:@/%7e", "/-._~!$&'()*+,;=:@/%7e", "", ""},
      {"GET", "/q?[]{}<>\"|^`\\'", "/q", "/q?[]{}<>\"|^`\\'", "", ""},
      {"GET", "//b/c", "//b/c", "//b/c", "", ""},
      {"OPTIONS", "*", "*", "*", "", ""},
      {"GET", "http://h.example/a?b", "/a", "/a?b", "h.example", "http"},
      {"GET", "HTTPS://H.example:8443", "/", "/", "H.example:8443", "https"},
      {"GET", "http://[::1]:80/", "/", "/", "[::1]:80", "http"},
      {"OPTIONS", "http://h", "*", "*", "h", "http"},
      {"OPTIONS", "http://h/", "/", "/", "h", "http"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.target);
    Target out;
    std::string why;
    REQUIRE_MESSAGE(parse_target(c.method, c.target, out, why), why);
    CHECK(out.path == c.path);
    CHECK(out.origin == c.origin);
    CHECK(out.authority == c.authority);
    CHECK(out.scheme == c.scheme);
  }
}

TEST_CASE("targets that a gate can't decide on are refused with a sentence") {
  struct Case {
    std::string method, target, why;
  };
  const std::vector<Case> cases = {
      {"GET", "", "a target without a leading slash: \"\""},
      {"GET", "*", "a target for OPTIONS only: \"*\""},
      {"OPTIONS", "**", "a target without a leading slash: \"**\""},
      {"CONNECT", "h.example:443", "a target without a leading slash: \"h.example:443\""},
      {"GET", "a/b", "a target without a leading slash: \"a/b\""},
      {"GET", "ftp://h/", "a target of another scheme than http and https: \"ftp\""},
      {"GET", "://h/", "a target of another scheme than http and https: \"\""},
      {"GET", "http:///a", "a faulty authority in the target: \"\""},
      {"GET", "http://a b/", "a faulty authority in the target: \"a b\""},
      {"GET", "http://h:port/", "a faulty authority in the target: \"h:port\""},
      {"GET", "http://h.example./", "a faulty authority in the target: \"h.example.\""},
      {"GET", "http://%68/", "a faulty authority in the target: \"%68\""},
      {"GET", "http://joe:secret@h/", "user information in the target"},
      {"GET", "http://h?q", "a target without a path: \"http://h?q\""},
      {"GET", "/a#b", "a fragment in the target: \"#\""},
      {"GET", "/a?b#", "a fragment in the target: \"#\""},
      {"GET", "http://h#f", "a target without a path: \"http://h#f\""},
      {"GET", "/a%", "a faulty percent-encoding in the path: \"%\""},
      {"GET", "/a%4", "a faulty percent-encoding in the path: \"%4\""},
      {"GET", "/a%4g/", "a faulty percent-encoding in the path: \"%4g\""},
      {"GET", "/a%00b", "a NUL in the path: \"%00\""},
      {"GET", "http://h/%00", "a NUL in the path: \"%00\""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.target);
    Target out;
    std::string why;
    CHECK_FALSE(parse_target(c.method, c.target, out, why));
    CHECK(why == c.why);
  }
}

TEST_CASE("each byte is allowed where RFC 3986 has it, and in a query if it is visible") {
  const std::string in_path =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/";
  for (int c = 0; c < 256; ++c) {
    CAPTURE(c);
    const char byte = static_cast<char>(c);
    const bool visible = c > 0x20 && c < 0x7f;
    Target out;
    std::string why;
    const std::string path = std::string("/") + byte, query = std::string("/?") + byte;
    CHECK(parse_target("GET", path, out, why) ==
          (byte == '?' || (byte && in_path.find(byte) != std::string::npos)));
    CHECK(parse_target("GET", query, out, why) == (visible && byte != '#'));
  }
}
