#pragma once

// Hands refusals of known clients to the store, for `portcullis explain --id`. What the event loops
// pay is a look at the rate; the writing is done by a thread of its own, which also looks up the
// clients that a request only names. Safe from any thread, but for the making and the end.

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/log/log.h"
#include "store/credentials.h"
#include "store/refusals.h"

namespace gateway::log {

class RefusalKeeper {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kPerSecond = 10;        // are kept on the average,
  static constexpr int kBurst = 30;            // and so many at once
  static constexpr std::size_t kWaiting = 64;  // for the disk; what comes on top is dropped

  // Known: the gate has found the client. Named: the request was refused before, and names one.
  // Each has a rate of its own, so that strangers, who may name anybody, take nothing from the
  // first.
  enum class Client : std::uint8_t { Known, Named };

  // Keeps the last `count` of them, 0 none. What the store says goes into the log; it never stops
  // the gate. `credentials` outlive it; null: of named clients nothing is kept.
  RefusalKeeper(std::filesystem::path store, std::uint32_t count, Log& log,
                const store::Credentials* credentials = nullptr);
  ~RefusalKeeper();  // writes what waits
  RefusalKeeper(const RefusalKeeper&) = delete;
  RefusalKeeper& operator=(const RefusalKeeper&) = delete;

  // True if one more may be kept now, and takes it from the rate.
  bool admit(Time now, Client client = Client::Known);
  void keep(store::KeptRefusal refusal);
  // Only if there is a client of one of these names.
  void keep_if_known(store::KeptRefusal refusal, std::vector<std::string> names);
  void set_count(std::uint32_t count);

 private:
  struct Waiting {
    store::KeptRefusal refusal;
    std::vector<std::string> names;  // empty: the client is known
  };
  void wait(Waiting waiting);
  void run();
  bool is_known(const std::vector<std::string>& names);
  void write(const store::KeptRefusal& refusal);
  void open(std::uint32_t count);

  const std::filesystem::path store_;
  Log& log_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;
  std::uint32_t count_;
  std::array<Time, 2> next_{};  // of each Client: when its rate has room for a whole burst again
  bool stopping_ = false;

  // The thread's own.
  const store::Credentials* const credentials_;
  std::optional<store::Credentials::Reader> reader_;
  std::unique_ptr<store::Refusals> refusals_;
  bool failing_ = false;
  std::thread thread_;
};

}  // namespace gateway::log
