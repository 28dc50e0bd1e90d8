#pragma once

// The name of a request, in the log, in its response, and to the backend.

#include <array>
#include <cstdint>
#include <string_view>

namespace gateway::exchange {

// Unique among all requests of all runs, as far as chance goes: the run, the thread, the count, in
// hex.
class RequestId {
 public:
  RequestId(std::string_view run_id, unsigned worker, std::uint64_t count);
  operator std::string_view() const { return {digits_.data(), digits_.size()}; }  // NOLINT

 private:
  std::array<char, 24> digits_;
};

}  // namespace gateway::exchange
