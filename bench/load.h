#pragma once

// The load: so many connections that each carry one request at a time. Closed loop sends the next
// request when the last is answered; open loop sends at a fixed rate and counts latency from when
// each request was due, so that a target that stalls pays for all that it kept waiting. One thread,
// that of its Poller.

#include <sys/types.h>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/histogram.h"
#include "bench/net.h"
#include "bench/request_writer.h"
#include "bench/response_reader.h"

namespace bench {

struct LoadSettings {
  std::uint32_t connections = 64;
  std::uint64_t requests = 0;           // to measure; 0: until `duration` is over
  std::chrono::nanoseconds duration{};  // 0: until `requests` are done
  std::uint64_t warmup = 0;             // requests sent first and not measured
  double rate = 0;                      // open loop, requests per second; 0: closed loop
  std::chrono::seconds timeout{10};     // for one response
  int expected_status = 200;
  std::vector<pid_t> cpu_of;  // processes whose processor time is measured
};

// What became of the measured requests.
struct Outcome {
  std::uint64_t requests = 0;  // ended, well or not
  std::uint64_t failed = 0;
  std::array<std::uint64_t, 1000> by_status{};  // unexpected ones, by status
  std::uint64_t refused = 0;                    // no connection
  std::uint64_t closed = 0;                     // the connection ended before the response did
  std::uint64_t timed_out = 0;
  std::uint64_t unreadable = 0;  // not HTTP, or a body without a length
  std::uint64_t unsent = 0;      // open loop: due, but every connection stayed busy
  double seconds = 0;
  double head_bytes = 0;              // mean size of a request
  std::optional<double> cpu_seconds;  // of LoadSettings::cpu_of
  Histogram latency;                  // nanoseconds, of what was answered as expected
};

class Load : public Sink {
 public:
  // Poller and writer must outlive this. Opens the connections.
  Load(Poller& poller, RequestWriter& writer, Target target, const LoadSettings& settings);

  // Between waits: sends what is due, gives up what took too long. Returns how long may be waited.
  std::chrono::nanoseconds tick();
  bool done() const { return done_; }
  // Ends the measurement as of now, for a run that is interrupted.
  void stop();
  // Final once done().
  const Outcome& outcome() const { return outcome_; }
  void ready(std::uint32_t slot, std::uint32_t events) override;

 private:
  enum class Phase : std::uint8_t { Down, Connecting, Idle, Busy };
  struct Connection {
    Fd fd;
    Phase phase = Phase::Down;
    bool listed = false;  // stands in idle_
    Clock::time_point due, sent;
    std::string unsent;
    ResponseReader reader;
  };

  void connect(std::uint32_t slot);
  void connected(std::uint32_t slot);
  void drop(std::uint32_t slot);
  void offer(std::uint32_t slot, Clock::time_point now);
  void send_next(std::uint32_t slot, Clock::time_point due, Clock::time_point now);
  void flush(std::uint32_t slot);
  void receive(std::uint32_t slot);
  void consume(std::uint32_t slot, std::string_view bytes);
  void lose(std::uint32_t slot, std::uint64_t Outcome::*reason);
  void finish(bool failed, Clock::time_point now);
  void send_due(Clock::time_point now);
  void sweep(Clock::time_point now);
  void begin_measuring(Clock::time_point now);
  void end_measuring(Clock::time_point now);
  bool measuring() const { return ended_ >= settings_.warmup; }
  bool all_sent() const { return total_ != 0 && sent_ >= total_; }
  Clock::time_point due_time(std::uint64_t number) const;

  Poller& poller_;
  RequestWriter& writer_;
  Target target_;
  LoadSettings settings_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> idle_;  // open loop; may hold some that have since gone down
  std::uint64_t total_ = 0;          // warm-up included; 0: no limit
  std::uint64_t sent_ = 0, ended_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t refusals_in_a_row_ = 0;
  Clock::time_point first_due_, next_sweep_, measure_from_, last_ended_, give_up_at_;
  double cpu_before_ = 0;
  bool done_ = false;
  Outcome outcome_;
};

}  // namespace bench
