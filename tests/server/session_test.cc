// Whole exchanges: what the client is answered and what the backend is asked, however the client's
// bytes arrive.

#include <doctest/doctest.h>

#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;

namespace {

struct Exchanged {
  std::string name;
  std::function<std::string(World&)> bytes;
  std::string answered;
  std::string asked;
  std::vector<std::string> methods{};
};

std::string ask(World& world, Ask what) { return world.signed_by_alice(what); }

const std::string kChunked = "Transfer-Encoding: chunked\r\n";
const std::string kChunks = "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-OAuth-User: eve\r\n\r\n";

std::vector<Exchanged> exchanges() {
  return {
      {"a signed GET", [](World& w) { return ask(w, {}); }, "200 hello\n", "GET /api/x by alice\n"},
      {"a signed form",
       [](World& w) { return ask(w, {.method = "POST", .target = "/api/f", .form = "a=b&c=d"}); },
       "200 hello\n", "POST /api/f by alice \"a=b&c=d\"\n"},
      {"a PUT with its length",
       [](World& w) {
         return ask(w, {.method = "PUT", .lines = "Content-Length: 9\r\n", .body = "some body"});
       },
       "200 hello\n", "PUT /api/x by alice \"some body\"\n"},
      {"a PUT in chunks",
       [](World& w) { return ask(w, {.method = "PUT", .lines = kChunked, .body = kChunks}); },
       "200 hello\n", "PUT /api/x by alice \"abcdefg\"\n"},
      {"a HEAD",
       [](World& w) { return ask(w, {.method = "HEAD"}); },
       "200 \n",
       "HEAD /api/x by alice\n",
       {"HEAD"}},
      {"three in one go",
       [](World& w) {
         return ask(w, {.target = "/api/1"}) +
                ask(w, {.method = "POST", .target = "/api/2", .form = "a=b"}) +
                ask(w, {.method = "PUT", .target = "/api/3", .lines = kChunked, .body = kChunks});
       },
       "200 hello\n200 hello\n200 hello\n",
       "GET /api/1 by alice\nPOST /api/2 by alice \"a=b\"\nPUT /api/3 by alice \"abcdefg\"\n"},
      {"an HTTP/1.0 client", [](World& w) { return ask(w, {.version = "HTTP/1.0"}); },
       "200 hello close\n", "GET /api/x by alice\n"},
      {"an HTTP/1.0 client that stays",
       [](World& w) {
         const Ask stays{.lines = "Connection: keep-alive\r\n", .version = "HTTP/1.0"};
         return ask(w, stays) + ask(w, stays);
       },
       "200 hello\n200 hello\n", "GET /api/x by alice\nGET /api/x by alice\n"},
      {"an open route",
       [](World&) {
         return World::plain({.method = "POST", .target = "/public/x", .form = "a=b"});
       },
       "200 hello\n", "POST /public/x by  \"a=b\"\n"},
      {"a client that says it is the last",
       [](World& w) { return ask(w, {.lines = "Connection: close\r\n"}) + ask(w, {}); },
       "200 hello close\n", "GET /api/x by alice\n"},
  };
}

// What differs from run to run taken out.
std::string told(const Outcome& outcome, const std::vector<Asked>& asked) {
  std::string text = outcome.text();
  for (const Message& answer : outcome.answers) text += without(answer.head, "X-Request-Id");
  for (const Asked& request : asked) text += without(request.head, "X-Request-Id");
  return text;
}

// Runs the exchange cut at every byte, and asks that nobody can tell.
void check_cuts(World& world, const Exchanged& exchange) {
  const std::string whole = exchange.bytes(world);
  const Outcome first = world.talk(Client{{Piece{whole}}}, exchange.methods);
  CHECK(first.text() == exchange.answered);
  CHECK(world.asked() == exchange.asked);
  const std::string expected = told(first, world.origin->asked);
  for (std::size_t at = 1;; ++at) {
    world.origin->asked.clear();
    const std::string bytes = exchange.bytes(world);
    if (at >= bytes.size()) break;
    Client client{{Piece{bytes.substr(0, at)}, Piece{bytes.substr(at)}}};
    const Outcome outcome = world.talk(std::move(client), exchange.methods);
    const std::string got = told(outcome, world.origin->asked);
    if (got == expected && world.asked() == exchange.asked) continue;
    CAPTURE(at);
    CHECK(got == expected);
    CHECK(world.asked() == exchange.asked);
  }
  world.origin->asked.clear();
}

}  // namespace

TEST_CASE("an exchange is the same wherever the client's bytes are cut") {
  World world;
  for (const Exchanged& exchange : exchanges()) {
    CAPTURE(exchange.name);
    check_cuts(world, exchange);
  }
}

TEST_CASE("an exchange is the same however little a client takes at a time") {
  World world;
  for (const Exchanged& exchange : exchanges()) {
    CAPTURE(exchange.name);
    for (std::size_t window : {1, 2, 3, 7, 64}) {
      world.origin->asked.clear();
      Client client{{Piece{exchange.bytes(world)}}};
      client.window = window;
      CHECK(world.talk(std::move(client), exchange.methods).text() == exchange.answered);
      CHECK(world.asked() == exchange.asked);
    }
  }
}

TEST_CASE("a client that brings byte after byte is served") {
  World world;
  for (const Exchanged& exchange : exchanges()) {
    CAPTURE(exchange.name);
    world.origin->asked.clear();
    Client client;
    for (char byte : exchange.bytes(world)) client.pieces.push_back(Piece{std::string(1, byte)});
    CHECK(world.talk(std::move(client), exchange.methods).text() == exchange.answered);
    CHECK(world.asked() == exchange.asked);
  }
}

TEST_CASE("what is refused never reaches the backend, and is refused wherever it is cut") {
  World world;
  const std::string get = World::plain({});
  struct Refused {
    std::string bytes;
    std::string answered;  // begins with
  };
  const std::string stale = world.signed_by_alice({});
  world.talk(stale);
  world.origin->asked.clear();
  const std::vector<Refused> rows{
      {get, "401"},
      {stale, "401"},
      {World::plain({.lines = "Authorization: Basic eDp5\r\n"}), "401"},
      {World::plain({.method = "POST", .form = "a=b"}), "401"},
      {World::plain({.method = "PUT", .lines = kChunked, .body = kChunks}), "401"},
      {World::plain({.target = "/nowhere"}), "404"},
      {World::plain({.target = "/api/../public/x"}), "400"},
      {World::plain({.method = "CONNECT", .target = "gate:80"}), "400"},
      {World::plain({.method = "TRACE"}), "501"},
      {World::plain({.lines = "Expect: tea\r\n"}), "417"},
      {World::plain({.target = "http://other/api/x"}), "400"},
      {World::plain({.lines = "Transfer-Encoding: gzip\r\n"}), "501"},
      {World::plain({.version = "HTTP/2.0"}), "505"},
      {World::plain({.lines = "Host: gate\r\n"}), "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"nonsense\r\n\r\n", "400"},
  };
  for (const Refused& row : rows) {
    CAPTURE(row.bytes);
    for (std::size_t at = 1; at < row.bytes.size(); ++at) {
      const Outcome outcome = world.talk_cut(row.bytes, at);
      REQUIRE(outcome.answers.size() == 1);
      CHECK(outcome.text().starts_with(row.answered));
      CHECK(outcome.answers[0].complete);
      CHECK(outcome.rest.empty());
    }
  }
  CHECK(world.asked() == "");
}

TEST_CASE("after a syntax error no byte that follows is looked at") {
  World world;
  for (const char* bytes : {"GET / HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n", "\n",
                            "GET /api/x HTTP/1.1\r\nHost: gate\r\nX : y\r\n\r\n",
                            "PUT /public/x HTTP/1.1\r\nHost: gate\r\nContent-Length: 1\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n"}) {
    CAPTURE(bytes);
    const Outcome outcome = world.talk(bytes + world.signed_by_alice({}));
    REQUIRE(outcome.answers.size() == 1);
    CHECK(outcome.answers[0].status() == 400);
    CHECK(value(outcome.answers[0].head, "Connection") == "close");
  }
  CHECK(world.asked() == "");
}

TEST_CASE("a refusal whose body was read leaves the connection in step") {
  World world;
  const std::string refused = World::plain({.method = "POST", .form = "a=b"});
  const Outcome outcome = world.talk(refused + world.signed_by_alice({}));
  REQUIRE(outcome.answers.size() == 2);
  CHECK(outcome.answers[0].status() == 401);
  CHECK(outcome.answers[1].status() == 200);
  CHECK(world.asked() == "GET /api/x by alice\n");
}

TEST_CASE("a refused body that is still to come ends the connection") {
  World world;
  Client client;
  client.pieces = {
      Piece{World::plain({.method = "PUT", .lines = "Content-Length: 100\r\n", .body = "begin"})},
      Piece{World::plain({.target = "/public/x"}), "401"}};
  const Outcome outcome = world.talk(std::move(client));
  REQUIRE(outcome.answers.size() == 1);
  CHECK(outcome.text().ends_with("close\n"));
  CHECK(outcome.record.finished);
  CHECK(world.asked() == "");
}

TEST_CASE("a body in chunks that is wrong is never completed for the backend") {
  World world;
  const std::string bytes = world.signed_by_alice(
      {.method = "PUT", .lines = kChunked, .body = "5\r\nhello\r\nnonsense\r\n\r\n"});
  const Outcome outcome = world.talk_cut(bytes, bytes.find("nonsense"));
  REQUIRE(outcome.answers.size() == 1);
  CHECK(outcome.answers[0].status() == 400);
  REQUIRE_FALSE(world.origin->asked.empty());
  for (const Asked& asked : world.origin->asked) CHECK_FALSE(asked.complete);
}

TEST_CASE("a body cut short is never completed for the backend") {
  World world;
  for (const char* lines : {"Content-Length: 9\r\n", "Transfer-Encoding: chunked\r\n"}) {
    CAPTURE(lines);
    const std::string body = lines[0] == 'C' ? "some bod" : "4\r\nsome\r\n4\r\n bod\r\n0\r\n";
    for (std::size_t size = 0; size <= body.size(); ++size) {
      world.talk(
          world.signed_by_alice({.method = "PUT", .lines = lines, .body = body.substr(0, size)}));
    }
  }
  REQUIRE_FALSE(world.origin->asked.empty());
  for (const Asked& asked : world.origin->asked) CHECK_FALSE(asked.complete);
}

TEST_CASE("the same signature twice in one go passes once") {
  World world;
  const std::string bytes = world.signed_by_alice({});
  CHECK(world.talk(bytes + bytes).answers[1].status() == 401);
  CHECK(world.asked() == "GET /api/x by alice\n");
}

TEST_CASE("100 Continue is said once, to a proven client that waits for it") {
  World world;
  const Ask put{.method = "PUT", .lines = "Expect: 100-continue\r\nContent-Length: 5\r\n"};
  SUBCASE("proven") {
    Client client{{Piece{world.signed_by_alice(put)}, Piece{"hello", "100 Continue"}}};
    CHECK(world.talk(std::move(client)).text() == "100 \n200 hello\n");
    CHECK(world.asked() == "PUT /api/x by alice \"hello\"\n");
  }
  SUBCASE("not proven") {
    Client client{{Piece{World::plain(put)}, Piece{"hello", "100 Continue"}}};
    client.then_ends = false;
    client.ends_after = "HTTP/1.1 401";
    CHECK(world.talk(std::move(client)).text().starts_with("401"));
    CHECK(world.asked() == "");
  }
  SUBCASE("with the body already there") {
    Ask with = put;
    with.body = "hello";
    CHECK(world.talk(world.signed_by_alice(with)).text() == "200 hello\n");
  }
}
