// What the provider's own addresses want of a client besides its signature.

#include "gateway/cli/explain.h"
#include "gateway/provider/callback.h"
#include "verify/rejection.h"

namespace gateway::cli {
namespace {

using verify::Reason;

Cause cause(Reason reason, const std::string& more) {
  return {std::string(verify::name(reason)), std::string(verify::sentence(reason)) + ' ' + more};
}

std::vector<Cause> of_request_token(const AtProvider& at, const verify::Claim& claim,
                                    const store::Client& client) {
  if (claim.has_token()) {
    return {cause(Reason::ParameterMalformed,
                  "A request token is asked for without oauth_token: leave it out.")};
  }
  const std::string_view callback = claim.callback.value_or("");
  if (!callback.empty()) {
    if (provider::may_call_back(client, callback)) return {};
    return {cause(Reason::CallbackRefused,
                  "portcullis client show has those that are, and how they are compared.")};
  }
  if (at.default_callback && !client.redirect_uris.empty()) return {};
  return {cause(Reason::ParameterAbsent,
                "Send oauth_callback, or set oauth.default_callback for old clients.")};
}

// What keeps the request token from being exchanged, in the order of the exchange.
std::vector<Cause> of_exchange(const AtProvider& at, const verify::Claim& claim,
                               const store::RequestToken& token) {
  using store::RequestState;
  if (token.client != claim.client) return {};  // told of as the token's
  if (token.state == RequestState::Spent) {
    return {cause(Reason::TokenUsed, "The client has to ask for a new request token.")};
  }
  if (token.state == RequestState::Refused) {
    return {cause(Reason::UserRefused, "The client has to ask for a new request token.")};
  }
  if (token.expires <= at.now) {
    return {cause(Reason::TokenExpired, "oauth.request_token_lifetime says how long it is good.")};
  }
  if (token.state == RequestState::Issued) {
    return {cause(Reason::TokenNotAuthorized, "The user's browser has to visit the consent page.")};
  }
  if (token.verifier == verify::Secret(claim.verifier.value_or(""))) return {};
  return {cause(Reason::VerifierWrong,
                "It is the one that the callback got, or that the user typed in.")};
}

std::vector<Cause> of_renewal(const verify::Claim& claim, const store::Client& client,
                              const store::Token& token) {
  const bool fits = client.renewable && token.session_handle &&
                    *token.session_handle == verify::Secret(*claim.session_handle);
  if (fits) return {};
  return {cause(Reason::SessionHandleWrong,
                client.renewable ? "Send the one that came with this token."
                                 : "portcullis client update --renewable lets it renew.")};
}

}  // namespace

store::Result<std::vector<Cause>> provider_causes(const AtProvider& at, const verify::Claim& claim,
                                                  const store::Client& client,
                                                  store::Credentials::Reader& reader) {
  if (at.endpoint == routing::Endpoint::RequestToken) return of_request_token(at, claim, client);
  if (at.endpoint != routing::Endpoint::AccessToken || !claim.has_token()) {
    return std::vector<Cause>();
  }
  if (claim.renews()) {
    const auto token = reader.token(*claim.token);
    if (token) return of_renewal(claim, client, *token);
    if (token.error().kind != store::Error::Kind::NotFound) return token.failure();
    return std::vector<Cause>();
  }
  if (!claim.verifier || claim.verifier->empty()) {
    return std::vector<Cause>{
        cause(Reason::ParameterAbsent, "Send the oauth_verifier that the callback got.")};
  }
  const auto token = reader.request_token(*claim.token);
  if (token) return of_exchange(at, claim, *token);
  if (token.error().kind != store::Error::Kind::NotFound) return token.failure();
  return std::vector<Cause>{
      {"request_token_unknown",
       "At this address oauth_token is a request token, and the store has none of this name."}};
}

}  // namespace gateway::cli
