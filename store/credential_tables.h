#pragma once

// What Credentials, its Readers and its Changes share: the open environment, its tables, the dummy
// records, and how a record is found through a transaction. For the files of this room alone.
//
// Threads: a CredentialTables is constant once made. The functions follow the rules of the
// transaction they are given.
//
// Tables:
//   meta                "layout" -> number of the layout in one byte; "dummy client",
//                       "dummy token", "dummy user", "dummy request" -> records; "password work"
//                       -> four numbers of 8 bytes (password_work.cc); missing where no user was
//                       put since programs note it
//   clients             key -> record
//   users               name -> record
//   tokens              token -> record
//   tokens_by_client    client -> token*
//   tokens_by_user      user -> length of client, client, token*
//   requests            request token -> record
//   requests_by_client  client -> expiry, request token*; those that can become an access token
//   requests_by_expiry  expiry, request token -> nothing; all of them

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/credentials.h"
#include "store/env.h"
#include "store/layout.h"
#include "verify/password.h"

namespace store {

struct Tables {
  Table meta, clients, users, tokens, tokens_by_client, tokens_by_user;
  Table requests, requests_by_client, requests_by_expiry;
};
inline constexpr unsigned kTables = 9;

// Records of a client, its token, its user and a request token, which nobody knows and nothing can
// find. Encoded.
struct Dummies {
  verify::Secret client, token, user, request;
};
inline constexpr std::string_view kDummyName = "dummy";  // what decoding them takes for their key

struct CredentialTables {
  std::filesystem::path path;  // the store's folder
  std::shared_ptr<Env> env;
  Tables tables;
  Dummies dummies;
  Client dummy_client;  // the same one, decoded
};

struct Credentials::State {
  std::shared_ptr<const CredentialTables> core;
};

// NotFound if there is none.
Result<Client> read_client(const Txn& txn, const Tables& tables, std::string_view key);
Result<User> read_user(const Txn& txn, const Tables& tables, std::string_view name);
Result<Token> read_token(const Txn& txn, const Tables& tables, std::string_view token);
Result<RequestToken> read_request_token(const Txn& txn, const Tables& tables,
                                        std::string_view token);

// Tokens by index, until `each` returns false: those of a client; those of a user, for one client
// or, without one, for all. `each` must not write.
using EachName = std::function<Result<bool>(std::string_view token)>;
Result<Done> each_name_of_client(const Txn& txn, const Tables& tables, std::string_view client,
                                 const EachName& each);
Result<Done> each_name_of_user(const Txn& txn, const Tables& tables, std::string_view user,
                               std::optional<std::string_view> client, const EachName& each);

// password_work.cc: the most that checking a user's password takes; nothing if nobody noted it.
Result<std::optional<verify::PasswordWork>> read_password_work(const Txn& txn,
                                                               const Tables& tables);
// Notes it after a user's hash has become another one. Looks at all users only where the dearest
// hash may have gone, and stops at the next that is as dear.
Result<Done> note_password_work(WriteTxn& txn, const Tables& tables, std::string_view before,
                                std::string_view after);

}  // namespace store
