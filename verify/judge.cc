#include "verify/judge.h"

#include <algorithm>
#include <array>

#include "verify/base_string.h"
#include "verify/percent.h"

namespace verify {
namespace {

Reject reject(Reason reason, std::string detail = {}) { return {reason, std::move(detail)}; }

// Section 3.4.2: both secrets encoded, and the '&' between them even when one is empty.
struct HmacSecret {
  std::string bytes;
  HmacSecret(const Secret& client, const Secret& token) {
    bytes.reserve(3 * (client.reveal().size() + token.reveal().size()) + 1);
    percent_encode(client.reveal(), bytes);
    bytes += '&';
    percent_encode(token.reveal(), bytes);
  }
  HmacSecret(const HmacSecret&) = delete;
  HmacSecret& operator=(const HmacSecret&) = delete;
  ~HmacSecret() { wipe(bytes.data(), bytes.size()); }
};

// Compares all of `made` whatever was received, also when that is of another length or no base64 at
// all.
bool matches(const Digest& made, const std::array<unsigned char, 64>& given, std::size_t size) {
  const bool same = equal_in_constant_time(made.view(), std::span(given).first(made.size));
  return same && size == made.size;
}

// The key that made the signature. Every key is tried, the expired ones too.
std::optional<std::size_t> matching_key(const Claim& claim, Hash hash, std::string_view base,
                                        const Keys& keys, std::int64_t now) {
  std::array<unsigned char, 64> given{};
  const std::size_t size = from_base64(claim.signature, given).value_or(0);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < keys.keys.size(); ++i) {
    const SigningKey& key = keys.keys[i];
    const bool same = matches(key.hmac(hash).sign(base), given, size);
    const bool live = !key.expires() || *key.expires() > now;
    if (same && live && !found) found = i;
  }
  return found;
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

}  // namespace

std::optional<Hash> hmac_hash(Method method) {
  switch (method) {
    case Method::HmacSha1:
      return Hash::Sha1;
    case Method::HmacSha256:
      return Hash::Sha256;
    case Method::HmacSha512:
      return Hash::Sha512;
    case Method::RsaSha1:
    case Method::RsaSha256:
    case Method::RsaSha512:
    case Method::Plaintext:
      break;
  }
  return std::nullopt;
}

SigningKey::SigningKey(const Secret& client_secret, const Secret& token_secret,
                       std::optional<std::int64_t> expires)
    : SigningKey(HmacSecret(client_secret, token_secret).bytes, expires) {}

SigningKey::SigningKey(const std::string& secret, std::optional<std::int64_t> expires)
    : expires_(expires),
      sha1_(Hash::Sha1, secret),
      sha256_(Hash::Sha256, secret),
      sha512_(Hash::Sha512, secret) {}

const HmacKey& SigningKey::hmac(Hash hash) const {
  switch (hash) {
    case Hash::Sha1:
      return sha1_;
    case Hash::Sha256:
      return sha256_;
    case Hash::Sha512:
      break;
  }
  return sha512_;
}

std::optional<Reject> admit(const RequestView& request, const Claim& claim, const Policy& policy,
                            std::int64_t now, std::int64_t floor) {
  if (policy.enforce_tls && request.scheme != "https") return reject(Reason::InsecureTransport);
  if (!policy.methods.has(claim.method) || !in_effect(claim.method)) {
    return reject(Reason::MethodRejected, std::string(name(claim.method)));
  }
  // Differences of two positive numbers cannot overflow.
  const std::int64_t ahead = claim.timestamp - now;
  if (ahead > policy.window_future_s || -ahead > policy.window_past_s || claim.timestamp <= floor) {
    return reject(Reason::TimestampRefused, std::to_string(claim.timestamp));
  }
  return std::nullopt;
}

Result<Accepted, Reject> judge(const RequestView& request, const Claim& claim, const Keys& keys,
                               const Policy& policy, const Requirement& requirement,
                               std::int64_t now, Workspace& workspace) {
  const std::optional<Hash> hash = hmac_hash(claim.method);
  if (!hash || !policy.methods.has(claim.method)) {
    return Failure(reject(Reason::MethodRejected, std::string(name(claim.method))));
  }
  const std::string_view base =
      build_base_string(request, workspace.state().parameters, keys.quirks | requirement.quirks);
  const auto key = matching_key(claim, *hash, base, keys, now);
  const bool has_token = claim.has_token();
  const bool method_allowed = keys.client_methods.empty() || keys.client_methods.has(claim.method);
  const bool expired = keys.token_expires && *keys.token_expires <= now;
  const std::string missing = missing_realms(requirement, keys.realms);

  const bool token_good = keys.token_known && keys.token_of_client && !keys.token_revoked &&
                          !expired && keys.user_enabled;
  const bool good = keys.client_known && keys.client_enabled && method_allowed && key.has_value() &&
                    (has_token ? token_good : !requirement.token) && missing.empty();
  if (good) return Accepted{*key};

  if (!keys.client_known) return Failure(reject(Reason::ClientUnknown));
  if (!keys.client_enabled) return Failure(reject(Reason::ClientDisabled));
  if (has_token && !keys.token_known) return Failure(reject(Reason::TokenUnknown));
  if (!key) {
    // Not MethodRejected: that would tell a stranger which clients there are.
    const std::string method(name(claim.method));
    return Failure(reject(Reason::SignatureInvalid,
                          method_allowed ? "" : method + " is also not for this client"));
  }
  if (!method_allowed) {
    return Failure(reject(Reason::MethodRejected, std::string(name(claim.method))));
  }
  if (!has_token && requirement.token) return Failure(reject(Reason::TokenAbsent));
  if (has_token && !keys.token_of_client) return Failure(reject(Reason::TokenNotOfClient));
  if (has_token && keys.token_revoked) return Failure(reject(Reason::TokenRevoked));
  if (has_token && expired) return Failure(reject(Reason::TokenExpired));
  if (has_token && !keys.user_enabled) return Failure(reject(Reason::UserDisabled));
  return Failure(reject(Reason::RealmMissing, missing));
}

}  // namespace verify
