// Which callbacks a client may name, and what is added to them.

#include "gateway/provider/callback.h"

#include <doctest/doctest.h>

using namespace gateway::provider;
using store::CallbackMatch;

namespace {

store::Client client(CallbackMatch how, std::vector<std::string> registered) {
  store::Client out;
  out.key = "K";
  out.callback_match = how;
  out.redirect_uris = std::move(registered);
  return out;
}

struct Case {
  CallbackMatch how;
  const char* registered;
  const char* asked;
  bool may;
};

}  // namespace

TEST_CASE("a callback is matched as the client's setting says") {
  using enum CallbackMatch;
  const Case kCases[] = {
      {Exact, "https://a.example/cb", "https://a.example/cb", true},
      {Exact, "https://a.example/cb?x=1", "https://a.example/cb?x=1", true},
      {Exact, "https://a.example/cb", "https://a.example/cb/", false},
      {Exact, "https://a.example/cb", "https://a.example/cb?x", false},
      {Exact, "https://a.example/cb", "https://A.example/cb", false},
      {Exact, "http://127.0.0.1/cb", "http://127.0.0.1:9/cb", false},
      {Exact, "myapp:/cb", "myapp:/cb", true},

      {IgnoreQuery, "https://a.example/cb", "https://a.example/cb?x=1&y", true},
      {IgnoreQuery, "https://a.example/cb?z=2", "https://a.example/cb", true},
      {IgnoreQuery, "https://a.example/cb", "https://A.EXAMPLE:443/cb?x", true},
      {IgnoreQuery, "https://a.example", "https://a.example/?x", true},
      {IgnoreQuery, "https://a.example/cb", "https://a.example/cb/", false},
      {IgnoreQuery, "https://a.example/cb", "https://a.example/CB", false},
      {IgnoreQuery, "https://a.example/cb", "http://a.example/cb", false},
      {IgnoreQuery, "https://a.example/cb", "https://a.example:8443/cb", false},
      {IgnoreQuery, "https://a.example/cb", "https://a.example.evil/cb", false},
      {IgnoreQuery, "http://127.0.0.1:1/cb", "http://127.0.0.1:61234/cb?x", true},
      {IgnoreQuery, "http://127.a.example:1/cb", "http://127.a.example:2/cb", false},
      {IgnoreQuery, "http://[::1]/cb", "http://[::1]:61234/cb", true},
      {IgnoreQuery, "http://localhost/cb", "http://localhost:61234/cb", false},
      {IgnoreQuery, "myapp:/cb", "myapp:/cb?x", true},
      {IgnoreQuery, "myapp:/cb", "other:/cb?x", false},

      {Prefix, "https://a.example/cb", "https://a.example/cb", true},
      {Prefix, "https://a.example/cb", "https://a.example/cb/x/y?q", true},
      {Prefix, "https://a.example/cb/", "https://a.example/cb/x", true},
      {Prefix, "https://a.example", "https://a.example/anything", true},
      {Prefix, "https://a.example/cb", "https://a.example/cbx", false},
      {Prefix, "https://a.example/cb", "https://a.example/c", false},
      {Prefix, "https://a.example/cb", "https://a.example/cb/../admin", false},
      {Prefix, "https://a.example/cb", "https://a.example/cb/%2e%2e/admin", false},
      {Prefix, "https://a.example/cb", "https://a.example/cb/%2E./admin", false},
      {Prefix, "https://a.example/cb", "https://a.example/cb/..%2fadmin", false},
      {Prefix, "https://a.example/cb", "https://a.example/cb/..%5cadmin", false},
      {Prefix, "https://a.example/cb", "https://a.example/cb/%252e%252e/admin", false},
      {Prefix, "https://a.example/cb", "https://a.example/cb/..;x/admin", false},
      {Prefix, "https://a.example/cb", "https://evil.example/cb/", false},
      {Prefix, "https://a.example/cb", "https://a.example@evil.example/cb", false},
      {Prefix, "http://127.0.0.1/cb", "http://127.0.0.1:5000/cb/x", true},
      {Prefix, "myapp:/cb", "myapp:/cb/x", true},
      {Prefix, "myapp:/cb", "myapp:/cbx", false},

      {Any, "https://a.example/cb", "https://b.example/", true},
      {Any, "https://a.example/cb", "myapp:x", true},
      {Any, "https://a.example/cb", "javascript:alert(1)", false},
      {Any, "https://a.example/cb", "https://b.example/#f", false},
      {Any, "https://a.example/cb", "/relative", false},
      {Any, "https://a.example/cb", "oob", false},
      {Any, "https://a.example/cb", "https://b.example/\r\nX: y", false},
  };
  for (const Case& row : kCases) {
    CAPTURE(row.registered);
    CAPTURE(row.asked);
    CHECK(may_call_back(client(row.how, {row.registered}), row.asked) == row.may);
  }
}

TEST_CASE("any of several redirect URIs will do, and without one nothing does") {
  CHECK(may_call_back(client(CallbackMatch::Exact, {"https://a/1", "https://a/2"}), "https://a/2"));
  for (const auto how : {CallbackMatch::Exact, CallbackMatch::IgnoreQuery, CallbackMatch::Prefix}) {
    CHECK_FALSE(may_call_back(client(how, {}), "https://a/2"));
  }
}

TEST_CASE("a client that may do without a callback says oob, and no other") {
  store::Client one = client(CallbackMatch::Exact, {});
  CHECK_FALSE(may_call_back(one, "oob"));
  one.allow_oob = true;
  CHECK(may_call_back(one, "oob"));
  CHECK_FALSE(may_call_back(one, "OOB"));
}

TEST_CASE("parameters go behind the callback's own query") {
  const struct {
    const char* callback;
    const char* expected;
  } kCases[] = {
      {"https://a/cb", "https://a/cb?oauth_token=T%26&v=%C3%A9"},
      {"https://a/cb?keep=1%202", "https://a/cb?keep=1%202&oauth_token=T%26&v=%C3%A9"},
      {"https://a/cb?", "https://a/cb?oauth_token=T%26&v=%C3%A9"},
      {"https://a/cb?x&", "https://a/cb?x&oauth_token=T%26&v=%C3%A9"},
      {"https://a", "https://a?oauth_token=T%26&v=%C3%A9"},
      {"myapp:/cb", "myapp:/cb?oauth_token=T%26&v=%C3%A9"},
  };
  for (const auto& row : kCases) {
    CHECK(with_parameters(row.callback, {{"oauth_token", "T&"}, {"v", "é"}}) == row.expected);
  }
}

TEST_CASE("origin and host of a callback are what browsers and people know it by") {
  CHECK(policy_source("https://App.example:443/cb?x") == "https://app.example");
  CHECK(policy_source("http://127.0.0.1:8000/") == "http://127.0.0.1:8000");
  CHECK(policy_source("MyApp:/cb") == "myapp:");
  for (const char* host : {"[::1]:8000", "a;sandbox", "a,b", "a_b", "*", "'self'", "%41"}) {
    CHECK(policy_source("http://" + std::string(host) + "/cb") == "http:");
  }
  CHECK(shown_host("https://App.example:8443/cb") == "app.example:8443");
  CHECK(shown_host("com.example.app:/cb") == "com.example.app:");
}
