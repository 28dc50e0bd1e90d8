#include "gateway/auth/replay_guard.h"

#include <utility>

namespace gateway::auth {

ReplayGuard::ReplayGuard(net::Executor executor, store::Ledger& ledger, const net::Clock& clock)
    : executor_(executor), ledger_(ledger), clock_(clock), keyer_(ledger.keyer()) {}

store::LedgerKey ReplayGuard::key(const verify::Claim& claim) {
  const std::string_view token = claim.token.value_or(std::string_view());
  if (!claim.in_milliseconds()) return keyer_(claim.timestamp, claim.client, token, claim.nonce);
  // The ledger counts seconds. Within one, the milliseconds go with the token, which has no space.
  const std::string counted = std::string(token) + ' ' + std::to_string(claim.timestamp);
  return keyer_(claim.seconds(), claim.client, counted, claim.nonce);
}

// The first claim of a turn posts the flush, which runs behind all handlers that were ready before
// it: so one commit serves every request that arrived in this turn.
net::Task<store::LedgerClaim> ReplayGuard::claim(store::LedgerKey key) {
  auto enter = [this, key](auto handler) {
    if (batch_.empty()) asio::post(executor_, [this] { flush(); });
    batch_.push_back(store::LedgerClaim{key});
    waiting_.emplace_back(std::move(handler));
  };
  using Token = asio::use_awaitable_t<net::Executor>;
  return asio::async_initiate<const Token, void(store::LedgerClaim)>(enter, Token());
}

void ReplayGuard::flush() {
  committing_.swap(batch_);
  resuming_.swap(waiting_);
  store::Result<store::Done> done = ledger_.claim(committing_, clock_.unix_seconds());
  last_error_ = done ? std::string() : done.error().sentence;
  for (std::size_t i = 0; i < resuming_.size(); ++i) std::move(resuming_[i])(committing_[i]);
  committing_.clear();
  resuming_.clear();
}

}  // namespace gateway::auth
