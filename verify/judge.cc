#include "verify/judge.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "verify/base_string.h"

namespace verify {
namespace {

Rejection reject(Reason reason, std::string detail = {}) { return {reason, std::move(detail)}; }

template <class Key>
bool is_live(const Key& key, std::int64_t now) {
  return !key.expires() || *key.expires() > now;
}

// ---- The signature

// What was received, decoded; nothing of it when that is too long or no base64 at all.
template <std::size_t kMost>
class Given {
 public:
  explicit Given(std::string_view signature) : size_(from_base64(signature, bytes_).value_or(0)) {}
  std::span<const unsigned char> view() const { return std::span(bytes_).first(size_); }
  // Compares all of `made` whatever was received.
  bool is(const Digest& made) const {
    const bool same = equal_in_constant_time(made.view(), std::span(bytes_).first(made.size));
    return same && size_ == made.size;
  }

 private:
  std::array<unsigned char, kMost> bytes_{};
  std::size_t size_;
};

struct Match {
  std::size_t key = 0;
  bool other_scheme = false;
};

// The search for the key that made the signature. It is `eager` if acceptance hangs on that alone:
// then the first match ends it. Else the request is refused whatever matches, and all refusals must
// cost the same.
class KeySearch {
 public:
  KeySearch(const RequestView& request, const Claim& claim, const Keys& keys, const Policy& policy,
            QuirkSet quirks, std::int64_t now, bool eager)
      : request_(request),
        claim_(claim),
        keys_(keys),
        policy_(policy),
        quirks_(quirks),
        now_(now),
        eager_(eager) {}

  std::optional<Match> run(std::span<const std::string> schemes, Parameters& parameters) const {
    if (claim_.method == Method::Plaintext) return as_match(plaintext(), false);
    const QuirkSet matter = quirks_that_matter(parameters);
    std::optional<Match> found = signed_with(request_.scheme, matter, parameters);
    for (const std::string& scheme : schemes) {
      if (found && eager_) break;
      if (scheme == request_.scheme) continue;
      const auto other = signed_with(scheme, matter, parameters);
      if (!found) found = other;
    }
    return found;
  }

 private:
  static std::optional<Match> as_match(std::optional<std::size_t> key, bool other_scheme) {
    return key ? std::optional(Match{*key, other_scheme}) : std::nullopt;
  }

  // In every reading of the request: first RFC 5849's, then those of quirks.
  std::optional<Match> signed_with(std::string_view scheme, QuirkSet matter,
                                   Parameters& parameters) const {
    RequestView seen = request_;
    seen.scheme = scheme;
    std::optional<std::size_t> found;
    bool even = true;
    matter.each_subset([&](QuirkSet reading) {
      const bool counts = quirks_.has_all(reading);
      if ((found && eager_) || !(counts || even)) return;
      const std::string_view base = build_base_string(seen, parameters, reading);
      if (base.size() > kEvenBytes) even = false;
      const auto key = made(base);
      if (counts && !found) found = key;
      release_base_string(base, parameters);
    });
    return as_match(found, scheme != request_.scheme);
  }

  std::optional<std::size_t> made(std::string_view base) const {
    const Hash hash = *hash_of(claim_.method);
    return is_rsa(claim_.method) ? rsa(hash, base) : hmac(hash, base);
  }

  std::optional<std::size_t> hmac(Hash hash, std::string_view base) const {
    const Given<64> given(claim_.signature);
    return first(keys_.keys, [&](const SigningKey& key, Spelling spelling) {
      return given.is(key.hmac(hash, spelling).sign(base));
    });
  }

  std::optional<std::size_t> plaintext() const {
    const Digest given = digest(SigningKey::kPlaintextHash, claim_.signature);
    return first(keys_.keys, [&](const SigningKey& key, Spelling spelling) {
      return equal_in_constant_time(key.plaintext(spelling).view(), given.view());
    });
  }

  std::optional<std::size_t> rsa(Hash hash, std::string_view base) const {
    const Given<RsaKey::kMaxBits / 8> given(claim_.signature);
    const Digest hashed = digest(hash, base);
    return first(keys_.rsa_keys, [&](const VerifyingKey& key) {
      const bool good = key.rsa().verify(hash, hashed, given.view());
      return good && key.rsa().bits() >= policy_.rsa_min_bits;
    });
  }

  // Whether a match ends the search at once.
  enum class Stop : bool { No, Yes };

  // The second spelling is tried even where it doesn't count: which quirks a client has must not
  // show.
  template <class Matches>
  bool matches(const SigningKey& key, const Matches& made_by, Stop stop) const {
    const bool encoded = made_by(key, Spelling::Encoded);
    if (encoded && stop == Stop::Yes) return true;
    const bool as_they_are = made_by(key, Spelling::AsTheyAre);
    return encoded || (as_they_are && quirks_.has(Quirk::UnencodedKey));
  }
  template <class Matches>
  bool matches(const VerifyingKey& key, const Matches& made_by, Stop) const {
    return made_by(key);
  }

  template <class Key, class Matches>
  std::optional<std::size_t> first(const std::vector<Key>& keys, const Matches& made_by) const {
    std::optional<std::size_t> found;
    std::size_t tried = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!is_live(keys[i], now_)) continue;
      ++tried;
      if (!matches(keys[i], made_by, eager_ ? Stop::Yes : Stop::No) || found) continue;
      found = i;
      if (eager_) return found;
    }
    // What these would match does not count.
    for (; tried < kKeysTried && !keys.empty(); ++tried) matches(keys[0], made_by, Stop::No);
    return found;
  }

  const RequestView& request_;
  const Claim& claim_;
  const Keys& keys_;
  const Policy& policy_;
  QuirkSet quirks_;
  std::int64_t now_;
  bool eager_;
};

// What the log should say of a signature that no key made.
std::string why_no_match(const Claim& claim, const Keys& keys, const Policy& policy,
                         std::int64_t now) {
  if (!is_rsa(claim.method)) {
    const bool any = std::any_of(keys.keys.begin(), keys.keys.end(),
                                 [now](const SigningKey& key) { return is_live(key, now); });
    return any ? "" : "the client has no secret that has not expired";
  }
  std::string why = "the client has no RSA key that has not expired";
  for (const VerifyingKey& key : keys.rsa_keys) {
    if (!is_live(key, now)) continue;
    if (key.rsa().bits() >= policy.rsa_min_bits) return {};
    why = "an RSA key of " + std::to_string(key.rsa().bits()) + " bits, and at least " +
          std::to_string(policy.rsa_min_bits) + " are needed";
  }
  return why;
}

// ---- The other conditions

bool is_allowed(Method method, const Policy& policy, const Requirement& requirement) {
  return policy.methods.has(method) &&
         (requirement.methods.empty() || requirement.methods.has(method));
}

// The realms that are asked for and not held; empty when that is enough.
std::string missing_realms(const Requirement& requirement, const std::vector<std::string>& held) {
  std::string missing;
  bool any = false;
  for (const std::string& realm : requirement.realms) {
    if (std::find(held.begin(), held.end(), realm) != held.end()) {
      any = true;
      continue;
    }
    if (!missing.empty()) missing += ' ';
    missing += realm;
  }
  if (requirement.any_realm && any) missing.clear();
  return missing;
}

// All that does not hang on the signature.
struct Conditions {
  Conditions(const Claim& claim, const Keys& keys, const Requirement& requirement, std::int64_t now)
      : has_token(claim.has_token()),
        method_allowed(keys.client_methods.empty() || keys.client_methods.has(claim.method)),
        timestamp_good(!claim.in_milliseconds() ||
                       (keys.quirks | requirement.quirks).has(Quirk::Milliseconds)),
        token_expired(keys.token_expires && *keys.token_expires <= now),
        missing(missing_realms(requirement, keys.realms)) {
    const std::string_view realm = claim.realm.value_or(std::string_view());
    header_realm_good = (keys.header_realm.empty() || realm == keys.header_realm) &&
                        (requirement.header_realm.empty() || realm == requirement.header_realm);
  }

  bool all_good(const Keys& keys, const Requirement& requirement) const {
    const bool token_good = keys.token_known && keys.token_of_client && !keys.token_revoked &&
                            !token_expired && keys.user_enabled;
    return keys.client_known && keys.client_enabled && method_allowed && timestamp_good &&
           (has_token ? token_good : !requirement.token) && header_realm_good && missing.empty();
  }

  bool has_token, method_allowed, timestamp_good, token_expired;
  bool header_realm_good = false;
  std::string missing;  // realms
};

// Of a request whose signature matches. Requires that a condition is not met, and not one of those
// that come ahead of a wrong signature.
Rejection reason_behind_signature(const Claim& claim, const Keys& keys,
                                  const Requirement& requirement, Conditions& conditions) {
  if (!conditions.method_allowed) {
    return reject(Reason::MethodRejected, std::string(name(claim.method)));
  }
  if (!conditions.timestamp_good) {
    return reject(Reason::TimestampRefused, std::to_string(claim.timestamp) + ", in milliseconds");
  }
  if (!conditions.has_token && requirement.token) return reject(Reason::TokenAbsent);
  if (conditions.has_token && !keys.token_of_client) return reject(Reason::TokenNotOfClient);
  if (conditions.has_token && keys.token_revoked) return reject(Reason::TokenRevoked);
  if (conditions.has_token && conditions.token_expired) return reject(Reason::TokenExpired);
  if (conditions.has_token && !keys.user_enabled) return reject(Reason::UserDisabled);
  if (!conditions.header_realm_good) {
    return reject(Reason::HeaderRealmWrong, std::string(claim.realm.value_or("").substr(0, 64)));
  }
  return reject(Reason::RealmMissing, std::move(conditions.missing));
}

}  // namespace

bool is_rsa(Method method) {
  return method == Method::RsaSha1 || method == Method::RsaSha256 || method == Method::RsaSha512;
}

std::optional<Hash> hash_of(Method method) {
  switch (method) {
    case Method::HmacSha1:
    case Method::RsaSha1:
      return Hash::Sha1;
    case Method::HmacSha256:
    case Method::RsaSha256:
      return Hash::Sha256;
    case Method::HmacSha512:
    case Method::RsaSha512:
      return Hash::Sha512;
    case Method::Plaintext:
      break;
  }
  return std::nullopt;
}

Rejection at_or_below_floor(const Claim& claim, std::int64_t floor) {
  return reject(Reason::TimestampRefused, std::to_string(claim.timestamp) +
                                              ", at or below the replay ledger's floor, " +
                                              std::to_string(floor));
}

std::optional<Rejection> admit(const RequestView& request, const Claim& claim, const Policy& policy,
                               const Requirement& requirement, std::int64_t now,
                               std::int64_t floor) {
  if (policy.enforce_tls && request.scheme != "https") return reject(Reason::InsecureTransport);
  if (!is_allowed(claim.method, policy, requirement)) {
    return reject(Reason::MethodRejected, std::string(name(claim.method)));
  }
  if (claim.method == Method::Plaintext && !claim.has_nonce()) return std::nullopt;
  // Differences of two positive numbers cannot overflow.
  const std::int64_t seconds = claim.seconds();
  const std::int64_t ahead = seconds - now;
  if (ahead > policy.window_future_s || -ahead > policy.window_past_s) {
    return reject(Reason::TimestampRefused,
                  std::to_string(claim.timestamp) + ", " + std::to_string(std::abs(ahead)) +
                      (ahead > 0 ? " seconds ahead of the clock" : " seconds behind the clock"));
  }
  if (seconds <= floor) return at_or_below_floor(claim, floor);
  return std::nullopt;
}

Result<Accepted, Rejection> judge(const RequestView& request, const Claim& claim, const Keys& keys,
                                  const Policy& policy, const Requirement& requirement,
                                  std::int64_t now, Workspace& workspace) {
  if (!is_allowed(claim.method, policy, requirement)) {
    return Failure(reject(Reason::MethodRejected, std::string(name(claim.method))));
  }
  Conditions conditions(claim, keys, requirement, now);
  const bool rest_good = conditions.all_good(keys, requirement);
  const KeySearch search(request, claim, keys, policy, keys.quirks | requirement.quirks, now,
                         /*eager=*/rest_good);
  const std::optional<Match> match = search.run(requirement.schemes, workspace.state().parameters);
  if (rest_good && match) return Accepted{match->key, match->other_scheme};

  if (!keys.client_known) return Failure(reject(Reason::ClientUnknown));
  if (!keys.client_enabled) return Failure(reject(Reason::ClientDisabled));
  if (conditions.has_token && !keys.token_known) return Failure(reject(Reason::TokenUnknown));
  if (match) {
    return Failure(reason_behind_signature(claim, keys, requirement, conditions));
  }
  // Not MethodRejected: that would tell a stranger which clients there are.
  if (!conditions.method_allowed) {
    const std::string method(name(claim.method));
    return Failure(reject(Reason::SignatureInvalid, method + " is also not for this client"));
  }
  return Failure(reject(Reason::SignatureInvalid, why_no_match(claim, keys, policy, now)));
}

}  // namespace verify
