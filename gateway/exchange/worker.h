#pragma once

// One event loop that no other thread touches: its connections, and the present Generation.
// Whatever isn't said to be for any thread runs on that loop.

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/auth/replay_guard.h"
#include "gateway/auth/use_counter.h"
#include "gateway/exchange/connection.h"
#include "gateway/exchange/generation.h"
#include "gateway/exchange/process_state.h"
#include "gateway/exchange/request_id.h"
#include "gateway/exchange/scratch.h"
#include "gateway/net/deadline.h"
#include "gateway/net/net.h"
#include "store/credentials.h"

namespace gateway::exchange {

class Worker {
 public:
  Worker(std::shared_ptr<const RuntimeConfig> config, ProcessState& process,
         store::Credentials::Reader reader, unsigned number);
  // Ends what is still under way; the loop must not be running.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  asio::io_context& context() { return context_; }
  // The present one; it may be another after the next co_await.
  const RuntimeConfig& config() const { return generation_->config(); }
  ProcessState& process() const { return process_; }
  // For requests from now on; those under way keep the one they have. On the loop.
  void adopt(std::shared_ptr<const RuntimeConfig> config);
  net::Deadlines& deadlines() { return deadlines_; }
  auth::ReplayGuard& replay_guard() { return replay_guard_; }
  auth::UseCounter& uses() { return uses_; }
  store::Credentials::Reader& reader() { return reader_; }

  enum class Admission : std::uint8_t { Granted, TooMany, TooManyOfAddress };
  // Counts one more connection, unless it is one too many. Where they run short, others make room
  // for one whose address has fewer.
  Admission admit(const net::Tcp::endpoint& peer);

  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  RequestId next_request_id();

  // Sweeps deadlines and hands over what was used until stop(); runs on the loop.
  net::Task<void> keep_time();
  bool draining() const { return draining_; }
  // For the first byte on a connection that has said nothing yet when draining begins.
  inline static constexpr std::chrono::seconds kDrainGrace{1};
  // No new request on open connections; idle ones end.
  void drain();
  bool idle() const { return connections_.empty(); }

 private:
  friend class Connection;
  void make_room_for(const conf::IpAddress& network);
  // Sockets stay on their thread, so their states need no locks; post() from another thread still
  // works. Suspended coroutines are destroyed while all that they refer to is still there.
  struct Loop : asio::io_context {
    Loop() : asio::io_context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO) {}
    void end() { shutdown(); }
  };
  Loop context_;
  ProcessState& process_;
  unsigned number_;
  net::Deadlines deadlines_;
  store::Credentials::Reader reader_;
  std::shared_ptr<Generation> generation_;
  auth::ReplayGuard replay_guard_;
  auth::UseCounter uses_;
  std::vector<std::unique_ptr<Scratch>> free_;
  std::vector<Connection*> connections_;
  // All that may be ended were looked at in vain for an address with so many connections: until
  // then it is not done again for one that has as many.
  net::TimePoint no_room_until_{};
  std::uint64_t no_room_for_ = 0;
  std::uint64_t request_count_ = 0;
  bool draining_ = false;
};

}  // namespace gateway::exchange
