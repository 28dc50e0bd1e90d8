#include "store/records.h"

#include <algorithm>
#include <span>

#include "store/error.h"
#include "verify/crypto.h"
#include "verify/method.h"
#include "verify/quirk.h"

namespace store {

namespace {

using Complaint = std::optional<std::string>;

constexpr std::int64_t kLastTime = 253402300799;  // 9999-12-31T23:59:59Z

bool all_between(std::string_view bytes, char low, char high) {
  return std::all_of(bytes.begin(), bytes.end(), [=](char c) { return c >= low && c <= high; });
}

// Length of the UTF-8 sequence (RFC 3629) that `bytes` begins with; 0 if there is none.
std::size_t utf8_length(std::string_view bytes) {
  const auto at = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned first = at(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || length > bytes.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  if (length >= 3) {
    const unsigned second = at(1);
    if (first == 0xe0 && second < 0xa0) return 0;   // could be shorter
    if (first == 0xed && second >= 0xa0) return 0;  // a surrogate
    if (first == 0xf0 && second < 0x90) return 0;   // could be shorter
    if (first == 0xf4 && second >= 0x90) return 0;  // beyond U+10FFFF
  }
  return length;
}

enum class Controls : bool { None, LineEnds };

// UTF-8 without C0 and C1 controls, but for tab and line ends where they are allowed.
bool is_text(std::string_view bytes, Controls allowed) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    if (length == 0) return false;
    const auto first = static_cast<unsigned char>(bytes[0]);
    const bool line_end = first == '\t' || first == '\n' || first == '\r';
    if (first < 0x20 && !(line_end && allowed == Controls::LineEnds)) return false;
    if (first == 0x7f) return false;
    if (first == 0xc2 && static_cast<unsigned char>(bytes[1]) < 0xa0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool is_secret(std::string_view bytes) {
  return !bytes.empty() && bytes.size() <= kMaxKeyBytes && all_between(bytes, 0x20, 0x7e);
}

bool is_pem(std::string_view bytes) {
  return !bytes.empty() && std::all_of(bytes.begin(), bytes.end(), [](char c) {
    return (c >= 0x20 && c <= 0x7e) || c == '\t' || c == '\n' || c == '\r';
  });
}

Complaint wrong_key(const char* what, std::string_view key) {
  if (is_key(key)) return std::nullopt;
  return std::string(what) + " has 1 to 255 bytes 0x21-0x7E, not " + in_quotes(key);
}

Complaint wrong_user(std::string_view name) {
  if (is_user_name(name)) return std::nullopt;
  return "a user's name has 1 to 255 bytes of UTF-8, no controls and no spaces at the ends, not " +
         in_quotes(name);
}

Complaint wrong_realm(std::span<const std::string> realms) {
  for (const std::string& one : realms)
    if (!is_realm(one))
      return "a realm has 1 to 255 bytes 0x21-0x7E without \" and \\, not " + in_quotes(one);
  return std::nullopt;
}

Complaint wrong_time(const char* what, const std::optional<std::int64_t>& time) {
  if (!time || (*time >= 0 && *time <= kLastTime)) return std::nullopt;
  return std::string(what) + " begins and ends within the years 1970 to 9999, not at " +
         std::to_string(*time);
}

Complaint wrong_secrets(const Client& client) {
  if (client.secrets.empty() && client.rsa_public_keys.empty())
    return "a client has a secret or an RSA public key; " + in_quotes(client.key) + " has neither";
  if (client.secrets.size() > kMaxSecrets || client.rsa_public_keys.size() > kMaxSecrets)
    return "a client has at most " + std::to_string(kMaxSecrets) +
           " secrets and as many RSA public keys; " + in_quotes(client.key) + " has more";
  for (const ClientKey& one : client.rsa_public_keys)
    if (auto wrong = wrong_time("an RSA public key", one.expires)) return wrong;
  for (const ClientSecret& one : client.secrets) {
    if (!is_secret(one.secret.reveal()))
      return "a client's secret has 1 to 255 bytes 0x20-0x7E; one of " + in_quotes(client.key) +
             " does not";
    if (auto wrong = wrong_time("a client's secret", one.expires)) return wrong;
  }
  return std::nullopt;
}

Complaint wrong_uri(const char* what, std::string_view uri) {
  if (!uri.empty() && uri.find(' ') == uri.npos && is_text(uri, Controls::None))
    return std::nullopt;
  return std::string(what) + " is UTF-8 without spaces and controls, not " + in_quotes(uri);
}

Complaint wrong_extra(const std::map<std::string, std::string>& extra) {
  for (const auto& [name, value] : extra)
    if (name.empty() || !is_text(name, Controls::LineEnds) || !is_text(value, Controls::LineEnds))
      return "an extra field has a name, and both are UTF-8 without controls, not " +
             in_quotes(name);
  return std::nullopt;
}

Complaint wrong_text(const Client& client) {
  if (!is_text(client.name, Controls::LineEnds))
    return "a client's name is UTF-8 without controls, not " + in_quotes(client.name);
  if (!is_text(client.description, Controls::LineEnds))
    return "a client's description is UTF-8 without controls, not " + in_quotes(client.description);
  if (auto wrong = wrong_extra(client.extra)) return wrong;
  for (const std::string& one : client.redirect_uris)
    if (auto wrong = wrong_uri("a redirect URI", one)) return wrong;
  for (const ClientKey& one : client.rsa_public_keys)
    if (!is_pem(one.pem))
      return "an RSA public key of " + in_quotes(client.key) + " is not PEM text";
  for (const std::string& one : client.signature_methods)
    if (!verify::method_from_name(one))
      return "there is no signature method named " + in_quotes(one);
  for (const std::string& one : client.quirks)
    if (!verify::quirk_from_name(one)) return "there is no quirk named " + in_quotes(one);
  if (client.header_realm.size() > kMaxKeyBytes || !all_between(client.header_realm, 0x20, 0x7e) ||
      client.header_realm.find_first_of("\"\\") != std::string::npos)
    return "a header realm has at most 255 bytes 0x20-0x7E without \" and \\, not " +
           in_quotes(client.header_realm);
  return std::nullopt;
}

}  // namespace

bool is_key(std::string_view bytes) {
  return !bytes.empty() && bytes.size() <= kMaxKeyBytes && all_between(bytes, 0x21, 0x7e);
}

bool is_user_name(std::string_view bytes) {
  return !bytes.empty() && bytes.size() <= kMaxKeyBytes && is_text(bytes, Controls::None) &&
         bytes.front() != ' ' && bytes.back() != ' ';
}

bool is_realm(std::string_view bytes) {
  return is_key(bytes) && bytes.find_first_of("\"\\") == bytes.npos;
}

std::string token_id(std::string_view token) {
  const verify::Digest digest = verify::digest(verify::Hash::Sha256, token);
  return verify::to_hex(digest.view().first(16));
}

std::optional<std::string> record_error(const Client& client) {
  if (auto wrong = wrong_key("a client's key", client.key)) return wrong;
  if (auto wrong = wrong_secrets(client)) return wrong;
  if (auto wrong = wrong_realm(client.realms)) return wrong;
  if (auto wrong = wrong_realm(client.default_realms)) return wrong;
  return wrong_text(client);
}

std::optional<std::string> record_error(const User& user) {
  if (auto wrong = wrong_user(user.name)) return wrong;
  if (!all_between(user.password_hash, 0x21, 0x7e))
    return "a password hash has bytes 0x21-0x7E alone; that of " + in_quotes(user.name) +
           " does not";
  return std::nullopt;
}

std::optional<std::string> record_error(const Token& token) {
  if (auto wrong = wrong_key("a token", token.token)) return wrong;
  if (auto wrong = wrong_key("a token's client", token.client)) return wrong;
  if (auto wrong = wrong_user(token.user)) return wrong;
  if (!is_secret(token.secret.reveal()))
    return "a token's secret has 1 to 255 bytes 0x20-0x7E; one of client " +
           in_quotes(token.client) + " does not";
  if (token.session_handle && !is_secret(token.session_handle->reveal()))
    return "a session handle has 1 to 255 bytes 0x20-0x7E; one of client " +
           in_quotes(token.client) + " does not";
  if (auto wrong = wrong_realm(token.realms)) return wrong;
  for (const auto& time : {token.expires, token.created, token.authorization_expires})
    if (auto wrong = wrong_time("a token", time)) return wrong;
  return std::nullopt;
}

std::optional<std::string> record_error(const RequestToken& request) {
  if (auto wrong = wrong_key("a request token", request.token)) return wrong;
  if (auto wrong = wrong_key("a request token's client", request.client)) return wrong;
  if (!is_secret(request.secret.reveal()))
    return "a request token's secret has 1 to 255 bytes 0x20-0x7E; one of client " +
           in_quotes(request.client) + " does not";
  if (!request.verifier.empty() && !is_secret(request.verifier.reveal()))
    return "a verifier has 1 to 255 bytes 0x20-0x7E; one of client " + in_quotes(request.client) +
           " does not";
  if (!request.user.empty())
    if (auto wrong = wrong_user(request.user)) return wrong;
  if (auto wrong = wrong_realm(request.realms)) return wrong;
  if (auto wrong = wrong_realm(request.granted)) return wrong;
  if (auto wrong = wrong_uri("a callback", request.callback)) return wrong;
  if (!is_text(request.session, Controls::None)) return "the name of a session is no text";
  for (const std::int64_t time : {request.created, request.expires})
    if (auto wrong = wrong_time("a request token", time)) return wrong;
  return std::nullopt;
}

}  // namespace store
