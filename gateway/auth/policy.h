#pragma once

// What settings say about signatures, in the terms of verify. Pure.

#include <cstdint>

#include "conf/settings.h"
#include "verify/judge.h"

namespace gateway::auth {

verify::Policy policy_of(const conf::OAuth& oauth);

// Points into the route.
verify::Requirement requirement_of(const conf::Route& route);

// How the parameters of a request may come: on this route, and at the provider's own addresses.
verify::Bounds bounds_of(const conf::Route& route, const conf::Limits& limits);
verify::Bounds provider_bounds(const conf::Settings& settings);

// Seconds for which the ledger has to remember, or look ahead.
std::int64_t ledger_window(conf::Milliseconds window);

}  // namespace gateway::auth
