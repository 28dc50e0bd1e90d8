#pragma once

// Hands refusals of known clients to the store, for `portcullis explain --id`. What the event loops
// pay is a look at the rate; the writing is done by a thread of its own. Safe from any thread, but
// for the making and the end.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/log.h"
#include "store/refusals.h"

namespace gateway {

class RefusalKeeper {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kPerSecond = 10;        // are kept on the average,
  static constexpr int kBurst = 30;            // and so many at once
  static constexpr std::size_t kWaiting = 64;  // for the disk; what comes on top is dropped

  // Keeps the last `count` of them, 0 none. What the store says goes into the log; it never stops
  // the gate.
  RefusalKeeper(std::filesystem::path store, std::uint32_t count, Log& log);
  ~RefusalKeeper();  // writes what waits
  RefusalKeeper(const RefusalKeeper&) = delete;
  RefusalKeeper& operator=(const RefusalKeeper&) = delete;

  // True if one more may be kept now, and takes it from the rate.
  bool admit(Time now);
  void keep(store::KeptRefusal refusal);
  void set_count(std::uint32_t count);

 private:
  void run();
  void write(const store::KeptRefusal& refusal);
  void open(std::uint32_t count);

  const std::filesystem::path store_;
  Log& log_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<store::KeptRefusal> waiting_;
  std::uint32_t count_;
  Time next_{};  // when the rate would have room for a whole burst again
  bool stopping_ = false;

  // The thread's own.
  std::unique_ptr<store::Refusals> refusals_;
  bool failing_ = false;
  std::thread thread_;
};

}  // namespace gateway
