#pragma once

// What settings say about signatures, in the terms of verify. Pure.

#include "conf/settings.h"
#include "verify/judge.h"

namespace gateway {

verify::Policy policy_of(const conf::OAuth& oauth);

// Points into the route.
verify::Requirement requirement_of(const conf::Route& route);

}  // namespace gateway
