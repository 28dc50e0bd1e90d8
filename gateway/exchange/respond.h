#pragma once

// What the gate says itself: refusals, and what the provider has in x.answer.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// Sends x.answer.
net::Task<Next> respond(Exchange& x);
// Sends x.answer if there is one, which then stands for the refusal, or what says why.
net::Task<Next> refuse(Exchange& x, const reply::Refusal& refusal);

}  // namespace gateway::exchange
