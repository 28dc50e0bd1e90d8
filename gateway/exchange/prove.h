#pragma once

// Who signed this request, and may they? The order of the checks is fixed: cheap ones first, then
// the keys, then the signature, and the ledger last, so that nobody but a proven client can write
// to it.

#include "gateway/exchange/context.h"

namespace gateway::exchange {

// Whether it has to be signed at all, or may be.
bool may_be_signed(const Exchange& x);
// What can be refused already, while a form is still to come.
RefusalPtr early_refusal(Exchange& x);
// Claim, keys, judgement, ledger: sets x.claim, x.credential, x.accepted. What was judged before a
// body was waited for is judged again behind it.
net::Task<RefusalPtr> prove(Exchange& x);
// For what waited on its way to the backend. A right that has ended since is a refusal.
RefusalPtr judge_rights_again(Exchange& x);

}  // namespace gateway::exchange
