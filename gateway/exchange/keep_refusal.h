#pragma once

// A refused request of a client that there is, put aside for `portcullis explain --id`.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// If there is room.
void keep_refusal(const Exchange& x, reply::RefusalKind kind);

}  // namespace gateway::exchange
