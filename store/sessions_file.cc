#include "store/sessions_file.h"

#include <array>
#include <utility>

#include "store/files.h"
#include "verify/crypto.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMapSize = 4ull << 30;  // bytes of address space; a session takes 0.5 KB
constexpr std::uint64_t kMapFloor = 16ull << 20;
constexpr std::string_view kLayout("\x01", 1);
constexpr std::size_t kKeyBytes = 32;

struct NamedTable {
  const char* name;
  Table SessionsFile::*place;
  WriteTxn::Duplicates duplicates = WriteTxn::Duplicates::No;
};
constexpr NamedTable kNamedTables[] = {
    {"meta", &SessionsFile::meta},
    {"sessions", &SessionsFile::sessions},
    {"by_user", &SessionsFile::by_user, WriteTxn::Duplicates::Sorted},
    {"by_seen", &SessionsFile::by_seen},
    {"counts", &SessionsFile::counts},
    {"by_noted", &SessionsFile::by_noted},
    {"known", &SessionsFile::known},
    {"known_by_user", &SessionsFile::known_by_user, WriteTxn::Duplicates::Sorted},
    {"known_by_seen", &SessionsFile::known_by_seen},
};
constexpr std::size_t kFirstTables = 6;  // of the first version; the others were added to it

Failure<OpenFailure> failed(Error error, bool damaged) {
  return Failure(OpenFailure{std::move(error), damaged});
}

Failure<OpenFailure> not_there() {
  return failed(fail(Error::Kind::NotFound, "nobody has signed in at this store yet").error, false);
}

verify::Result<std::shared_ptr<Env>, OpenFailure> open_env(const fs::path& store) {
  EnvOptions how;
  how.folder = sessions_folder(store);
  how.like = store;
  how.map_size = kMapSize;
  how.map_floor = kMapFloor;
  how.tables = std::size(kNamedTables);
  return Env::open(how);
}

// Makes what is missing of them.
Result<Done> write_tables(const std::shared_ptr<Env>& env) {
  auto txn = WriteTxn::begin(env);
  if (!txn) return txn.failure();
  WriteTxn& out = **txn;
  SessionsFile file;
  for (const NamedTable& named : kNamedTables) {
    auto made = out.make_table(named.name, named.duplicates);
    if (!made) return made.failure();
    file.*named.place = *made;
  }
  std::array<unsigned char, kKeyBytes> key{};
  verify::fill_random(key);
  const verify::Secret secret(std::string(key.begin(), key.end()));
  verify::wipe(key.data(), key.size());
  if (auto put = out.insert(file.meta, "layout", kLayout); !put) return put.failure();
  if (auto put = out.insert(file.meta, "key", secret.reveal()); !put) return put.failure();
  return out.commit();
}

// Nothing if it has no tables yet, or lacks those that were added later.
verify::Result<std::optional<SessionsFile>, OpenFailure> read_tables(
    const std::shared_ptr<Env>& env) {
  ReadTxn txn(env);
  if (auto begun = txn.renew(); !begun) return failed(begun.error(), false);
  SessionsFile out;
  out.env = env;
  for (std::size_t i = 0; i < std::size(kNamedTables); ++i) {
    const NamedTable& named = kNamedTables[i];
    auto table = open_table(txn, named.name);
    if (!table) return failed(table.error(), true);
    const bool first = i == 0;
    if (!*table && (first || i >= kFirstTables)) return std::optional<SessionsFile>();
    if (!*table) return failed(damaged("list of sessions", "a table is missing").error, true);
    out.*named.place = **table;
    if (!first) continue;
    const auto layout = txn.get(out.meta, "layout");
    if (!layout) return failed(layout.error(), true);
    if (*layout && (*layout)->size() == 1 && **layout > kLayout)
      return failed(fail(Error::Kind::Newer,
                         "the sessions of the store were written by a newer version of portcullis")
                        .error,
                    false);
    if (*layout != kLayout)
      return failed(damaged("list of sessions", "its layout is unknown").error, true);
  }
  const auto key = txn.get(out.meta, "key");
  if (!key) return failed(key.error(), true);
  if (!*key || (*key)->size() != kKeyBytes)
    return failed(damaged("list of sessions", "its key is missing").error, true);
  out.key = verify::Secret(**key);
  if (auto kept = txn.commit(); !kept) return failed(kept.error(), false);
  return std::optional<SessionsFile>(std::move(out));
}

}  // namespace

fs::path sessions_folder(const fs::path& store) { return store / "sessions"; }

verify::Result<SessionsFile, OpenFailure> open_sessions_file(const fs::path& store, bool make) {
  const fs::path folder = sessions_folder(store);
  std::error_code code;
  if (make) {
    if (auto made = make_folder(folder, store); !made) return failed(made.error(), false);
  } else if (!fs::exists(folder / "data.mdb", code)) {
    return not_there();
  }
  auto env = open_env(store);
  if (!env) return env.failure();
  auto found = read_tables(*env);
  if (found && !*found) {
    if (auto written = write_tables(*env); !written) return failed(written.error(), false);
    if (auto synced = sync_folder(folder); !synced) return failed(synced.error(), false);
    found = read_tables(*env);
  }
  if (!found) return found.failure();
  if (!*found) return not_there();
  (*env)->clear_stale_readers();
  return *std::move(*found);
}

}  // namespace store
