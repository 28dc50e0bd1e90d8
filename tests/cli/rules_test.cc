// What a client's record must fulfil before it is stored.

#include "gateway/cli/rules.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/provider/callback.h"
#include "tests/cli/harness.h"

namespace cli = gateway::cli;

TEST_CASE("a redirect URI is absolute, has no fragment, and runs nothing in a browser") {
  for (const std::string uri :
       {"https://app.example/callback", "http://127.0.0.1:8000/", "http://[::1]/cb",
        "https://app.example", "https://app.example/cb?a=1&b=%20", "com.example.app:/cb",
        "com.example.app://host/cb", "myapp:x", "HTTPS://APP.example/"}) {
    CAPTURE(uri);
    CHECK(!gateway::provider::redirect_error(uri));
  }
  struct Case {
    std::string uri, said;
  };
  const std::vector<Case> cases{
      {"", "not absolute"},
      {"oob", "--allow-oob"},
      {"/callback", "not absolute"},
      {"app.example/callback", "not absolute"},
      {"//app.example/callback", "not absolute"},
      {"1a:b", "not absolute"},
      {"javascript:alert(1)", "must not have the scheme javascript"},
      {"JavaScript:alert(1)", "must not have the scheme javascript"},
      {"data:text/html,x", "must not have the scheme data"},
      {"vbscript:x", "must not have the scheme vbscript"},
      {"file:///etc/passwd", "must not have the scheme file"},
      {"blob:https://a/b", "must not have the scheme blob"},
      {"java\tscript:x", "not absolute"},
      {"https://app.example/#x", "fragment"},
      {"myapp:/a#", "fragment"},
      {"https://app.example/a b", "percent-encode"},
      {"https://app.example/a\nb", "percent-encode"},
      {"https://app.example/\xc3\xbc", "percent-encode"},
      {"https://app.example/\"", "percent-encode"},
      {"https://app.example\\@evil/", "percent-encode"},
      {"https://user@app.example/", "needs a host"},
      {"https:app.example", "needs a host"},
      {"http:///x", "needs a host"},
      {"http://h:x/", "needs a host"},
      {"myapp:", "nothing after its scheme"},
  };
  for (const Case& c : cases) {
    const auto wrong = gateway::provider::redirect_error(c.uri);
    CAPTURE(c.uri);
    REQUIRE(wrong);
    CAPTURE(*wrong);
    CHECK(tests::has(*wrong, c.said));
  }
}

TEST_CASE("default realms are among the client's realms") {
  store::Client client;
  client.key = "K";
  client.secrets.push_back({verify::Secret(std::string_view("S")), std::nullopt});
  client.default_realms = {"email"};
  CHECK(cli::client_error(client));
  client.realms = {"address", "email"};
  CHECK(!cli::client_error(client));
  client.realms = {"address"};
  CHECK(cli::client_error(client));
}
