#pragma once

// Claim + Keys + now + Policy -> accepted, or the true reason why not. Pure: no clock, no store, no
// globals; safe from any thread. The caller runs the checks in this order: read_claim, admit, find
// the keys, judge, then the ledger.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/claim.h"
#include "verify/crypto.h"
#include "verify/method.h"
#include "verify/quirk.h"
#include "verify/rejection.h"
#include "verify/request.h"
#include "verify/result.h"
#include "verify/signing_key.h"

namespace verify {

struct Policy {
  MethodSet methods;  // allowed by the provider
  bool enforce_tls = true;
  std::int64_t window_past_s = 60;  // seconds
  std::int64_t window_future_s = 60;
  int rsa_min_bits = 2048;  // RSA keys with fewer don't count
};

bool is_rsa(Method method);
// The hash that a method is over; nothing for PLAINTEXT.
std::optional<Hash> hash_of(Method method);

// What the store knows of the pair (client, token), prepared for judging. Immutable once built,
// hence shareable. For an unknown client or token it is built from the store's dummy records, with
// the same number of keys, and says so in `client_known`, `token_known`.
struct Keys {
  bool client_known = false;
  bool client_enabled = false;
  MethodSet client_methods;  // empty: all that the provider allows
  bool token_known = false;  // false also when no token was sent
  bool token_of_client = false;
  bool token_revoked = false;
  std::optional<std::int64_t> token_expires;  // Unix seconds
  bool user_enabled = false;
  std::vector<std::string>
      realms;       // the token's, within what its client may have; the client's without a token
  QuirkSet quirks;  // of the client
  std::string header_realm;  // of the client, as in Requirement
  // Newest first and never empty: for a client that has none of a kind, what stands in for it has
  // expired long ago.
  std::vector<SigningKey> keys;
  std::vector<VerifyingKey> rsa_keys;
};

// What the route asks for.
struct Requirement {
  bool token = true;                     // auth = "token": without a token it is TokenAbsent
  std::span<const std::string> realms;   // empty: none needed
  bool any_realm = false;                // realms_any: one of them is enough
  MethodSet methods;                     // empty: all that the provider allows
  std::span<const std::string> schemes;  // accepted in place of the request's own, if they match
  QuirkSet quirks;                       // besides the client's
  std::string_view header_realm;         // what the Authorization field's realm must be; empty: any
};

// Transport, method, timestamp window: what can be refused without keys. `now`: Unix seconds.
// `floor`: timestamps at or below it are refused (the ledger's floor). One in milliseconds is
// measured as such: only judge() knows whether this client may count so.
std::optional<Rejection> admit(const RequestView& request, const Claim& claim, const Policy& policy,
                               const Requirement& requirement, std::int64_t now,
                               std::int64_t floor);

// What is said of a timestamp that the ledger's floor refuses.
Rejection at_or_below_floor(const Claim& claim, std::int64_t floor);

struct Accepted {
  std::size_t key_index = 0;  // which of the client's secrets, or of its RSA keys, matched
  bool other_scheme = false;  // one of Requirement::schemes had been signed
};

// How many keys of the kind that the method needs are tried for each base string before a request
// is refused, at least: as many as a client has in the midst of a rotation.
inline constexpr std::size_t kKeysTried = 2;

// Quirks that change the base string make one more for each set of them that matters to the
// request, which anybody can tell from the request. All are tried, whatever quirks the client has,
// up to base strings of this many bytes. Beyond that those alone that count, since the others would
// cost too much: there a refusal may show which quirks a client has, and nothing else.
inline constexpr std::size_t kEvenBytes = 32 << 10;

// ANDs all conditions. Acceptance may come with the first key that matches; every refusal costs the
// same number of base strings and verifications, whatever its reason and whatever keys the client
// has (kKeysTried, unless more are live). Of several reasons the one that says most is given, but
// what a stranger must not learn (disclosed() shows which) is all that comes ahead of a wrong
// signature.
Result<Accepted, Rejection> judge(const RequestView& request, const Claim& claim, const Keys& keys,
                                  const Policy& policy, const Requirement& requirement,
                                  std::int64_t now, Workspace& workspace);

// The signature base string (RFC 5849 3.4.1) of the request last read into the workspace. Valid
// until the workspace is used again.
std::string_view base_string(const RequestView& request, const Claim& claim, Workspace& workspace);

}  // namespace verify
