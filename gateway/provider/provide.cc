#include "gateway/provider/provider.h"

#include "gateway/provider/browser.h"

namespace gateway::provider {

Step find_endpoint(Exchange& x) {
  const Endpoints& endpoints = x.gate.endpoints;
  x.endpoint = endpoints.find(x.external->pages_only, x.target.path);
  if (!x.endpoint) return x.external->pages_only ? stop({.fault = Fault::NoRoute}) : nullptr;
  if (!endpoints.allows(*x.endpoint, x.request.method)) {
    return stop(
        {.fault = Fault::MethodNotAllowed, .allow = std::string(endpoints.allowed(*x.endpoint))});
  }
  // Signed requests come to this with the other checks of theirs.
  if (!is_signed(*x.endpoint) && x.gate.policy.enforce_tls && x.external->scheme != "https") {
    return rejected(verify::Reason::InsecureTransport);
  }
  return nullptr;
}

namespace {

// A word of [errors] in the texts.
std::string_view word_of(const Refusal& refusal) {
  switch (refusal.fault) {
    case Fault::Verification:
      return "insecure";
    case Fault::SignInUnavailable:
      return "sign_in_unavailable";
    case Fault::UserNotAllowed:
      return "user_not_allowed";
    case Fault::Overloaded:
    case Fault::StoreFault:
    case Fault::HoldingFull:
    case Fault::HoldingFault:
      return "unavailable";
    case Fault::BodyTooLarge:
    case Fault::Malformed:
      return "invalid_request";
    default:
      return "unknown";
  }
}

}  // namespace

bool show_refusal(Exchange& x, const Refusal& refusal) {
  if (!x.endpoint || is_signed(*x.endpoint)) return false;
  if (refusal.fault == Fault::MethodNotAllowed) return false;  // it has to say what is
  const Visit nobody;
  show(x, nobody, status_of(refusal, x.gate.style), {}, [&](const pages::Frame& frame) {
    return x.gate.pages.error(frame, word_of(refusal), x.request_id);
  });
  return true;
}

Step store_fault(const store::Error& error) {
  return stop({.fault = Fault::StoreFault, .detail = error.sentence});
}

Step busy() {
  return stop({.fault = Fault::Overloaded, .detail = "too much waits for the store or for a hash"});
}

std::string_view shown_name(const store::Client& client) {
  return client.name.empty() ? client.key : client.name;
}

Task<Step> provide(Exchange& x) {
  Step refusal;
  switch (*x.endpoint) {
    case Endpoint::RequestToken:
      refusal = co_await issue_request_token(x);
      break;
    case Endpoint::AccessToken:
      refusal = co_await exchange_tokens(x);
      break;
    case Endpoint::Revoke:
      refusal = co_await revoke_own_token(x);
      break;
    case Endpoint::Authorize:
      refusal = co_await consent(x);
      break;
    case Endpoint::SignIn:
      refusal = co_await sign_in(x);
      break;
    case Endpoint::SignOut:
      refusal = co_await sign_out(x);
      break;
    case Endpoint::Grants:
      refusal = co_await grants(x);
      break;
    case Endpoint::Errors:
      refusal = co_await error_page(x);
      break;
  }
  co_return refusal;
}

}  // namespace gateway::provider
