#include "gateway/routing/endpoints.h"

#include <algorithm>

namespace gateway::routing {
namespace {

constexpr Endpoint kAll[] = {Endpoint::RequestToken, Endpoint::Authorize, Endpoint::AccessToken,
                             Endpoint::Revoke,       Endpoint::SignIn,    Endpoint::SignOut,
                             Endpoint::Grants,       Endpoint::Errors};

}  // namespace

bool is_signed(Endpoint endpoint) {
  return endpoint == Endpoint::RequestToken || endpoint == Endpoint::AccessToken ||
         endpoint == Endpoint::Revoke;
}

std::optional<Endpoint> Endpoints::find(bool page_host, std::string_view path) const {
  if (!settings_.provider.enabled) return std::nullopt;
  const bool apart = settings_.provider.host.has_value();
  for (const Endpoint endpoint : kAll) {
    if (this->path(endpoint) != path) continue;
    if (!apart || is_signed(endpoint) != page_host) return endpoint;
  }
  return std::nullopt;
}

const std::string& Endpoints::path(Endpoint endpoint) const {
  const conf::OAuth& oauth = settings_.oauth;
  const conf::Provider& provider = settings_.provider;
  switch (endpoint) {
    case Endpoint::RequestToken:
      return oauth.request_token_path;
    case Endpoint::Authorize:
      return oauth.authorize_path;
    case Endpoint::AccessToken:
      return oauth.access_token_path;
    case Endpoint::Revoke:
      return provider.revoke_path;
    case Endpoint::SignIn:
      return provider.sign_in_path;
    case Endpoint::SignOut:
      return provider.sign_out_path;
    case Endpoint::Grants:
      return provider.grants_path;
    case Endpoint::Errors:
      break;
  }
  return oauth.error_uri;
}

std::string_view Endpoints::allowed(Endpoint endpoint) const {
  if (endpoint == Endpoint::Errors) return "GET, HEAD";
  if (!is_signed(endpoint)) return "GET, HEAD, POST";
  const auto& methods = settings_.oauth.token_methods;
  if (methods.size() == 2) return "POST, GET";
  return methods.front() == "POST" ? "POST" : "GET";
}

bool Endpoints::allows(Endpoint endpoint, std::string_view method) const {
  if (is_signed(endpoint)) {
    const auto& methods = settings_.oauth.token_methods;
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  }
  return method == "GET" || method == "HEAD" || (method == "POST" && endpoint != Endpoint::Errors);
}

}  // namespace gateway::routing
