#include "gateway/exchange/prove.h"

#include <algorithm>
#include <new>
#include <optional>

#include "gateway/exchange/body_hash.h"

namespace gateway::exchange {
namespace {

verify::RequestView view_of(const Exchange& x) {
  verify::RequestView view{.method = x.request.method,
                           .scheme = x.external->scheme,
                           .authority = x.external->authority,
                           .path_prefix = x.external->path_prefix,
                           .target = x.target.origin};
  if (x.request.has_authorization) view.authorization = x.request.authorization;
  if (x.form_held()) view.form = x.scratch.held.in_memory();
  return view;
}

bool at(const Exchange& x, routing::Endpoint endpoint) { return x.endpoint == endpoint; }

const verify::Requirement& requirement(const Exchange& x) {
  const RuntimeConfig& config = x.config;
  if (x.route != nullptr) return config.requirement(*x.route);
  const bool without_token = at(x, routing::Endpoint::RequestToken);
  return without_token ? config.client_requirement : config.token_requirement;
}

// Whoever asks why this was refused finds the floor beside the ledger. It takes a write once.
void publish_floor(const RuntimeConfig& config, std::int64_t now) {
  const auto published = config.ledger.publish_floor(now);
  if (!published) config.log.say(conf::LogLevel::Error, published.error().sentence);
}

RefusalPtr ledger_verdict(Exchange& x, const store::LedgerClaim& claim, std::int64_t now) {
  switch (claim.verdict) {
    case store::Verdict::Fresh:
      return nullptr;
    case store::Verdict::Replayed:
      return rejected(verify::Reason::NonceUsed);
    case store::Verdict::TooOld:
      publish_floor(x.config, now);
      return rejected(verify::at_or_below_floor(*x.claim, x.config.ledger.floor()));
    case store::Verdict::OverShare:
      return stop({.kind = reply::RefusalKind::LedgerShareUsed,
                   .retry_after = std::max<std::int64_t>(claim.room_at - now, 1)});
    case store::Verdict::Full:
      break;
  }
  return stop(
      {.kind = reply::RefusalKind::LedgerFull, .detail = x.worker.replay_guard().last_error()});
}

// The claim, if nothing is wrong with it that can be seen without keys.
verify::Result<verify::Claim, verify::Rejection> read_and_admit(Exchange& x,
                                                                const verify::RequestView& view,
                                                                std::int64_t now) {
  const RuntimeConfig& config = x.config;
  const verify::Bounds& bounds = x.endpoint ? config.endpoint_bounds : config.bounds(*x.route);
  auto claim = verify::read_claim(view, bounds, x.scratch.workspace);
  if (!claim) return claim;
  x.claimed_client = claim->client;
  auto inadmissible =
      verify::admit(view, *claim, config.policy, requirement(x), now, config.ledger.floor());
  if (inadmissible) {
    if (inadmissible->reason == verify::Reason::TimestampRefused) publish_floor(config, now);
    return verify::Failure(std::move(*inadmissible));
  }
  // There is no token yet, and whoever sends one means another address.
  if (at(x, routing::Endpoint::RequestToken) && claim->has_token()) {
    return verify::Failure(verify::Rejection{verify::Reason::ParameterMalformed, "oauth_token"});
  }
  return claim;
}

// What the token of a request to the provider is.
auth::CredentialCache::TokenKind kind_of_token(const Exchange& x, const verify::Claim& claim) {
  if (!at(x, routing::Endpoint::AccessToken)) return auth::CredentialCache::TokenKind::Access;
  return claim.renews() ? auth::CredentialCache::TokenKind::Renewed
                        : auth::CredentialCache::TokenKind::Request;
}

// What was found to be right about a request, as of when it was judged.
struct Proof {
  verify::Claim claim;
  std::shared_ptr<const auth::Credential> credential;
  verify::Accepted accepted;
};

RefusalPtr store_fault(const store::Error& error) {
  return stop({.kind = reply::RefusalKind::StoreFault, .detail = error.sentence});
}

// What is known of a pair, for one judgement on the event loop: those that were proven before are
// at hand. A refusal costs a look into the store all the same.
class Remembering {
 public:
  Remembering(auth::CredentialCache& all, std::string_view client, std::string_view token,
              auth::CredentialCache::TokenKind kind)
      : all_(all), client_(client), token_(token), kind_(kind) {}
  auth::CredentialCache::Found find() {
    if (auto known = all_.remembered(client_, token_, kind_)) {
      remembered_ = true;
      return known;
    }
    return all_.look_up(client_, token_, kind_);
  }
  void accepted(const std::shared_ptr<const auth::Credential>& credential) {
    if (!remembered_ && kind_ == auth::CredentialCache::TokenKind::Access)
      all_.remember(credential);
  }
  void refused() {
    if (remembered_) static_cast<void>(all_.look_up(client_, token_, kind_));
  }

 private:
  auth::CredentialCache& all_;
  std::string_view client_, token_;
  auth::CredentialCache::TokenKind kind_;
  bool remembered_ = false;
};

// The same on another thread: nothing is remembered there.
class Reading {
 public:
  Reading(const store::Credentials& store, const auth::CredentialCache& all,
          std::string_view client, std::string_view token, auth::CredentialCache::TokenKind kind)
      : store_(store), all_(all), client_(client), token_(token), kind_(kind) {}
  auth::CredentialCache::Found find() {
    auto reader = store_.reader();
    if (!reader) return reader.failure();
    return all_.look_up(*reader, client_, token_, kind_);
  }
  void accepted(const std::shared_ptr<const auth::Credential>&) {}
  void refused() {}

 private:
  const store::Credentials& store_;
  const auth::CredentialCache& all_;
  std::string_view client_, token_;
  auth::CredentialCache::TokenKind kind_;
};

// With a claim that is in order: credentials as they are now, and the signature.
template <class Finder>
RefusalPtr judge_claim(Exchange& x, const verify::RequestView& view, Finder finder,
                       std::int64_t now, std::optional<Proof>& proof) {
  auth::CredentialCache::Found found = finder.find();
  if (!found) return store_fault(found.error());
  std::shared_ptr<const auth::Credential> credential = *std::move(found);
  if (credential->keys.client_known) x.known_method = x.claim->method;
  auto accepted = verify::judge(view, *x.claim, credential->keys, x.config.policy, requirement(x),
                                now, x.scratch.workspace);
  if (!accepted) {
    finder.refused();
    return rejected(std::move(accepted.error()));
  }
  finder.accepted(credential);
  proof.emplace(Proof{*x.claim, std::move(credential), *accepted});
  return nullptr;
}

enum class Where : std::uint8_t { EventLoop, Elsewhere };

// Everything that decides but the ledger, as it is now: clock, floor, credentials, signature. No
// proof and no refusal: an anonymous request where those may be.
RefusalPtr judge(Exchange& x, Where where, std::optional<Proof>& proof) {
  const verify::RequestView view = view_of(x);
  const std::int64_t now = x.config.clock.unix_seconds();
  proof.reset();
  auto claim = read_and_admit(x, view, now);
  if (!claim) {
    const bool none = claim.error().reason == verify::Reason::CredentialsAbsent;
    const bool optional = x.route != nullptr && x.route->auth == conf::Auth::Optional;
    if (none && optional) return nullptr;
    return rejected(std::move(claim.error()));
  }
  x.claim = *claim;
  if (RefusalPtr undue = check_hash_is_due(x, *claim)) return undue;
  const std::string_view token = claim->token.value_or(std::string_view());
  const auth::CredentialCache::TokenKind kind = kind_of_token(x, *claim);
  auth::CredentialCache& all = x.generation.credentials();
  if (where == Where::EventLoop) {
    return judge_claim(x, view, Remembering(all, claim->client, token, kind), now, proof);
  }
  const store::Credentials& store = x.config.storage.credentials;
  return judge_claim(x, view, Reading(store, all, claim->client, token, kind), now, proof);
}

// A form longer than this is judged on another thread: whoever signed it, its parameters have to be
// encoded, sorted and hashed with several keys, up to 30 ns a byte.
constexpr std::size_t kJudgedHere = 32 << 10;

// Nobody else looks at `x` meanwhile.
net::Task<RefusalPtr> judge_elsewhere(Exchange& x, std::optional<Proof>& proof) {
  auto job = [&x, &proof]() -> RefusalPtr {
    try {
      return judge(x, Where::Elsewhere, proof);
    } catch (const std::bad_alloc&) {
      return stop(
          {.kind = reply::RefusalKind::InternalFault, .detail = "no memory for a long form"});
    }
  };
  const net::Executor home = x.worker.context().get_executor();
  net::Background& background = x.config.storage.background;
  auto done = co_await background.run(home, net::Background::Kind::Judge, std::move(job));
  if (!done) {
    co_return stop({.kind = reply::RefusalKind::Overloaded, .detail = "the gate is ending"});
  }
  co_return std::move(*done);
}

void accept(Exchange& x, const Proof& proof) {
  auth::UseCounter& uses = x.worker.uses();
  const std::int64_t now = x.config.clock.unix_seconds();
  const auth::Credential& credential = *proof.credential;
  const verify::Method method = proof.claim.method;
  const auto& ids = verify::is_rsa(method) ? credential.rsa_key_ids : credential.secret_ids;
  if (proof.accepted.key_index < ids.size()) {
    uses.count(credential.client, ids[proof.accepted.key_index], method, now);
  }
  if (proof.accepted.other_scheme && x.route != nullptr)
    uses.count_other_scheme(routing::route_name(*x.route), now);
  x.credential = proof.credential;
  x.accepted = proof.accepted;
  x.connection.proven = true;
}

}  // namespace

// Whatever is wrong with credentials outside of the form would be wrong with the form too; if there
// are none, the form may hold them.
RefusalPtr early_refusal(Exchange& x) {
  if (!may_be_signed(x)) return nullptr;
  const verify::RequestView view = view_of(x);
  auto claim = read_and_admit(x, view, x.config.clock.unix_seconds());
  if (claim || claim.error().reason == verify::Reason::CredentialsAbsent) return nullptr;
  return rejected(std::move(claim.error()));
}

bool may_be_signed(const Exchange& x) {
  return x.endpoint ? routing::is_signed(*x.endpoint) : x.route->auth != conf::Auth::None;
}

net::Task<RefusalPtr> prove(Exchange& x) {
  std::optional<Proof> proof;
  RefusalPtr refusal;
  if (x.form_held() && x.scratch.held.size() > kJudgedHere) {
    refusal = co_await judge_elsewhere(x, proof);
  } else {
    refusal = judge(x, Where::EventLoop, proof);
  }
  if (refusal || !proof) co_return refusal;
  if (proof->claim.body_hash) {
    const bool waits = !x.request_read;
    const verify::Claim& claim = proof->claim;
    refusal = co_await check_body_hash(x, claim);
    // Whatever was right before the body came may have ended meanwhile.
    if (!refusal && waits) refusal = judge(x, Where::EventLoop, proof);
    if (refusal) co_return refusal;
  }
  // PLAINTEXT without a nonce can't be told from its own replay.
  if (proof->claim.has_nonce()) {
    auth::ReplayGuard& guard = x.worker.replay_guard();
    const store::LedgerKey key = guard.key(proof->claim);
    const store::LedgerClaim claimed = co_await guard.claim(key);
    refusal = ledger_verdict(x, claimed, x.config.clock.unix_seconds());
  }
  if (!refusal) accept(x, *proof);
  co_return refusal;
}

// Only the rights: the time of the request was noted when it came, and the ledger has it.
RefusalPtr judge_rights_again(Exchange& x) {
  if (!x.credential) return nullptr;
  const std::int64_t now = x.config.clock.unix_seconds();
  const verify::Claim& claim = *x.claim;
  const std::string_view token = claim.token.value_or(std::string_view());
  auth::CredentialCache& credentials = x.generation.credentials();
  if (credentials.remembered(claim.client, token) == x.credential) return nullptr;
  auto found = credentials.look_up(claim.client, token);
  if (!found) return store_fault(found.error());
  auto accepted = verify::judge(view_of(x), claim, (*found)->keys, x.config.policy, requirement(x),
                                now, x.scratch.workspace);
  if (!accepted) return rejected(std::move(accepted.error()));
  x.credential = *std::move(found);
  return nullptr;
}

}  // namespace gateway::exchange
