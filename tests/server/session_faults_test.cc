// The client's side fails at each of its operations in turn.

#include <doctest/doctest.h>

#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;

namespace {

// Nothing that wasn't proven, and no body that isn't whole but says so.
void check_asked(const World& world, const std::string& body) {
  for (const Asked& asked : world.origin->asked) {
    CHECK(value(asked.head, "X-OAuth-User") == "alice");
    if (asked.complete) CHECK(asked.body == body);
  }
}

// Fails the operation 0, then 1, and so on, until there is none to fail.
void fail_each(const Ask& ask, const std::string& body, std::size_t window) {
  World world;
  for (std::size_t k = 0;; ++k) {
    CAPTURE(k);
    REQUIRE(k < 2000);
    const std::string bytes = world.signed_by_alice(ask);
    Client client;
    client.pieces = {Piece{bytes.substr(0, 20)}, Piece{bytes.substr(20)}};
    client.window = window;
    client.fails_at = k;
    const Outcome outcome = world.talk(std::move(client));
    check_asked(world, body);
    if (outcome.record.operations <= k) {
      CHECK(outcome.text() == "200 hello\n");
      break;
    }
    CHECK(outcome.answers.size() <= 1);
  }
  world.worker->context().poll();
  CHECK(world.origin->open <= 1);
}

}  // namespace

TEST_CASE("whichever operation of a client fails, only that connection ends") {
  for (std::size_t window : {kNone, std::size_t{16}}) {
    CAPTURE(window);
    fail_each({}, "", window);
    fail_each({.method = "POST", .form = "a=b"}, "a=b", window);
    fail_each({.method = "PUT", .lines = "Content-Length: 5\r\n", .body = "abcde"}, "abcde",
              window);
    fail_each({.method = "PUT",
               .lines = "Transfer-Encoding: chunked\r\n",
               .body = "5\r\nabcde\r\n0\r\n\r\n"},
              "abcde", window);
  }
}

TEST_CASE("a refusal that can't be delivered ends only that connection") {
  World world;
  for (std::size_t k = 0; k < 12; ++k) {
    Client client{{Piece{World::plain({.method = "POST", .form = "a=b"})}}};
    client.window = 64;
    client.fails_at = k;
    world.talk(std::move(client));
  }
  CHECK(world.asked() == "");
}

TEST_CASE("a worker can end while exchanges are under way") {
  for (int turns = 0; turns < 40; ++turns) {
    World world;
    world.origin->script = [](const Asked&, std::size_t) {
      return Reply{.bytes = "", .then = Reply::Then::Silent};
    };
    world.run.connections.fetch_add(2);
    for (int i = 0; i < 2; ++i) {
      const std::string bytes = world.signed_by_alice(
          i == 0 ? Ask{} : Ask{.method = "PUT", .lines = "Content-Length: 9\r\n", .body = "half"});
      Client client{{Piece{bytes}}};
      client.then_ends = false;
      asio::co_spawn(world.worker->context(),
                     session(*world.worker,
                             mem_stream(world.worker->context(), std::move(client),
                                        std::make_shared<Record>()),
                             net::Tcp::endpoint()),
                     asio::detached);
    }
    for (int turn = 0; turn < turns; ++turn) world.worker->context().poll_one();
  }
}
