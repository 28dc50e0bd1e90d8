#include "store/credential_tables.h"

namespace store {

namespace {

Failure<Error> no_such(const char* what, std::string_view key) {
  return fail(Error::Kind::NotFound, std::string("there is no ") + what + " " + in_quotes(key));
}

}  // namespace

Result<Client> read_client(const Txn& txn, const Tables& tables, std::string_view key) {
  if (!is_key(key)) return no_such("client", key);
  auto bytes = txn.get(tables.clients, key);
  if (!bytes) return bytes.failure();
  if (!*bytes) return no_such("client", key);
  return decode_client(key, **bytes);
}

Result<User> read_user(const Txn& txn, const Tables& tables, std::string_view name) {
  if (!is_user_name(name)) return no_such("user", name);
  auto bytes = txn.get(tables.users, name);
  if (!bytes) return bytes.failure();
  if (!*bytes) return no_such("user", name);
  return decode_user(name, **bytes);
}

Result<Token> read_token(const Txn& txn, const Tables& tables, std::string_view token) {
  if (!is_key(token)) return no_such("token", token);
  auto bytes = txn.get(tables.tokens, token);
  if (!bytes) return bytes.failure();
  if (!*bytes) return no_such("token", token);
  return decode_token(token, **bytes);
}

Result<RequestToken> read_request_token(const Txn& txn, const Tables& tables,
                                        std::string_view token) {
  if (!is_key(token)) return no_such("request token", token);
  auto bytes = txn.get(tables.requests, token);
  if (!bytes) return bytes.failure();
  if (!*bytes) return no_such("request token", token);
  return decode_request_token(token, **bytes);
}

Result<Done> each_name_of_client(const Txn& txn, const Tables& tables, std::string_view client,
                                 const EachName& each) {
  if (!is_key(client)) return Done{};
  auto cursor = Cursor::open(txn, tables.tokens_by_client);
  if (!cursor) return cursor.failure();
  for (auto at = cursor->values_of(client);; at = cursor->next_value()) {
    if (!at) return at.failure();
    if (!*at) return Done{};
    auto more = each((*at)->value);
    if (!more) return more.failure();
    if (!*more) return Done{};
  }
}

Result<Done> each_name_of_user(const Txn& txn, const Tables& tables, std::string_view user,
                               std::optional<std::string_view> client, const EachName& each) {
  if (!is_user_name(user) || (client && !is_key(*client))) return Done{};
  auto cursor = Cursor::open(txn, tables.tokens_by_user);
  if (!cursor) return cursor.failure();
  const std::string prefix = client ? user_index_prefix(*client) : std::string();
  auto at = client ? cursor->values_of(user, prefix) : cursor->values_of(user);
  for (;; at = cursor->next_value()) {
    if (!at) return at.failure();
    if (!*at || !(*at)->value.starts_with(prefix)) return Done{};
    const auto entry = parse_user_index((*at)->value);
    if (!entry) return entry.failure();
    auto more = each(entry->token);
    if (!more) return more.failure();
    if (!*more) return Done{};
  }
}

}  // namespace store
