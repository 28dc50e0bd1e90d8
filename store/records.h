#pragma once

// The records people see: the fields of DESIGN section 4, as plain values. Times are Unix seconds.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "verify/secret.h"

namespace store {

struct ClientSecret {
  verify::Secret secret;
  std::optional<std::int64_t> expires;
  friend bool operator==(const ClientSecret&, const ClientSecret&) = default;
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
  std::vector<std::string> realms;          // what it may ask
  std::vector<std::string> default_realms;
  std::vector<std::string> rsa_public_keys;    // PEM
  std::vector<std::string> signature_methods;  // names; empty: all that the provider allows
  std::map<std::string, std::string> extra;    // more fields in token replies
  std::optional<bool> reply_realms;            // absent: as the provider's setting
  bool enabled = true;
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
  friend bool operator==(const Token&, const Token&) = default;
};

// A stable id for a token that doesn't give it away: 32 hex digits of a SHA-256.
std::string token_id(std::string_view token);

// The rules of DESIGN section 4 on lengths and characters; each answers with the sentence that is wrong,
// or nothing. They look at a record alone, not at what else is stored.
std::optional<std::string> complaint(const Client& client);
std::optional<std::string> complaint(const User& user);
std::optional<std::string> complaint(const Token& token);

}  // namespace store
