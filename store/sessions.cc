#include "store/sessions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "store/files.h"
#include "store/records.h"
#include "store/sessions_state.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdLength = 27;  // letters and digits: 160 bits

enum class SessionField : std::uint8_t { User = 1, Created = 2, Seen = 3 };

std::string hash_of(std::string_view id) {
  const verify::Digest digest = verify::digest(verify::Hash::Sha256, id);
  const auto bytes = digest.view();
  return {bytes.begin(), bytes.end()};
}

Result<verify::Secret> encode(const Session& session) {
  using enum SessionField;
  Writer out(RecordKind::Session, session.user.size() + 4 * kFieldRoom);
  out.text(User, session.user);
  out.time(Created, session.created);
  out.time(Seen, session.seen);
  return out.finish("session");
}

Result<Session> decode(std::string_view bytes) {
  using enum SessionField;
  Scanner in("session", RecordKind::Session, bytes);
  Session out;
  while (in.next(0)) {
    switch (static_cast<SessionField>(in.number())) {
      case User:
        out.user = in.text();
        continue;
      case Created:
        out.created = in.time();
        continue;
      case Seen:
        out.seen = in.time();
        continue;
    }
    in.bad_value();
  }
  if (auto wrong = in.mistake(bit(User) | bit(Created) | bit(Seen))) return *wrong;
  return out;
}

Result<std::optional<Session>> read_session(const Txn& txn, const SessionsFile& file,
                                            std::string_view hash) {
  auto bytes = txn.get(file.sessions, hash);
  if (!bytes) return bytes.failure();
  if (!*bytes) return std::optional<Session>();
  auto session = decode(**bytes);
  if (!session) return session.failure();
  return std::optional<Session>(*std::move(session));
}

Result<Done> put_session(WriteTxn& txn, const SessionsFile& file, std::string_view hash,
                         const Session& session) {
  auto record = encode(session);
  if (!record) return record.failure();
  if (auto put = txn.put(file.sessions, hash, record->reveal()); !put) return put;
  if (auto put = txn.put(file.by_user, session.user, hash); !put) return put;
  return txn.put(file.by_seen, time_index_entry(session.seen, hash), {});
}

// False if there was none.
Result<bool> erase_session(WriteTxn& txn, const SessionsFile& file, const std::string& hash) {
  const auto session = read_session(txn, file, hash);
  if (!session) return session.failure();
  if (!*session) return false;
  auto erased = txn.erase(file.sessions, hash);
  if (erased) erased = txn.erase(file.by_user, (*session)->user, hash);
  if (erased) erased = txn.erase(file.by_seen, time_index_entry((*session)->seen, hash));
  if (!erased) return erased.failure();
  return true;
}

}  // namespace

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
  auto session = read_session(txn, state_->file, hash_of(id));
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
  const auto size = (*txn)->size(file.sessions);
  if (!size) return size.failure();
  const std::uint64_t before = size->entries, most = std::max(limits.most, 1u);
  auto old = oldest(**txn, file.by_seen, [&](std::int64_t seen, std::size_t taken) {
    return seen + limits.idle_s <= now || before - taken >= most;
  });
  if (!old) return old.failure();
  for (const std::string& hash : *old)
    if (auto erased = erase_session(**txn, file, hash); !erased) return erased.failure();

  std::string id = verify::random_name(kIdLength);
  const Session session{std::string(user), now, now};
  if (auto put = put_session(**txn, file, hash_of(id), session); !put) return put.failure();
  if (auto done = (*txn)->commit(); !done) return done.failure();
  return id;
}

Result<Done> Sessions::touch(std::string_view id, const SessionLimits& limits, std::int64_t now) {
  const SessionsFile& file = state_->file;
  const std::string hash = hash_of(id);
  auto txn = WriteTxn::begin(file.env);
  if (!txn) return txn.failure();
  auto session = read_session(**txn, file, hash);
  if (!session) return session.failure();
  if (!*session || now - (*session)->seen < limits.note_after()) return Done{};
  auto erased = (*txn)->erase(file.by_seen, time_index_entry((*session)->seen, hash));
  if (!erased) return erased.failure();
  (*session)->seen = now;
  if (auto put = put_session(**txn, file, hash, **session); !put) return put;
  return (*txn)->commit();
}

Result<Done> Sessions::end(std::string_view id) {
  auto txn = WriteTxn::begin(state_->file.env);
  if (!txn) return txn.failure();
  auto erased = erase_session(**txn, state_->file, hash_of(id));
  if (!erased) return erased.failure();
  return (*txn)->commit();
}

Result<std::uint64_t> Sessions::end_all_of(std::string_view user) {
  if (!is_user_name(user)) return std::uint64_t{0};
  const SessionsFile& file = state_->file;
  auto txn = WriteTxn::begin(file.env);
  if (!txn) return txn.failure();
  std::vector<std::string> all;
  {
    auto cursor = Cursor::open(**txn, file.by_user);
    if (!cursor) return cursor.failure();
    for (auto at = cursor->values_of(user);; at = cursor->next_value()) {
      if (!at) return at.failure();
      if (!*at) break;
      all.emplace_back((*at)->value);
    }
  }
  for (const std::string& hash : all)
    if (auto erased = erase_session(**txn, file, hash); !erased) return erased.failure();
  if (auto done = (*txn)->commit(); !done) return done.failure();
  return std::uint64_t{all.size()};
}

}  // namespace store
