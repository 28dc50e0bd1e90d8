#pragma once

// What the gate says itself: refusals, and what the provider has in x.own_response.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// Sends x.own_response.
net::Task<Next> respond(Exchange& x);
// Sends x.own_response if there is one, which then stands for the refusal, or what says why.
net::Task<Next> refuse(Exchange& x, const reply::Refusal& refusal);

}  // namespace gateway::exchange
