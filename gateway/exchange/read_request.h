#pragma once

// Reads the request: its head, and a body that is held. What can usually be done without waiting
// has a plain function, so that the usual request pays for no coroutine there.

#include "gateway/exchange/context.h"
#include "gateway/exchange/pace.h"
#include "verify/crypto.h"

namespace gateway::exchange {

// Bounded; refuses what two readers could read differently. Requires bytes in scratch.in. False:
// more must be read.
bool head_at_hand(Exchange& x, RefusalPtr& refusal);
net::Task<RefusalPtr> read_rest_of_head(Exchange& x);

// A body that a backend may read as another form than the one that would be signed is refused.
RefusalPtr check_form_is_clear(const Exchange& x);
// Only forms are signed, so only they are held, and bodies whose hash was signed. Both go into
// scratch.held; the second is fed to the digester while it is read.
bool must_hold_form(const Exchange& x);
bool body_at_hand(const Exchange& x);  // all of it has come already
net::Task<RefusalPtr> hold_form(Exchange& x);
// For at most this long, and never longer than timeouts.hold.
net::Task<RefusalPtr> hold_hashed_body(Exchange& x, verify::Digester& digester, net::Duration most);
// What was held has gone where it should, or never will.
void release_body(Exchange& x);

// Reads more of a body into scratch.in.
net::Task<RefusalPtr> read_more_body(Exchange& x, Pace& pace);

}  // namespace gateway::exchange
