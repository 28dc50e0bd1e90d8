#pragma once

// A client with habits of its own: what it sends, and what it takes for the base string and signs.

#include <optional>
#include <string>

#include "tests/verify/support.h"
#include "verify/crypto.h"
#include "verify/percent.h"

namespace verify::testing {

inline const std::string kHost = "https%3A%2F%2Fapi.example.com";
// The protocol parameters as they stand in a base string.
inline const std::string kOwn =
    "oauth_consumer_key%3Dk%26oauth_nonce%3Dn%26oauth_signature_method%3DHMAC-SHA1"
    "%26oauth_timestamp%3D1000%26oauth_token%3Dt";
// And in a header, query or form; a signature is added last.
inline const std::string kField =
    R"(OAuth oauth_consumer_key="k", oauth_token="t", oauth_signature_method="HMAC-SHA1", )"
    R"(oauth_timestamp="1000", oauth_nonce="n")";
inline const std::string kPairs =
    "oauth_consumer_key=k&oauth_token=t&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1000"
    "&oauth_nonce=n";

struct Row {
  const char* habit;
  Request request;
  std::string base;
};

inline Hash hash_of(const std::string& base) {
  if (base.find("HMAC-SHA256") != std::string::npos) return Hash::Sha256;
  return base.find("HMAC-SHA512") != std::string::npos ? Hash::Sha512 : Hash::Sha1;
}

inline const Requirement kNoToken{.token = false, .realms = {}, .any_realm = false};

// Signs what the client takes for the base string, and puts the signature where its parameters are.
inline std::optional<Reason> outcome(const Row& row, std::string_view key = "cs&ts",
                                     const Requirement& requirement = kNoToken,
                                     Bounds bounds = {}) {
  Request request = row.request;
  const Hash hash = hash_of(row.base);
  const std::string signature = percent_encode(to_base64(HmacKey(hash, key).sign(row.base).view()));
  if (request.authorization && request.authorization->find("oauth_nonce") != std::string::npos) {
    *request.authorization += ", oauth_signature=\"" + signature + "\"";
  } else if (request.form && request.form->find("oauth_nonce") != std::string::npos) {
    *request.form += "&oauth_signature=" + signature;
  } else {
    request.target += "&oauth_signature=" + signature;
  }
  return judged(request, good_keys("cs", "ts"), requirement, 1000, bounds);
}

inline Requirement with_quirk(Quirk quirk) {
  Requirement requirement = kNoToken;
  requirement.quirks.add(quirk);
  return requirement;
}

inline std::string with(const std::string& field, std::string_view from, std::string_view to) {
  return replaced(field, from, to);
}

}  // namespace verify::testing
