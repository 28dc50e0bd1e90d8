#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "store/env.h"
#include "store/env_state.h"
#include "store/files.h"
#include "store/ownership.h"
#include "store/page_walk.h"
#include "store/served_map.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr unsigned kReaders = 1022;  // places in the lock file: one for each Reader of each process
constexpr std::uint64_t kLockBytes = 64 << 10;  // that LMDB makes of them
constexpr mdb_mode_t kFileMode = 0600;

MapRole process_role = MapRole::Fixed;

bool blames_content(int code) {
  return code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND ||
         code == MDB_VERSION_MISMATCH || code == MDB_INCOMPATIBLE;
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

// LMDB follows links, and opens by name.
Result<Done> make_files(const EnvOptions& options) {
  const fs::path data = options.folder / "data.mdb", locks = options.folder / "lock.mdb";
  if (auto own = refuse_link_for_folder(options.folder); !own) return own;
  for (const fs::path& file : {data, locks})
    if (auto own = refuse_link_for_file(file); !own) return own;
  if (auto made = make_file(data, options.like); !made) return made;
  if (options.durability == Durability::PageCache) return Done{};
  return make_lock_file(options);
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

verify::Result<MDB_env*, int> open_with_smaller_maps(const EnvOptions& options,
                                                     std::uint64_t map_size) {
  for (;;) {
    auto env = try_open(options, map_size);
    const bool no_room = !env && (env.error() == ENOMEM || env.error() == EINVAL);
    const std::uint64_t half = map_size / 2 / 4096 * 4096;
    if (env || !no_room || options.map_floor == 0 || half < options.map_floor) return env;
    map_size = half;
  }
}

// A map that is too small for what the environment holds LMDB makes as large as that, and then
// nothing more can be written.
verify::Result<MDB_env*, int> open_with_room(const EnvOptions& options) {
  std::uint64_t map_size = options.map_size;
  if (options.role == MapRole::Following) map_size = served_map(options.folder).value_or(map_size);
  auto env = open_with_smaller_maps(options, map_size);
  if (!env || options.durability == Durability::PageCache || used_bytes(*env) <= map_size)
    return env;
  const std::uint64_t larger = roomy_map(used_bytes(*env));
  mdb_env_close(*env);
  env = try_open(options, larger);
  return env ? env : open_with_smaller_maps(options, map_size);
}

// Of a file that was cut, whoever reads what is missing would end by a signal.
Result<Done> check_length(MDB_env* env, const fs::path& file) {
  int descriptor = -1;
  struct stat found {
  }, named{};
  MDB_stat stat;
  if (mdb_env_get_fd(env, &descriptor) != 0 || ::fstat(descriptor, &found) != 0 ||
      ::lstat(file.c_str(), &named) != 0)
    return system_failure(errno, "looking at " + in_quotes(file.string()));
  if (found.st_ino != named.st_ino || found.st_dev != named.st_dev)
    return fail(Error::Kind::Unavailable, in_quotes(file.string()) + " is not the file it was");
  mdb_env_stat(env, &stat);
  const auto has = static_cast<std::uint64_t>(found.st_size);
  const std::uint64_t used = used_bytes(env);
  if (has >= used) return Done{};
  if (has % stat.ms_psize != 0 || !has_all_pages(env))
    return fail(Error::Kind::Unavailable, in_quotes(file.string()) + " is damaged: it was cut to " +
                                              std::to_string(has) + " of its " +
                                              std::to_string(used) + " bytes; put back a backup");
  // So that nobody has to look again. Without the room for it the file does as well.
  ::fallocate(descriptor, 0, found.st_size, static_cast<off_t>(used - has));
  return Done{};
}

}  // namespace

void set_map_role(MapRole role) { process_role = role; }
MapRole map_role() { return process_role; }

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
  auto place = std::make_unique<Place>();
  place->key = {folder.st_dev, folder.st_ino};
  place->folder = options.folder;
  place->like = options.like;
  place->role = options.role;

  Registry& all = registry();
  std::unique_lock lock(all.mutex);
  for (;;) {
    const auto found = all.entries.find(place->key);
    if (found == all.entries.end() || found->second.process != ::getpid()) break;
    if (std::shared_ptr<Env> env = found->second.env.lock()) return env;
    all.closed.wait(lock);
  }
  if (auto made = make_files(options); !made) return failed(made.failure(), false);
  if (options.role == MapRole::Served) {
    auto serving = begin_to_serve(options.folder, options.like);
    if (!serving) return failed(serving.failure(), false);
    place->serving = *std::move(serving);
  }
  auto opened = open_with_room(options);
  if (!opened) return failed(env_failure(opened.error(), opening), blames_content(opened.error()));
  if (options.durability != Durability::PageCache)
    if (auto whole = check_length(*opened, options.folder / "data.mdb"); !whole) {
      mdb_env_close(*opened);
      return failed(whole.failure(), true);
    }
  MDB_envinfo info;
  mdb_env_info(*opened, &info);
  if (place->serving.open())
    if (auto told = announce_map(place->serving, info.me_mapsize); !told) {
      mdb_env_close(*opened);
      return failed(told.failure(), false);
    }
  const Registry::Key key = place->key;
  const std::shared_ptr<Env> env(new Env(std::move(place), *opened));
  all.entries[key] = {env, ::getpid()};
  return env;
}

}  // namespace store
