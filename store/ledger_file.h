#pragma once

// The entries of the replay ledger on disk: <store>/ledger/data.mdb, one LMDB environment without
// sync. For ledger.cc alone.
//
// Its one table, sorted:
//   entries  := timestamp hash -> client (hash client)...
//               8 bytes big-endian, 16 bytes; 4 bytes big-endian: one entry, or several of one
//               second that came together, 4 at most
//   FF "floor"  -> 8 bytes big-endian, the highest timestamp ever purged
//   FF "key"    -> 16 bytes, the key of the hash
//   FF "layout" -> 03
// Timestamps are positive, so no entry begins with FF. The three stand at the end, on the page
// where new entries arrive: rewriting the floor costs no page of its own. Older layouts are read
// on: 02 has one entry in each record, and in 01 the values are empty, which count for no client.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/env.h"
#include "store/error.h"
#include "store/ledger.h"
#include "store/ledger_index.h"
#include "store/ledger_shares.h"
#include "verify/keyed_hash.h"

namespace store {

inline constexpr std::uint8_t kLedgerLayout = 3;
inline constexpr std::size_t kLedgerRun = 4;  // entries in one record
// On pages at their emptiest. LMDB splits a page by the number of its records: where as many full
// ones stand behind those of one entry, each in a second of its own, a half has 31 of these, and
// one page in 31 is a branch. Longer records would be cheaper to write, and leave emptier pages.
inline constexpr std::uint64_t kLedgerEntriesPerPage = 30;

std::filesystem::path ledger_folder(const std::filesystem::path& store);
std::filesystem::path ledger_data(const std::filesystem::path& store);
std::filesystem::path ledger_mark(const std::filesystem::path& store);

// One record of entries.
struct LedgerRecord {
  struct Entry {
    LedgerHash hash{};
    std::optional<ClientTag> client;
  };
  std::int64_t timestamp = 0;
  std::vector<Entry> entries;

  // Whether the record is one of the ledger's own and not of entries.
  static bool is_own(std::string_view key) { return key.starts_with('\xff'); }
  // False if it is neither.
  bool read(std::string_view key, std::string_view value);
};

struct LedgerFile {
  std::shared_ptr<Env> env;
  verify::KeyedHash::Key hash_key{};
  std::int64_t floor = 0;
  std::int64_t oldest = 0;  // timestamps of the entries; 0 without any
  std::int64_t newest = 0;
  std::uint64_t entries = 0;
  LedgerIndex index;  // of all entries
  LedgerShares shares;
  // With more pages than this in the table, too few are free for a purge to be sure to work.
  std::uint64_t page_limit = 0;
  std::uint64_t found_txn = 0;  // the last one before it was opened
};

// Makes the file, with a new hash key, in place of one that may be there. Its folder exists. `size`
// in bytes.
Result<Done> make_ledger_file(const std::filesystem::path& store, std::uint64_t size);

// Opens a file that was made, and sets `size` bytes of disk aside for it first. Reads every entry.
verify::Result<LedgerFile, OpenFailure> open_ledger_file(const std::filesystem::path& store,
                                                         std::uint64_t size);

// Entries of one second, kLedgerRun at most, none of which is there, as one record.
Result<Done> write_ledger_entries(WriteTxn& txn, std::span<const LedgerKey* const> entries);
Result<Done> write_ledger_floor(WriteTxn& txn, std::int64_t floor);

}  // namespace store
