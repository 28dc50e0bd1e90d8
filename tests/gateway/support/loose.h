#pragma once

// Runs one coroutine of an event loop to its end. For parts that need no worker.

#include <doctest/doctest.h>

#include <exception>
#include <optional>

#include "gateway/net.h"

namespace gateway::testing {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& result) {
  T value = co_await std::move(task);
  result.emplace(std::move(value));
}

template <class T>
std::optional<T> outcome_of(asio::io_context& context, Task<T> task) {
  std::optional<T> result;
  asio::co_spawn(context, keep(std::move(task), result), [](std::exception_ptr fault) {
    if (fault) std::rethrow_exception(fault);
  });
  const TimePoint last = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!result && std::chrono::steady_clock::now() < last) {
    context.restart();
    context.run_one_for(std::chrono::milliseconds(50));
  }
  REQUIRE(result.has_value());
  return result;
}

}  // namespace gateway::testing
