#pragma once

// What an open environment consists of, for env.cc and env_open.cc alone.

#include <lmdb.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>

#include "store/env.h"
#include "store/files.h"

namespace store {

struct Env::Place {
  std::pair<dev_t, ino_t> key{};  // of the folder
  std::string folder;
  std::filesystem::path like;
  MapRole role = MapRole::Fixed;
  FileHandle serving;  // of the gate

  // Following: the map may move while nobody reads. Guarded by `mutex`.
  std::mutex mutex;
  int readers = 0;

  std::unique_lock<std::mutex> hold_map();  // holds nothing where the map never moves
  void enter();                             // before a read transaction begins
  void leave();                             // after it ended
  // 0, EBUSY while somebody reads, or why the address space can't be had.
  int move_map(MDB_env* env, std::uint64_t size);
};

// What LMDB returned, or an errno value: they share one number space.
Failure<Error> env_failure(int code, const std::string& doing);

// Up to the last page ever used, in bytes.
std::uint64_t used_bytes(MDB_env* env);

// A map for an environment that is larger than the one that was asked for.
std::uint64_t roomy_map(std::uint64_t used);

}  // namespace store
