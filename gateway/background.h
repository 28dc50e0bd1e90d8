#pragma once

// What may not be done on an event loop: writes to the store, which wait for the disk and for other
// writers, and password hashes, which take tens of milliseconds. Each is a function that runs on
// another thread; the coroutine that asked goes on, on its own loop, with what it answered.
//
// Threads: run() from any event loop. The Background must end before the loops that wait for it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/net.h"

namespace gateway {

class Background {
 public:
  inline static constexpr std::uint32_t kMaxWaiting = 1000;  // jobs of a kind, waiting or under way
  inline static constexpr unsigned kHashers = 2;

  enum class Kind : std::uint8_t { Write, Hash };  // Write: one at a time, in order

  // Joins the threads; what was asked is done.
  ~Background() { end(); }
  void end() {
    writes_.pool.join();
    hashes_.pool.join();
  }

  // What `job()` answers; nothing if too many wait already. `job` must not throw, and all it refers
  // to lives until it is done.
  template <class Job>
  auto run(Executor home, Kind kind, Job job) -> Task<std::optional<decltype(job())>>;

 private:
  struct Lane {
    explicit Lane(unsigned threads) : pool(threads) {}
    asio::thread_pool pool;
    std::atomic<std::uint32_t> waiting{0};
  };
  Lane& lane(Kind kind) { return kind == Kind::Write ? writes_ : hashes_; }

  Lane writes_{1};
  Lane hashes_{kHashers};
};

template <class Job>
auto Background::run(Executor home, Kind kind, Job job) -> Task<std::optional<decltype(job())>> {
  using Result = decltype(job());
  Lane& where = lane(kind);
  if (where.waiting.fetch_add(1, std::memory_order_relaxed) >= kMaxWaiting) {
    where.waiting.fetch_sub(1, std::memory_order_relaxed);
    co_return std::nullopt;
  }
  std::optional<Result> result;
  auto begin = [&where, &job, &result, home](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    asio::post(where.pool, [&where, &job, &result, home, shared]() mutable {
      result.emplace(job());
      where.waiting.fetch_sub(1, std::memory_order_relaxed);
      // The handler belongs to its loop: it runs there, and ends there.
      asio::post(home, [shared = std::move(shared)] { std::move (*shared)(); });
    });
  };
  using Token = asio::use_awaitable_t<Executor>;
  const Token token;
  co_await asio::async_initiate<const Token, void()>(begin, token);
  co_return result;
}

}  // namespace gateway
