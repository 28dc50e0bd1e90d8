#pragma once

// Points in time as people write them: RFC 3339 in UTC. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/log/utc.h"

namespace gateway::cli {

// Unix seconds of "2030-01-31T12:00:00Z"; a fraction of a second is dropped, "+00:00" is "Z".
// Nothing for other offsets and for dates that don't exist.
std::optional<std::int64_t> parse_time(std::string_view text);

using gateway::log::format_time;

// A point in time, or one so long after `now`, rounded up to a second: "30d". Nothing if it is
// neither.
std::optional<std::int64_t> parse_deadline(std::string_view text, std::int64_t now);

}  // namespace gateway::cli
