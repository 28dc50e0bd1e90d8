#pragma once

// oauth_body_hash (draft-eaton-oauth-bodyhash-00): the hash of a body that is no form, as a
// parameter that is signed. Such a body is held until its hash is known, so that nothing of another
// one reaches the backend.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// Is there one where there must be, and none where there must not.
RefusalPtr check_hash_is_due(const Exchange& x, const verify::Claim& claim);
// Requires claim.body_hash. Holds the body until its hash was seen to be that.
net::Task<RefusalPtr> check_body_hash(Exchange& x, const verify::Claim& claim);

}  // namespace gateway::exchange
