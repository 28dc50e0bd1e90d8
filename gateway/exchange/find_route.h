#pragma once

// What a request asks for: which URL, which route. Before any cryptography.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// What trusted proxies say of the request: x.forwarded, x.forwarded_for.
RefusalPtr hear_proxies(Exchange& x);
// Host, target and method decide: sets x.target, x.external, and x.route or x.endpoint. 4xx if
// there is none.
RefusalPtr find_route(Exchange& x);
// A declared length over limits.body_bytes is refused before anything of the body is read.
RefusalPtr check_length(const Exchange& x);

}  // namespace gateway::exchange
