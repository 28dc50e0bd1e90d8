#pragma once

// Which secrets and keys made the signatures that were accepted, and which routes accepted another
// scheme's: counted by each event loop for itself, and handed about once a second to whoever writes
// it to the store. No request waits for that, and what finds no room on the way isn't counted.

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/usage.h"
#include "verify/method.h"

namespace gateway::auth {

struct UseCounts {
  std::vector<store::KeyUse> keys;
  std::vector<store::RouteUse> routes;
  std::size_t size() const { return keys.size() + routes.size(); }
};

// From the event loops to the writer. Any thread.
class UseInbox {
 public:
  inline static constexpr std::size_t kMost = 1 << 16;  // uses that wait
  void give(UseCounts uses);                            // too many are dropped
  UseCounts take();                                     // all that wait

 private:
  std::mutex mutex_;
  UseCounts waiting_;
};

// One for each event loop, which alone may call it.
class UseCounter {
 public:
  inline static constexpr std::size_t kMost = 4096;  // keys, and routes, counted at one time

  explicit UseCounter(UseInbox& inbox) : inbox_(inbox) {}

  // `now`: Unix seconds.
  void count(std::string_view client, store::KeyId key, verify::Method method, std::int64_t now);
  void count_other_scheme(const std::string& route, std::int64_t now);
  void hand_over();

 private:
  UseInbox& inbox_;
  // Those of the last time stay, at zero, until they go a whole time without use.
  std::unordered_map<store::KeyId, store::KeyUse> keys_;
  std::unordered_map<std::string, store::Count> routes_;
};

}  // namespace gateway::auth
