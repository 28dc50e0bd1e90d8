#include "bench/load.h"

#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

#include "bench/upstream.h"

namespace {

using namespace std::chrono_literals;

constexpr int kMaxTurns = 1'000'000;  // of an event loop; far more than any case takes

// A server that answers what it reads on a connection with the same bytes and then, if told, hangs
// up.
class Rude : public bench::Sink {
 public:
  Rude(bench::Poller& poller, std::string answer, bool hangs_up)
      : poller_(poller), answer_(std::move(answer)), hangs_up_(hangs_up) {
    poller_.watch(listener_, *this, 0, EPOLLIN);
  }
  std::uint16_t port() const { return bench::port_of(listener_); }
  std::size_t connections() const { return connections_.size(); }
  void ready(std::uint32_t slot, std::uint32_t) override {
    if (slot == 0) {
      connections_.emplace_back(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK));
      const auto last = static_cast<std::uint32_t>(connections_.size());
      poller_.watch(connections_.back(), *this, last, EPOLLIN);
      return;
    }
    bench::Fd& fd = connections_[slot - 1];
    std::array<char, 4096> buffer;
    if (::recv(fd.get(), buffer.data(), buffer.size(), 0) <= 0) return fd.close();
    if (!answer_.empty()) ::send(fd.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (hangs_up_) fd.close();
  }

 private:
  bench::Poller& poller_;
  bench::Fd listener_ = bench::listen_on_loopback(0);
  std::string answer_;
  bool hangs_up_;
  std::vector<bench::Fd> connections_;
};

bench::Outcome run(bench::Poller& poller, std::uint16_t port, const bench::LoadSettings& settings) {
  const auto target = bench::read_target("http://127.0.0.1:" + std::to_string(port) + "/x");
  REQUIRE(target.ok());
  auto writer = bench::RequestWriter::make(target->authority, target->path, {});
  REQUIRE(writer.ok());
  bench::Load load(poller, *writer, *target, settings);
  for (int turn = 0; turn < kMaxTurns && !load.done(); ++turn) poller.wait(load.tick());
  REQUIRE(load.done());
  return load.outcome();
}

bench::LoadSettings settings_of(std::uint32_t connections, std::uint64_t requests) {
  bench::LoadSettings settings;
  settings.connections = connections;
  settings.requests = requests;
  return settings;
}

}  // namespace

TEST_CASE("a closed loop measures as many requests as it was asked for") {
  for (const bool spin : {false, true}) {
    for (const std::uint32_t connections : {1, 7}) {
      bench::Poller poller(spin);
      bench::Upstream upstream(poller, 0);
      bench::LoadSettings settings = settings_of(connections, 500);
      settings.warmup = 20;
      const bench::Outcome outcome = run(poller, upstream.port(), settings);
      CHECK(outcome.requests == 500);
      CHECK(outcome.failed == 0);
      CHECK(outcome.latency.count() == 500);
      CHECK(outcome.seconds > 0);
      CHECK(upstream.answered() == 520);
    }
  }
}

TEST_CASE("an open loop sends all that is due, also when there are too few connections") {
  for (const std::uint32_t connections : {1, 16}) {
    bench::Poller poller(false);
    bench::Upstream upstream(poller, 0);
    bench::LoadSettings settings = settings_of(connections, 0);
    settings.rate = 20'000;
    settings.duration = 50ms;
    const bench::Outcome outcome = run(poller, upstream.port(), settings);
    CHECK(outcome.requests == 1'000);
    CHECK(outcome.failed == 0);
    CHECK(upstream.answered() == 1'000);
  }
}

TEST_CASE("an open loop is never ahead of its schedule") {
  bench::Poller poller(false);
  bench::Upstream upstream(poller, 0);
  bench::LoadSettings settings = settings_of(4, 50);
  settings.rate = 1'000;
  const bench::Outcome outcome = run(poller, upstream.port(), settings);
  CHECK(outcome.requests == 50);
  CHECK(outcome.seconds >= 0.049);  // the last of 50 is due 49 ms after the first
}

TEST_CASE("a run of a duration ends by itself") {
  bench::Poller poller(false);
  bench::Upstream upstream(poller, 0);
  bench::LoadSettings settings = settings_of(2, 0);
  settings.duration = 30ms;
  const bench::Outcome outcome = run(poller, upstream.port(), settings);
  CHECK(outcome.requests > 0);
  CHECK(outcome.failed == 0);
  CHECK(outcome.seconds >= 0.03);
}

TEST_CASE("each way to fail is counted under its own name") {
  const std::string refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
  const struct {
    std::string answer;
    bool hangs_up;
    std::uint64_t bench::Outcome::*reason;  // null: by status
  } cases[] = {
      {refusal, false, nullptr},
      {"", true, &bench::Outcome::closed},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", true, &bench::Outcome::closed},
      {"nonsense\r\n\r\n", false, &bench::Outcome::unreadable},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore", false, &bench::Outcome::unreadable},
  };
  for (const auto& c : cases) {
    CAPTURE(c.answer);
    bench::Poller poller(false);
    Rude rude(poller, c.answer, c.hangs_up);
    const bench::Outcome outcome = run(poller, rude.port(), settings_of(1, 2));
    CHECK(outcome.requests == 2);
    CHECK(outcome.failed == 2);
    CHECK((c.reason == nullptr ? outcome.by_status[401] : outcome.*c.reason) == 2);
    CHECK(outcome.latency.count() == 0);
  }
}

TEST_CASE("an expected status other than 200 is no failure") {
  bench::Poller poller(false);
  Rude rude(poller, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false);
  bench::LoadSettings settings = settings_of(1, 3);
  settings.expected_status = 404;
  CHECK(run(poller, rude.port(), settings).failed == 0);
}

TEST_CASE("a server that closes after each response is connected to again") {
  bench::Poller poller(false);
  Rude rude(poller, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false);
  const bench::Outcome outcome = run(poller, rude.port(), settings_of(1, 5));
  CHECK(outcome.failed == 0);
  CHECK(outcome.requests == 5);
  CHECK(rude.connections() == 5);
}

TEST_CASE("a target that is gone ends the run instead of being tried forever") {
  bench::Poller poller(false);
  std::uint16_t port = 0;
  {
    const bench::Fd listener = bench::listen_on_loopback(0);
    port = bench::port_of(listener);
  }
  const bench::Outcome outcome = run(poller, port, settings_of(1, 1'000));
  CHECK(outcome.requests < 1'000);
  CHECK(outcome.failed == outcome.requests);
  CHECK(outcome.refused == outcome.requests);
}

TEST_CASE("a response that never comes is given up") {
  bench::Poller poller(false);
  Rude rude(poller, "", false);
  bench::LoadSettings settings = settings_of(1, 1);
  settings.timeout = 0s;
  const bench::Outcome outcome = run(poller, rude.port(), settings);
  CHECK(outcome.failed == 1);
  CHECK(outcome.timed_out == 1);
}
