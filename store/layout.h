#pragma once

// How records are written in the store: version 2 of the layout. Pure; decoding survives any bytes.
//
//   record  := version kind field*
//   version := 02                          one byte, first in every record; 01 is read too
//   kind    := 01 client | 02 user | 03 token | 04 refusal (refusals.cc) | 05 request token |
//              06 session | 07 throttle (sessions.cc)
//   field   := number length bytes         number one byte, length 4 bytes, then so many bytes
//
// All integers are big-endian. Fields stand in rising order of their numbers; a list repeats its
// number once for each element, in order. What is empty or absent is left out, and a flag or enum
// is always there, so every record has one spelling. A flag is one byte, 00 or 01; a time is 8
// bytes of Unix seconds, two's complement.
//
//   client (under its key)                  user (under its name)     token (under the token)
//    1 secret*: flag, time if 01, bytes      1 password_hash           1 client
//    2 name                                  2 enabled: flag           2 user
//    3 description                                                     3 secret
//    4 redirect_uri*                                                   4 realm*
//    5 callback_match: one byte                                        5 expires: time
//    6 allow_oob: flag                                                 6 revoked: flag
//    7 realm*                                                         7 created: time
//    8 default_realm*                                                 8 session_handle
//    9 rsa_public_key* (version 1)                                    9 authorization_expires:
//   10 signature_method*                                                 time
//   11 extra*, rising by name: length of the name in 4 bytes, name, value
//   12 reply_realms: flag
//   13 enabled: flag                        request token (under the token)
//   14 rsa_key*: flag, time if 01, PEM       1 client         7 state: one byte
//   15 quirk*                                2 secret         8 user
//   16 header_realm                          3 realm*         9 session
//   17 renewable: flag                       4 callback      10 granted realm*
//   18 same_token: flag                      5 created: time 11 verifier
//                                            6 expires: time 12 wrong: one byte
//
// From 14 on in clients, and from 7 on in tokens, fields are of version 2.
//
// The numbers are on disk: they are never changed or used again. A new field takes a new number and
// raises kLayoutVersion.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/error.h"
#include "store/fields.h"
#include "store/records.h"

namespace store {

enum class ClientField : std::uint8_t {
  Secret = 1,
  Name = 2,
  Description = 3,
  RedirectUri = 4,
  CallbackMatch = 5,
  AllowOob = 6,
  Realm = 7,
  DefaultRealm = 8,
  RsaPublicKey = 9,  // version 1
  SignatureMethod = 10,
  Extra = 11,
  ReplyRealms = 12,
  Enabled = 13,
  RsaKey = 14,
  Quirk = 15,
  HeaderRealm = 16,
  Renewable = 17,
  SameToken = 18,
};
enum class UserField : std::uint8_t { PasswordHash = 1, Enabled = 2 };
enum class TokenField : std::uint8_t {
  Client = 1,
  User = 2,
  Secret = 3,
  Realm = 4,
  Expires = 5,
  Revoked = 6,
  Created = 7,
  SessionHandle = 8,
  AuthorizationExpires = 9,
};
enum class RequestField : std::uint8_t {
  Client = 1,
  Secret = 2,
  Realm = 3,
  Callback = 4,
  Created = 5,
  Expires = 6,
  State = 7,
  User = 8,
  Session = 9,
  Granted = 10,
  Verifier = 11,
  Wrong = 12,
};

// The bytes to store; Invalid if they are more than kMaxRecordBytes. They contain secrets, so they
// are one.
Result<verify::Secret> encode(const Client& client);
Result<verify::Secret> encode(const User& user);
Result<verify::Secret> encode(const Token& token);
Result<verify::Secret> encode(const RequestToken& request);

// The record that `bytes` spell. Newer for a higher version, Unavailable for whatever else encode()
// would not have written.
Result<Client> decode_client(std::string_view key, std::string_view bytes);
Result<User> decode_user(std::string_view name, std::string_view bytes);
Result<Token> decode_token(std::string_view token, std::string_view bytes);
Result<RequestToken> decode_request_token(std::string_view token, std::string_view bytes);

// tokens_by_client holds, under the client's key, the token as it is. tokens_by_user holds, under
// the user's name, `length of the client's key in one byte, client's key, token`, so that the
// tokens of one user for one client stand together. At most 511 bytes. Requires a client's key of
// at most 255 bytes.
std::string user_index_prefix(std::string_view client);
std::string user_index_value(std::string_view client, std::string_view token);
struct UserIndexEntry {
  std::string_view client, token;  // into the bytes that were parsed
};
Result<UserIndexEntry> parse_user_index(std::string_view value);

// Indexes by time, such as requests_by_expiry, have `time in 8 bytes, name of the record` for keys
// or for values, so that the earliest stand first. With a token at most 263 bytes.
std::string time_index_entry(std::int64_t time, std::string_view name);
struct TimeIndexEntry {
  std::int64_t time = 0;
  std::string_view name;  // into the bytes that were parsed
};
Result<TimeIndexEntry> parse_time_index(std::string_view entry);

}  // namespace store
