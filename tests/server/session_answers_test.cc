// What the client sees of the backend's answers, also of those that are none.

#include <doctest/doctest.h>

#include "gateway/exchange/ask_backend.h"
#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;

namespace {

using Then = Reply::Then;

struct Answered {
  std::string name;
  Reply reply;
  std::string text;  // of a GET's outcome, HTTP/1.1
};

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = kOk + "Transfer-Encoding: chunked\r\n\r\n";

std::vector<Answered> answers() {
  return {
      {"with its length", {answer("hello")}, "200 hello\n"},
      {"empty", {answer("")}, "200 \n"},
      {"in chunks",
       {kChunked + "5\r\nhello\r\n3;a=b\r\n wo\r\n0\r\nX: y\r\n\r\n"},
       "200 hello wo\n"},
      {"until the close", {kOk + "\r\nhello", Then::Close}, "200 hello\n"},
      {"of an HTTP/1.0 backend", {"HTTP/1.0 200 OK\r\n\r\nhello", Then::Close}, "200 hello\n"},
      {"without content", {"HTTP/1.1 204 No\r\n\r\n"}, "204 \n"},
      {"not modified", {"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n"}, "304 \n"},
      {"behind interim ones",
       {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" + answer("hello")},
       "200 hello\n"},
      {"behind many interim ones",
       {[] {
         std::string many;
         for (int i = 0; i < 30; ++i) many += "HTTP/1.1 102\n\n";
         return many + answer("hello");
       }()},
       "200 hello\n"},
      {"with a length and in chunks",
       {kOk + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
              "2\r\nhi\r\n0\r\nContent-Length: 9\r\n\r\n"},
       "200 hi\n"},
      {"in bare line feeds", {"HTTP/1.1 200\nContent-Length: 5\n\nhello"}, "200 hello\n"},
      {"that ends its connection",
       {answer("hello", "Connection: close\r\n"), Then::Close},
       "200 hello\n"},
  };
}

// Of what is no answer, the client learns nothing but that.
std::vector<Answered> broken() {
  return {
      {"an upgrade nobody asked for",
       {"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"},
       "502"},
      {"interim ones alone", {"HTTP/1.1 100 Continue\r\n\r\n", Then::Close}, "502"},
      {"garbage", {"garbage\r\n\r\n"}, "502"},
      {"HTTP/0.9", {"<html>hello</html>", Then::Close}, "502"},
      {"nothing", {"", Then::Close}, "502"},
      {"a reset", {"", Then::Reset}, "502"},
      {"two lengths", {kOk + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"}, "502"},
      {"another coding", {kOk + "Transfer-Encoding: gzip\r\n\r\nhello"}, "502"},
      {"chunks in HTTP/1.0",
       {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
       "502"},
      {"a bare carriage return", {"HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n"}, "502"},
      {"an endless head", {kOk + "X: " + std::string(300000, 'x'), Then::Silent}, "502"},
  };
}

Outcome get(World& world, Reply reply, const std::string& method = "GET",
            const std::string& version = "HTTP/1.1") {
  world.origin->script = [reply](const Asked&, std::size_t) { return reply; };
  const std::string bytes = world.signed_by_alice({.method = method, .version = version});
  return world.talk(Client{{Piece{bytes}}}, {method});
}

bool looks_complete(const Outcome& outcome, int status) {
  return !outcome.record.reset && outcome.answers.size() == 1 &&
         outcome.answers[0].status() == status && outcome.answers[0].complete;
}

}  // namespace

TEST_CASE("every form of answer arrives, wherever the backend's bytes are cut") {
  World world;
  for (const Answered& row : answers()) {
    CAPTURE(row.name);
    for (std::size_t at = 0; at < row.reply.bytes.size(); ++at) {
      CAPTURE(at);
      Reply reply = row.reply;
      reply.cut_at = at;
      CHECK(get(world, reply).text() == row.text);
    }
  }
}

TEST_CASE("HTTP/1.0 clients get no chunks, and know the end by the close") {
  World world;
  for (const Answered& row : answers()) {
    CAPTURE(row.name);
    const Outcome outcome = get(world, row.reply, "GET", "HTTP/1.0");
    REQUIRE(outcome.answers.size() == 1);
    CHECK(values(outcome.answers[0].head, "Transfer-Encoding").empty());
    CHECK(outcome.text() == row.text.substr(0, row.text.size() - 1) + " close\n");
    CHECK(outcome.record.finished);
  }
}

TEST_CASE("answers to HEAD have no body and leave the connection in step") {
  World world;
  for (const char* lines : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""}) {
    CAPTURE(lines);
    world.origin->script = [lines](const Asked& asked, std::size_t) {
      if (asked.start_line().starts_with("HEAD")) return Reply{kOk + lines + "\r\n"};
      return Reply{answer("hello")};
    };
    const std::string both = world.signed_by_alice({.method = "HEAD"}) + world.signed_by_alice({});
    CHECK(world.talk(Client{{Piece{both}}}, {"HEAD", "GET"}).text() == "200 \n200 hello\n");
  }
}

TEST_CASE("what is no answer becomes a refusal, and the next request is served") {
  World world;
  for (const Answered& row : broken()) {
    CAPTURE(row.name);
    const Outcome outcome = get(world, row.reply);
    CHECK(outcome.text().starts_with(row.text));
    CHECK(looks_complete(outcome, 502));
    CHECK(get(world, {answer("hello")}).text() == "200 hello\n");
  }
}

TEST_CASE("an answer cut short never looks complete") {
  World world;
  for (const char* version : {"HTTP/1.1", "HTTP/1.0"}) {
    for (const Answered& row : answers()) {
      CAPTURE(row.name);
      const std::size_t head = row.reply.bytes.rfind("HTTP/1.");
      const std::string& bytes = row.reply.bytes;
      const std::size_t feeds = bytes.find("\n\n", head);
      const std::size_t body = feeds != kNone ? feeds + 2 : bytes.find("\r\n\r\n", head) + 4;
      for (std::size_t size = 0; size < row.reply.bytes.size(); ++size) {
        CAPTURE(size);
        const bool until_close =
            row.reply.then == Then::Close && row.name != "that ends its connection";
        for (Then then : {Then::Close, Then::Reset}) {
          if (until_close && size >= body && then == Then::Close) continue;  // that is an answer
          const Outcome outcome =
              get(world, {row.reply.bytes.substr(0, size), then}, "GET", version);
          CHECK_FALSE(looks_complete(outcome, 200));
          CHECK(looks_complete(outcome, 502) == (size < body));
          CHECK(outcome.record.reset == (size >= body));
        }
      }
    }
  }
}

TEST_CASE("bytes behind an answer never reach a client") {
  World world;
  const std::string poison = answer("poison");
  for (const std::string& first : {answer("hello"), kChunked + "5\r\nhello\r\n0\r\n\r\n",
                                   std::string("HTTP/1.1 204 No\r\n\r\n")}) {
    CAPTURE(first);
    const Outcome outcome = get(world, {first + poison});
    CHECK(outcome.answers.size() == 1);
    CHECK(get(world, {answer("clean")}).text() == "200 clean\n");
  }
}

TEST_CASE("bytes on an idle connection never reach a client") {
  World world;
  for (const char* method : {"GET", "HEAD", "POST"}) {
    CAPTURE(method);
    const int strays = world.origin->strays;
    Reply reply{answer("hello")};
    reply.stray = answer("poison");
    get(world, reply);
    world.until([&] { return world.origin->strays > strays; });
    const Outcome outcome = get(world, {answer("clean")}, method);
    REQUIRE(outcome.answers.size() == 1);
    CHECK(outcome.answers[0].status() == 200);
    const bool bodiless = method == std::string("HEAD");
    CHECK(outcome.answers[0].body == (bodiless ? "" : "clean"));
  }
}

TEST_CASE("a pooled connection is used again, and one that the backend closed is noticed") {
  World world;
  get(world, {answer("hello")});
  get(world, {answer("hello")});
  CHECK(world.origin->connections == 1);
  for (Then then : {Then::Close, Then::Reset}) {
    for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
      CAPTURE(method);
      const int before = world.origin->connections;
      CHECK(get(world, {answer("hello"), then}).text() == "200 hello\n");
      CHECK(get(world, {answer("again")}, method).text() == "200 again\n");
      CHECK(world.origin->connections > before);
    }
  }
}

TEST_CASE("a safe request is sent once more when its pooled connection ends without an answer") {
  World world;
  struct Row {
    Ask ask;
    std::string before_the_end;
    std::size_t times;  // that the backend sees it
  };
  const std::string length = "Content-Length: ", chunked = "Transfer-Encoding: chunked\r\n";
  const std::vector<Row> rows{
      {{.method = "GET"}, "", 2},
      {{.method = "HEAD"}, "", 2},
      {{.method = "OPTIONS"}, "", 2},
      {{.method = "GET", .lines = length + "0\r\n"}, "", 2},
      {{.method = "GET", .target = "/api/" + std::string(9000, 'x')}, "", 2},
      {{.method = "get"}, "", 1},
      {{.method = "POST"}, "", 1},
      {{.method = "PUT"}, "", 1},
      {{.method = "DELETE"}, "", 1},
      {{.method = "PATCH"}, "", 1},
      {{.method = "PROPFIND"}, "", 1},
      {{.method = "POST", .form = "a=b"}, "", 1},
      {{.method = "GET", .form = "a=b"}, "", 1},
      {{.method = "GET", .lines = length + "1\r\n", .body = "x"}, "", 1},
      {{.method = "OPTIONS", .lines = length + "1\r\n", .body = "x"}, "", 1},
      {{.method = "GET", .lines = chunked, .body = "0\r\n\r\n"}, "", 1},
      {{.method = "GET"}, "H", 1},
      {{.method = "GET"}, "\r\n", 1},
      {{.method = "GET"}, "HTTP/1.1 200 OK\r\n", 1},
      {{.method = "GET"}, "HTTP/1.1 100 Continue\r\n\r\n", 1},
      {{.method = "HEAD"}, "HTTP/1.1 102 Processing\r\n\r\n", 1},
      {{.method = "GET"}, "HTTP/1.1 103 Early Hints\r\n\r\n", 1},
  };
  for (const Row& row : rows) {
    for (Then then : {Then::Close, Then::Reset}) {
      for (bool is_signed : {true, false}) {
        CAPTURE(row.ask.method);
        CAPTURE(row.ask.lines);
        CAPTURE(row.before_the_end);
        CAPTURE(is_signed);
        Ask ask = row.ask;
        if (!is_signed) ask.target = "/public" + ask.target;
        const std::string bytes = is_signed ? world.signed_by_alice(ask) : World::plain(ask);
        get(world, {answer("hello")});
        world.origin->asked.clear();
        const Reply end{row.before_the_end, then};
        world.origin->script = [end](const Asked&, std::size_t) { return end; };
        // The bytes before a reset may be lost with it, and only then.
        if (then == Then::Reset && !row.before_the_end.empty()) continue;
        CHECK(world.talk(Client{{Piece{bytes}}}, {ask.method}).text().starts_with("502"));
        const std::vector<Asked>& asked = world.origin->asked;
        REQUIRE(asked.size() == row.times);
        const bool fresh = asked.front().connection != asked.back().connection;
        CHECK(fresh == (row.times == 2));
        CHECK(asked.front().head == asked.back().head);  // with its X-Request-Id
        // On a connection that was never used before, once.
        world.origin->asked.clear();
        const std::string anew = is_signed ? world.signed_by_alice(ask) : World::plain(ask);
        CHECK(world.talk(Client{{Piece{anew}}}, {ask.method}).text().starts_with("502"));
        CHECK(world.origin->asked.size() == 1);
      }
    }
  }
}

TEST_CASE("what a pooled connection left unanswered is answered by a fresh one") {
  World world;
  for (Then then : {Then::Close, Then::Reset}) {
    for (int round = 0; round < 3; ++round) {
      get(world, {answer("hello")});
      const std::size_t before = world.origin->asked.size();
      world.origin->script = [before, then](const Asked&, std::size_t number) {
        return number == before ? Reply{"", then} : Reply{answer("again")};
      };
      const std::string pipelined = world.signed_by_alice({}) + world.signed_by_alice({});
      CHECK(world.talk(pipelined).text() == "200 again\n200 again\n");
      CHECK(world.origin->asked.size() == before + 3);
    }
  }
}

TEST_CASE("a request is not sent again when its pooled connection stays silent") {
  World world([](conf::Settings& settings) {
    settings.timeouts.upstream_response = std::chrono::milliseconds(100);
  });
  get(world, {answer("hello")});
  world.origin->asked.clear();
  CHECK(get(world, {"", Then::Silent}).text().starts_with("504"));
  CHECK(world.origin->asked.size() == 1);
}

TEST_CASE("interim answers have at most a megabyte together") {
  World world;
  const std::string interim = "HTTP/1.1 103 Early\r\nX: " + std::string(1000, 'x') + "\r\n\r\n";
  const std::size_t most = exchange::kInterimBytes / interim.size();
  for (const char* method : {"GET", "POST"}) {
    for (std::size_t over : {0, 1}) {
      std::string bytes;
      for (std::size_t i = 0; i < most + over; ++i) bytes += interim;
      const Outcome outcome = get(world, {bytes + answer("hello")}, method);
      CHECK(outcome.text().starts_with(over == 0 ? "200 hello" : "502"));
    }
  }
}

TEST_CASE("an early answer reaches a client that is still sending, and both connections end") {
  World world;
  Reply reply{"HTTP/1.1 413 Big\r\nContent-Length: 3\r\n\r\nbig"};
  reply.before_body = true;
  reply.then = Then::Silent;
  world.origin->script = [reply](const Asked&, std::size_t) { return reply; };
  for (const char* lines : {"Content-Length: 1000000\r\n", "Transfer-Encoding: chunked\r\n"}) {
    CAPTURE(lines);
    const std::string part = lines[0] == 'C' ? "part" : "4\r\npart\r\n";
    Client client{{Piece{world.signed_by_alice({.method = "PUT", .lines = lines, .body = part})}}};
    client.then_ends = false;
    CHECK(world.talk(std::move(client)).text() == "413 big close\n");
    CHECK_FALSE(world.origin->asked.back().complete);
    world.until([&] { return world.origin->open == 0; });
  }
}

TEST_CASE("a body passes through whole, whatever its size") {
  World world;
  for (std::size_t size : {1000, 16000, 70000, 300000}) {
    CAPTURE(size);
    std::string body;
    for (std::size_t i = 0; body.size() < size; ++i) body += std::to_string(i) + ' ';
    world.origin->asked.clear();
    world.origin->script = [](const Asked& asked, std::size_t) {
      return Reply{answer(asked.body)};
    };
    const std::string lines = "Content-Length: " + std::to_string(body.size()) + "\r\n";
    const Outcome outcome =
        world.talk(world.signed_by_alice({.method = "PUT", .lines = lines, .body = body}));
    REQUIRE(outcome.answers.size() == 1);
    CHECK(outcome.answers[0].complete);
    CHECK((outcome.answers[0].body == body));
  }
}
