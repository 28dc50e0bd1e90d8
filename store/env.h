#pragma once

// The door to LMDB: an environment, its transactions and cursors as owners, with every result a
// Result.
//
// Threads: an Env may be used from any thread. A ReadTxn or Cursor serves one thread at a time. A
// WriteTxn stays with the thread that began it; a second one, in any thread or process, waits for
// it. Lifetimes: bytes that a transaction hands out hold until its next write, reset or end. A
// Cursor must go before its transaction ends. Nothing here may be used in a child after fork().

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "store/error.h"
#include "store/files.h"
#include "store/map_role.h"

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

namespace store {

// A table of an environment; the handle of the environment's unnamed one is 1.
struct Table {
  unsigned handle = 1;
};

enum class Durability : std::uint8_t {
  Synced,      // a commit survives a power cut; several processes may have the environment open
  AllButLast,  // as Synced, but a power cut may undo the last commit: half the waiting
  PageCache,   // a commit survives the end of the process only; one process, which the caller sees
               // to
};

struct EnvOptions {
  std::filesystem::path
      folder;  // exists; the environment is its data.mdb (and lock.mdb but for PageCache)
  std::filesystem::path like;   // a folder whose owner and group new files take
  std::uint64_t map_size = 0;   // bytes of address space, and with PageCache of the file
  std::uint64_t map_floor = 0;  // halves of map_size are tried down to this; 0: map_size alone
  unsigned tables = 0;          // how many named ones it may have
  Durability durability = Durability::Synced;
  MapRole role = map_role();
};

struct OpenFailure {
  Error error;
  bool damaged = false;  // the file's content is to blame, not the machine
};

class Env {
 public:
  // Makes the files that are missing. Within a process everyone who opens a folder shares one
  // environment. Where it holds more than map_size already, the map is larger than that.
  static verify::Result<std::shared_ptr<Env>, OpenFailure> open(const EnvOptions& options);
  ~Env();
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  std::uint64_t last_txn() const;    // number of the last commit by anyone; reads shared memory
  std::uint64_t map_size() const;    // bytes
  std::uint64_t used_size() const;   // bytes up to the last page ever used
  std::uint64_t page_size() const;   // bytes
  void clear_stale_readers() const;  // frees the places of processes that were killed
  Result<Done> sync() const;
  // Writes a compacted copy to an open file, of what was committed when the copy began.
  Result<Done> copy_to(int descriptor) const;

 private:
  friend class Txn;
  friend class ReadTxn;
  friend class WriteTxn;
  struct Place;
  Env(std::unique_ptr<Place> place, MDB_env* env);
  bool grow_map() const;
  Result<bool> follow_map() const;
  Result<FileHandle> hold_map_of_gate() const;
  std::unique_ptr<Place> place_;
  MDB_env* env_;
};

// What reading and writing transactions share.
class Txn {
 public:
  Txn(const Txn&) = delete;
  Txn& operator=(const Txn&) = delete;

  std::uint64_t id() const;
  // Nothing if the key is missing. Keys have 1 to 511 bytes.
  Result<std::optional<std::string_view>> get(Table table, std::string_view key) const;

 protected:
  explicit Txn(std::shared_ptr<const Env> env) : env_(std::move(env)) {}
  ~Txn() = default;
  friend class Cursor;
  friend Result<std::optional<Table>> open_table(Txn& txn, const char* name);
  std::shared_ptr<const Env> env_;
  MDB_txn* txn_ = nullptr;
};

// Opens a table that exists, the unnamed one for a null name; nothing if there is none. The
// transaction must be committed, and no other may open tables meanwhile.
Result<std::optional<Table>> open_table(Txn& txn, const char* name);

// A snapshot that can be let go and taken anew cheaply. Sequence: (renew get* reset)*.
class ReadTxn : public Txn {
 public:
  explicit ReadTxn(std::shared_ptr<const Env> env) : Txn(std::move(env)) {}
  ~ReadTxn();
  Result<Done> renew();   // the newest snapshot
  void reset();           // lets go of it
  Result<Done> commit();  // ends it for good; needed only after open_table()

 private:
  int begin();
  bool active_ = false;
};

// Dropped without commit() it changes nothing.
class WriteTxn : public Txn {
 public:
  static Result<std::unique_ptr<WriteTxn>> begin(std::shared_ptr<const Env> env);
  ~WriteTxn();
  enum class Duplicates : bool { No, Sorted };
  Result<Table> make_table(const char* name, Duplicates duplicates);
  Result<Done> put(Table table, std::string_view key, std::string_view value);
  Result<bool> insert(Table table, std::string_view key,
                      std::string_view value);            // false: key is taken
  Result<bool> erase(Table table, std::string_view key);  // false: there was none
  Result<bool> erase(Table table, std::string_view key,
                     std::string_view value);  // one of duplicates
  struct Size {
    std::uint64_t entries = 0;
    std::uint64_t pages = 0;
  };
  Result<Size> size(Table table) const;
  Result<Done> commit();  // ends it, whatever it returns

 private:
  explicit WriteTxn(std::shared_ptr<const Env> env) : Txn(std::move(env)) {}
};

class Cursor {
 public:
  static Result<Cursor> open(const Txn& txn, Table table);
  ~Cursor();
  Cursor(Cursor&& other) noexcept;
  Cursor& operator=(Cursor&&) = delete;

  struct Entry {
    std::string_view key, value;
  };
  using Found = Result<std::optional<Entry>>;  // nothing: no such place
  Found first();
  Found next();
  Found values_of(std::string_view key);                         // the first of its duplicates
  Found values_of(std::string_view key, std::string_view from);  // the first at or after `from`
  Found next_value();                          // the next duplicate of the same key
  Result<std::uint64_t> count_values() const;  // duplicates of the key it stands on
  Result<Done> erase();                        // the entry it stands on

 private:
  explicit Cursor(MDB_cursor* cursor) : cursor_(cursor) {}
  Found move(int operation, std::string_view key = {}, std::string_view value = {});
  MDB_cursor* cursor_;
};

}  // namespace store
