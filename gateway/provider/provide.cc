#include "gateway/provider/provider.h"

#include "gateway/provider/browser.h"

namespace gateway::provider {

namespace {

// A word of [errors] in the texts.
std::string_view word_of(const reply::Refusal& refusal) {
  switch (refusal.kind) {
    case reply::RefusalKind::Verification:
      return "insecure";
    case reply::RefusalKind::SignInUnavailable:
      return "sign_in_unavailable";
    case reply::RefusalKind::UserNotAllowed:
      return "user_not_allowed";
    case reply::RefusalKind::Overloaded:
    case reply::RefusalKind::StoreFault:
    case reply::RefusalKind::HoldingFull:
    case reply::RefusalKind::HoldingFault:
      return "unavailable";
    case reply::RefusalKind::BodyTooLarge:
    case reply::RefusalKind::Malformed:
      return "invalid_request";
    default:
      return "unknown";
  }
}

}  // namespace

bool show_refusal(exchange::Exchange& x, const reply::Refusal& refusal) {
  if (!x.endpoint || routing::is_signed(*x.endpoint)) return false;
  if (refusal.kind == reply::RefusalKind::MethodNotAllowed) return false;  // it has to say what is
  const Visit nobody;
  show(x, nobody, reply::status_of(refusal, x.config.style), {}, [&](const pages::Frame& frame) {
    return x.config.pages.error(frame, word_of(refusal), x.request_id);
  });
  return true;
}

exchange::RefusalPtr store_fault(const store::Error& error) {
  return exchange::stop({.kind = reply::RefusalKind::StoreFault, .detail = error.sentence});
}

exchange::RefusalPtr busy() {
  return exchange::stop({.kind = reply::RefusalKind::Overloaded,
                         .detail = "too much waits for the store or for a hash"});
}

std::string_view shown_name(const store::Client& client) {
  return client.name.empty() ? client.key : client.name;
}

net::Task<exchange::RefusalPtr> provide(exchange::Exchange& x) {
  exchange::RefusalPtr refusal;
  switch (*x.endpoint) {
    case routing::Endpoint::RequestToken:
      refusal = co_await issue_request_token(x);
      break;
    case routing::Endpoint::AccessToken:
      refusal = co_await exchange_tokens(x);
      break;
    case routing::Endpoint::Revoke:
      refusal = co_await revoke_own_token(x);
      break;
    case routing::Endpoint::Authorize:
      refusal = co_await consent(x);
      break;
    case routing::Endpoint::SignIn:
      refusal = co_await sign_in(x);
      break;
    case routing::Endpoint::SignOut:
      refusal = co_await sign_out(x);
      break;
    case routing::Endpoint::Grants:
      refusal = co_await grants(x);
      break;
    case routing::Endpoint::Errors:
      refusal = co_await error_page(x);
      break;
  }
  co_return refusal;
}

}  // namespace gateway::provider
