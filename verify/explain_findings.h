#pragma once

// What is wrong with a request besides its signature, all of it at once, where judge() gives one
// reason. Pure.

#include "verify/claim.h"
#include "verify/explain.h"
#include "verify/judge.h"
#include "verify/rejection.h"

namespace verify {

// Of a request whose claim could not be read.
Finding unreadable(const Rejection& reject, const Evidence& evidence);

// Adds findings and remarks.
void find_other_reasons(const Evidence& evidence, const Claim& claim, const Keys& keys,
                        const Rules& rules, Explanation& out);

// Where a search without result leaves one.
void remark_on_search(const RequestView& request, const Claim& claim, const Keys& keys,
                      const Rules& rules, Workspace& workspace, Explanation& out);

}  // namespace verify
