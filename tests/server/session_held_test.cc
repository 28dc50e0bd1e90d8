// Bodies that are held: the limits, and that nothing is left of them on disk or in memory, whatever
// happens.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "tests/server/hashed.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;
using namespace std::chrono_literals;

TEST_CASE("a held body may have as many bytes as the limits say, and no more") {
  World world([](conf::Settings& settings) {
    holding(settings);
    settings.limits.hashed_body_bytes = 3000;
    settings.limits.hashed_bodies_bytes = 3000 - kInMemory;
  });
  for (std::size_t at_a_time : {std::size_t{0}, std::size_t{1}, std::size_t{4000}}) {
    CAPTURE(at_a_time);
    const auto status = [&](std::size_t size) {
      const std::string body = bytes_of(size);
      return status_of(world,
                       at_a_time == 0 ? put(world, body) : put_chunks(world, body, at_a_time));
    };
    CHECK(status(3000) == "200");
    CHECK(status(3001) == "413");
  }
  const std::string waits = signed_with(
      world, {.method = "PUT", .lines = "Expect: 100-continue\r\n" + sized(3001)}, {.hash = "x"});
  CHECK(world.talk(waits).text().starts_with("401"));  // such a hash fits no body at all
  const std::string long_one =
      signed_with(world, {.method = "PUT", .lines = "Expect: 100-continue\r\n" + sized(3001)},
                  {.hash = sha1_of("x")});
  CHECK(world.talk(long_one).text().starts_with("413"));
  CHECK(world.origin->asked.size() == 3);
  check_nothing_left(world);
}

TEST_CASE("the limit of all bodies holds for one that is held too") {
  World world([](conf::Settings& settings) {
    holding(settings);
    settings.limits.body_bytes = 200;
  });
  CHECK(status_of(world, put_chunks(world, bytes_of(200), 50)) == "200");
  CHECK(status_of(world, put_chunks(world, bytes_of(201), 50)) == "413");
}

TEST_CASE("when the disk for held bodies is used up, bodies that need it are refused") {
  World world([](conf::Settings& settings) {
    holding(settings);
    settings.limits.hashed_bodies_bytes = 500;
  });
  CHECK(status_of(world, put(world, bytes_of(kInMemory + 500))) == "200");
  CHECK(status_of(world, put(world, bytes_of(kInMemory + 501))) == "503");
  CHECK(logged(world, "all of limits.hashed_bodies_bytes is in use"));
  CHECK(status_of(world, put(world, bytes_of(kInMemory))) == "200");
  REQUIRE(world.run.holdings.disk.take(500, 500));  // as others do
  CHECK(status_of(world, put(world, bytes_of(kInMemory + 1))) == "503");
  CHECK(status_of(world, put(world, bytes_of(kInMemory))) == "200");
  world.run.holdings.disk.give_back(500);
  CHECK(status_of(world, put(world, bytes_of(kInMemory + 1))) == "200");
  check_nothing_left(world);
}

TEST_CASE("when the memory for held bodies is used up, forms are refused as well") {
  World world([](conf::Settings& settings) {
    holding(settings);
    settings.limits.forms_bytes = 500;
  });
  const std::string form = "a=" + std::string(kInMemory - 2, 'b');
  const auto post = [&] { return world.signed_by_alice({.method = "POST", .form = form}); };
  REQUIRE(world.run.holdings.memory.take(500 - form.size(), 500));
  CHECK(status_of(world, post()) == "200");
  CHECK(status_of(world, put(world, bytes_of(kInMemory))) == "200");
  REQUIRE(world.run.holdings.memory.take(1, 500));
  CHECK(status_of(world, post()) == "503");
  CHECK(status_of(world, put(world, bytes_of(kInMemory))) == "503");
  CHECK(logged(world, "all of limits.forms_bytes is in use"));
  CHECK(status_of(world, world.signed_by_alice({})) == "200");
  world.run.holdings.memory.give_back(500 - form.size() + 1);
  check_nothing_left(world);
}

TEST_CASE("a folder that can't be written to is said so, and small bodies need none") {
  World world([](conf::Settings& settings) {
    holding(settings);
    settings.store.temporary += "/missing";
  });
  CHECK(status_of(world, put(world, bytes_of(kInMemory))) == "200");
  CHECK(status_of(world, put(world, bytes_of(kInMemory + 1))) == "503");
  CHECK(logged(world, "holding_fault"));
  CHECK(logged(world, "can't make a temporary file in " + world.settings.store.temporary));
  CHECK(world.origin->asked.size() == 1);
  check_nothing_left(world);
}

TEST_CASE("a disk that is full, wherever that is, costs one request and nothing else") {
  World world(holding);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const std::string body = bytes_of(2 * upstream::HeldBody::kStep + kInMemory + 1);
  for (rlim_t size :
       {rlim_t{upstream::HeldBody::kStep - 1}, rlim_t{upstream::HeldBody::kStep},
        rlim_t{upstream::HeldBody::kStep + 1}, rlim_t{2 * upstream::HeldBody::kStep}}) {
    CAPTURE(size);
    const rlimit full{size, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &full) == 0);
    const Outcome outcome = world.talk(put(world, body) + world.signed_by_alice({}));
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    REQUIRE(outcome.answers.size() >= 1);
    CHECK(outcome.answers[0].status() == 503);
    check_nothing_left(world);
  }
  CHECK(logged(world, "can't write to a temporary file"));
  CHECK(status_of(world, put(world, body)) == "200");
  REQUIRE_FALSE(world.origin->asked.empty());
  for (const Asked& asked : world.origin->asked) {
    CHECK((asked.start_line().starts_with("GET") || asked.body == body));
  }
}

TEST_CASE("a file that can't be read back ends the request before the backend has all of it") {
  World world(holding);
  const std::string body = bytes_of(kInMemory + 1000);
  auto record = std::make_shared<Record>();
  bool cut = false, ended = false;
  world.run.connections.fetch_add(1);
  asio::co_spawn(
      world.worker->context(),
      session(*world.worker,
              mem_stream(world.worker->context(), Client{{Piece{put(world, body)}}}, record),
              net::Tcp::endpoint()),
      [&ended](std::exception_ptr) { ended = true; });
  while (!ended) {
    world.worker->context().run_one_for(50ms);
    if (cut || world.run.holdings.disk.taken() < 1000) continue;
    for (int file : nameless(world.folder.path())) cut = ::ftruncate(file, 500) == 0;
  }
  CHECK(cut);
  CHECK(record->received.starts_with("HTTP/1.1 503"));
  CHECK(logged(world, "can't read from a temporary file"));
  world.until([&] { return world.origin->open == 0; });
  for (const Asked& asked : world.origin->asked) CHECK_FALSE(asked.complete);
  check_nothing_left(world);
}

TEST_CASE("whichever operation of a client fails, nothing that was held for it is left") {
  for (std::size_t at_a_time : {std::size_t{0}, std::size_t{50}}) {
    CAPTURE(at_a_time);
    World world(holding);
    const std::string body = bytes_of(3 * kInMemory);
    for (std::size_t k = 0;; ++k) {
      CAPTURE(k);
      REQUIRE(k < 200);
      Client client;
      const std::string bytes =
          at_a_time == 0 ? put(world, body) : put_chunks(world, body, at_a_time);
      for (std::size_t at = 0; at < bytes.size(); at += 100) {
        client.pieces.push_back(Piece{bytes.substr(at, 100)});
      }
      client.fails_at = k;
      const Outcome outcome = world.talk(std::move(client));
      for (const Asked& asked : world.origin->asked) CHECK(asked.body == body);
      check_nothing_left(world);
      if (outcome.record.operations > k) continue;
      CHECK(outcome.text() == "200 hello\n");
      break;
    }
  }
}

TEST_CASE("a client that leaves in the middle of its body leaves nothing behind") {
  World world(holding);
  const std::string bytes = put(world, bytes_of(3 * kInMemory));
  for (std::size_t missing : {std::size_t{1}, kInMemory, 2 * kInMemory + 50, 3 * kInMemory}) {
    CAPTURE(missing);
    const Outcome outcome = world.talk(bytes.substr(0, bytes.size() - missing));
    CHECK(outcome.record.closed);
    check_nothing_left(world);
  }
  CHECK(world.origin->connections == 0);
}

TEST_CASE("a held body must come at the least rate") {
  World world([](conf::Settings& settings) {
    holding(settings);
    settings.timeouts.body = 300ms;
  });
  for (bool drips : {false, true}) {
    const std::string bytes = put(world, bytes_of(10'000));
    Client client{{Piece{bytes.substr(0, bytes.size() - 5000)}}};
    client.then_ends = false;
    client.then_drips = drips;
    CHECK(world.talk(std::move(client)).text().starts_with("408"));
    check_nothing_left(world);
  }
  CHECK(world.origin->connections == 0);
}

TEST_CASE("a worker can end while bodies are held") {
  TempFolder folder;
  for (int turns = 0; turns < 60; ++turns) {
    World world([&](conf::Settings& settings) {
      holding(settings);
      settings.store.temporary = folder.path().string();
    });
    world.origin->script = [](const Asked&, std::size_t) {
      return Reply{.bytes = "", .then = Reply::Then::Silent};
    };
    world.run.connections.fetch_add(2);
    for (int i = 0; i < 2; ++i) {
      std::string bytes = put(world, bytes_of(3 * kInMemory));
      if (i == 1) bytes.resize(bytes.size() - 50);
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
    world.origin.reset();
    world.worker.reset();
    CHECK(world.run.holdings.memory.taken() == 0);
    CHECK(world.run.holdings.disk.taken() == 0);
    CHECK(nameless(folder.path()).empty());
  }
}
