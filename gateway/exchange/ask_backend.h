#pragma once

// The request goes to the backend, and the head of its response comes back.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// Requires x.route. Sets x.upstream and scratch.response.
net::Task<RefusalPtr> ask_backend(Exchange& x);

inline constexpr std::size_t kInterimBytes = 1 << 20;  // of all interim responses to one request
// One whole head from x.upstream, parsed, at the front of scratch.up; interim responses are
// dropped, and each begins timeouts.upstream_response anew. `bodiless`: of the response to HEAD.
net::Task<RefusalPtr> read_response_head(Exchange& x, bool bodiless);

}  // namespace gateway::exchange
