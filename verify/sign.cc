#include "verify/sign.h"

#include <algorithm>

#include "verify/base_string.h"
#include "verify/crypto.h"
#include "verify/judge.h"
#include "verify/parameters.h"
#include "verify/percent.h"

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

}  // namespace

Result<std::string, std::string> authorization_header(const RequestView& request,
                                                      const Signer& signer, std::int64_t timestamp,
                                                      std::string_view nonce) {
  const std::optional<Hash> hash = hmac_hash(signer.method);
  if (!hash || !in_effect(signer.method)) {
    return Failure("Signing with " + std::string(name(signer.method)) + " is not supported.");
  }
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
  const SigningKey key(signer.client_secret, signer.token_secret, std::nullopt);
  const Digest mac = key.hmac(*hash).sign(build_base_string(seen, parameters));
  add(Field::Signature, to_base64(mac.view()), header);
  return header;
}

}  // namespace verify
