// Records of users, each under the hash of an id that only a browser has, and their indexes.

#include <algorithm>
#include <utility>

#include "store/records.h"
#include "store/sessions_state.h"

namespace store {

namespace {

enum class SessionField : std::uint8_t { User = 1, Created = 2, Seen = 3 };

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

}  // namespace

std::string hash_of(std::string_view id) {
  const verify::Digest digest = verify::digest(verify::Hash::Sha256, id);
  const auto bytes = digest.view();
  return {bytes.begin(), bytes.end()};
}

Result<std::optional<Session>> read_session(const Txn& txn, const Shelf& shelf,
                                            std::string_view hash) {
  auto bytes = txn.get(shelf.records, hash);
  if (!bytes) return bytes.failure();
  if (!*bytes) return std::optional<Session>();
  auto session = decode(**bytes);
  if (!session) return session.failure();
  return std::optional<Session>(*std::move(session));
}

Result<Done> put_session(WriteTxn& txn, const Shelf& shelf, std::string_view hash,
                         const Session& session) {
  auto record = encode(session);
  if (!record) return record.failure();
  if (auto put = txn.put(shelf.records, hash, record->reveal()); !put) return put;
  if (auto put = txn.put(shelf.by_user, session.user, hash); !put) return put;
  return txn.put(shelf.by_seen, time_index_entry(session.seen, hash), {});
}

Result<bool> erase_session(WriteTxn& txn, const Shelf& shelf, const std::string& hash) {
  const auto session = read_session(txn, shelf, hash);
  if (!session) return session.failure();
  if (!*session) return false;
  auto erased = txn.erase(shelf.records, hash);
  if (erased) erased = txn.erase(shelf.by_user, (*session)->user, hash);
  if (erased) erased = txn.erase(shelf.by_seen, time_index_entry((*session)->seen, hash));
  if (!erased) return erased.failure();
  return true;
}

Result<std::vector<std::string>> hashes_of(const Txn& txn, const Shelf& shelf,
                                           std::string_view user) {
  std::vector<std::string> out;
  auto cursor = Cursor::open(txn, shelf.by_user);
  if (!cursor) return cursor.failure();
  for (auto at = cursor->values_of(user);; at = cursor->next_value()) {
    if (!at) return at.failure();
    if (!*at) return out;
    out.emplace_back((*at)->value);
  }
}

Result<std::uint64_t> erase_all_of(WriteTxn& txn, const Shelf& shelf, std::string_view user) {
  const auto all = hashes_of(txn, shelf, user);
  if (!all) return all.failure();
  for (const std::string& hash : *all) {
    if (auto erased = erase_session(txn, shelf, hash); !erased) return erased.failure();
  }
  return all->size();
}

Result<Done> sweep(WriteTxn& txn, const Shelf& shelf, std::int64_t idle_s, std::uint64_t most,
                   std::int64_t now) {
  const auto size = txn.size(shelf.records);
  if (!size) return size.failure();
  const std::uint64_t before = size->entries, bound = std::max<std::uint64_t>(most, 1);
  auto old = oldest(txn, shelf.by_seen, [&](std::int64_t seen, std::size_t taken) {
    return seen + idle_s <= now || before - taken >= bound;
  });
  if (!old) return old.failure();
  for (const std::string& hash : *old)
    if (auto erased = erase_session(txn, shelf, hash); !erased) return erased.failure();
  return Done{};
}

}  // namespace store
