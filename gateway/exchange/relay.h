#pragma once

// The response goes to the client as it comes: what was read is written before more is read.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// Requires what ask_backend() set. False: more must be read or written.
bool relay_at_hand(Exchange& x, Next& next);
net::Task<Next> relay_rest(Exchange& x);

}  // namespace gateway::exchange
