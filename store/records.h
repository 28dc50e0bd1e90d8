#pragma once

// The records people see, as plain values: clients, the users they act for, the access tokens that
// join them, and the request tokens that come before those. Times are Unix seconds. Plain values
// and pure functions.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/secret.h"

namespace store {

struct ClientSecret {
  verify::Secret secret;
  std::optional<std::int64_t> expires;
  friend bool operator==(const ClientSecret&, const ClientSecret&) = default;
};

struct ClientKey {
  std::string pem;  // a public key or an X.509 certificate
  std::optional<std::int64_t> expires;
  friend bool operator==(const ClientKey&, const ClientKey&) = default;
};

enum class CallbackMatch : std::uint8_t { Exact = 0, IgnoreQuery = 1, Prefix = 2, Any = 3 };

struct Client {
  std::string key;
  std::vector<ClientSecret> secrets;  // newest first; empty for a client with RSA keys alone
  std::string name;
  std::string description;
  std::vector<std::string> redirect_uris;
  CallbackMatch callback_match = CallbackMatch::Exact;
  bool allow_oob = false;
  std::vector<std::string> realms;  // what it may ask
  std::vector<std::string> default_realms;
  std::vector<ClientKey> rsa_public_keys;      // newest first
  std::vector<std::string> signature_methods;  // names; empty: all that the provider allows
  std::map<std::string, std::string> extra;    // more fields in token replies
  std::optional<bool> reply_realms;            // absent: as the provider's setting
  std::vector<std::string> quirks;             // names (see verify/quirk.h)
  std::string header_realm;  // the realm its Authorization field must have; empty: any, or none
  bool enabled = true;
  bool renewable = false;   // its tokens come with a session handle (OAuth Session 1.0)
  bool same_token = false;  // who consents again to the same realms gets the token there is
  friend bool operator==(const Client&, const Client&) = default;
};

struct User {
  std::string name;
  std::string password_hash;  // empty: owns tokens but cannot sign in
  bool enabled = true;
  friend bool operator==(const User&, const User&) = default;
};

struct Token {
  std::string client;
  std::string user;
  std::string token;
  verify::Secret secret;
  std::vector<std::string> realms;
  std::optional<std::int64_t> expires;
  bool revoked = false;
  std::optional<std::int64_t> created;                // absent where nobody said
  std::optional<verify::Secret> session_handle;       // with which it can be renewed
  std::optional<std::int64_t> authorization_expires;  // after which it can't be renewed either
  friend bool operator==(const Token&, const Token&) = default;
};

enum class RequestState : std::uint8_t { Issued = 0, Authorized = 1, Refused = 2, Spent = 3 };

// Temporary credentials (RFC 5849 section 2.1).
struct RequestToken {
  std::string token;
  verify::Secret secret;
  std::string client;
  std::string callback;             // fixed when it was issued; "oob"
  std::vector<std::string> realms;  // asked for
  std::int64_t created = 0, expires = 0;
  RequestState state = RequestState::Issued;
  // Once decided:
  std::string user;
  std::string session;  // of the browser in which: what it is told by, never its cookie
  // Once authorized:
  std::vector<std::string> granted;  // within `realms`
  verify::Secret verifier;           // gone again once it is spent
  std::uint32_t wrong = 0;           // verifiers that were
  friend bool operator==(const RequestToken&, const RequestToken&) = default;
};

// A stable id for a token that doesn't give it away: 32 hex digits of a SHA-256.
std::string token_id(std::string_view token);

// The rules on lengths and characters; each returns a sentence that says what is wrong, or
// nothing. They look at a record alone, not at what else is stored:
//   keys, tokens      1 to 255 bytes 0x21-0x7E
//   secrets           1 to 255 bytes 0x20-0x7E; a client has one or an RSA key. Likewise session
//                     handles and verifiers
//   how many          at most 8 secrets and 8 RSA keys for each client
//   user names        1 to 255 bytes of UTF-8, no controls, no spaces at the ends
//   realms            scope-tokens (RFC 6749 section 3.3), 1 to 255 bytes
//   redirect URIs     UTF-8 without controls and spaces, not empty. Likewise callbacks
//   signature methods names that verify::method_from_name() knows; likewise quirks
//   header realm      0 to 255 bytes 0x20-0x7E without quotes and backslashes
//   RSA keys          printable ASCII and line ends, not empty; password hashes: 0x21-0x7E
//   other text        UTF-8; no controls but, in names, descriptions and extra fields, tab and line
//                     ends
//   times             years 1970 to 9999
// Whether a URI, a password hash or an RSA key can be used is not asked here.
inline constexpr std::size_t kMaxKeyBytes = 255;
inline constexpr std::size_t kMaxSecrets = 8;  // of a client; of its RSA keys, too
bool is_key(std::string_view bytes);           // also for tokens
bool is_user_name(std::string_view bytes);
bool is_realm(std::string_view bytes);
std::optional<std::string> record_error(const Client& client);
std::optional<std::string> record_error(const User& user);
std::optional<std::string> record_error(const Token& token);
std::optional<std::string> record_error(const RequestToken& request);

}  // namespace store
