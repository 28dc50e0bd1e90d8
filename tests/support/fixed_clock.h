#pragma once

#include <cstdint>

#include "gateway/net/clock.h"

namespace gateway::testing {

class FixedClock final : public net::Clock {
 public:
  std::int64_t unix_seconds() const override { return now; }
  std::int64_t now = 1'700'000'000;
};

}  // namespace gateway::testing
