#pragma once

// The awaitable face of the replay ledger, one for each event loop: what arrives in one turn of the
// loop is judged and committed together, and only then does any of it go on. A ledger on another
// machine could stand behind the same claim().

#include <string_view>
#include <vector>

#include "gateway/clock.h"
#include "gateway/net.h"
#include "store/ledger.h"
#include "verify/claim.h"

namespace gateway {

class ReplayGuard {
 public:
  // All three must outlive it.
  ReplayGuard(Executor executor, store::Ledger& ledger, const Clock& clock);

  // Judged. Fresh: noted so that a crash doesn't forget it; the request may be forwarded. Full also
  // stands for a ledger that failed; last_error() then has the sentence.
  Task<store::LedgerClaim> claim(store::LedgerKey key);
  const std::string& last_error() const { return last_error_; }

  // Drops the requests that still wait, unanswered: the loop has ended.
  void abandon() { waiting_.clear(); }
  store::LedgerKey key(const verify::Claim& claim);

 private:
  using Resume = asio::any_completion_handler<void(store::LedgerClaim)>;
  void flush();

  Executor executor_;
  store::Ledger& ledger_;
  const Clock& clock_;
  store::Ledger::Keyer keyer_;
  std::vector<store::LedgerClaim> batch_, committing_;
  std::vector<Resume> waiting_, resuming_;
  std::string last_error_;
};

}  // namespace gateway
