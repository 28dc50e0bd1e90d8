// Limits of size and time. No check of how long anything took: an end that doesn't come fails the
// test.

#include <doctest/doctest.h>

#include "gateway/exchange/body_frame.h"
#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;
using namespace std::chrono_literals;

namespace {

// One side at a time: on a slow machine the time of the other would come first.
void impatient_with_clients(conf::Settings& settings) {
  settings.timeouts.header = 300ms;
  settings.timeouts.body = 300ms;
  settings.timeouts.idle = 300ms;
}
void impatient_with_backends(conf::Settings& settings) {
  settings.timeouts.upstream_response = 300ms;
  settings.timeouts.upstream_connect = 300ms;
}

Client silent_after(const std::string& bytes) {
  Client client{{Piece{bytes}}};
  client.then_ends = false;
  return client;
}

Client dripping_after(const std::string& bytes) {
  Client client = silent_after(bytes);
  client.then_drips = true;
  return client;
}

std::string sized(std::size_t size) { return "Content-Length: " + std::to_string(size) + "\r\n"; }

std::string chunk_of(std::size_t size) {
  std::string head;
  exchange::chunk_head(size, head);
  return head + std::string(size, 'x') + "\r\n0\r\n\r\n";
}

}  // namespace

TEST_CASE("a client that says nothing is let go without a word") {
  World world(impatient_with_clients);
  Client client;
  client.then_ends = false;
  const Outcome outcome = world.talk(std::move(client));
  CHECK(outcome.record.received.empty());
  CHECK(outcome.record.closed);
}

TEST_CASE("a client that is idle after an answer is let go without a word") {
  World world(impatient_with_clients);
  CHECK(world.talk(silent_after(world.signed_by_alice({}))).text() == "200 hello\n");
}

TEST_CASE("a connection that was idle for long wakes up for its next request") {
  World world([](conf::Settings& settings) { settings.timeouts.idle = 4s; });
  SUBCASE("and is served") {
    auto record = std::make_shared<Record>();
    bool go = false, ended = false;
    Client client{{Piece{world.signed_by_alice({})}, Piece{world.signed_by_alice({}), "GO"}}};
    client.ends_when_cancelled = false;
    world.run.connections.fetch_add(1);
    asio::co_spawn(
        world.worker->context(),
        session(*world.worker, mem_stream(world.worker->context(), std::move(client), record),
                net::Tcp::endpoint()),
        [&ended](std::exception_ptr) { ended = true; });
    const net::TimePoint wake = std::chrono::steady_clock::now() + 1600ms;
    world.until([&] {
      if (!go && std::chrono::steady_clock::now() > wake) {
        go = true;
        record->received += "GO";
        record->wake();
      }
      return ended;
    });
    CHECK(world.origin->asked.size() == 2);
  }
  SUBCASE("or ends") {
    CHECK(world.talk(silent_after(world.signed_by_alice({}))).text() == "200 hello\n");
  }
}

TEST_CASE("a head must be whole in time, even if its bytes keep dripping") {
  World world(impatient_with_clients);
  for (const std::string& begin : {std::string("G"), std::string("\r\n"),
                                   std::string("GET /api/x HTTP/1.1\r\nHost: gate\r\nX: ")}) {
    CAPTURE(begin);
    CHECK(world.talk(silent_after(begin)).text().starts_with("408"));
    CHECK(world.talk(dripping_after(begin)).text().starts_with("408"));
  }
  CHECK(world.asked() == "");
}

TEST_CASE("what can begin no request is refused without waiting for more, wherever it is cut") {
  World world(impatient_with_clients);
  for (const std::string& bytes : {std::string("\r\n\n"), std::string("GET / HTTP/1.1\n")}) {
    for (std::size_t at = 1; at < bytes.size(); ++at) {
      CAPTURE(at);
      Client client{{Piece{bytes.substr(0, at)}, Piece{bytes.substr(at)}}};
      client.then_ends = false;
      client.ends_after = "HTTP/1.1 400";
      CHECK(world.talk(std::move(client)).text().starts_with("400"));
    }
  }
}

TEST_CASE("a body must come at the least rate") {
  World world(impatient_with_clients);
  const Ask put{.method = "PUT", .lines = sized(100000), .body = "begin"};
  const Ask form{.method = "POST",
                 .lines = "Content-Type: application/x-www-form-urlencoded\r\n" + sized(10000),
                 .body = "a=b"};
  for (const Ask& ask : {put, form}) {
    CHECK(world.talk(silent_after(world.signed_by_alice(ask))).text().starts_with("408"));
    CHECK(world.talk(dripping_after(world.signed_by_alice(ask))).text().starts_with("408"));
  }
  REQUIRE_FALSE(world.origin->asked.empty());
  for (const Asked& asked : world.origin->asked) CHECK_FALSE(asked.complete);
  world.until([&] { return world.origin->open == 0; });
}

TEST_CASE("a client must take its answer at the least rate") {
  World world(impatient_with_clients);
  world.origin->script = [](const Asked&, std::size_t) {
    return Reply{answer(std::string(100000, 'x'))};
  };
  for (std::size_t takes : {0, 100, 20000}) {
    CAPTURE(takes);
    Client client = silent_after(world.signed_by_alice({}));
    client.takes = takes;
    const Outcome outcome = world.talk(std::move(client));
    CHECK(outcome.record.received.size() == takes);
    CHECK(outcome.record.reset);
  }
}

TEST_CASE("a client that waits for 100 Continue but doesn't read it is let go") {
  World world(impatient_with_clients);
  Client client = silent_after(
      world.signed_by_alice({.method = "PUT", .lines = "Expect: 100-continue\r\n" + sized(10)}));
  client.takes = 0;
  CHECK(world.talk(std::move(client)).record.closed);
}

TEST_CASE("a backend that is silent is given up") {
  World world(impatient_with_backends);
  for (const std::string& bytes : {std::string(), std::string("HTTP/1.1 200 OK\r\nX: "),
                                   std::string("HTTP/1.1 100 C\r\n\r\n")}) {
    CAPTURE(bytes);
    world.origin->script = [bytes](const Asked&, std::size_t) {
      return Reply{bytes, Reply::Then::Silent};
    };
    CHECK(world.talk(world.signed_by_alice({})).text().starts_with("504"));
    CHECK(world.talk(world.signed_by_alice({.method = "POST", .form = "a=b"}))
              .text()
              .starts_with("504"));
  }
  world.origin->script = [](const Asked&, std::size_t) {
    return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", Reply::Then::Silent};
  };
  CHECK(world.talk(world.signed_by_alice({})).record.reset);
  world.until([&] { return world.origin->open == 0; });
}

TEST_CASE("a backend that doesn't take the body is given up") {
  World world(impatient_with_backends);
  const std::string body(20 << 20, 'x');
  world.origin->script = [](const Asked&, std::size_t) {
    Reply reply;
    reply.before_body = true;
    reply.stops_reading = true;
    return reply;
  };
  const Outcome outcome = world.talk(
      world.signed_by_alice({.method = "PUT", .lines = sized(body.size()), .body = body}));
  CHECK(outcome.text().starts_with("504"));
}

TEST_CASE("a body may have as many bytes as the limit says, and no more") {
  World world([](conf::Settings& settings) {
    settings.limits.body_bytes = 1000;
    settings.limits.form_bytes = 500;
  });
  const std::string form_lines = "Content-Type: application/x-www-form-urlencoded\r\n";
  const std::string chunks = "Transfer-Encoding: chunked\r\n";
  struct Sized {
    Ask ask;
    const char* status;
  };
  const std::vector<Sized> rows{
      {{.method = "PUT", .lines = sized(1000), .body = std::string(1000, 'x')}, "200"},
      {{.method = "PUT", .lines = sized(1001), .body = std::string(1001, 'x')}, "413"},
      {{.method = "PUT", .lines = chunks, .body = chunk_of(1000)}, "200"},
      {{.method = "PUT", .lines = chunks, .body = chunk_of(1001)}, "413"},
      {{.method = "POST", .form = "a=" + std::string(498, 'x')}, "200"},
      {{.method = "POST", .form = "a=" + std::string(499, 'x')}, "413"},
      {{.method = "POST", .lines = form_lines + chunks, .body = chunk_of(500)}, "401"},
      {{.method = "POST", .lines = form_lines + chunks, .body = chunk_of(501)}, "413"},
  };
  for (const Sized& row : rows) {
    CAPTURE(row.ask.lines);
    CHECK(world.talk(world.signed_by_alice(row.ask)).text().starts_with(row.status));
  }
  REQUIRE_FALSE(world.origin->asked.empty());
  for (const Asked& asked : world.origin->asked) {
    if (asked.complete) CHECK(asked.body.size() <= 1000);
  }
}

TEST_CASE("the limit of a body holds for a form too") {
  World world([](conf::Settings& settings) { settings.limits.body_bytes = 100; });
  const std::string lines =
      "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n";
  const auto status = [&](std::size_t size) {
    const Ask ask{.method = "POST", .lines = lines, .body = chunk_of(size)};
    return world.talk(world.signed_by_alice(ask)).text().substr(0, 3);
  };
  CHECK(status(100) == "401");
  CHECK(status(101) == "413");
}

TEST_CASE("a length over the limit is refused without reading or 100 Continue") {
  World world([](conf::Settings& settings) { settings.limits.body_bytes = 10; });
  const Ask put{.method = "PUT", .lines = "Expect: 100-continue\r\n" + sized(11)};
  Client client = silent_after(world.signed_by_alice(put));
  client.ends_after = "HTTP/1.1 413";
  CHECK(world.talk(std::move(client)).text().starts_with("413"));
}

TEST_CASE("a head may have as many bytes as the limit says, and no more") {
  World world([](conf::Settings& settings) { settings.limits.header_bytes = 20000; });
  const auto with_head_of = [](std::size_t size) {
    const std::size_t rest = World::plain({.target = "/public/x", .lines = "X: \r\n"}).size();
    const std::string field = "X: " + std::string(size - rest, 'x') + "\r\n";
    return World::plain({.target = "/public/x", .lines = field});
  };
  CHECK(world.talk(with_head_of(20000)).text() == "200 hello\n");
  CHECK(world.talk(with_head_of(20001)).text().starts_with("431"));
  CHECK(world.talk("\r\n\r\n" + with_head_of(20000)).text() == "200 hello\n");
  CHECK(world.talk(World::plain({.target = "/public/" + std::string(17000, 'x')}))
            .text()
            .starts_with("414"));
}
