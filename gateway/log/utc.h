#pragma once

// A point in time as people and programs read it. Pure.

#include <cstdint>
#include <string>

namespace gateway::log {

// RFC 3339 in UTC, "2030-01-31T12:00:00Z". Unix seconds from year 0 to 9999.
std::string format_time(std::int64_t seconds);

}  // namespace gateway::log
