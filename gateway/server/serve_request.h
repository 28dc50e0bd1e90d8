#pragma once

// The life of one request, as the list of its steps. The steps of a protected request never change
// order: nothing is forwarded before the replay ledger has noted it.

#include "gateway/exchange/context.h"

namespace gateway::server {

// Requires bytes in scratch.in. Responds to the client, writes the log line, says what becomes of
// the connection. `x` lives until then.
net::Task<exchange::Next> serve_request(exchange::Exchange& x);

}  // namespace gateway::server
