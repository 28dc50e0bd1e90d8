#include "store/env.h"

#include <sys/mman.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>
#include <utility>

#include "store/env_state.h"
#include "store/served_map.h"

namespace store {

namespace {

static_assert(sizeof(MDB_dbi) == sizeof(unsigned));

MDB_val value_of(std::string_view bytes) {
  return MDB_val{bytes.size(), const_cast<char*>(bytes.data())};
}

std::string_view view_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// LMDB reports a write that a full disk cut short as EIO. More than one write of it is not left
// then.
bool nearly_full(const std::string& folder) {
  constexpr std::uint64_t kOneWrite = 2 << 20;
  struct statvfs system {};
  return ::statvfs(folder.c_str(), &system) == 0 &&
         std::uint64_t{system.f_bavail} * system.f_frsize < kOneWrite;
}

// False where the address space is not there. The old map is let go before the new one is made, so
// LMDB must not fail on the way.
bool can_map(std::uint64_t size) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* const map = ::mmap(nullptr, size, PROT_NONE, flags, -1, 0);
  return map != MAP_FAILED && ::munmap(map, size) == 0;
}

std::uint64_t map_bytes(MDB_env* env) {
  MDB_envinfo info;
  mdb_env_info(env, &info);
  return info.me_mapsize;
}

}  // namespace

Failure<Error> env_failure(int code, const std::string& doing) {
  if (code == MDB_MAP_FULL || code == MDB_TXN_FULL)
    return fail(Error::Kind::Full,
                doing +
                    ": the store has reached the size of its map; raise store.map_size and restart "
                    "the gate, or remove what is no longer needed");
  if (code == MDB_MAP_RESIZED)
    return fail(Error::Kind::Unavailable,
                doing +
                    ": another process has made the store larger than the address space that "
                    "this one reserved; restart it with a larger map size");
  if (code > 0) return system_failure(code, doing);
  return fail(Error::Kind::Unavailable, doing + ": " + mdb_strerror(code));
}

std::uint64_t used_bytes(MDB_env* env) {
  MDB_envinfo info;
  MDB_stat stat;
  mdb_env_info(env, &info);
  mdb_env_stat(env, &stat);
  return (info.me_last_pgno + 1) * stat.ms_psize;
}

std::uint64_t roomy_map(std::uint64_t used) {
  constexpr std::uint64_t kAtLeast = 1 << 20;
  return std::max(2 * used, kAtLeast);
}

std::unique_lock<std::mutex> Env::Place::hold_map() {
  return role == MapRole::Following ? std::unique_lock(mutex) : std::unique_lock<std::mutex>();
}

void Env::Place::enter() {
  const auto held = hold_map();
  if (held) ++readers;
}

void Env::Place::leave() {
  const auto held = hold_map();
  if (held) --readers;
}

int Env::Place::move_map(MDB_env* env, std::uint64_t size) {
  const auto held = hold_map();
  if (readers > 0) return EBUSY;
  if (size > map_bytes(env) && !can_map(size)) return ENOMEM;
  return mdb_env_set_mapsize(env, size);
}

std::uint64_t Env::last_txn() const {
  const auto held = place_->hold_map();
  MDB_envinfo info;
  mdb_env_info(env_, &info);
  return info.me_last_txnid;
}

std::uint64_t Env::map_size() const {
  const auto held = place_->hold_map();
  return map_bytes(env_);
}

std::uint64_t Env::page_size() const {
  MDB_stat stat;
  const auto held = place_->hold_map();
  mdb_env_stat(env_, &stat);
  return stat.ms_psize;
}

std::uint64_t Env::used_size() const {
  const auto held = place_->hold_map();
  return used_bytes(env_);
}

void Env::clear_stale_readers() const {
  int dead = 0;
  mdb_reader_check(env_, &dead);  // what can't be cleared now is tried again at the next call
}

Result<Done> Env::sync() const {
  if (const int code = mdb_env_sync(env_, 1); code != 0)
    return env_failure(code, "syncing " + in_quotes(place_->folder));
  return Done{};
}

Result<Done> Env::copy_to(int descriptor) const {
  place_->enter();
  const int code = mdb_env_copyfd2(env_, descriptor, MDB_CP_COMPACT);
  place_->leave();
  if (code != 0) return env_failure(code, "copying " + in_quotes(place_->folder));
  return Done{};
}

std::uint64_t Txn::id() const { return mdb_txn_id(txn_); }

Result<std::optional<std::string_view>> Txn::get(Table table, std::string_view key) const {
  MDB_val name = value_of(key), value{};
  const int code = mdb_get(txn_, table.handle, &name, &value);
  if (code == 0) return std::optional<std::string_view>(view_of(value));
  if (code == MDB_NOTFOUND) return std::optional<std::string_view>();
  return env_failure(code, "reading the store");
}

Result<std::optional<Table>> open_table(Txn& txn, const char* name) {
  Table table;
  const int code = mdb_dbi_open(txn.txn_, name, 0, &table.handle);
  if (code == 0) return std::optional<Table>(table);
  if (code == MDB_NOTFOUND) return std::optional<Table>();
  return env_failure(code, "opening a table of the store");
}

ReadTxn::~ReadTxn() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
  if (active_) env_->place_->leave();
}

int ReadTxn::begin() {
  env_->place_->enter();
  const int code =
      txn_ == nullptr ? mdb_txn_begin(env_->env_, nullptr, MDB_RDONLY, &txn_) : mdb_txn_renew(txn_);
  active_ = code == 0;
  if (!active_) env_->place_->leave();
  return code;
}

Result<Done> ReadTxn::renew() {
  if (active_) reset();
  int code = begin();
  if (code == MDB_MAP_RESIZED && env_->grow_map()) code = begin();
  if (active_) return Done{};
  if (code == MDB_READERS_FULL)
    return fail(Error::Kind::Unavailable,
                "too many threads and processes are reading the store at once");
  return env_failure(code, "reading the store");
}

void ReadTxn::reset() {
  if (!active_) return;
  mdb_txn_reset(txn_);
  env_->place_->leave();
  active_ = false;
}

Result<Done> ReadTxn::commit() {
  const int code = mdb_txn_commit(std::exchange(txn_, nullptr));
  if (std::exchange(active_, false)) env_->place_->leave();
  if (code != 0) return env_failure(code, "reading the store");
  return Done{};
}

// To what another process made of the store.
bool Env::grow_map() const {
  return place_->role == MapRole::Following && place_->move_map(env_, roomy_map(used_size())) == 0;
}

// Before a write: to what the gate has.
Result<bool> Env::follow_map() const {
  if (place_->role != MapRole::Following) return false;
  const auto served = served_map(place_->folder);
  const std::uint64_t own = map_size();
  if (!served || *served == own) return false;
  if (place_->move_map(env_, *served) == 0) return true;
  if (*served > own) return false;  // less will do
  return fail(Error::Kind::Busy, "writing to the store: it is being read, and its map would move");
}

Result<std::unique_ptr<WriteTxn>> WriteTxn::begin(std::shared_ptr<const Env> env) {
  const auto followed = env->follow_map();
  if (!followed) return followed.failure();
  std::unique_ptr<WriteTxn> txn(new WriteTxn(std::move(env)));
  MDB_env* const own = txn->env_->env_;
  int code = mdb_txn_begin(own, nullptr, 0, &txn->txn_);
  if (code == MDB_MAP_RESIZED && txn->env_->grow_map())
    code = mdb_txn_begin(own, nullptr, 0, &txn->txn_);
  if (code != 0) return env_failure(code, "writing to the store");
  return txn;
}

WriteTxn::~WriteTxn() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

Result<Table> WriteTxn::make_table(const char* name, Duplicates duplicates) {
  Table table;
  const unsigned flags = MDB_CREATE | (duplicates == Duplicates::Sorted ? MDB_DUPSORT : 0u);
  if (const int code = mdb_dbi_open(txn_, name, flags, &table.handle); code != 0)
    return env_failure(code, std::string("making the table ") + name);
  return table;
}

Result<Done> WriteTxn::put(Table table, std::string_view key, std::string_view value) {
  MDB_val name = value_of(key), data = value_of(value);
  if (const int code = mdb_put(txn_, table.handle, &name, &data, 0); code != 0)
    return env_failure(code, "writing to the store");
  return Done{};
}

Result<bool> WriteTxn::insert(Table table, std::string_view key, std::string_view value) {
  MDB_val name = value_of(key), data = value_of(value);
  const int code = mdb_put(txn_, table.handle, &name, &data, MDB_NOOVERWRITE);
  if (code == 0 || code == MDB_KEYEXIST) return code == 0;
  return env_failure(code, "writing to the store");
}

Result<bool> WriteTxn::erase(Table table, std::string_view key) {
  MDB_val name = value_of(key);
  const int code = mdb_del(txn_, table.handle, &name, nullptr);
  if (code == 0 || code == MDB_NOTFOUND) return code == 0;
  return env_failure(code, "removing from the store");
}

Result<bool> WriteTxn::erase(Table table, std::string_view key, std::string_view value) {
  MDB_val name = value_of(key), data = value_of(value);
  const int code = mdb_del(txn_, table.handle, &name, &data);
  if (code == 0 || code == MDB_NOTFOUND) return code == 0;
  return env_failure(code, "removing from the store");
}

Result<WriteTxn::Size> WriteTxn::size(Table table) const {
  MDB_stat stat;
  if (const int code = mdb_stat(txn_, table.handle, &stat); code != 0)
    return env_failure(code, "measuring the store");
  return Size{stat.ms_entries, stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages};
}

// A gate that began to serve after this began may have a smaller map, and how far this went LMDB
// does not say.
Result<FileHandle> Env::hold_map_of_gate() const {
  if (place_->role != MapRole::Following) return FileHandle();
  auto held = hold_off_gate(place_->folder, place_->like);
  if (!held) return held;
  const auto served = served_map(place_->folder);
  if (served && *served < map_size())
    return fail(
        Error::Kind::Busy,
        "a gate has begun to serve the store, with a smaller map; nothing was changed: do it "
        "again");
  return held;
}

Result<Done> WriteTxn::commit() {
  const auto held = env_->hold_map_of_gate();
  if (!held) {
    mdb_txn_abort(std::exchange(txn_, nullptr));
    return held.failure();
  }
  int code = mdb_txn_commit(std::exchange(txn_, nullptr));
  if (code == 0) return Done{};
  if (code == EIO && nearly_full(env_->place_->folder)) code = ENOSPC;
  return env_failure(code, "writing to the store");
}

Result<Cursor> Cursor::open(const Txn& txn, Table table) {
  MDB_cursor* cursor = nullptr;
  if (const int code = mdb_cursor_open(txn.txn_, table.handle, &cursor); code != 0)
    return env_failure(code, "reading the store");
  return Cursor(cursor);
}

Cursor::Cursor(Cursor&& other) noexcept : cursor_(std::exchange(other.cursor_, nullptr)) {}

Cursor::~Cursor() {
  if (cursor_ != nullptr) mdb_cursor_close(cursor_);
}

Cursor::Found Cursor::move(int operation, std::string_view key, std::string_view value) {
  MDB_val name = value_of(key), data = value_of(value);
  const int code = mdb_cursor_get(cursor_, &name, &data, static_cast<MDB_cursor_op>(operation));
  if (code == 0) return std::optional<Entry>(Entry{view_of(name), view_of(data)});
  if (code == MDB_NOTFOUND) return std::optional<Entry>();
  return env_failure(code, "reading the store");
}

Cursor::Found Cursor::first() { return move(MDB_FIRST); }
Cursor::Found Cursor::next() { return move(MDB_NEXT); }
Cursor::Found Cursor::values_of(std::string_view key) { return move(MDB_SET_KEY, key); }
Cursor::Found Cursor::values_of(std::string_view key, std::string_view from) {
  return move(MDB_GET_BOTH_RANGE, key, from);
}
Cursor::Found Cursor::next_value() { return move(MDB_NEXT_DUP); }

Result<std::uint64_t> Cursor::count_values() const {
  std::size_t count = 0;
  if (const int code = mdb_cursor_count(cursor_, &count); code != 0)
    return env_failure(code, "reading the store");
  return std::uint64_t{count};
}

Result<Done> Cursor::erase() {
  if (const int code = mdb_cursor_del(cursor_, 0); code != 0)
    return env_failure(code, "removing from the store");
  return Done{};
}

}  // namespace store
