// Who signed this request, and may they? The order of the checks is fixed: cheap ones first, then
// the keys, then the signature, and the ledger last, so that nobody but a proven client can write
// to it.

#include <algorithm>

#include "gateway/exchange.h"

namespace gateway {
namespace {

verify::RequestView view_of(const Exchange& x) {
  verify::RequestView view{.method = x.request.method,
                           .scheme = x.external->scheme,
                           .authority = x.external->authority,
                           .path_prefix = x.external->path_prefix,
                           .target = x.target.origin};
  if (x.request.has_authorization) view.authorization = x.request.authorization;
  if (x.body_held) view.form = x.scratch.held.in_memory();
  return view;
}

bool at(const Exchange& x, provider::Endpoint endpoint) { return x.endpoint == endpoint; }

const verify::Requirement& requirement(const Exchange& x) {
  const Gate& gate = x.gate;
  if (x.route != nullptr) return gate.requirement(*x.route);
  const bool without_token = at(x, provider::Endpoint::RequestToken);
  return without_token ? gate.client_requirement : gate.token_requirement;
}

Step ledger_verdict(Exchange& x, const store::LedgerClaim& claim, std::int64_t now) {
  switch (claim.verdict) {
    case store::Verdict::Fresh:
      return nullptr;
    case store::Verdict::Replayed:
      return rejected(verify::Reason::NonceUsed);
    case store::Verdict::TooOld:
      return rejected(verify::Reason::TimestampRefused);
    case store::Verdict::OverShare:
      return stop({.fault = Fault::LedgerShareUsed,
                   .retry_after = std::max<std::int64_t>(claim.room_at - now, 1)});
    case store::Verdict::Full:
      break;
  }
  return stop({.fault = Fault::LedgerFull, .detail = x.worker.replay_guard().last_error()});
}

// The claim, if nothing is wrong with it that can be seen without keys.
verify::Result<verify::Claim, verify::Reject> read_and_admit(Exchange& x,
                                                             const verify::RequestView& view,
                                                             std::int64_t now) {
  const Gate& gate = x.gate;
  const verify::Bounds& bounds = x.endpoint ? gate.endpoint_bounds : gate.bounds(*x.route);
  auto claim = verify::read_claim(view, bounds, x.scratch.workspace);
  if (!claim) return claim;
  x.claimed_client = claim->client;
  auto inadmissible =
      verify::admit(view, *claim, gate.policy, requirement(x), now, gate.ledger.floor());
  if (inadmissible) return verify::Failure(std::move(*inadmissible));
  // There is no token yet, and whoever sends one means another address.
  if (at(x, provider::Endpoint::RequestToken) && claim->has_token()) {
    return verify::Failure(verify::Reject{verify::Reason::ParameterMalformed, "oauth_token"});
  }
  return claim;
}

// What the token of a request to the provider is.
Credentials::TokenKind kind_of_token(const Exchange& x, const verify::Claim& claim) {
  if (!at(x, provider::Endpoint::AccessToken)) return Credentials::TokenKind::Access;
  return claim.renews() ? Credentials::TokenKind::Renewed : Credentials::TokenKind::Request;
}

void accept(Exchange& x, std::shared_ptr<const Credential> credential, const verify::Claim& claim,
            const verify::Accepted& accepted, std::int64_t now) {
  UseCounter& uses = x.worker.uses();
  const auto& ids = verify::is_rsa(claim.method) ? credential->rsa_key_ids : credential->secret_ids;
  if (accepted.key_index < ids.size()) {
    uses.count(credential->client, ids[accepted.key_index], claim.method, now);
  }
  if (accepted.other_scheme && x.route != nullptr)
    uses.count_other_scheme(route_name(*x.route), now);
  x.credential = std::move(credential);
  x.accepted = accepted;
}

}  // namespace

// Whatever is wrong with credentials outside of the form would be wrong with the form too; if there
// are none, the form may hold them.
Step early_refusal(Exchange& x) {
  if (!may_be_signed(x)) return nullptr;
  const verify::RequestView view = view_of(x);
  auto claim = read_and_admit(x, view, x.gate.clock.unix_seconds());
  if (claim || claim.error().reason == verify::Reason::CredentialsAbsent) return nullptr;
  return rejected(std::move(claim.error()));
}

bool may_be_signed(const Exchange& x) {
  return x.endpoint ? provider::is_signed(*x.endpoint) : x.route->auth != conf::Auth::None;
}

Task<Step> prove(Exchange& x) {
  const Gate& gate = x.gate;
  const verify::RequestView view = view_of(x);
  const std::int64_t now = gate.clock.unix_seconds();

  auto claim = read_and_admit(x, view, now);
  if (!claim) {
    bool none = claim.error().reason == verify::Reason::CredentialsAbsent;
    bool optional = x.route != nullptr && x.route->auth == conf::Auth::Optional;
    if (none && optional) co_return nullptr;
    co_return rejected(std::move(claim.error()));
  }
  x.claim = *claim;
  Step undue = check_hash_is_due(x, *claim);
  if (undue) co_return undue;

  const Credentials::TokenKind kind = kind_of_token(x, *claim);
  const std::string_view token = claim->token.value_or(std::string_view());
  Credentials& credentials = x.shift.credentials();
  std::shared_ptr<const Credential> credential = credentials.remembered(claim->client, token, kind);
  if (!credential) {
    Credentials::Found found = co_await credentials.find(claim->client, token, kind);
    if (!found) co_return stop({.fault = Fault::StoreFault, .detail = found.error().sentence});
    credential = std::move(*found);
  }
  if (credential->keys.client_known) x.known_method = claim->method;

  auto accepted = verify::judge(view, *claim, credential->keys, gate.policy, requirement(x), now,
                                x.scratch.workspace);
  if (!accepted) co_return rejected(std::move(accepted.error()));

  if (claim->body_hash) {
    Step mismatch = co_await check_body_hash(x, *claim);
    if (mismatch) co_return mismatch;
  }

  if (!claim->has_nonce()) {  // PLAINTEXT without one can't be told from its own replay
    accept(x, std::move(credential), *claim, *accepted, now);
    co_return nullptr;
  }
  ReplayGuard& guard = x.worker.replay_guard();
  const store::LedgerKey key = guard.key(*claim);
  const store::LedgerClaim claimed = co_await guard.claim(key);
  Step refusal = ledger_verdict(x, claimed, now);
  if (!refusal) accept(x, std::move(credential), *claim, *accepted, now);
  co_return refusal;
}

}  // namespace gateway
