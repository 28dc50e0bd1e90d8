#include "store/sessions.h"

#include <utility>

#include "store/files.h"
#include "store/records.h"
#include "store/sessions_state.h"

namespace store {

namespace fs = std::filesystem;

Sessions::Sessions(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sessions::~Sessions() = default;

const verify::Secret& Sessions::key() const { return state_->file.key; }

Result<std::unique_ptr<Sessions>> Sessions::open(const fs::path& store) {
  const fs::path folder = sessions_folder(store), aside = store / "sessions.damaged";
  auto file = open_sessions_file(store, /*make=*/true);
  if (!file && file.error().damaged) {
    std::error_code code;
    fs::remove_all(aside, code);
    fs::rename(folder, aside, code);
    if (code) return system_failure(code.value(), "setting aside " + in_quotes(folder.string()));
    file = open_sessions_file(store, /*make=*/true);
  }
  if (!file) return Failure(std::move(file.error().error));
  return std::unique_ptr<Sessions>(new Sessions(std::make_unique<State>(*std::move(file))));
}

Result<std::unique_ptr<Sessions>> Sessions::open_existing(const fs::path& store) {
  auto file = open_sessions_file(store, /*make=*/false);
  if (!file) return Failure(std::move(file.error().error));
  return std::unique_ptr<Sessions>(new Sessions(std::make_unique<State>(*std::move(file))));
}

Result<std::optional<Session>> Sessions::find(std::string_view id, const SessionLimits& limits,
                                              std::int64_t now) const {
  ReadTxn txn(state_->file.env);
  if (auto begun = txn.renew(); !begun) return begun.failure();
  auto session = read_session(txn, state_->file.session_shelf(), hash_of(id));
  if (!session || !*session) return session;
  const Session& found = **session;
  if (found.seen + limits.idle_s <= now || found.created + limits.lifetime_s <= now)
    return std::optional<Session>();
  return session;
}

Result<std::string> Sessions::begin(std::string_view user, const SessionLimits& limits,
                                    std::int64_t now) {
  if (!is_user_name(user))
    return fail(Error::Kind::Invalid, in_quotes(user) + " can't be the name of a user");
  const SessionsFile& file = state_->file;
  file.env->clear_stale_readers();
  auto txn = WriteTxn::begin(file.env);
  if (!txn) return txn.failure();
  const Shelf shelf = file.session_shelf();
  if (auto done = sweep(**txn, shelf, limits.idle_s, limits.most, now); !done)
    return done.failure();
  std::string id = verify::random_name(kIdLength);
  const Session session{std::string(user), now, now};
  if (auto put = put_session(**txn, shelf, hash_of(id), session); !put) return put.failure();
  if (auto done = (*txn)->commit(); !done) return done.failure();
  return id;
}

Result<Done> Sessions::touch(std::string_view id, const SessionLimits& limits, std::int64_t now) {
  const Shelf shelf = state_->file.session_shelf();
  const std::string hash = hash_of(id);
  auto txn = WriteTxn::begin(state_->file.env);
  if (!txn) return txn.failure();
  auto session = read_session(**txn, shelf, hash);
  if (!session) return session.failure();
  if (!*session || now - (*session)->seen < limits.note_after()) return Done{};
  auto erased = (*txn)->erase(shelf.by_seen, time_index_entry((*session)->seen, hash));
  if (!erased) return erased.failure();
  (*session)->seen = now;
  if (auto put = put_session(**txn, shelf, hash, **session); !put) return put;
  return (*txn)->commit();
}

Result<Done> Sessions::end(std::string_view id) {
  auto txn = WriteTxn::begin(state_->file.env);
  if (!txn) return txn.failure();
  auto erased = erase_session(**txn, state_->file.session_shelf(), hash_of(id));
  if (!erased) return erased.failure();
  return (*txn)->commit();
}

Result<std::uint64_t> Sessions::end_all_of(const std::vector<std::string>& users) {
  const SessionsFile& file = state_->file;
  auto txn = WriteTxn::begin(file.env);
  if (!txn) return txn.failure();
  std::uint64_t ended = 0;
  for (const std::string& user : users) {
    if (!is_user_name(user)) continue;
    auto known = erase_all_of(**txn, file.known_shelf(), user);
    if (!known) return known;
    auto sessions = erase_all_of(**txn, file.session_shelf(), user);
    if (!sessions) return sessions;
    ended += *sessions;
  }
  if (auto done = (*txn)->commit(); !done) return done.failure();
  return ended;
}

}  // namespace store
