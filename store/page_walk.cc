#include "store/page_walk.h"

#include <lmdb.h>

#include <array>
#include <csetjmp>
#include <csignal>
#include <cstring>

namespace store {

namespace {

constexpr MDB_dbi kFreePages = 0, kTables = 1;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kStride = 4096;

thread_local sigjmp_buf way_out;
thread_local volatile std::sig_atomic_t walking = 0;
// Of the table of tables or the free pages, and of a table in it. Here, so that they can be closed
// when the walk is left by a signal.
thread_local std::array<MDB_cursor*, 2> cursors{};
struct sigaction others;

// A page that is missing elsewhere is none of the walk's: then the signal does what it did before.
extern "C" void on_missing_page(int) {
  if (walking != 0) siglongjmp(way_out, 1);
  sigaction(SIGBUS, &others, nullptr);
}

// What owns memory below stands in `cursors`, for the walk is left without notice.

void close_from(std::size_t depth) {
  for (; depth < cursors.size(); ++depth) {
    if (cursors[depth] != nullptr) mdb_cursor_close(cursors[depth]);
    cursors[depth] = nullptr;
  }
}

int touch(const MDB_val& value) {
  const volatile char* const bytes = static_cast<const char*>(value.mv_data);
  int sum = 0;
  for (std::size_t at = 0; at < value.mv_size; at += kStride) sum += bytes[at];
  return value.mv_size == 0 ? sum : sum + bytes[value.mv_size - 1];
}

// 0 if all of a table could be read. `depth`: of the table in others, at most 1.
int walk(MDB_txn* txn, MDB_dbi table, std::size_t depth, volatile int& sink) {
  MDB_cursor*& cursor = cursors[depth];
  int code = mdb_cursor_open(txn, table, &cursor);
  if (code != 0) return code;
  MDB_val key, value;
  while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
    sink = sink + touch(key) + touch(value);
    if (table != kTables || key.mv_size >= kLongestName) continue;
    char name[kLongestName] = {};
    std::memcpy(name, key.mv_data, key.mv_size);
    MDB_dbi inner = 0;
    if (mdb_dbi_open(txn, name, 0, &inner) != 0) continue;  // a record and no table
    code = walk(txn, inner, depth + 1, sink);
    if (code != 0) break;
  }
  close_from(depth);
  return code == MDB_NOTFOUND ? 0 : code;
}

int walk_all(MDB_txn* txn) {
  MDB_dbi tables = 0;
  volatile int sink = 0;
  int code = mdb_dbi_open(txn, nullptr, 0, &tables);
  if (code == 0) code = walk(txn, kFreePages, 0, sink);
  if (code == 0) code = walk(txn, tables, 0, sink);
  return code;
}

}  // namespace

bool has_all_pages(MDB_env* env) {
  MDB_txn* volatile txn = nullptr;
  MDB_txn* begun = nullptr;
  if (mdb_txn_begin(env, nullptr, MDB_RDONLY, &begun) != 0) return false;
  txn = begun;
  struct sigaction mine {};
  mine.sa_handler = on_missing_page;
  mine.sa_flags = SA_NODEFER;
  sigaction(SIGBUS, &mine, &others);
  volatile bool whole = false;
  if (sigsetjmp(way_out, 1) == 0) {
    walking = 1;
    whole = walk_all(txn) == 0;
  }
  walking = 0;
  sigaction(SIGBUS, &others, nullptr);
  close_from(0);
  mdb_txn_abort(txn);
  return whole;
}

}  // namespace store
