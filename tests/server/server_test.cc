// The server with its threads and sockets: it takes connections, counts them, and drains.

#include "gateway/server/server.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "gateway/server/use_writer.h"
#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;
using namespace std::chrono_literals;

namespace {

// A client with a socket, that waits for what it reads.
class Caller {
 public:
  explicit Caller(const std::string& address) : socket_(context_) {
    const auto at = conf::parse_address(address).value();
    socket_.connect(net::Tcp::endpoint(asio::ip::make_address(at.host), at.port));
  }
  void send(const std::string& bytes) {
    net::ErrorCode error;
    for (std::size_t sent = 0; sent < bytes.size() && !error;) {
      sent += socket_.write_some(asio::buffer(bytes) + sent, error);
    }
  }
  // All that comes until `end` of it, or the end of the stream.
  std::string read(const std::string& end = {}) {
    std::string got;
    for (;;) {
      if (!end.empty() && got.find(end) != std::string::npos) return got;
      pollfd waits{socket_.native_handle(), POLLIN, 0};
      REQUIRE(::poll(&waits, 1, 60'000) == 1);
      char chunk[4096];
      net::ErrorCode error;
      const std::size_t count = socket_.read_some(asio::buffer(chunk), error);
      if (error) return got;
      got.append(chunk, count);
    }
  }
  // Nothing has come, not even the end.
  bool heard_nothing() {
    pollfd waits{socket_.native_handle(), POLLIN, 0};
    return ::poll(&waits, 1, 0) == 0;
  }
  std::string ask(const std::string& bytes) {
    send(bytes);
    return read("hello");
  }

 private:
  asio::io_context context_;
  net::Socket socket_;
};

// A backend with a thread of its own that answers when it is told to.
class Backend {
 public:
  Backend() : origin_(context_, listening_socket(port)) {
    origin_.script = [this](const Asked&, std::size_t) {
      ++asked;
      while (held) std::this_thread::sleep_for(1ms);
      return Reply{answer("hello")};
    };
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Backend() {
    held = false;
    context_.stop();
    thread_.join();
  }
  std::uint16_t port = 0;
  std::atomic<bool> held{false};
  std::atomic<int> asked{0};

 private:
  asio::io_context context_;
  Origin origin_;
  std::thread thread_;
};

struct Served {
  explicit Served(const World::Change& change = {})
      : settings([&] {
          conf::Settings all = settings_for(folder.path(), backend.port);
          if (change) change(all);
          return all;
        }()),
        log(settings.log),
        credentials(open_store(settings)),
        sessions(open_sessions(settings)),
        storage(*credentials, *sessions),
        ledger(open_ledger(settings, clock.now)),
        usage(open_usage(settings)),
        server(gate_for(settings), usage.get()) {}
  ~Served() { stop(); }
  std::shared_ptr<const exchange::RuntimeConfig> gate_for(const conf::Settings& all) {
    return std::make_shared<const exchange::RuntimeConfig>(all, storage, *ledger, clock, log);
  }
  void stop() {
    backend.held = false;
    server.drain();
    server.join();
    storage.background.end();
  }

  TempFolder folder;
  Backend backend;
  FixedClock clock;
  conf::Settings settings;
  log::Log log;
  std::unique_ptr<store::Credentials> credentials;
  std::unique_ptr<store::Sessions> sessions;
  exchange::Storage storage;
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<store::Usage> usage;
  Server server;
};

const std::string kGet = World::plain({.target = "/public/x"});

void until(const std::function<bool()>& holds) {
  const net::TimePoint last = std::chrono::steady_clock::now() + 60s;
  while (!holds()) {
    REQUIRE(std::chrono::steady_clock::now() < last);
    std::this_thread::sleep_for(1ms);
  }
}

}  // namespace

TEST_CASE("a server answers on the port that it says, on every thread") {
  Served served([](conf::Settings& settings) { settings.listen.threads = 3; });
  served.server.start();
  CHECK_FALSE(served.server.address().ends_with(":0"));
  for (int i = 0; i < 20; ++i) {
    Caller caller(served.server.address());
    CHECK(caller.ask(kGet).starts_with("HTTP/1.1 200"));
    CHECK(caller.ask(kGet).starts_with("HTTP/1.1 200"));
  }
}

TEST_CASE("an address that is taken is an error") {
  Served served;
  served.settings.listen.address = conf::parse_address(served.server.address()).value();
  CHECK_THROWS_AS(Server(served.gate_for(served.settings), nullptr), std::runtime_error);
}

TEST_CASE("a request under way when draining begins is answered") {
  Served served;
  served.server.start();
  Caller caller(served.server.address());
  served.backend.held = true;
  caller.send(kGet);
  until([&] { return served.backend.asked > 0; });
  served.server.drain();
  std::this_thread::sleep_for(50ms);
  served.backend.held = false;
  const std::string answer = caller.read();
  CHECK(answer.ends_with("hello"));
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
  served.server.join();
  CHECK(served.server.connections() == 0);
}

TEST_CASE("idle connections end when draining begins, and no new ones are taken") {
  Served served;
  served.server.start();
  Caller idle(served.server.address());
  idle.ask(kGet);
  served.server.drain();
  CHECK(idle.read() == "");
  served.server.join();
  CHECK(served.server.connections() == 0);
  CHECK_THROWS(Caller(served.server.address()));
}

TEST_CASE("what waits in the accept queue when draining begins is served") {
  Served served;
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 8; ++i) {
    callers.push_back(std::make_unique<Caller>(served.server.address()));
    callers.back()->send(kGet);
  }
  served.server.drain();  // before it accepted any
  served.server.start();
  for (auto& caller : callers) CHECK(caller->read().ends_with("hello"));
  served.server.join();
}

TEST_CASE(
    "a connection that has yet to say its first word is given a moment when draining begins") {
  Served served;
  served.server.start();
  Caller caller(served.server.address());
  until([&] { return served.server.connections() == 1; });
  served.server.drain();
  std::this_thread::sleep_for(200ms);
  caller.send(kGet);
  CHECK(caller.read().ends_with("hello"));
  served.server.join();
}

TEST_CASE("draining ends in time even if a backend never answers") {
  Served served([](conf::Settings& settings) { settings.timeouts.drain = 200ms; });
  served.server.start();
  Caller caller(served.server.address());
  served.backend.held = true;
  caller.send(kGet);
  until([&] { return served.backend.asked > 0; });
  // The backend answers after all, so that a server that waits for it fails here and doesn't hang.
  std::jthread rescue([&](std::stop_token ended) {
    for (int i = 0; i < 600 && !ended.stop_requested(); ++i) std::this_thread::sleep_for(100ms);
    if (!ended.stop_requested()) served.backend.held = false;
  });
  served.server.drain();
  served.server.join();
  CHECK(served.backend.held);
  CHECK(caller.heard_nothing());  // its connection ends with the server
}

TEST_CASE("as many connections are open as the limit says, and no more") {
  Served served([](conf::Settings& settings) {
    settings.limits.connections = 3;
    settings.listen.threads = 2;
  });
  served.server.start();
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 3; ++i) {
    callers.push_back(std::make_unique<Caller>(served.server.address()));
    CHECK(callers.back()->ask(kGet).starts_with("HTTP/1.1 200"));
  }
  CHECK(Caller(served.server.address()).read().starts_with("HTTP/1.1 503"));
  callers.pop_back();
  until([&] { return served.server.connections() == 2; });
  CHECK(Caller(served.server.address()).ask(kGet).starts_with("HTTP/1.1 200"));
}

TEST_CASE("what was used before a server ended is written to the store") {
  Served served;
  UseWriter writer(served.server, served.usage.get(), served.log);
  served.server.start();
  World signer;  // for its signature alone
  const std::string request = signer.signed_by_alice({});
  served.clock.now = signer.clock.now;
  CHECK(Caller(served.server.address()).ask(request).starts_with("HTTP/1.1 200"));
  served.stop();
  writer.write();
  CHECK(served.usage->client("K")->all == store::Count{1, served.clock.now});
  CHECK(
      served.usage->client("K")->of(served.usage->key_id("K", store::KeyKind::Secret, "S")).times ==
      1);
}
