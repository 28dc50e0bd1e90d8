#pragma once

// What the threads share (Gate, constant; a changed configuration makes a new one) and what each
// has for itself (Worker: one event loop that no other thread touches, its connections, and for the
// present Gate its Shift: pools and caches).

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "conf/settings.h"
#include "gateway/authority.h"
#include "gateway/buffer.h"
#include "gateway/clock.h"
#include "gateway/credentials.h"
#include "gateway/deadline.h"
#include "gateway/desk.h"
#include "gateway/forward.h"
#include "gateway/held_body.h"
#include "gateway/log.h"
#include "gateway/message_reader.h"
#include "gateway/net.h"
#include "gateway/pages/pages.h"
#include "gateway/provider/endpoints.h"
#include "gateway/refusal.h"
#include "gateway/refusal_keeper.h"
#include "gateway/replay_guard.h"
#include "gateway/routes.h"
#include "gateway/stream.h"
#include "gateway/upstream.h"
#include "gateway/use_counter.h"
#include "store/credentials.h"
#include "store/ledger.h"
#include "verify/judge.h"

namespace gateway {

// What the settings make of the program. Constant after construction, hence safe from any thread.
// What it refers to outlives it.
struct Gate {
  // Throws std::runtime_error with one sentence if the certificate, its key, or the pages of the
  // operator's own can't be used.
  Gate(conf::Settings settings, Desk& desk, store::Ledger& ledger, const Clock& clock, Log& log,
       RefusalKeeper* refusal_keeper = nullptr);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  const conf::Settings settings;
  Desk& desk;
  store::Ledger& ledger;
  const Clock& clock;
  Log& log;
  RefusalKeeper* refusal_keeper;  // null: refusals are not kept
  RouteTable routes;
  Authorities authorities;
  provider::Endpoints endpoints;
  pages::Pages pages;
  Hygiene hygiene;
  verify::Policy policy;
  verify::Bounds endpoint_bounds;  // at the provider's addresses
  RefusalStyle style;
  // What a route asks of verification, prepared once. `route` is one of the settings.
  const verify::Requirement& requirement(const conf::Route& route) const {
    return requirements[static_cast<std::size_t>(&route - settings.routes.data())];
  }
  const verify::Bounds& bounds(const conf::Route& route) const {
    return route_bounds[static_cast<std::size_t>(&route - settings.routes.data())];
  }
  std::vector<verify::Requirement> requirements;  // of settings.routes, in their order
  std::vector<verify::Bounds> route_bounds;       // likewise
  // At the provider's addresses.
  verify::Requirement client_requirement, token_requirement;
  HeadBounds head_bounds;
  std::optional<TlsContext> tls;
};

// One run of the program, whatever settings it has. Any thread.
struct Run {
  explicit Run(const store::Usage* usage);  // null: nothing is counted; outlives it
  const std::string id;                     // first half of every request id
  std::atomic<std::uint32_t> connections{0};
  std::atomic<std::uint32_t> ending{0};  // of them: those that make room
  Shares connection_shares;              // of each address, of the connections
  Holdings holdings;
  const store::Usage* const usage;
  UseInbox uses;
};

// What a worker has for one Gate. A request ends with the one it began with; a reload makes the
// next one, which takes over the pools of upstreams that are the same.
class Shift {
 public:
  // `run`, `reader`, `deadlines` outlive it. `before`: null at the start.
  Shift(std::shared_ptr<const Gate> gate, const Run& run, store::Credentials::Reader& reader,
        Executor executor, Deadlines& deadlines, const Shift* before);

  const Gate& gate() const { return *gate_; }
  Credentials& credentials() { return credentials_; }
  UpstreamPool& upstream(std::string_view name) { return *pools_.at(name); }
  void tidy();
  // Ends the idle connections that `next` has no use for, and those to come.
  void end(const Shift& next);

 private:
  using Pools = std::unordered_map<std::string_view, std::shared_ptr<UpstreamPool>>;
  std::shared_ptr<const Gate> gate_;
  Credentials credentials_;
  Pools pools_;  // by names in the gate's settings
};

// The memory of one busy connection; idle ones hold none.
struct Scratch {
  explicit Scratch(Holdings& holdings) : held(holdings) {}

  Buffer in{16 << 10};  // from the client
  Buffer up{16 << 10};  // from the upstream
  std::string head;     // the request's head, which all views of `request` point into
  RequestHead request;
  ResponseHead response;
  RequestReader request_reader;
  ResponseReader response_reader;
  verify::Workspace workspace;
  HeldBody held;              // a form, or a body whose hash was signed
  std::string out;            // a head on its way out
  std::string forwarded_for;  // the value of X-Forwarded-For that goes on
  std::vector<std::string_view> pieces;
  std::vector<asio::const_buffer> gathered;
  std::string frame;  // of a chunk among `gathered`
};

// Unique among all requests of all runs, as far as chance goes: the run, the thread, the count, in
// hex.
class RequestId {
 public:
  RequestId(std::string_view run_id, unsigned worker, std::uint64_t count);
  operator std::string_view() const { return {digits_.data(), digits_.size()}; }  // NOLINT

 private:
  std::array<char, 24> digits_;
};

class Worker;

// Who comes over IPv4 to a socket of IPv6 is known by the IPv4 address, like everybody else.
asio::ip::address unmapped(const asio::ip::address& address);

// A client's connection, known to its worker so that it can be ended.
class Connection final : public Deadline {
 public:
  Connection(Worker& worker, std::unique_ptr<Stream> stream, const Tcp::endpoint& peer);
  ~Connection() override;

  Stream& stream() { return *stream_; }
  Shift& shift() { return *shift_; }
  // The worker's present shift, for the next request.
  void renew_shift();
  const std::string& peer() const { return peer_; }  // address:port
  std::string_view peer_address() const;
  const conf::IpAddress& peer_ip() const { return peer_ip_; }

  // Ends it for others' sake, whatever it waits for.
  void make_room();
  bool made_room() const { return made_room_; }

  bool waiting = false;  // for the first byte of a request
  bool proven = false;   // who sent the present request
  std::uint64_t requests = 0;
  ResolvedAuthority authority;  // by the settings of the shift

 private:
  friend class Worker;
  void expire() override { stream_->cancel(); }
  Worker& worker_;
  std::shared_ptr<Shift> shift_;
  std::unique_ptr<Stream> stream_;
  std::string peer_;
  std::size_t address_size_;
  bool made_room_ = false;
  conf::IpAddress peer_ip_;
  std::size_t index_ = 0;  // in the worker's list
};

class Worker {
 public:
  Worker(std::shared_ptr<const Gate> gate, Run& run, store::Credentials::Reader reader,
         unsigned number);
  // Ends what is still under way; the loop must not be running.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  asio::io_context& context() { return context_; }
  // The present one; it may be another after the next co_await.
  const Gate& gate() const { return shift_->gate(); }
  Run& run() const { return run_; }
  // For requests from now on; those under way keep the one they have. On the loop.
  void adopt(std::shared_ptr<const Gate> gate);
  Deadlines& deadlines() { return deadlines_; }
  ReplayGuard& replay_guard() { return replay_guard_; }
  UseCounter& uses() { return uses_; }
  store::Credentials::Reader& reader() { return reader_; }

  enum class Admission : std::uint8_t { Granted, TooMany, TooManyOfAddress };
  // Counts one more connection, unless it is one too many. Where they run short, others make room
  // for one whose address has fewer.
  Admission admit(const Tcp::endpoint& peer);

  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  RequestId next_request_id();

  // Sweeps deadlines and hands over what was used until stop(); runs on the loop.
  Task<void> keep_time();
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
  Run& run_;
  unsigned number_;
  Deadlines deadlines_;
  store::Credentials::Reader reader_;
  std::shared_ptr<Shift> shift_;
  ReplayGuard replay_guard_;
  UseCounter uses_;
  std::vector<std::unique_ptr<Scratch>> free_;
  std::vector<Connection*> connections_;
  // All that may be ended were looked at in vain for an address with so many connections: until
  // then it is not done again for one that has as many.
  TimePoint no_room_until_{};
  std::uint64_t no_room_for_ = 0;
  std::uint64_t request_count_ = 0;
  bool draining_ = false;
};

}  // namespace gateway
