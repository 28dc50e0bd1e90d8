#pragma once

// Tells in the log when timestamps that clients send now are refused, whatever their clocks say:
// when the floor of the replay ledger is ahead of the machine's clock. That comes of a clock that
// was ahead and was put right, so it tells of clocks that jump, too. One thread.

#include <chrono>
#include <cstdint>
#include <optional>

#include "gateway/log/log.h"
#include "gateway/net/clock.h"
#include "store/ledger.h"

namespace gateway::log {

class FloorWatch {
 public:
  inline static constexpr std::int64_t kJump = 10;  // seconds that a clock is set by to be told of
  inline static constexpr std::int64_t kMarkAhead = 15;     // seconds beyond the window, likewise
  inline static constexpr std::chrono::minutes kAgain{10};  // until the log is told once more

  // All of them outlive it. `window_future_s`: seconds, of oauth.timestamp_window.
  FloorWatch(store::Ledger& ledger, const net::Clock& clock, std::int64_t window_future_s, Log& log)
      : ledger_(ledger), clock_(clock), window_future_s_(window_future_s), log_(log) {}

  // To be called every now and then. `elapsed`: by a clock that nobody sets. Lets other processes
  // see the floor too, where it matters.
  void look(std::chrono::nanoseconds elapsed);

 private:
  struct Sample {
    std::int64_t now = 0;
    std::chrono::nanoseconds elapsed{};
  };
  void tell_of_jump(const Sample& look);
  void tell_of_floor(const Sample& look);
  void tell_of_mark(const Sample& look);

  store::Ledger& ledger_;
  const net::Clock& clock_;
  const std::int64_t window_future_s_;
  Log& log_;
  std::optional<Sample> last_;
  std::optional<std::chrono::nanoseconds> told_of_floor_;  // when; nothing: it is not ahead
  bool told_of_mark_ = false;
  bool publishing_failed_ = false;
};

}  // namespace gateway::log
