#include "store/env.h"

#include <lmdb.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "store/files.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr unsigned kReaders = 1022;  // places in the lock file: one for each Reader of each process
constexpr std::uint64_t kLockBytes = 64 << 10;  // that LMDB makes of them
constexpr mdb_mode_t kFileMode = 0600;

static_assert(sizeof(MDB_dbi) == sizeof(unsigned));

MDB_val value_of(std::string_view bytes) {
  return MDB_val{bytes.size(), const_cast<char*>(bytes.data())};
}

std::string_view view_of(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

bool blames_content(int code) {
  return code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND ||
         code == MDB_VERSION_MISMATCH || code == MDB_INCOMPATIBLE;
}

// LMDB's answers and errno values share one number space.
Failure<Error> failure(int code, const std::string& doing) {
  if (code == MDB_MAP_FULL || code == MDB_TXN_FULL)
    return fail(Error::Kind::Full, doing + ": the store has reached its map size");
  if (code == MDB_MAP_RESIZED)
    return fail(Error::Kind::Unavailable,
                doing +
                    ": another process has made the store larger than the address space that "
                    "this one reserved; restart it with a larger map size");
  if (code > 0) return system_failure(code, doing);
  return fail(Error::Kind::Unavailable, doing + ": " + mdb_strerror(code));
}

// LMDB reports a write that a full disk cut short as EIO. More than one write of it is not left
// then.
bool nearly_full(const std::string& folder) {
  constexpr std::uint64_t kOneWrite = 2 << 20;
  struct statvfs system {};
  return ::statvfs(folder.c_str(), &system) == 0 &&
         std::uint64_t{system.f_bavail} * system.f_frsize < kOneWrite;
}

// LMDB must not be opened twice on one file in one process: closing either would drop the locks of
// both. So all share one Env for each folder. An entry whose Env has expired is being closed: wait
// for it. What a parent had open before fork() is not ours.
struct Registry {
  using Key = std::pair<dev_t, ino_t>;
  struct Entry {
    std::weak_ptr<Env> env;
    pid_t process = 0;
  };
  std::mutex mutex;
  std::condition_variable closed;
  std::map<Key, Entry> entries;
};

Registry& registry() {
  static Registry& one = *new Registry;
  return one;
}

unsigned flags_of(Durability durability) {
  if (durability == Durability::Synced) return MDB_NOTLS;
  if (durability == Durability::AllButLast) return MDB_NOTLS | MDB_NOMETASYNC;
  return MDB_NOSYNC | MDB_WRITEMAP | MDB_NOLOCK;
}

// LMDB maps the lock file and leaves holes in it, and a full disk ends whoever touches one.
Result<Done> make_lock_file(const EnvOptions& options) {
  const fs::path file = options.folder / "lock.mdb";
  if (auto made = make_file(file, options.like); !made) return made;
  std::error_code code;
  const std::uintmax_t size = fs::file_size(file, code);
  if (!code && size >= kLockBytes) return Done{};
  return set_aside(file, kLockBytes);
}

verify::Result<MDB_env*, int> try_open(const EnvOptions& options, std::uint64_t map_size) {
  MDB_env* env = nullptr;
  if (const int code = mdb_env_create(&env); code != 0) return Failure(int{code});
  int code = mdb_env_set_mapsize(env, map_size);
  if (code == 0) code = mdb_env_set_maxdbs(env, options.tables);
  if (code == 0) code = mdb_env_set_maxreaders(env, kReaders);
  if (code == 0)
    code = mdb_env_open(env, options.folder.c_str(), flags_of(options.durability), kFileMode);
  if (code == 0) return env;
  mdb_env_close(env);
  return Failure(int{code});
}

verify::Result<MDB_env*, int> open_with_smaller_maps(const EnvOptions& options) {
  std::uint64_t map_size = options.map_size;
  for (;;) {
    auto env = try_open(options, map_size);
    const bool no_room = !env && (env.error() == ENOMEM || env.error() == EINVAL);
    const std::uint64_t half = map_size / 2 / 4096 * 4096;
    if (env || !no_room || options.map_floor == 0 || half < options.map_floor) return env;
    map_size = half;
  }
}

}  // namespace

struct Env::Place {
  Registry::Key key{};
  std::string folder;
};

Env::Env(std::unique_ptr<Place> place, MDB_env* env) : place_(std::move(place)), env_(env) {}

Env::~Env() {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  mdb_env_close(env_);
  all.entries.erase(place_->key);
  all.closed.notify_all();
}

verify::Result<std::shared_ptr<Env>, OpenFailure> Env::open(const EnvOptions& options) {
  const auto failed = [](Failure<Error> f, bool damaged) {
    return Failure(OpenFailure{std::move(f.error), damaged});
  };
  const std::string opening = "opening " + in_quotes(options.folder.string());
  struct stat folder {};
  if (::stat(options.folder.c_str(), &folder) != 0)
    return failed(system_failure(errno, opening), false);
  auto place = std::make_unique<Place>(Place{{folder.st_dev, folder.st_ino}, options.folder});

  Registry& all = registry();
  std::unique_lock lock(all.mutex);
  for (;;) {
    const auto found = all.entries.find(place->key);
    if (found == all.entries.end() || found->second.process != ::getpid()) break;
    if (std::shared_ptr<Env> env = found->second.env.lock()) return env;
    all.closed.wait(lock);
  }
  if (auto made = make_file(options.folder / "data.mdb", options.like); !made)
    return failed(made.failure(), false);
  if (options.durability != Durability::PageCache)
    if (auto made = make_lock_file(options); !made) return failed(made.failure(), false);
  auto opened = open_with_smaller_maps(options);
  if (!opened) return failed(failure(opened.error(), opening), blames_content(opened.error()));
  const Registry::Key key = place->key;
  const std::shared_ptr<Env> env(new Env(std::move(place), *opened));
  all.entries[key] = {env, ::getpid()};
  return env;
}

std::uint64_t Env::last_txn() const {
  MDB_envinfo info;
  mdb_env_info(env_, &info);
  return info.me_last_txnid;
}

std::uint64_t Env::map_size() const {
  MDB_envinfo info;
  mdb_env_info(env_, &info);
  return info.me_mapsize;
}

std::uint64_t Env::page_size() const {
  MDB_stat stat;
  mdb_env_stat(env_, &stat);
  return stat.ms_psize;
}

std::uint64_t Env::used_size() const {
  MDB_envinfo info;
  mdb_env_info(env_, &info);
  return (info.me_last_pgno + 1) * page_size();
}

void Env::clear_stale_readers() const {
  int dead = 0;
  mdb_reader_check(env_, &dead);  // what can't be cleared now is tried again at the next call
}

Result<Done> Env::sync() const {
  if (const int code = mdb_env_sync(env_, 1); code != 0)
    return failure(code, "syncing " + in_quotes(place_->folder));
  return Done{};
}

Result<Done> Env::copy_to(int descriptor) const {
  if (const int code = mdb_env_copyfd2(env_, descriptor, MDB_CP_COMPACT); code != 0)
    return failure(code, "copying " + in_quotes(place_->folder));
  return Done{};
}

std::uint64_t Txn::id() const { return mdb_txn_id(txn_); }

Result<std::optional<std::string_view>> Txn::get(Table table, std::string_view key) const {
  MDB_val name = value_of(key), value{};
  const int code = mdb_get(txn_, table.handle, &name, &value);
  if (code == 0) return std::optional<std::string_view>(view_of(value));
  if (code == MDB_NOTFOUND) return std::optional<std::string_view>();
  return failure(code, "reading the store");
}

Result<std::optional<Table>> open_table(Txn& txn, const char* name) {
  Table table;
  const int code = mdb_dbi_open(txn.txn_, name, 0, &table.handle);
  if (code == 0) return std::optional<Table>(table);
  if (code == MDB_NOTFOUND) return std::optional<Table>();
  return failure(code, "opening a table of the store");
}

ReadTxn::~ReadTxn() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

Result<Done> ReadTxn::renew() {
  if (active_) reset();
  const int code =
      txn_ == nullptr ? mdb_txn_begin(env_->env_, nullptr, MDB_RDONLY, &txn_) : mdb_txn_renew(txn_);
  active_ = code == 0;
  if (active_) return Done{};
  if (code == MDB_READERS_FULL)
    return fail(Error::Kind::Unavailable,
                "too many threads and processes are reading the store at once");
  return failure(code, "reading the store");
}

void ReadTxn::reset() {
  if (active_) mdb_txn_reset(txn_);
  active_ = false;
}

Result<Done> ReadTxn::commit() {
  active_ = false;
  if (const int code = mdb_txn_commit(std::exchange(txn_, nullptr)); code != 0)
    return failure(code, "reading the store");
  return Done{};
}

Result<std::unique_ptr<WriteTxn>> WriteTxn::begin(std::shared_ptr<const Env> env) {
  std::unique_ptr<WriteTxn> txn(new WriteTxn(std::move(env)));
  if (const int code = mdb_txn_begin(txn->env_->env_, nullptr, 0, &txn->txn_); code != 0)
    return failure(code, "writing to the store");
  return txn;
}

WriteTxn::~WriteTxn() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

Result<Table> WriteTxn::make_table(const char* name, Duplicates duplicates) {
  Table table;
  const unsigned flags = MDB_CREATE | (duplicates == Duplicates::Sorted ? MDB_DUPSORT : 0u);
  if (const int code = mdb_dbi_open(txn_, name, flags, &table.handle); code != 0)
    return failure(code, std::string("making the table ") + name);
  return table;
}

Result<Done> WriteTxn::put(Table table, std::string_view key, std::string_view value) {
  MDB_val name = value_of(key), data = value_of(value);
  if (const int code = mdb_put(txn_, table.handle, &name, &data, 0); code != 0)
    return failure(code, "writing to the store");
  return Done{};
}

Result<bool> WriteTxn::insert(Table table, std::string_view key, std::string_view value) {
  MDB_val name = value_of(key), data = value_of(value);
  const int code = mdb_put(txn_, table.handle, &name, &data, MDB_NOOVERWRITE);
  if (code == 0 || code == MDB_KEYEXIST) return code == 0;
  return failure(code, "writing to the store");
}

Result<bool> WriteTxn::erase(Table table, std::string_view key) {
  MDB_val name = value_of(key);
  const int code = mdb_del(txn_, table.handle, &name, nullptr);
  if (code == 0 || code == MDB_NOTFOUND) return code == 0;
  return failure(code, "removing from the store");
}

Result<bool> WriteTxn::erase(Table table, std::string_view key, std::string_view value) {
  MDB_val name = value_of(key), data = value_of(value);
  const int code = mdb_del(txn_, table.handle, &name, &data);
  if (code == 0 || code == MDB_NOTFOUND) return code == 0;
  return failure(code, "removing from the store");
}

Result<WriteTxn::Size> WriteTxn::size(Table table) const {
  MDB_stat stat;
  if (const int code = mdb_stat(txn_, table.handle, &stat); code != 0)
    return failure(code, "measuring the store");
  return Size{stat.ms_entries, stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages};
}

Result<Done> WriteTxn::commit() {
  int code = mdb_txn_commit(std::exchange(txn_, nullptr));
  if (code == 0) return Done{};
  if (code == EIO && nearly_full(env_->place_->folder)) code = ENOSPC;
  return failure(code, "writing to the store");
}

Result<Cursor> Cursor::open(const Txn& txn, Table table) {
  MDB_cursor* cursor = nullptr;
  if (const int code = mdb_cursor_open(txn.txn_, table.handle, &cursor); code != 0)
    return failure(code, "reading the store");
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
  return failure(code, "reading the store");
}

Cursor::Found Cursor::first() { return move(MDB_FIRST); }
Cursor::Found Cursor::last() { return move(MDB_LAST); }
Cursor::Found Cursor::next() { return move(MDB_NEXT); }
Cursor::Found Cursor::previous() { return move(MDB_PREV); }
Cursor::Found Cursor::seek(std::string_view key) { return move(MDB_SET_RANGE, key); }
Cursor::Found Cursor::values_of(std::string_view key) { return move(MDB_SET_KEY, key); }
Cursor::Found Cursor::values_of(std::string_view key, std::string_view from) {
  return move(MDB_GET_BOTH_RANGE, key, from);
}
Cursor::Found Cursor::next_value() { return move(MDB_NEXT_DUP); }

Result<std::uint64_t> Cursor::count_values() const {
  std::size_t count = 0;
  if (const int code = mdb_cursor_count(cursor_, &count); code != 0)
    return failure(code, "reading the store");
  return std::uint64_t{count};
}

Result<Done> Cursor::erase() {
  if (const int code = mdb_cursor_del(cursor_, 0); code != 0)
    return failure(code, "removing from the store");
  return Done{};
}

}  // namespace store
