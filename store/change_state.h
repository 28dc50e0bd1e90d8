#pragma once

// A write transaction on the credentials, and what its operations have in common. For change.cc and
// the files with the steps of the provider (request_tokens.cc, exchange.cc).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/credential_tables.h"
#include "store/credentials.h"

namespace store {

struct Credentials::Change::State {
  std::shared_ptr<const CredentialTables> core;
  std::unique_ptr<WriteTxn> txn;  // none once it has ended
  std::optional<Error> broken;    // the first error that may have left half a change behind

  const Tables& tables() const { return core->tables; }

  Result<Done> usable() const {
    if (broken) return Failure(Error(*broken));
    if (!txn) return fail(Error::Kind::Unavailable, "this change has been committed already");
    return Done{};
  }

  // What LMDB refused must not be committed in half; what the rules refused has changed nothing.
  template <class T>
  Result<T> note(Result<T> result) {
    const bool by_rule = !result && (result.error().kind == Error::Kind::NotFound ||
                                     result.error().kind == Error::Kind::Exists ||
                                     result.error().kind == Error::Kind::Invalid);
    if (!result && !by_rule && !broken) broken = result.error();
    return result;
  }

  template <class Record>
  Result<Done> put_record(Table table, std::string_view key, const Record& record, Mode mode,
                          const char* what);
  Result<Done> put_user(const User& user, Mode mode);
  Result<Done> put_token(const Token& token, Mode mode);
  Result<Done> erase_index(const Token& token);
  Result<Done> erase_token(const std::string& name);
  Result<std::uint64_t> erase_tokens(const std::vector<std::string>& names);
  Result<std::uint64_t> revoke(const std::vector<std::string>& names);
  Result<std::vector<std::string>> names_of_client(std::string_view client);
  Result<std::vector<std::string>> names_of_user(std::string_view user,
                                                 std::optional<std::string_view> client);

  // Nothing, or false, if it is missing or disabled.
  Result<std::optional<Client>> enabled_client(std::string_view key);
  Result<bool> user_enabled(std::string_view name);

  // Request tokens and their indexes (request_tokens.cc).
  Result<std::optional<RequestToken>> find_request_token(std::string_view token);
  Result<Done> insert_request_token(const RequestToken& token);
  Result<Done> replace_request_token(const RequestToken& before, const RequestToken& after);
  Result<Done> erase_request_token(const RequestToken& token);
  Result<Done> erase_request_tokens(const std::function<bool(const RequestToken&)>& which);
};

// For the functions in request_tokens.h, each of which is one Change.
struct ChangeAccess {
  using State = Credentials::Change::State;
  using Mode = Credentials::Change::Mode;
  static State& state(Credentials::Change& change) { return *change.state_; }
};

// One step in a transaction of its own, which is committed unless the store failed: a step that
// ends in a problem may have counted a wrong verifier.
template <class Step>
auto as_change(Credentials& store, const Step& step)
    -> decltype(step(std::declval<ChangeAccess::State&>())) {
  auto change = store.begin();
  if (!change) return change.failure();
  auto done = step(ChangeAccess::state(*change));
  if (!done) return done;
  if (auto committed = change->commit(); !committed) return committed.failure();
  return done;
}

// Of `a`, in its order, what is in `b` too.
std::vector<std::string> both(const std::vector<std::string>& a, const std::vector<std::string>& b);

template <class Record>
Result<Done> Credentials::Change::State::put_record(Table table, std::string_view key,
                                                    const Record& record, Mode mode,
                                                    const char* what) {
  auto bytes = encode(record);
  if (!bytes) return bytes.failure();
  if (mode == Mode::Replace) return txn->put(table, key, bytes->reveal());
  auto inserted = txn->insert(table, key, bytes->reveal());
  if (!inserted) return inserted.failure();
  if (!*inserted)
    return fail(Error::Kind::Exists,
                std::string("there is already a ") + what + " " + in_quotes(key));
  return Done{};
}

// An index that names a token which isn't there is damage, not a question wrongly put.
template <class T>
Result<T> of_index(Result<T> found) {
  if (!found && found.error().kind == Error::Kind::NotFound)
    found.error().kind = Error::Kind::Unavailable;
  return found;
}

}  // namespace store
