#pragma once

// The awaitable face of the replay ledger, one for each event loop: what arrives in one turn of the
// loop is judged and committed together, and only then does any of it go on. A ledger on another
// machine could stand behind the same claim().

#include <string_view>
#include <vector>

#include "gateway/net/clock.h"
#include "gateway/net/net.h"
#include "store/ledger.h"
#include "verify/claim.h"

namespace gateway::auth {

class ReplayGuard {
 public:
  // All three must outlive it.
  ReplayGuard(net::Executor executor, store::Ledger& ledger, const net::Clock& clock);

  // Judged. Fresh: noted so that a crash doesn't forget it; the request may be forwarded. Full also
  // stands for a ledger that failed; last_error() then has the sentence.
  net::Task<store::LedgerClaim> claim(store::LedgerKey key);
  const std::string& last_error() const { return last_error_; }

  // Drops the requests that still wait, unanswered: the loop has ended.
  void abandon() { waiting_.clear(); }
  store::LedgerKey key(const verify::Claim& claim);

 private:
  using Resume = asio::any_completion_handler<void(store::LedgerClaim)>;
  void flush();

  net::Executor executor_;
  store::Ledger& ledger_;
  const net::Clock& clock_;
  store::Ledger::Keyer keyer_;
  std::vector<store::LedgerClaim> batch_, committing_;
  std::vector<Resume> waiting_, resuming_;
  std::string last_error_;
};

}  // namespace gateway::auth
