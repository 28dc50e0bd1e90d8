#pragma once

// The line of the log that each exchange ends with.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

void write_access_line(const Exchange& x);

}  // namespace gateway::exchange
