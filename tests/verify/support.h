#pragma once

// What the tests of verify share: a request that owns its bytes, and keys that are in order.

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "tests/verify/rsa_keys.h"
#include "verify/claim.h"
#include "verify/judge.h"
#include "verify/rejection.h"
#include "verify/request.h"

// doctest prints these when a check fails.
namespace doctest {
template <>
struct StringMaker<verify::Reason> {
  static String convert(verify::Reason reason) { return std::string(verify::name(reason)).c_str(); }
};
}  // namespace doctest

namespace verify::testing {

struct Request {
  std::string method = "GET";
  std::string scheme = "https";
  std::string authority = "api.example.com";
  std::string path_prefix = "";
  std::string target = "/";
  std::optional<std::string> authorization = std::nullopt;
  std::optional<std::string> form = std::nullopt;

  RequestView view() const {
    return {.method = method,
            .scheme = scheme,
            .authority = authority,
            .path_prefix = path_prefix,
            .target = target,
            .authorization = authorization,
            .form = form};
  }
};

// Every parameter that a request must have, well formed.
inline const std::string kHeader =
    R"(OAuth oauth_consumer_key="k", oauth_token="t", oauth_signature_method="HMAC-SHA1", )"
    R"(oauth_timestamp="1000", oauth_nonce="n", oauth_signature="c2ln")";
inline const std::string kForm =
    "oauth_consumer_key=k&oauth_token=t&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1000"
    "&oauth_nonce=n&oauth_signature=c2ln";

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// The reason why a request's claim can't be read; nothing when it can.
inline std::optional<Rejection> refusal(const Request& request, Bounds bounds = {}) {
  Workspace workspace;
  const auto claim = read_claim(request.view(), bounds, workspace);
  if (claim.ok()) return std::nullopt;
  return claim.error();
}

inline std::optional<Reason> reason(const Request& request, Bounds bounds = {}) {
  const auto reject = refusal(request, bounds);
  return reject ? std::optional(reject->reason) : std::nullopt;
}

// The base string, or why there is none.
inline std::string base_of(const Request& request) {
  Workspace workspace;
  const auto claim = read_claim(request.view(), Bounds{.authorization_passed_on = true}, workspace);
  if (!claim.ok()) return "refused: " + std::string(name(claim.error().reason));
  return std::string(base_string(request.view(), *claim, workspace));
}

inline Secret secret(std::string_view bytes) { return Secret(bytes); }

inline Keys good_keys(std::string_view client_secret, std::string_view token_secret) {
  Keys keys;
  keys.client_known = keys.client_enabled = true;
  keys.token_known = keys.token_of_client = keys.user_enabled = true;
  keys.keys.emplace_back(secret(client_secret), secret(token_secret), std::nullopt);
  keys.rsa_keys.emplace_back(*RsaKey::parse(kPublic), std::nullopt);
  return keys;
}

inline Policy lenient_policy() {
  Policy policy;
  policy.enforce_tls = false;
  for (int i = 0; i < kMethodCount; ++i) policy.methods.add(static_cast<Method>(i));
  return policy;
}

// read_claim and judge in one.
inline Result<Accepted, Rejection> verdict(const Request& request, const Keys& keys,
                                           const Requirement& requirement, const Policy& policy,
                                           std::int64_t now = 1000, Bounds bounds = {}) {
  Workspace workspace;
  const auto claim = read_claim(request.view(), bounds, workspace);
  if (!claim.ok()) return claim.failure();
  return judge(request.view(), *claim, keys, policy, requirement, now, workspace);
}

// The reason why not, or nothing when accepted.
inline std::optional<Reason> judged(const Request& request, const Keys& keys,
                                    const Requirement& requirement = {}, std::int64_t now = 1000,
                                    Bounds bounds = {}) {
  const auto accepted = verdict(request, keys, requirement, lenient_policy(), now, bounds);
  return accepted.ok() ? std::nullopt : std::optional(accepted.error().reason);
}

}  // namespace verify::testing
