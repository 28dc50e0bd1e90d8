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
#include "verify/reject.h"
#include "verify/request.h"
#include "verify/result.h"
#include "verify/secret.h"

namespace verify {

struct Policy {
  MethodSet methods;  // allowed by the provider
  bool enforce_tls = true;
  std::int64_t window_past_s = 60;  // seconds
  std::int64_t window_future_s = 60;
};

// What may sign: one client secret joined with the token's (RFC 5849 3.4.2), prepared.
// `expires` is Unix seconds; absent: never.
class SigningKey {
 public:
  SigningKey(const Secret& client_secret, const Secret& token_secret,
             std::optional<std::int64_t> expires);
  const std::optional<std::int64_t>& expires() const { return expires_; }
  const HmacKey& hmac(Hash hash) const;

 private:
  SigningKey(const std::string& secret, std::optional<std::int64_t> expires);

  std::optional<std::int64_t> expires_;
  HmacKey sha1_, sha256_, sha512_;
};

// The hash of an HMAC method; nothing for the others.
std::optional<Hash> hmac_hash(Method method);

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
  std::string header_realm;      // of the client, as in Requirement
  std::vector<SigningKey> keys;  // live secrets, newest first; never empty
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
// `floor`: timestamps at or below it are refused (the ledger's floor).
std::optional<Reject> admit(const RequestView& request, const Claim& claim, const Policy& policy,
                            std::int64_t now, std::int64_t floor);

struct Accepted {
  std::size_t key_index = 0;  // which of the client's secrets, or of its RSA keys, matched
  bool other_scheme = false;  // one of Requirement::schemes had been signed
};

// Builds the base string, tries every key, and only then ANDs all conditions, so that every failure
// costs the same. Of several reasons the one that says most is given, but what a stranger must not
// learn (disclosed() shows which) is all that comes ahead of a wrong signature.
Result<Accepted, Reject> judge(const RequestView& request, const Claim& claim, const Keys& keys,
                               const Policy& policy, const Requirement& requirement,
                               std::int64_t now, Workspace& workspace);

// The signature base string (RFC 5849 3.4.1) of the request last read into the workspace. Valid
// until the workspace is used again.
std::string_view base_string(const RequestView& request, const Claim& claim, Workspace& workspace);

}  // namespace verify
