#pragma once

// The wall clock as an argument, so that tests can turn it.

#include <cstdint>
#include <ctime>

namespace gateway::net {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t unix_seconds() const = 0;  // any thread
};

class SystemClock final : public Clock {
 public:
  std::int64_t unix_seconds() const override { return std::time(nullptr); }
};

}  // namespace gateway::net
