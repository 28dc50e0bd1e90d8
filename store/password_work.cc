// How much work the dearest password hash in the store takes: kept with the users, so that it is
// known before the first of them is asked for.

#include "store/change_state.h"

namespace store {

namespace {

using verify::PasswordWork;

constexpr const char* kName = "password work";
constexpr std::size_t kNumbers = 4;  // scrypt, and rounds by hash; 8 bytes each

bool reaches(const PasswordWork& work, const PasswordWork& most) {
  return verify::most_of(work, most) == work;
}

// Whether nobody else may need `most`, once a hash of work `had` has gone.
bool may_lower(const PasswordWork& most, const PasswordWork& had) {
  const PasswordWork own = verify::own_work();
  bool out = had.scrypt == most.scrypt && had.scrypt > own.scrypt;
  for (std::size_t i = 0; i < had.rounds.size(); ++i)
    out = out || (had.rounds[i] == most.rounds[i] && had.rounds[i] > own.rounds[i]);
  return out;
}

Result<Done> write(WriteTxn& txn, const Tables& tables, const PasswordWork& work) {
  std::string bytes;
  put_integer(bytes, work.scrypt, 8);
  for (const std::uint64_t rounds : work.rounds) put_integer(bytes, rounds, 8);
  return txn.put(tables.meta, kName, bytes);
}

// Over all users, or until nothing above `enough` can be found.
Result<PasswordWork> measure(const Txn& txn, const Tables& tables, const PasswordWork& enough) {
  PasswordWork most = verify::own_work();
  auto cursor = Cursor::open(txn, tables.users);
  if (!cursor) return cursor.failure();
  for (auto at = cursor->first();; at = cursor->next()) {
    if (!at) return at.failure();
    if (!*at || reaches(most, enough)) return most;
    const auto user = decode_user((*at)->key, (*at)->value);
    if (user) most = verify::most_of(most, verify::work_of(user->password_hash));
  }
}

// More than any hash takes.
constexpr PasswordWork kEndless{~0ull, {~0ull, ~0ull, ~0ull}};

}  // namespace

Result<std::optional<PasswordWork>> read_password_work(const Txn& txn, const Tables& tables) {
  const auto bytes = txn.get(tables.meta, kName);
  if (!bytes) return bytes.failure();
  if (!*bytes || (*bytes)->size() != 8 * kNumbers) return std::optional<PasswordWork>();
  PasswordWork out;
  out.scrypt = take_integer((*bytes)->substr(0, 8));
  for (std::size_t i = 0; i < out.rounds.size(); ++i)
    out.rounds[i] = take_integer((*bytes)->substr(8 * (i + 1), 8));
  return std::optional<PasswordWork>(out);
}

Result<Done> note_password_work(WriteTxn& txn, const Tables& tables, std::string_view before,
                                std::string_view after) {
  const auto noted = read_password_work(txn, tables);
  if (!noted) return noted.failure();
  PasswordWork most = kEndless;
  if (*noted) most = verify::most_of(**noted, verify::work_of(after));
  if (!*noted || may_lower(most, verify::work_of(before))) {
    const auto measured = measure(txn, tables, most);
    if (!measured) return measured.failure();
    most = *measured;
  }
  if (*noted == most) return Done{};
  return write(txn, tables, most);
}

Result<Done> Credentials::measure_passwords() {
  ReadTxn seen(state_->core->env);
  if (auto begun = seen.renew(); !begun) return begun;
  const Tables& tables = state_->core->tables;
  const auto noted = read_password_work(seen, tables);
  if (!noted) return noted.failure();
  if (*noted) return Done{};
  const auto most = measure(seen, tables, kEndless);
  if (!most) return most.failure();
  if (*most == verify::own_work()) return Done{};  // as what isn't noted is taken for
  seen.reset();
  auto txn = WriteTxn::begin(state_->core->env);
  if (!txn) return txn.failure();
  if (auto done = note_password_work(**txn, tables, {}, {}); !done) return done;
  return (*txn)->commit();
}

}  // namespace store
