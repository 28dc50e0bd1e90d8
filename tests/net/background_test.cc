#include "gateway/net/background.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

using gateway::net::Background;
using gateway::net::Executor;
using gateway::net::Task;

namespace asio = boost::asio;

namespace {

using Kind = Background::Kind;

struct Seen {
  std::vector<std::optional<int>> results;
  std::vector<std::thread::id> threads;
};

template <class Job>
Task<void> ask(Background& background, Executor home, Kind kind, Job job, Seen& seen) {
  auto result = co_await background.run(home, kind, std::move(job));
  seen.results.push_back(result);
  seen.threads.push_back(std::this_thread::get_id());
}

struct Loop {
  asio::io_context context;
  Executor home = context.get_executor();
};

}  // namespace

TEST_CASE("what runs in the background is answered on the loop that asked") {
  Loop loop;
  Background background;
  Seen seen;
  for (const Kind kind : {Kind::Write, Kind::Session, Kind::Hash}) {
    std::thread::id there;
    auto job = [&there] {
      there = std::this_thread::get_id();
      return 7;
    };
    asio::co_spawn(loop.context, ask(background, loop.home, kind, job, seen), asio::detached);
    loop.context.run();
    loop.context.restart();
    CHECK(there != std::this_thread::get_id());
  }
  CHECK(seen.results == std::vector<std::optional<int>>{7, 7, 7});
  CHECK(seen.threads[0] == std::this_thread::get_id());
}

TEST_CASE("writes are done one at a time, in the order in which they were asked for") {
  Loop loop;
  Background background;
  Seen seen;
  std::vector<int> order;  // of the writer's thread alone
  for (int i = 0; i < 50; ++i) {
    auto job = [&order, i] {
      order.push_back(i);
      return i;
    };
    asio::co_spawn(loop.context, ask(background, loop.home, Kind::Write, job, seen),
                   asio::detached);
  }
  loop.context.run();
  REQUIRE(order.size() == 50);
  for (int i = 0; i < 50; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("as many as may wait do, one more is turned away, and hashes don't count as writes") {
  Loop loop;
  Background background;
  Seen held, late, hashed;
  std::promise<void> go;
  std::shared_future<void> open = go.get_future().share();
  auto job = [open] {
    open.wait();
    return 1;
  };
  for (std::uint32_t i = 0; i < Background::kMaxWaiting; ++i) {
    asio::co_spawn(loop.context, ask(background, loop.home, Kind::Write, job, held),
                   asio::detached);
  }
  loop.context.poll();
  auto quick = [] { return 2; };
  asio::co_spawn(loop.context, ask(background, loop.home, Kind::Write, quick, late),
                 asio::detached);
  loop.context.poll();
  CHECK(late.results == std::vector<std::optional<int>>{std::nullopt});
  asio::co_spawn(loop.context, ask(background, loop.home, Kind::Hash, quick, hashed),
                 asio::detached);
  while (hashed.results.empty()) loop.context.run_one_for(std::chrono::milliseconds(50));
  CHECK(hashed.results == std::vector<std::optional<int>>{2});
  CHECK(held.results.empty());
  go.set_value();
  loop.context.run();
  CHECK(held.results == std::vector<std::optional<int>>(Background::kMaxWaiting, 1));
}

TEST_CASE("of long forms that are to be judged any number may wait, for their bytes are bounded") {
  Loop loop;
  Background background;
  Seen held;
  std::promise<void> go;
  std::shared_future<void> open = go.get_future().share();
  auto job = [open] {
    open.wait();
    return 1;
  };
  constexpr std::uint32_t kMany = 2 * Background::kMaxWaiting;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    asio::co_spawn(loop.context, ask(background, loop.home, Kind::Judge, job, held),
                   asio::detached);
  }
  loop.context.poll();
  CHECK(held.results.empty());
  go.set_value();
  loop.context.run();
  CHECK(held.results == std::vector<std::optional<int>>(kMany, 1));
}

TEST_CASE("at the end what is under way is done, and what waits is not begun") {
  Loop loop;
  Background background;
  Seen held, late;
  std::promise<void> begun, go;
  std::shared_future<void> open = go.get_future().share();
  auto job = [&begun, open] {
    begun.set_value();
    open.wait();
    return 1;
  };
  asio::co_spawn(loop.context, ask(background, loop.home, Kind::Write, job, held), asio::detached);
  loop.context.poll();
  begun.get_future().wait();
  std::thread ender([&background] { background.end(); });
  auto quick = [] { return 2; };
  // Those that are asked for before the end wait; the first one after it is turned away.
  std::size_t asked = 0;
  while (late.results.empty() && asked < Background::kMaxWaiting) {
    ++asked;
    asio::co_spawn(loop.context, ask(background, loop.home, Kind::Write, quick, late),
                   asio::detached);
    loop.context.poll();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  go.set_value();
  ender.join();
  loop.context.run();
  CHECK(held.results == std::vector<std::optional<int>>{1});
  CHECK(late.results == std::vector<std::optional<int>>(asked, std::nullopt));
}
