#pragma once

// The keys that a client may have made of the secrets of client and token: the right ones (RFC 5849
// section 3.4.2), and those that clients are known to make. Pure; holds secrets.

#include <cstdint>
#include <vector>

#include "verify/claim.h"
#include "verify/explain.h"
#include "verify/quirk.h"
#include "verify/secret.h"

namespace verify {

// No two have the same bytes: each is the one of the fewest changes. The right ones come first, and
// what has more changes comes behind what has fewer.
struct MadeKey {
  Secret bytes;
  std::vector<Edit> changes;
};
std::vector<MadeKey> made_keys(const Claim& claim, const KnownSecrets& secrets, QuirkSet quirks,
                               std::int64_t now, std::size_t most_changes);

inline constexpr std::size_t kMaxKeyChanges = 2;  // of one key

}  // namespace verify
