#include "store/ledger_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>

#include "store/files.h"
#include "verify/crypto.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHashKeyKey =
    "\xff"
    "key";
constexpr std::string_view kLayoutKey =
    "\xff"
    "layout";
constexpr std::string_view kFloorKey =
    "\xff"
    "floor";
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kReservePages = 64;
constexpr Table kTable{};

constexpr std::size_t kTime = 8;  // bytes
constexpr std::size_t kHash = std::tuple_size_v<LedgerHash>;
constexpr std::size_t kTag = 4;  // of a client
constexpr std::size_t kKey = kTime + kHash, kMore = kHash + kTag;

static_assert(kMinLedgerSize >= 4 * kReservePages * kPage);

std::uint64_t reserve_pages(std::uint64_t pages) { return std::max(kReservePages, pages / 32); }

EnvOptions options_for(const fs::path& store, std::uint64_t size) {
  EnvOptions out;
  out.folder = ledger_folder(store);
  out.like = store;
  out.map_size = size;
  out.durability = Durability::PageCache;
  return out;
}

void write_number(std::uint64_t number, char* to, std::size_t size = kTime) {
  for (std::size_t i = size; i-- > 0; number >>= 8) to[i] = static_cast<char>(number & 0xff);
}

std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

std::int64_t read_time(std::string_view bytes) {
  return static_cast<std::int64_t>(read_number(bytes));
}

LedgerHash read_hash(std::string_view bytes) {
  LedgerHash hash{};
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

ClientTag read_tag(std::string_view bytes) { return static_cast<ClientTag>(read_number(bytes)); }

Failure<OpenFailure> damaged(const std::string& why) {
  return Failure(
      OpenFailure{Error{Error::Kind::Unavailable, "the replay ledger is damaged: " + why}, true});
}

Failure<OpenFailure> trouble(Error error, bool damaged = false) {
  return Failure(OpenFailure{std::move(error), damaged});
}

Result<Done> set_disk_aside(const fs::path& file, std::uint64_t size) {
  auto aside = set_aside(file, size);
  if (!aside && aside.error().kind == Error::Kind::Full)
    aside.error().sentence += ": free some, or lower ledger_size";
  return aside;
}

Result<Done> write_layout(WriteTxn& txn) {
  const char layout = static_cast<char>(kLedgerLayout);
  return txn.put(kTable, kLayoutKey, {&layout, 1});
}

Result<Done> write_own_records(const std::shared_ptr<Env>& env) {
  auto txn = WriteTxn::begin(env);
  if (!txn) return txn.failure();
  if (auto table = open_table(**txn, nullptr); !table) return table.failure();
  verify::KeyedHash::Key key{};
  verify::fill_random(key);
  const std::string key_bytes(key.begin(), key.end());
  if (auto put = (*txn)->put(kTable, kHashKeyKey, key_bytes); !put) return put;
  if (auto put = write_layout(**txn); !put) return put;
  if (auto put = write_ledger_floor(**txn, 0); !put) return put;
  return (*txn)->commit();
}

// Fills in what the ledger's own records say. One of an older layout becomes one of this.
verify::Result<Done, OpenFailure> read_own_records(WriteTxn& txn, LedgerFile& file) {
  const auto layout = txn.get(kTable, kLayoutKey);
  const auto key = txn.get(kTable, kHashKeyKey);
  const auto floor = txn.get(kTable, kFloorKey);
  for (const auto* one : {&layout, &key, &floor}) {
    if (!*one) return trouble(one->error(), true);
    if (!**one) return damaged("one of its own records is missing");
  }
  if ((*layout)->size() != 1 || (*key)->size() != file.hash_key.size() || (*floor)->size() != kTime)
    return damaged("one of its own records has another length");
  const auto version = static_cast<std::uint8_t>((**layout)[0]);
  if (version > kLedgerLayout)
    return trouble(Error{Error::Kind::Newer,
                         "the replay ledger was written by a newer version of portcullis (layout " +
                             std::to_string(version) + "): use that version"});
  if (version == 0) return damaged("its layout is 0");
  std::copy((*key)->begin(), (*key)->end(), file.hash_key.begin());
  file.floor = read_time(**floor);
  if (version == kLedgerLayout) return Done{};
  if (auto put = write_layout(txn); !put) return trouble(put.error());
  return Done{};
}

// The entries in order: what they are, their ends, their number, and whose they are.
verify::Result<Done, OpenFailure> read_entries(const Txn& txn, LedgerFile& file) {
  auto cursor = Cursor::open(txn, kTable);
  if (!cursor) return trouble(cursor.error());
  LedgerRecord record;
  for (auto at = cursor->first();; at = cursor->next()) {
    if (!at) return trouble(at.error(), true);
    if (!*at || LedgerRecord::is_own((*at)->key)) return Done{};
    if (!record.read((*at)->key, (*at)->value)) return damaged("it has an odd entry");
    const std::int64_t time = record.timestamp;
    if (time < file.newest) return damaged("its entries are out of order");
    if (file.entries == 0) file.oldest = time;
    file.newest = time;
    for (const LedgerRecord::Entry& entry : record.entries) {
      if (!file.index.add(time, entry.hash)) return damaged("it has an entry twice");
      file.index.keep();
      if (entry.client) file.shares.add(*entry.client, time);
      file.shares.keep();
    }
    file.entries += record.entries.size();
  }
}

verify::Result<Done, OpenFailure> read_file(LedgerFile& file) {
  auto txn = WriteTxn::begin(file.env);
  if (!txn) return trouble(txn.error());
  if (auto table = open_table(**txn, nullptr); !table) return trouble(table.error(), true);
  if (auto read = read_own_records(**txn, file); !read) return read;
  if (auto read = read_entries(**txn, file); !read) return read;
  if (auto kept = (*txn)->commit(); !kept) return trouble(kept.error());
  return Done{};
}

}  // namespace

fs::path ledger_folder(const fs::path& store) { return store / "ledger"; }
fs::path ledger_data(const fs::path& store) { return ledger_folder(store) / "data.mdb"; }
fs::path ledger_mark(const fs::path& store) { return store / "mark"; }

bool LedgerRecord::read(std::string_view key, std::string_view value) {
  entries.clear();
  if (key.size() != kKey) return false;
  timestamp = read_time(key.substr(0, kTime));
  entries.push_back({read_hash(key.substr(kTime)), std::nullopt});
  if (timestamp <= 0 || value.empty()) return timestamp > 0;
  if (value.size() % kMore != kTag) return false;
  entries.front().client = read_tag(value.substr(0, kTag));
  for (value.remove_prefix(kTag); !value.empty(); value.remove_prefix(kMore))
    entries.push_back({read_hash(value), read_tag(value.substr(kHash, kTag))});
  return true;
}

Result<Done> write_ledger_entries(WriteTxn& txn, std::span<const LedgerKey* const> entries) {
  std::array<char, kLedgerRun * kMore> value{};
  char* at = value.data();
  for (const LedgerKey* entry : entries) {
    const LedgerHash hash = entry->hash();
    if (entry != entries.front()) at = std::copy(hash.begin(), hash.end(), at);
    write_number(entry->client, at, kTag);
    at += kTag;
  }
  const auto& first = entries.front()->bytes;
  const auto put = txn.insert(kTable, {reinterpret_cast<const char*>(first.data()), first.size()},
                              {value.data(), static_cast<std::size_t>(at - value.data())});
  if (!put) return put.failure();
  if (!*put)
    return fail(Error::Kind::Unavailable, "the replay ledger is damaged: it has what it had not");
  return Done{};
}

Result<Done> write_ledger_floor(WriteTxn& txn, std::int64_t floor) {
  std::array<char, kTime> bytes{};
  write_number(static_cast<std::uint64_t>(floor), bytes.data());
  return txn.put(kTable, kFloorKey, {bytes.data(), bytes.size()});
}

Result<Done> make_ledger_file(const fs::path& store, std::uint64_t size) {
  const fs::path file = ledger_data(store);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT)
    return system_failure(errno, "removing " + in_quotes(file.string()));
  const std::uint64_t whole = (std::max(size, kMinLedgerSize) + kPage - 1) / kPage * kPage;
  // The first opening writes LMDB's two head pages, not through the map. Nothing touches the map
  // before the disk behind it is there.
  for (const bool disk : {false, true}) {
    if (disk)
      if (auto aside = set_disk_aside(file, whole); !aside) {
        ::unlink(file.c_str());  // gives back what it got
        return aside;
      }
    auto env = Env::open(options_for(store, whole));
    if (!env) return Failure(std::move(env.error().error));
    if (!disk) continue;
    if (auto written = write_own_records(*env); !written) return written;
    if (auto synced = (*env)->sync(); !synced) return synced;
  }
  return sync_folder(ledger_folder(store));
}

verify::Result<LedgerFile, OpenFailure> open_ledger_file(const fs::path& store,
                                                         std::uint64_t size) {
  const fs::path path = ledger_data(store);
  std::error_code code;
  const std::uint64_t had = fs::file_size(path, code);
  if (code) return trouble(system_failure(code.value(), "opening the replay ledger").error);
  const std::uint64_t wanted = (size + kPage - 1) / kPage * kPage;
  const std::uint64_t whole = std::max(wanted, (had + kPage - 1) / kPage * kPage);
  if (auto aside = set_disk_aside(path, whole); !aside) return trouble(aside.error());

  LedgerFile out;
  auto env = Env::open(options_for(store, whole));
  if (!env) return env.failure();
  out.env = *std::move(env);
  out.found_txn = out.env->last_txn();
  const std::uint64_t used = out.env->used_size();
  if (used > had) return damaged("the file is shorter than its content");
  if (whole > wanted && used + reserve_pages(wanted / kPage) * kPage <= wanted) {
    out.env.reset();  // one environment at a time
    env = Env::open(options_for(store, wanted));
    if (!env) return env.failure();
    out.env = *std::move(env);
  }
  if (auto read = read_file(out); !read) return read.failure();
  const std::uint64_t pages = out.env->map_size() / out.env->page_size();
  out.page_limit = pages - reserve_pages(pages);
  return out;
}

}  // namespace store
