#include <utility>

#include "store/credential_tables.h"
#include "store/credentials.h"

namespace store {

namespace {

// A snapshot that ends with the scope, whatever happens in it.
class Snapshot {
 public:
  explicit Snapshot(ReadTxn& txn) : txn_(txn), begun_(txn.renew()) {}
  ~Snapshot() { txn_.reset(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const Result<Done>& begun() const { return begun_; }

 private:
  ReadTxn& txn_;
  Result<Done> begun_;
};

// LMDB takes keys of 1 to 511 bytes. What can't be a key is looked up all the same, under a name
// that nothing can have.
std::string_view lookup_key(std::string_view asked) {
  return asked.empty() || asked.size() > kMaxKeyBytes ? std::string_view(" ") : asked;
}

template <class Record>
using Decode = Result<Record> (*)(std::string_view, std::string_view);

template <class Record>
Result<Done> each(const Txn& txn, Table table, Decode<Record> decode,
                  const std::function<bool(const Record&)>& each) {
  auto cursor = Cursor::open(txn, table);
  if (!cursor) return cursor.failure();
  for (auto at = cursor->first();; at = cursor->next()) {
    if (!at) return at.failure();
    if (!*at) return Done{};
    auto record = decode((*at)->key, (*at)->value);
    if (!record) return record.failure();
    if (!each(*record)) return Done{};
  }
}

}  // namespace

struct Credentials::Reader::State {
  std::shared_ptr<const CredentialTables> core;
  ReadTxn txn;
  std::uint64_t reads = 0;

  explicit State(std::shared_ptr<const CredentialTables> shared)
      : core(std::move(shared)), txn(core->env) {}

  // The record under `key`, else the dummy: one lookup and one decoding either way.
  template <class Record>
  Result<Record> find(Table table, std::string_view key, Decode<Record> decode,
                      const verify::Secret& dummy, bool& known) {
    ++reads;
    auto bytes = txn.get(table, lookup_key(key));
    if (!bytes) return bytes.failure();
    known = bytes->has_value();
    return decode(known ? key : kDummyName, known ? **bytes : dummy.reveal());
  }
};

Credentials::Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Credentials::Reader::~Reader() = default;
Credentials::Reader::Reader(Reader&&) noexcept = default;
Credentials::Reader& Credentials::Reader::operator=(Reader&&) noexcept = default;

Result<Credentials::Reader> Credentials::reader() const {
  return Reader(std::make_unique<Reader::State>(state_->core));
}

std::uint64_t Credentials::Reader::reads() const { return state_->reads; }

Result<Found> Credentials::Reader::find(std::string_view client,
                                        std::optional<std::string_view> token) {
  State& s = *state_;
  const Snapshot snapshot(s.txn);
  if (!snapshot.begun()) return snapshot.begun().failure();
  const Tables& tables = s.core->tables;
  const Dummies& dummies = s.core->dummies;
  Found found;
  found.txn = s.txn.id();

  auto c =
      s.find<Client>(tables.clients, client, decode_client, dummies.client, found.client_known);
  if (!c) return c.failure();
  found.client = *std::move(c);

  if (!token || token->empty()) {
    auto t = decode_token(kDummyName, dummies.token.reveal());
    if (!t) return t.failure();
    found.token = *std::move(t);
    return found;
  }
  auto t = s.find<Token>(tables.tokens, *token, decode_token, dummies.token, found.token_known);
  if (!t) return t.failure();
  found.token = *std::move(t);
  bool user_known = false;
  auto u = s.find<User>(tables.users, found.token.user, decode_user, dummies.user, user_known);
  if (!u) return u.failure();
  found.user_enabled = user_known && u->enabled;
  return found;
}

Result<FoundRequestToken> Credentials::Reader::find_request_token(std::string_view client,
                                                                  std::string_view token) {
  State& s = *state_;
  const Snapshot snapshot(s.txn);
  if (!snapshot.begun()) return snapshot.begun().failure();
  const Tables& tables = s.core->tables;
  const Dummies& dummies = s.core->dummies;
  FoundRequestToken found;
  found.txn = s.txn.id();
  auto c =
      s.find<Client>(tables.clients, client, decode_client, dummies.client, found.client_known);
  if (!c) return c.failure();
  found.client = *std::move(c);
  auto r = s.find<RequestToken>(tables.requests, token, decode_request_token, dummies.request,
                                found.token_known);
  if (!r) return r.failure();
  found.token = *std::move(r);
  return found;
}

Result<Client> Credentials::Reader::client(std::string_view key) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun().failure();
  ++state_->reads;
  return read_client(state_->txn, state_->core->tables, key);
}

Result<User> Credentials::Reader::user(std::string_view name) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun().failure();
  ++state_->reads;
  return read_user(state_->txn, state_->core->tables, name);
}

Result<verify::PasswordWork> Credentials::Reader::password_work() {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun().failure();
  ++state_->reads;
  const auto noted = read_password_work(state_->txn, state_->core->tables);
  if (!noted) return noted.failure();
  return noted->value_or(verify::own_work());
}

Result<Token> Credentials::Reader::token(std::string_view token) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun().failure();
  ++state_->reads;
  return read_token(state_->txn, state_->core->tables, token);
}

Result<RequestToken> Credentials::Reader::request_token(std::string_view token) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun().failure();
  ++state_->reads;
  return read_request_token(state_->txn, state_->core->tables, token);
}

Result<Done> Credentials::Reader::each_client(const std::function<bool(const Client&)>& each) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun();
  return store::each<Client>(state_->txn, state_->core->tables.clients, decode_client, each);
}

Result<Done> Credentials::Reader::each_user(const std::function<bool(const User&)>& each) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun();
  return store::each<User>(state_->txn, state_->core->tables.users, decode_user, each);
}

Result<Done> Credentials::Reader::each_token(const std::function<bool(const Token&)>& each) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun();
  return store::each<Token>(state_->txn, state_->core->tables.tokens, decode_token, each);
}

Result<Done> Credentials::Reader::each_record(const std::function<bool(const Client&)>& client,
                                              const std::function<bool(const User&)>& user,
                                              const std::function<bool(const Token&)>& token) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun();
  const Tables& tables = state_->core->tables;
  bool more = true;  // a false ends all three
  const auto keep = [&more](const auto& each) {
    return [&more, &each](const auto& record) { return more = each(record); };
  };
  auto done = store::each<Client>(state_->txn, tables.clients, decode_client, keep(client));
  if (done && more) done = store::each<User>(state_->txn, tables.users, decode_user, keep(user));
  if (done && more)
    done = store::each<Token>(state_->txn, tables.tokens, decode_token, keep(token));
  return done;
}

Result<Done> Credentials::Reader::each_token_of_client(
    std::string_view client, const std::function<bool(const Token&)>& each) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun();
  const Tables& tables = state_->core->tables;
  return each_name_of_client(state_->txn, tables, client,
                             [&](std::string_view name) -> Result<bool> {
                               auto token = read_token(state_->txn, tables, name);
                               if (!token) return token.failure();
                               return each(*token);
                             });
}

Result<Done> Credentials::Reader::each_token_of_user(
    std::string_view user, const std::function<bool(const Token&)>& each) {
  const Snapshot snapshot(state_->txn);
  if (!snapshot.begun()) return snapshot.begun();
  const Tables& tables = state_->core->tables;
  return each_name_of_user(state_->txn, tables, user, std::nullopt,
                           [&](std::string_view name) -> Result<bool> {
                             auto token = read_token(state_->txn, tables, name);
                             if (!token) return token.failure();
                             return each(*token);
                           });
}

}  // namespace store
