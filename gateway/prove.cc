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
                           .scheme = x.external->scheme,
                           .authority = x.external->authority,
                           .path_prefix = x.external->path_prefix,
                           .target = x.target.origin};
  if (x.request.has_authorization) view.authorization = x.request.authorization;
  if (x.body_held) view.form = x.scratch.form;
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

// Whether oauth_body_hash is that of the body: by SHA-1, or by the hash of the signature method.
bool hashes_to(std::string_view body, std::string_view claimed, verify::Method method) {
  const verify::Hash own = verify::hash_of(method).value_or(verify::Hash::Sha1);
  for (verify::Hash hash : {verify::Hash::Sha1, own}) {
    if (verify::to_base64(verify::digest(hash, body).view()) == claimed) return true;
  }
  return false;
}

// A body whose hash was signed is held, and goes on only if it is that one. Forms are signed as
// parameters and have none.
Task<Step> check_body_hash(Exchange& x, const verify::Claim& claim) {
  if (x.body_held) {
    co_return rejected({verify::Reason::BodyHashMismatch, "oauth_body_hash with a form"});
  }
  x.scratch.form.clear();
  if (!x.request_read) {
    Step stopped = co_await hold_body(x);
    if (stopped) co_return stopped;
  }
  if (hashes_to(x.scratch.form, *claim.body_hash, claim.method)) co_return nullptr;
  co_return rejected(verify::Reason::BodyHashMismatch);
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

  const verify::Requirement& requirement = gate.requirement(route);
  const std::int64_t now = gate.clock.unix_seconds();
  auto inadmissible =
      verify::admit(view, *claim, gate.policy, requirement, now, gate.ledger.floor());
  if (inadmissible) co_return rejected(std::move(*inadmissible));

  const std::string_view token = claim->token.value_or(std::string_view());
  Credentials& credentials = x.shift.credentials();
  std::shared_ptr<const Credential> credential = credentials.remembered(claim->client, token);
  if (!credential) {
    Credentials::Found found = co_await credentials.find(claim->client, token);
    if (!found) co_return stop({.fault = Fault::StoreFault, .detail = found.error().sentence});
    credential = std::move(*found);
  }
  if (credential->keys.client_known) x.known_method = claim->method;

  auto accepted = verify::judge(view, *claim, credential->keys, gate.policy, requirement, now,
                                x.scratch.workspace);
  if (!accepted) co_return rejected(std::move(accepted.error()));

  if (claim->body_hash) {
    Step mismatch = co_await check_body_hash(x, *claim);
    if (mismatch) co_return mismatch;
  }

  if (!claim->has_nonce()) {  // PLAINTEXT without one can't be told from its own replay
    x.credential = std::move(credential);
    x.accepted = *accepted;
    co_return nullptr;
  }
  ReplayGuard& guard = x.worker.replay_guard();
  const store::LedgerKey key = guard.key(*claim);
  store::Verdict verdict = co_await guard.claim(key);
  Step refusal = ledger_verdict(x, verdict);
  if (!refusal) {
    x.credential = std::move(credential);
    x.accepted = *accepted;
  }
  co_return refusal;
}

}  // namespace gateway
