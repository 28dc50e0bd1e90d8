#pragma once

// What the threads share, whatever the settings are.

#include <atomic>
#include <cstdint>
#include <string>

#include "gateway/auth/use_counter.h"
#include "gateway/net/shares.h"
#include "gateway/upstream/held_body.h"
#include "store/usage.h"

namespace gateway::exchange {

// One run of the program, whatever settings it has. Any thread.
struct ProcessState {
  explicit ProcessState(const store::Usage* usage);  // null: nothing is counted; outlives it
  const std::string id;                              // first half of every request id
  std::atomic<std::uint32_t> connections{0};
  std::atomic<std::uint32_t> ending{0};  // of them: those that make room
  net::Shares connection_shares;         // of each address, of the connections
  upstream::Holdings holdings;
  const store::Usage* const usage;
  auth::UseInbox uses;
};

}  // namespace gateway::exchange
