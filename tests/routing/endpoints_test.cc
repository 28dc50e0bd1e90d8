#include "gateway/routing/endpoints.h"

#include <doctest/doctest.h>

#include "conf/settings.h"

using gateway::routing::Endpoint;
using gateway::routing::Endpoints;

namespace {

constexpr Endpoint kSigned[] = {Endpoint::RequestToken, Endpoint::AccessToken, Endpoint::Revoke};
constexpr Endpoint kPages[] = {Endpoint::Authorize, Endpoint::SignIn, Endpoint::SignOut,
                               Endpoint::Grants, Endpoint::Errors};

}  // namespace

TEST_CASE("each address is found by its path, byte for byte") {
  const conf::Settings settings;
  const Endpoints endpoints(settings);
  const std::pair<const char*, std::optional<Endpoint>> cases[] = {
      {"/oauth/request_token", Endpoint::RequestToken},
      {"/oauth/authorize", Endpoint::Authorize},
      {"/oauth/access_token", Endpoint::AccessToken},
      {"/oauth/revoke_token", Endpoint::Revoke},
      {"/oauth/sign_in", Endpoint::SignIn},
      {"/oauth/sign_out", Endpoint::SignOut},
      {"/oauth/grants", Endpoint::Grants},
      {"/oauth/errors", Endpoint::Errors},
      {"/oauth/Authorize", std::nullopt},
      {"/oauth/authorize/", std::nullopt},
      {"/oauth/%61uthorize", std::nullopt},
      {"/oauth", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [path, endpoint] : cases) {
    CAPTURE(path);
    CHECK(endpoints.find(false, path) == endpoint);
  }
}

TEST_CASE("with a host of their own, pages are there and nowhere else") {
  conf::Settings settings;
  settings.provider.host = "login.example";
  const Endpoints endpoints(settings);
  for (const Endpoint page : kPages) {
    CHECK(endpoints.find(true, endpoints.path(page)) == page);
    CHECK(!endpoints.find(false, endpoints.path(page)));
  }
  for (const Endpoint one : kSigned) {
    CHECK(!endpoints.find(true, endpoints.path(one)));
    CHECK(endpoints.find(false, endpoints.path(one)) == one);
  }
}

TEST_CASE("a provider that is switched off has no address") {
  conf::Settings settings;
  settings.provider.enabled = false;
  const Endpoints endpoints(settings);
  for (const Endpoint page : kPages) CHECK(!endpoints.find(false, endpoints.path(page)));
  for (const Endpoint one : kSigned) CHECK(!endpoints.find(false, endpoints.path(one)));
}

TEST_CASE("clients ask by the methods that are set, browsers by theirs") {
  struct Case {
    std::vector<std::string> token_methods;
    const char* allowed;
    bool get, post;
  };
  const Case cases[] = {{{"POST", "GET"}, "POST, GET", true, true},
                        {{"POST"}, "POST", false, true},
                        {{"GET"}, "GET", true, false}};
  for (const Case& one : cases) {
    conf::Settings settings;
    settings.oauth.token_methods = one.token_methods;
    const Endpoints endpoints(settings);
    for (const Endpoint endpoint : kSigned) {
      CHECK(endpoints.allowed(endpoint) == one.allowed);
      CHECK(endpoints.allows(endpoint, "GET") == one.get);
      CHECK(endpoints.allows(endpoint, "POST") == one.post);
      CHECK(!endpoints.allows(endpoint, "HEAD"));
      CHECK(!endpoints.allows(endpoint, "PUT"));
    }
    for (const Endpoint page : kPages) {
      CHECK(endpoints.allows(page, "GET"));
      CHECK(endpoints.allows(page, "HEAD"));
      CHECK(endpoints.allows(page, "POST") == (page != Endpoint::Errors));
      CHECK(!endpoints.allows(page, "DELETE"));
    }
  }
}
