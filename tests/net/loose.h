#pragma once

// Runs one coroutine of an event loop to its end. For parts that need no worker.

#include <doctest/doctest.h>

#include <exception>
#include <functional>
#include <optional>

#include "gateway/net/net.h"

namespace gateway::testing {

template <class T>
net::Task<void> keep(net::Task<T> task, std::optional<T>& result) {
  T value = co_await std::move(task);
  result.emplace(std::move(value));
}

// Runs the loop until this holds. Fails the test when it never does.
// `each_turn` is called between turns.
template <class Holds, class EachTurn>
void run_until(asio::io_context& context, Holds holds, EachTurn each_turn) {
  const net::TimePoint last = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds() && std::chrono::steady_clock::now() < last) {
    context.restart();
    context.run_one_for(std::chrono::milliseconds(50));
    each_turn();
  }
  REQUIRE(holds());
}

template <class Holds>
void run_until(asio::io_context& context, Holds holds) {
  run_until(context, holds, [] {});
}

template <class T>
std::optional<T> outcome_of(
    asio::io_context& context, net::Task<T> task, const std::function<void()>& each_turn = [] {}) {
  std::optional<T> result;
  asio::co_spawn(context, keep(std::move(task), result), [](std::exception_ptr fault) {
    if (fault) std::rethrow_exception(fault);
  });
  run_until(
      context, [&result] { return result.has_value(); }, each_turn);
  return result;
}

}  // namespace gateway::testing
