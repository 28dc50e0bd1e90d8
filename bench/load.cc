#include "bench/load.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <utility>

#include "bench/process_cpu.h"

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kSweepEvery = 100ms;
constexpr std::size_t kReceiveBytes = 64 * 1024;
// An open loop ends this long after its last request was due, answered or not.
constexpr std::chrono::seconds kGrace{10};
// So many failed connections with none in between that succeeded end the run.
constexpr std::uint64_t kRefusalsPerConnection = 20;

double in_seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::uint64_t total_requests(const LoadSettings& settings) {
  if (settings.requests != 0) return settings.warmup + settings.requests;
  if (settings.rate <= 0) return 0;
  const double measured = settings.rate * in_seconds(settings.duration);
  return settings.warmup + static_cast<std::uint64_t>(std::max(1.0, std::floor(measured)));
}

}  // namespace

Load::Load(Poller& poller, RequestWriter& writer, Target target, const LoadSettings& settings)
    : poller_(poller),
      writer_(writer),
      target_(std::move(target)),
      settings_(settings),
      connections_(settings.connections),
      total_(total_requests(settings)) {
  first_due_ = last_ended_ = Clock::now();
  next_sweep_ = first_due_ + kSweepEvery;
  give_up_at_ = Clock::time_point::max();
  if (settings_.rate > 0) give_up_at_ = due_time(total_) + kGrace;
  if (settings_.warmup == 0) begin_measuring(first_due_);
  for (std::uint32_t slot = 0; slot < connections_.size() && !done_; ++slot) connect(slot);
}

Clock::time_point Load::due_time(std::uint64_t number) const {
  const std::chrono::duration<double> after(static_cast<double>(number) / settings_.rate);
  return first_due_ + std::chrono::duration_cast<Clock::duration>(after);
}

void Load::connect(std::uint32_t slot) {
  Connection& connection = connections_[slot];
  connection.fd = begin_connect(target_);
  if (!connection.fd) return lose(slot, &Outcome::refused);
  connection.phase = Phase::Connecting;
  connection.sent = Clock::now();
  poller_.watch(connection.fd, *this, slot, EPOLLOUT);
}

void Load::connected(std::uint32_t slot) {
  if (connect_error(connections_[slot].fd) != 0) return lose(slot, &Outcome::refused);
  refusals_in_a_row_ = 0;
  connections_[slot].phase = Phase::Idle;
  poller_.change(connections_[slot].fd, *this, slot, EPOLLIN);
  offer(slot, Clock::now());
}

// The sweep connects anew what is down.
void Load::drop(std::uint32_t slot) {
  Connection& connection = connections_[slot];
  connection.fd.close();
  connection.phase = Phase::Down;
  connection.unsent.clear();
  connection.reader.reset();
}

void Load::offer(std::uint32_t slot, Clock::time_point now) {
  if (done_ || all_sent()) return;
  if (settings_.rate <= 0) return send_next(slot, now, now);
  const Clock::time_point due = due_time(sent_);
  if (due <= now) return send_next(slot, due, now);
  if (!std::exchange(connections_[slot].listed, true)) idle_.push_back(slot);
}

void Load::send_next(std::uint32_t slot, Clock::time_point due, Clock::time_point now) {
  Connection& connection = connections_[slot];
  const std::string_view request = writer_.next(std::time(nullptr));
  ++sent_;
  sent_bytes_ += request.size();
  connection.phase = Phase::Busy;
  connection.due = due;
  connection.sent = now;
  const ssize_t sent = ::send(connection.fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(request.size())) return;
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return lose(slot, &Outcome::closed);
  connection.unsent = request.substr(sent > 0 ? static_cast<std::size_t>(sent) : 0);
  poller_.change(connection.fd, *this, slot, EPOLLIN | EPOLLOUT);
}

void Load::ready(std::uint32_t slot, std::uint32_t events) {
  if (done_) return;
  Connection& connection = connections_[slot];
  if (connection.phase == Phase::Connecting) return connected(slot);
  if ((events & EPOLLOUT) != 0 && !connection.unsent.empty()) flush(slot);
  if (connection.fd && (events & ~std::uint32_t{EPOLLOUT}) != 0) receive(slot);
}

void Load::flush(std::uint32_t slot) {
  Connection& connection = connections_[slot];
  const std::string& rest = connection.unsent;
  const ssize_t sent = ::send(connection.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return lose(slot, &Outcome::closed);
  if (sent > 0) connection.unsent.erase(0, static_cast<std::size_t>(sent));
  if (connection.unsent.empty()) poller_.change(connection.fd, *this, slot, EPOLLIN);
}

void Load::receive(std::uint32_t slot) {
  static thread_local std::array<char, kReceiveBytes> buffer;
  const int fd = connections_[slot].fd.get();
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (connections_[slot].phase != Phase::Busy) {
    // An idle connection may be closed at any time, with or without a last word.
    drop(slot);
    return connect(slot);
  }
  if (got <= 0) return lose(slot, &Outcome::closed);
  consume(slot, std::string_view(buffer.data(), static_cast<std::size_t>(got)));
}

void Load::consume(std::uint32_t slot, std::string_view bytes) {
  Connection& connection = connections_[slot];
  ResponseReader& reader = connection.reader;
  const std::size_t taken = reader.feed(bytes);
  const bool is_done = reader.state() == ResponseReader::State::Done;
  const bool has_more = taken < bytes.size();  // than was asked for
  if (reader.state() == ResponseReader::State::Broken || (is_done && has_more)) {
    return lose(slot, &Outcome::unreadable);
  }
  if (!is_done) return;
  const Clock::time_point now = Clock::now();
  const int status = reader.status();
  const bool failed = status != settings_.expected_status;
  if (measuring()) {
    if (failed) {
      ++outcome_.by_status[static_cast<std::size_t>(std::min(status, 999))];
    } else {
      outcome_.latency.record(static_cast<std::uint64_t>((now - connection.due).count()));
    }
  }
  const bool stays = reader.stays_open() && connection.unsent.empty();
  reader.reset();
  connection.phase = Phase::Idle;
  finish(failed, now);
  if (done_) return;
  if (stays) return offer(slot, now);
  drop(slot);
  if (!all_sent()) connect(slot);
}

// The connection is gone, and with it a request: the one under way or, while connecting, one that
// could not be sent.
void Load::lose(std::uint32_t slot, std::uint64_t Outcome::*reason) {
  const bool was_busy = connections_[slot].phase == Phase::Busy;
  drop(slot);
  if (!was_busy && all_sent()) return;
  if (!was_busy) ++sent_;
  if (measuring()) ++(outcome_.*reason);
  finish(true, Clock::now());
  if (reason != &Outcome::refused) return;
  if (++refusals_in_a_row_ >= kRefusalsPerConnection * connections_.size()) stop();
}

// A request has ended, well or not.
void Load::finish(bool failed, Clock::time_point now) {
  if (done_) return;
  const bool counts = measuring();
  ++ended_;
  last_ended_ = now;
  if (counts) {
    ++outcome_.requests;
    if (failed) ++outcome_.failed;
  } else if (ended_ == settings_.warmup) {
    begin_measuring(now);
  }
  const bool out_of_time = total_ == 0 && counts && now - measure_from_ >= settings_.duration;
  if (out_of_time || (total_ != 0 && ended_ >= total_)) end_measuring(now);
}

void Load::begin_measuring(Clock::time_point now) {
  cpu_before_ = cpu_seconds(settings_.cpu_of);
  measure_from_ = now;
}

void Load::end_measuring(Clock::time_point now) {
  done_ = true;
  if (!settings_.cpu_of.empty()) {
    outcome_.cpu_seconds = cpu_seconds(settings_.cpu_of) - cpu_before_;
  }
  outcome_.seconds = in_seconds(now - measure_from_);
  outcome_.head_bytes =
      sent_ == 0 ? 0 : static_cast<double>(sent_bytes_) / static_cast<double>(sent_);
}

void Load::stop() {
  if (done_) return;
  if (!measuring()) begin_measuring(Clock::now());
  end_measuring(Clock::now());
}

void Load::send_due(Clock::time_point now) {
  while (!idle_.empty() && !all_sent() && due_time(sent_) <= now) {
    const std::uint32_t slot = idle_.back();
    idle_.pop_back();
    connections_[slot].listed = false;
    if (connections_[slot].phase == Phase::Idle) send_next(slot, due_time(sent_), now);
  }
}

void Load::sweep(Clock::time_point now) {
  next_sweep_ = now + kSweepEvery;
  for (std::uint32_t slot = 0; slot < connections_.size() && !done_; ++slot) {
    Connection& connection = connections_[slot];
    const bool waits = connection.phase == Phase::Busy || connection.phase == Phase::Connecting;
    if (waits && now - connection.sent > settings_.timeout) lose(slot, &Outcome::timed_out);
    if (!done_ && connection.phase == Phase::Down && !all_sent()) connect(slot);
  }
  if (done_) return;
  if (total_ == 0 && measuring() && now - measure_from_ >= settings_.duration) end_measuring(now);
  if (now < give_up_at_) return;
  // What was due and never answered has failed, and says so.
  const std::uint64_t left = total_ - std::max(ended_, settings_.warmup);
  const std::uint64_t under_way = sent_ - ended_;
  outcome_.timed_out += std::min(under_way, left);
  outcome_.unsent += left - std::min(under_way, left);
  outcome_.requests += left;
  outcome_.failed += left;
  stop();
}

std::chrono::nanoseconds Load::tick() {
  if (done_) return 0ns;
  const Clock::time_point now = Clock::now();
  if (settings_.rate > 0) send_due(now);
  if (now >= next_sweep_) sweep(now);
  if (done_) return 0ns;
  std::chrono::nanoseconds wait = next_sweep_ - now;
  if (settings_.rate > 0 && !idle_.empty() && !all_sent()) {
    wait = std::min<std::chrono::nanoseconds>(wait, due_time(sent_) - now);
  }
  return std::max(wait, 0ns);
}

}  // namespace bench
