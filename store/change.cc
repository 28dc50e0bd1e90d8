#include <utility>
#include <vector>

#include "store/change_state.h"

namespace store {

namespace {

EachName collect(std::vector<std::string>& into) {
  return [&into](std::string_view name) -> Result<bool> {
    into.emplace_back(name);
    return true;
  };
}

}  // namespace

Result<Done> Credentials::Change::State::put_user(const User& user, Mode mode) {
  std::string before;
  if (mode == Mode::Replace) {
    auto old = read_user(*txn, tables(), user.name);
    if (!old && old.error().kind != Error::Kind::NotFound) return old.failure();
    if (old) before = std::move(old->password_hash);
  }
  if (auto put = put_record(tables().users, user.name, user, mode, "user"); !put) return put;
  return note_password_work(*txn, tables(), before, user.password_hash);
}

Result<Done> Credentials::Change::State::put_token(const Token& token, Mode mode) {
  if (auto client = txn->get(tables().clients, token.client); !client)
    return client.failure();
  else if (!*client)
    return fail(Error::Kind::NotFound,
                "a token names the client " + in_quotes(token.client) + ", and there is none");
  if (auto user = txn->get(tables().users, token.user); !user)
    return user.failure();
  else if (!*user)
    return fail(Error::Kind::NotFound,
                "a token names the user " + in_quotes(token.user) + ", and there is none");
  auto bytes = txn->get(tables().tokens, token.token);
  if (!bytes) return bytes.failure();
  std::optional<Token> old;
  if (*bytes && mode == Mode::Replace) {
    auto decoded = decode_token(token.token, **bytes);
    if (!decoded) return decoded.failure();
    old = *std::move(decoded);
  }
  if (auto put = put_record(tables().tokens, token.token, token, mode, "token"); !put) return put;
  if (old && old->client == token.client && old->user == token.user) return Done{};
  if (old)
    if (auto erased = erase_index(*old); !erased) return erased;
  if (auto put = txn->put(tables().tokens_by_client, token.client, token.token); !put) return put;
  return txn->put(tables().tokens_by_user, token.user, user_index_value(token.client, token.token));
}

Result<Done> Credentials::Change::State::erase_index(const Token& token) {
  auto erased = txn->erase(tables().tokens_by_client, token.client, token.token);
  if (!erased) return erased.failure();
  erased =
      txn->erase(tables().tokens_by_user, token.user, user_index_value(token.client, token.token));
  if (!erased) return erased.failure();
  return Done{};
}

Result<Done> Credentials::Change::State::erase_token(const std::string& name) {
  auto token = of_index(read_token(*txn, tables(), name));
  if (!token) return token.failure();
  if (auto erased = erase_index(*token); !erased) return erased;
  auto erased = txn->erase(tables().tokens, name);
  if (!erased) return erased.failure();
  return Done{};
}

Result<std::uint64_t> Credentials::Change::State::erase_tokens(
    const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (auto erased = erase_token(name); !erased) return erased.failure();
  return std::uint64_t{names.size()};
}

Result<std::uint64_t> Credentials::Change::State::revoke(const std::vector<std::string>& names) {
  std::uint64_t live = 0;
  for (const std::string& name : names) {
    auto token = of_index(read_token(*txn, tables(), name));
    if (!token) return token.failure();
    if (token->revoked) continue;
    token->revoked = true;
    auto put = put_record(tables().tokens, name, *token, Mode::Replace, "token");
    if (!put) return put.failure();
    ++live;
  }
  return live;
}

Result<std::vector<std::string>> Credentials::Change::State::names_of_client(
    std::string_view client) {
  std::vector<std::string> names;
  if (auto done = each_name_of_client(*txn, tables(), client, collect(names)); !done)
    return done.failure();
  return names;
}

Result<std::vector<std::string>> Credentials::Change::State::names_of_user(
    std::string_view user, std::optional<std::string_view> client) {
  std::vector<std::string> names;
  if (auto done = each_name_of_user(*txn, tables(), user, client, collect(names)); !done)
    return done.failure();
  return names;
}

Credentials::Change::Change(std::unique_ptr<State> state) : state_(std::move(state)) {}
Credentials::Change::~Change() = default;
Credentials::Change::Change(Change&&) noexcept = default;
Credentials::Change& Credentials::Change::operator=(Change&&) noexcept = default;

Result<Credentials::Change> Credentials::begin() {
  const std::shared_ptr<const CredentialTables>& core = state_->core;
  core->env->clear_stale_readers();  // else what they pin makes the file grow
  auto txn = WriteTxn::begin(core->env);
  if (!txn) return txn.failure();
  return Change(
      std::make_unique<Change::State>(Change::State{core, *std::move(txn), std::nullopt}));
}

Result<Done> Credentials::Change::put(const Client& client, Mode mode) {
  if (auto ready = state_->usable(); !ready) return ready;
  if (auto wrong = record_error(client)) return fail(Error::Kind::Invalid, *std::move(wrong));
  return state_->note(
      state_->put_record(state_->tables().clients, client.key, client, mode, "client"));
}

Result<Done> Credentials::Change::put(const User& user, Mode mode) {
  if (auto ready = state_->usable(); !ready) return ready;
  if (auto wrong = record_error(user)) return fail(Error::Kind::Invalid, *std::move(wrong));
  return state_->note(state_->put_user(user, mode));
}

Result<Done> Credentials::Change::put(const Token& token, Mode mode) {
  if (auto ready = state_->usable(); !ready) return ready;
  if (auto wrong = record_error(token)) return fail(Error::Kind::Invalid, *std::move(wrong));
  return state_->note(state_->put_token(token, mode));
}

Result<Client> Credentials::Change::client(std::string_view key) {
  if (auto ready = state_->usable(); !ready) return ready.failure();
  return read_client(*state_->txn, state_->tables(), key);
}

Result<User> Credentials::Change::user(std::string_view name) {
  if (auto ready = state_->usable(); !ready) return ready.failure();
  return read_user(*state_->txn, state_->tables(), name);
}

Result<Token> Credentials::Change::token(std::string_view token) {
  if (auto ready = state_->usable(); !ready) return ready.failure();
  return read_token(*state_->txn, state_->tables(), token);
}

Result<std::uint64_t> Credentials::Change::remove_client(std::string_view key) {
  if (auto found = client(key); !found) return found.failure();
  auto names = state_->note(state_->names_of_client(key));
  if (!names) return names.failure();
  auto removed = state_->note(state_->erase_tokens(*names));
  if (!removed) return removed;
  auto requests = state_->note(
      state_->erase_request_tokens([&](const RequestToken& one) { return one.client == key; }));
  if (!requests) return requests.failure();
  auto erased = state_->note(state_->txn->erase(state_->tables().clients, key));
  if (!erased) return erased.failure();
  return removed;
}

Result<std::uint64_t> Credentials::Change::remove_user(std::string_view name) {
  auto found = user(name);
  if (!found) return found.failure();
  auto names = state_->note(state_->names_of_user(name, std::nullopt));
  if (!names) return names.failure();
  auto removed = state_->note(state_->erase_tokens(*names));
  if (!removed) return removed;
  auto requests = state_->note(
      state_->erase_request_tokens([&](const RequestToken& one) { return one.user == name; }));
  if (!requests) return requests.failure();
  auto erased = state_->note(state_->txn->erase(state_->tables().users, name));
  if (!erased) return erased.failure();
  auto noted =
      state_->note(note_password_work(*state_->txn, state_->tables(), found->password_hash, {}));
  if (!noted) return noted.failure();
  return removed;
}

Result<std::uint64_t> Credentials::Change::revoke_token(std::string_view token) {
  if (auto found = this->token(token); !found) return found.failure();
  return state_->note(state_->revoke({std::string(token)}));
}

Result<std::uint64_t> Credentials::Change::revoke_tokens(std::string_view client,
                                                         std::optional<std::string_view> user) {
  if (auto found = this->client(client); !found) return found.failure();
  if (user)
    if (auto found = this->user(*user); !found) return found.failure();
  auto names =
      state_->note(user ? state_->names_of_user(*user, client) : state_->names_of_client(client));
  if (!names) return names.failure();
  auto requests = state_->note(state_->erase_request_tokens([&](const RequestToken& one) {
    return one.client == client && one.state == RequestState::Authorized &&
           (!user || one.user == *user);
  }));
  if (!requests) return requests.failure();
  return state_->note(state_->revoke(*names));
}

Result<Done> Credentials::Change::commit() {
  if (auto ready = state_->usable(); !ready) return ready;
  const std::unique_ptr<WriteTxn> txn = std::move(state_->txn);
  return txn->commit();
}

}  // namespace store
