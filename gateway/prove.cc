// Who signed this request, and may they? The order of the checks is fixed: cheap ones first, then
// the keys, then the signature, and the ledger last, so that nobody but a proven client can write
// to it.

#include "gateway/exchange.h"

namespace gateway {
namespace {

Step rejected(verify::Reject reject) {
  return stop({.fault = Fault::Verification, .reject = std::move(reject)});
}

Step rejected(verify::Reason reason) { return rejected(verify::Reject{reason, {}}); }

verify::RequestView view_of(const Exchange& x) {
  verify::RequestView view{.method = x.request.method,
                           .scheme = x.connection.external->scheme,
                           .authority = x.connection.external->authority,
                           .path_prefix = x.connection.external->path_prefix,
                           .target = x.target.origin};
  if (x.request.has_authorization) view.authorization = x.request.authorization;
  if (x.form_held) view.form = x.scratch.form;
  return view;
}

Step ledger_verdict(Exchange& x, store::Verdict verdict) {
  switch (verdict) {
    case store::Verdict::Fresh:
      return nullptr;
    case store::Verdict::Replayed:
      return rejected(verify::Reason::NonceUsed);
    case store::Verdict::TooOld:
      return rejected(verify::Reason::TimestampRefused);
    case store::Verdict::Full:
      break;
  }
  return stop({.fault = Fault::LedgerFull, .detail = x.worker.replay_guard().last_error()});
}

}  // namespace

Task<Step> prove(Exchange& x) {
  const conf::Route& route = *x.route;
  const Gate& gate = x.gate;
  const verify::RequestView view = view_of(x);

  auto claim = verify::read_claim(view, gate.parameter_bounds, x.scratch.workspace);
  if (!claim) {
    bool none = claim.error().reason == verify::Reason::CredentialsAbsent;
    if (none && route.auth == conf::Auth::Optional) co_return nullptr;
    co_return rejected(std::move(claim.error()));
  }
  x.claimed_client = claim->client;

  const std::int64_t now = gate.clock.unix_seconds();
  auto inadmissible = verify::admit(view, *claim, gate.policy, now, gate.ledger.floor());
  if (inadmissible) co_return rejected(std::move(*inadmissible));

  const std::string_view token = claim->token.value_or(std::string_view());
  Credentials& credentials = x.worker.credentials();
  std::shared_ptr<const Credential> credential = credentials.remembered(claim->client, token);
  if (!credential) {
    Credentials::Found found = co_await credentials.find(claim->client, token);
    if (!found) co_return stop({.fault = Fault::StoreFault, .detail = found.error().sentence});
    credential = std::move(*found);
  }

  const verify::Requirement requirement{.token = route.auth != conf::Auth::Client,
                                        .realms = route.realms,
                                        .any_realm = route.any_realm};
  auto accepted = verify::judge(view, *claim, credential->keys, gate.policy, requirement, now,
                                x.scratch.workspace);
  if (!accepted) co_return rejected(std::move(accepted.error()));

  ReplayGuard& guard = x.worker.replay_guard();
  const store::LedgerKey key = guard.key(*claim);
  store::Verdict verdict = co_await guard.claim(key);
  Step refusal = ledger_verdict(x, verdict);
  if (!refusal) x.credential = std::move(credential);
  co_return refusal;
}

}  // namespace gateway
