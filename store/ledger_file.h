#pragma once

// The entries of the replay ledger on disk: <store>/ledger/data.mdb, one LMDB environment without
// sync. For ledger.cc alone.
//
// Its one table, sorted:
//   entry    := timestamp hash -> client   8 bytes big-endian, 16 bytes; 4 bytes big-endian
//   FF "floor"  -> 8 bytes big-endian, the highest timestamp ever purged
//   FF "key"    -> 16 bytes, the key of the hash
//   FF "layout" -> 02
// Timestamps are positive, so no entry begins with FF. The three stand at the end, on the page
// where new entries arrive: rewriting the floor costs no page of its own. In layout 01 the values
// of entries are empty. It is read on: such entries count for no client.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "store/env.h"
#include "store/error.h"
#include "store/ledger_shares.h"
#include "verify/keyed_hash.h"

namespace store {

inline constexpr std::uint8_t kLedgerLayout = 2;
inline constexpr std::size_t kLedgerEntryBytes = 24;
inline constexpr std::size_t kLedgerTagBytes = 4;
// On pages at their emptiest: split in halves, and one in 53 a branch. An entry takes 8 bytes of
// LMDB's, its own 28, and 2 in the page's index.
inline constexpr std::uint64_t kLedgerEntriesPerPage = 52;
inline constexpr std::uint64_t kLedgerOwnRecords = 3;  // floor, key, layout
inline constexpr std::string_view kLedgerFloorKey =
    "\xff"
    "floor";

std::filesystem::path ledger_folder(const std::filesystem::path& store);
std::filesystem::path ledger_data(const std::filesystem::path& store);
std::filesystem::path ledger_mark(const std::filesystem::path& store);

// The timestamp an entry begins with. Requires 8 bytes.
std::int64_t entry_time(std::string_view key);
// Whose entry it is, by its value. Nothing for one of layout 01.
std::optional<ClientTag> entry_client(std::string_view value);
std::array<char, kLedgerTagBytes> client_bytes(ClientTag client);

struct LedgerFile {
  std::shared_ptr<Env> env;
  std::uint8_t layout = kLedgerLayout;  // it had
  verify::KeyedHash::Key hash_key{};
  std::int64_t floor = 0;
  std::int64_t oldest = 0;  // timestamps of the entries; 0 without any
  std::int64_t newest = 0;
  std::uint64_t entries = 0;
  LedgerShares shares;  // of all entries
  // With more pages than this in the table, too few are free for a purge to be sure to work.
  std::uint64_t page_limit = 0;
};

// Makes the file, with a new hash key, in place of one that may be there. Its folder exists. `size`
// in bytes.
Result<Done> make_ledger_file(const std::filesystem::path& store, std::uint64_t size);

// Opens a file that was made, and sets `size` bytes of disk aside for it first. Reads every entry.
verify::Result<LedgerFile, OpenFailure> open_ledger_file(const std::filesystem::path& store,
                                                         std::uint64_t size);

Result<Done> write_ledger_floor(WriteTxn& txn, std::int64_t floor);

}  // namespace store
