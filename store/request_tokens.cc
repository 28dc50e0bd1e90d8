// Request tokens and their indexes: issued, decided on, swept and removed.

#include "store/request_tokens.h"

#include "store/change_state.h"

namespace store {

namespace {

using State = ChangeAccess::State;

// What a client may have only so many of, and what requests_by_client holds.
bool is_live(const RequestToken& token) {
  return token.state == RequestState::Issued || token.state == RequestState::Authorized;
}

template <class T>
Flow<T> ended(FlowProblem problem) {
  return verify::Result<T, FlowProblem>(Failure(FlowProblem{problem}));
}

// Removes the first of a table or of a key's duplicates that have expired. The names come first and
// the removing after, for a cursor doesn't outlive a write.
Result<Done> sweep(State& state, Table table, std::optional<std::string_view> client,
                   std::int64_t now) {
  std::vector<std::string> names;
  {
    auto cursor = Cursor::open(*state.txn, table);
    if (!cursor) return cursor.failure();
    auto at = client ? cursor->values_of(*client) : cursor->first();
    for (; names.size() < kSweptByIssue; at = client ? cursor->next_value() : cursor->next()) {
      if (!at) return at.failure();
      if (!*at) break;
      const auto entry = parse_time_index(client ? (*at)->value : (*at)->key);
      if (!entry) return entry.failure();
      if (entry->time > now) break;
      names.emplace_back(entry->name);
    }
  }
  for (const std::string& name : names) {
    auto token = of_index(read_request_token(*state.txn, state.tables(), name));
    if (!token) return token.failure();
    if (auto erased = state.erase_request_token(*token); !erased) return erased;
  }
  return Done{};
}

Result<std::uint64_t> count_live(const State& state, std::string_view client) {
  auto cursor = Cursor::open(*state.txn, state.tables().requests_by_client);
  if (!cursor) return cursor.failure();
  auto at = cursor->values_of(client);
  if (!at) return at.failure();
  if (!*at) return std::uint64_t{0};
  return cursor->count_values();
}

Flow<Done> issue(State& state, const IssueRequest& request) {
  RequestToken token = request.token;
  token.state = RequestState::Issued;
  if (auto wrong = record_error(token)) return fail(Error::Kind::Invalid, *std::move(wrong));
  const auto client = state.enabled_client(token.client);
  if (!client) return client.failure();
  if (!*client) return ended<Done>(FlowProblem::ClientUnknown);
  const Tables& tables = state.tables();
  for (auto [table, of] :
       {std::pair(tables.requests_by_client, std::optional<std::string_view>(token.client)),
        std::pair(tables.requests_by_expiry, std::optional<std::string_view>())})
    if (auto swept = sweep(state, table, of, request.now); !swept) return swept.failure();
  const auto count = count_live(state, token.client);
  if (!count) return count.failure();
  if (*count >= request.most_of_client) return ended<Done>(FlowProblem::TooMany);
  if (auto put = state.insert_request_token(token); !put) return put.failure();
  return verify::Result<Done, FlowProblem>(Done{});
}

// False: missing or disabled, and not to be made.
Result<bool> user_may_decide(State& state, const Decision& decision) {
  auto user = read_user(*state.txn, state.tables(), decision.user);
  if (user) return user->enabled;
  if (user.error().kind != Error::Kind::NotFound) return user.failure();
  if (!decision.make_user) return false;
  if (!decision.verifier) return true;  // nothing of what was refused needs a record of the user
  User made;
  made.name = decision.user;
  if (auto wrong = record_error(made)) return fail(Error::Kind::Invalid, *std::move(wrong));
  auto put =
      state.put_record(state.tables().users, made.name, made, ChangeAccess::Mode::Insert, "user");
  if (!put) return put.failure();
  return true;
}

Flow<RequestToken> decide_in(State& state, const Decision& decision) {
  auto found = state.find_request_token(decision.token);
  if (!found) return found.failure();
  if (!*found) return ended<RequestToken>(FlowProblem::TokenUnknown);
  const RequestToken& before = **found;
  if (before.state != RequestState::Issued) return ended<RequestToken>(FlowProblem::TokenUsed);
  if (before.expires <= decision.now) return ended<RequestToken>(FlowProblem::TokenExpired);
  const auto client = state.enabled_client(before.client);
  if (!client) return client.failure();
  if (!*client) return ended<RequestToken>(FlowProblem::ClientUnknown);

  RequestToken after = before;
  after.state = decision.verifier ? RequestState::Authorized : RequestState::Refused;
  after.user = decision.user;
  after.session = decision.session;
  if (decision.verifier) {
    after.granted = both(before.realms, decision.granted);
    after.verifier = *decision.verifier;
    if (after.verifier.empty()) return fail(Error::Kind::Invalid, "a verifier is empty");
  }
  if (auto wrong = record_error(after)) return fail(Error::Kind::Invalid, *std::move(wrong));
  const auto may = user_may_decide(state, decision);
  if (!may) return may.failure();
  if (!*may) return ended<RequestToken>(FlowProblem::UserUnknown);
  if (auto put = state.replace_request_token(before, after); !put) return put.failure();
  return verify::Result<RequestToken, FlowProblem>(std::move(after));
}

}  // namespace

Result<std::optional<Client>> Credentials::Change::State::enabled_client(std::string_view key) {
  auto client = read_client(*txn, tables(), key);
  if (client && client->enabled) return std::optional<Client>(*std::move(client));
  if (client || client.error().kind == Error::Kind::NotFound) return std::optional<Client>();
  return client.failure();
}

Result<bool> Credentials::Change::State::user_enabled(std::string_view name) {
  auto user = read_user(*txn, tables(), name);
  if (user) return user->enabled;
  if (user.error().kind == Error::Kind::NotFound) return false;
  return user.failure();
}

Result<std::optional<RequestToken>> Credentials::Change::State::find_request_token(
    std::string_view token) {
  auto found = read_request_token(*txn, tables(), token);
  if (found) return std::optional<RequestToken>(*std::move(found));
  if (found.error().kind == Error::Kind::NotFound) return std::optional<RequestToken>();
  return found.failure();
}

Result<Done> Credentials::Change::State::insert_request_token(const RequestToken& token) {
  auto put = put_record(tables().requests, token.token, token, Mode::Insert, "request token");
  if (!put) return put;
  const std::string entry = time_index_entry(token.expires, token.token);
  put = txn->put(tables().requests_by_client, token.client, entry);
  if (!put) return put;
  return txn->put(tables().requests_by_expiry, entry, {});
}

Result<Done> Credentials::Change::State::replace_request_token(const RequestToken& before,
                                                               const RequestToken& after) {
  auto put = put_record(tables().requests, after.token, after, Mode::Replace, "request token");
  if (!put || !is_live(before) || is_live(after)) return put;
  auto erased = txn->erase(tables().requests_by_client, before.client,
                           time_index_entry(before.expires, before.token));
  if (!erased) return erased.failure();
  return Done{};
}

Result<Done> Credentials::Change::State::erase_request_token(const RequestToken& token) {
  const std::string entry = time_index_entry(token.expires, token.token);
  auto erased = txn->erase(tables().requests, token.token);
  if (erased) erased = txn->erase(tables().requests_by_client, token.client, entry);
  if (erased) erased = txn->erase(tables().requests_by_expiry, entry);
  if (!erased) return erased.failure();
  return Done{};
}

// Asked rarely, so it may look at them all.
Result<Done> Credentials::Change::State::erase_request_tokens(
    const std::function<bool(const RequestToken&)>& which) {
  std::vector<RequestToken> found;
  {
    auto cursor = Cursor::open(*txn, tables().requests);
    if (!cursor) return cursor.failure();
    for (auto at = cursor->first();; at = cursor->next()) {
      if (!at) return at.failure();
      if (!*at) break;
      auto token = decode_request_token((*at)->key, (*at)->value);
      if (!token) return token.failure();
      if (which(*token)) found.push_back(*std::move(token));
    }
  }
  for (const RequestToken& one : found)
    if (auto erased = erase_request_token(one); !erased) return erased;
  return Done{};
}

Flow<Done> issue_request_token(Credentials& store, const IssueRequest& request) {
  return as_change(store, [&](State& state) { return issue(state, request); });
}

Flow<RequestToken> decide(Credentials& store, const Decision& decision) {
  return as_change(store, [&](State& state) { return decide_in(state, decision); });
}

}  // namespace store
