#include "conf/field_names.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using conf::FieldRole;

TEST_CASE("field names fold as lenient servers read them") {
  CHECK(conf::folded("X_OAuth.User-Id") == "x-oauth-user-id");
  CHECK(conf::folded("!#$%&'*+-.^_`|~A1\xC3") == "---------------a1-");
  CHECK(conf::folded("") == "");
  CHECK(conf::folds_to("X~OAuth^User", "x-oauth-user"));
  CHECK_FALSE(conf::folds_to("X-OAuth-Users", "x-oauth-user"));
  CHECK(conf::folds_to_begin("X.OAuth!Any", "x-oauth-"));
  CHECK_FALSE(conf::folds_to_begin("X-OAut", "x-oauth-"));
}

TEST_CASE("a plain name is letters, digits and '-'") {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool plain =
        c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    CAPTURE(byte);
    CHECK(conf::is_plain_name(std::string("X-") + c + "9") == plain);
  }
}

TEST_CASE("the role of a field is told by its name, however it is spelt") {
  struct Case {
    FieldRole role;
    std::vector<std::string> names;
  };
  const Case cases[] = {
      {FieldRole::Hop,
       {"Connection", "TE", "Transfer-Encoding", "Content-Length", "X-Request-Id", "Upgrade"}},
      {FieldRole::Judged, {"Authorization", "Cookie", "Content-Type"}},
      // path and script name
      {FieldRole::Dropped,
       {"Script-Name", "X-Script-Name", "Path-Info", "X-Path-Info", "X-Original-URL",
        "X-Original-URI", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Envoy-Original-Path",
        "X-Replaced-Path", "Request-URI", "X-Middleware-Subrequest"}},
      // method
      {FieldRole::Dropped,
       {"X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Verb",
        "Request-Method", "HTTP-Method-Override", "X-Forwarded-Method"}},
      // host, scheme, address
      {FieldRole::Dropped,
       {"Host",
        "X-Host",
        "X-HTTP-Host-Override",
        "X-Original-Host",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Server",
        "X-Forward-For",
        "X-Forward-Proto",
        "Forwarded-For",
        "Front-End-Https",
        "Client-IP",
        "X-Client-IP",
        "X-Real-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "Fastly-Client-IP",
        "X-Cluster-Client-IP",
        "X-Azure-ClientIP",
        "X-AppEngine-User-IP",
        "WL-Proxy-Client-IP",
        "Remote-Addr",
        "HTTP-X-Forwarded-For"}},
      // user
      {FieldRole::Dropped,
       {"Remote-User", "X-Remote-User", "Auth-Type", "HTTP-Remote-User", "X-Auth-Request-User",
        "X-WebAuth-User", "X-MS-Client-Principal", "X_Goog_Authenticated_User_Email"}},
      {FieldRole::Other,
       {"Accept", "User-Agent", "X-Client", "Referer", "HTTP-Referer", "Content-Encoding", "X",
        "X-Forward", "X-Auth-User", "Client", "Remote", "Script", "X-Original-Filename", "Method",
        "-", ""}},
  };
  for (const Case& c : cases) {
    for (std::string name : c.names) {
      CAPTURE(name);
      CHECK(conf::role_of(name) == c.role);
      for (const char other : {'_', '.', '~', '!'}) {
        std::string twin = name;
        for (char& byte : twin) {
          if (byte == '-') byte = other;
        }
        CHECK(conf::role_of(twin) == c.role);
        for (char& byte : twin) {
          if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 'a' + 'A');
        }
        CHECK(conf::role_of(twin) == c.role);
      }
    }
  }
}
