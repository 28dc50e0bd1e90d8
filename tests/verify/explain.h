#pragma once

// A request that somebody signed in a way of their own, and what explain makes of it.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/verify/clients.h"
#include "verify/explain.h"

namespace verify::testing {

// With bytes that are encoded in a key.
inline const std::string kClientSecret = "c+s";
inline const std::string kTokenSecret = "t/s";
inline const std::string kRightKey = "c%2Bs&t%2Fs";

struct Case {
  Request request;
  std::string base;                         // what the client signs
  std::string key = kRightKey;              // with what
  std::optional<Hash> hash = std::nullopt;  // by default the one that is named

  std::string host = "", body = "", other_method = "";
  std::vector<std::pair<std::string, std::string>> members = {};
  std::vector<OtherUrl> other_urls = {};
  std::optional<std::string> own = std::nullopt;  // base string that is given
  QuirkSet quirks = {};
};

inline std::string signature_of(const Case& c) {
  return to_base64(HmacKey(c.hash.value_or(hash_of(c.base)), c.key).sign(c.base).view());
}

// `signature` as it stands in the request.
inline Request signed_with(Request request, const std::string& signature) {
  if (request.authorization && request.authorization->find("oauth_nonce") != std::string::npos) {
    *request.authorization += ", oauth_signature=\"" + signature + "\"";
  } else if (request.form && request.form->find("oauth_nonce") != std::string::npos) {
    *request.form += "&oauth_signature=" + signature;
  } else {
    request.target += "&oauth_signature=" + signature;
  }
  return request;
}

inline Keys known_keys() {
  Keys keys = good_keys(kClientSecret, kTokenSecret);
  keys.realms = {"email"};
  return keys;
}

inline KnownSecrets known_secrets() {
  return {.client = {{secret(kClientSecret), std::nullopt}}, .token = secret(kTokenSecret)};
}

inline Rules usual_rules() {
  Rules rules;
  rules.policy = lenient_policy();
  rules.requirement.token = false;
  rules.now = 1000;
  rules.most_work = kMaxWork / 8;  // for tests where nothing is found
  return rules;
}

inline Explanation explained(const Case& c, const Request& request, const Keys& keys = known_keys(),
                             const KnownSecrets& secrets = known_secrets(),
                             Rules rules = usual_rules()) {
  const Evidence evidence{.request = request.view(),
                          .host = c.host,
                          .body = c.body,
                          .other_method = c.other_method,
                          .members = c.members,
                          .other_urls = c.other_urls,
                          .base_string = c.own};
  rules.requirement.quirks = c.quirks;
  return explain(evidence, keys, secrets, rules);
}

inline Explanation explained(const Case& c) {
  return explained(c, signed_with(c.request, percent_encode(signature_of(c))));
}

// The names of the changes of the first near miss: "form_left_out, hash"; "right" or "nothing"
// where there is none.
inline std::string named(const Explanation& explanation) {
  if (explanation.signature == Explanation::Signature::Right) return "right";
  if (explanation.near_misses.empty()) return "nothing";
  std::string out;
  for (const Edit& change : explanation.near_misses.front().changes) {
    out += (out.empty() ? "" : ", ") + change.name;
  }
  return out;
}

// All that is said to people.
inline std::string said(const Explanation& explanation) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += text + '\n'; };
  for (const Finding& finding : explanation.findings) add(finding.sentence);
  for (const NearMiss& miss : explanation.near_misses) {
    for (const Edit& change : miss.changes) add(change.sentence);
  }
  for (const std::string& remark : explanation.remarks) add(remark);
  if (explanation.difference) add(explanation.difference->sentence);
  return out;
}

}  // namespace verify::testing
