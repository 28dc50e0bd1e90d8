#include "verify/sign.h"

#include <algorithm>

#include "verify/base_string.h"
#include "verify/crypto.h"
#include "verify/judge.h"
#include "verify/parameters.h"
#include "verify/percent.h"
#include "verify/rsa.h"
#include "verify/signing_key.h"

namespace verify {
namespace {

void add(Field field, std::string_view value, std::string& out) {
  if (!out.ends_with(' ')) out += ", ";
  out += name(field);
  out += "=\"";
  percent_encode(value, out);
  out += '"';
}

// As it is, the way clients do, unless that would break the quoted string.
std::string realm_text(const std::string& realm) {
  const bool safe = std::all_of(realm.begin(), realm.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '%';
  });
  return safe ? realm : percent_encode(realm);
}

// Of a request that `parameters` has read (section 3.4).
Result<std::string, std::string> signature(const RequestView& request, Parameters& parameters,
                                           const Signer& signer) {
  const std::optional<Hash> hash = hash_of(signer.method);
  if (!hash) {
    return percent_encode(signer.client_secret.reveal()) + '&' +
           percent_encode(signer.token_secret.reveal());
  }
  const std::string_view base = build_base_string(request, parameters);
  if (is_rsa(signer.method)) {
    const auto made = rsa_signature(signer.private_key, *hash, base);
    if (!made) return made.failure();
    return to_base64(*made);
  }
  const SigningKey key(signer.client_secret, signer.token_secret, std::nullopt);
  return to_base64(key.hmac(*hash).sign(base).view());
}

}  // namespace

Result<std::string, std::string> authorization_header(const RequestView& request,
                                                      const Signer& signer, std::int64_t timestamp,
                                                      std::string_view nonce) {
  std::string header = "OAuth ";
  if (!signer.realm.empty()) header += "realm=\"" + realm_text(signer.realm) + '"';
  add(Field::ConsumerKey, signer.client, header);
  if (signer.token) add(Field::Token, *signer.token, header);
  add(Field::SignatureMethod, name(signer.method), header);
  add(Field::Timestamp, std::to_string(timestamp), header);
  add(Field::Nonce, nonce, header);
  add(Field::Version, "1.0", header);

  // Read back what has been written so far, the way a server would.
  RequestView seen = request;
  seen.authorization = header;
  Parameters parameters;
  if (const auto reject = parameters.read(seen, Bounds{UINT32_MAX})) {
    return Failure(std::string(sentence(reject->reason)) + " (" + reject->detail + ')');
  }
  const auto made = signature(seen, parameters, signer);
  if (!made) return made.failure();
  add(Field::Signature, *made, header);
  return header;
}

}  // namespace verify
