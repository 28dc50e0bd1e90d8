#pragma once

// What may not be done on an event loop: writes to the store, which wait for the disk and for other
// writers, reads of who knows how many records, and password hashes, which take tens of
// milliseconds. Each is a function that runs on another thread; the coroutine that asked goes on,
// on its own loop, with what it returned.
//
// Threads: run() from any event loop. The Background must end before the loops that wait for it.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "gateway/net/net.h"

namespace gateway::net {

class Background {
 public:
  // Jobs of a kind, waiting or under way. Not of Judge: each holds its form, of which
  // limits.forms_bytes bounds all and limits.address_share those of one address, so that one
  // address takes no larger part of that queue either. Counted, two addresses could fill it.
  inline static constexpr std::uint32_t kMaxWaiting = 1000;
  inline static constexpr unsigned kHashers = 2;  // threads
  // Long forms cost milliseconds before it is known whether they are worth it: strangers get one
  // core in four at most.
  static unsigned judges() { return std::max(1u, std::thread::hardware_concurrency() / 4); }

  // Write: to the credentials, where another process that imports may be in the way for long.
  // Session: to the sessions, in a file of their own; and long reads. Both one at a time, in order.
  // Hash: passwords that anybody sends; KnownHash: those from browsers whose user signed in there
  // before, on a thread of their own, so that strangers can't make them wait. Judge: of requests
  // with long forms.
  enum class Kind : std::uint8_t { Write, Session, Hash, KnownHash, Judge };

  // Joins the threads. What is under way is done; what waits is not begun, for nobody waits for it
  // any more.
  ~Background() { end(); }
  void end() {
    const auto queues = {&writes_, &sessions_, &hashes_, &known_hashes_, &judges_};
    for (Queue* one : queues) one->ended = true;
    for (Queue* one : queues) one->pool.join();
  }

  // What `job()` returns; nothing if too many wait already, or at the end. `job` must not throw,
  // and all it refers to lives until it is done.
  template <class Job>
  auto run(Executor home, Kind kind, Job job) -> Task<std::optional<decltype(job())>>;

 private:
  struct Queue {
    explicit Queue(unsigned threads) : pool(threads) {}
    asio::thread_pool pool;
    std::atomic<std::uint32_t> waiting{0};
    std::atomic<bool> ended{false};
  };
  Queue& queue_of(Kind kind) {
    switch (kind) {
      case Kind::Write:
        return writes_;
      case Kind::Session:
        return sessions_;
      case Kind::Hash:
        break;
      case Kind::KnownHash:
        return known_hashes_;
      case Kind::Judge:
        return judges_;
    }
    return hashes_;
  }

  Queue writes_{1};
  Queue sessions_{1};
  Queue hashes_{kHashers};
  Queue known_hashes_{1};
  Queue judges_{judges()};
};

template <class Job>
auto Background::run(Executor home, Kind kind, Job job) -> Task<std::optional<decltype(job())>> {
  using Result = decltype(job());
  Queue& where = queue_of(kind);
  const bool many = where.waiting.fetch_add(1, std::memory_order_relaxed) >= kMaxWaiting;
  if ((many && kind != Kind::Judge) || where.ended) {
    where.waiting.fetch_sub(1, std::memory_order_relaxed);
    co_return std::nullopt;
  }
  std::optional<Result> result;
  auto begin = [&where, &job, &result, home](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    asio::post(where.pool, [&where, &job, &result, home, shared]() mutable {
      if (!where.ended) result.emplace(job());
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

}  // namespace gateway::net
