#pragma once

// What a run has to say: a table for people, one JSON object for programs, a line while it lasts.
// Pure.

#include <chrono>
#include <string>

#include "bench/load.h"

namespace bench {

std::string to_table(const Outcome& outcome);

// Fields: requests, failed, failures {reason: count}, seconds, requests_per_second, head_bytes,
// latency_us {p50, p90, p99, p99_9, max} and, where it was measured, cpu_us_per_request.
std::string to_json(const Outcome& outcome);

// "12.3 s  123456 requests  98765/s  0 failed", without a line end. `since_last` is what was
// answered in the `interval` since the last such line.
std::string progress_line(const Outcome& outcome, std::chrono::nanoseconds elapsed,
                          std::uint64_t since_last, std::chrono::nanoseconds interval);

}  // namespace bench
