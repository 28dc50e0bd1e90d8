#pragma once

// How many entries of the replay ledger each client has, counted in memory of a fixed size. For
// ledger.cc and ledger_file.cc alone. One thread at a time.
//
// A client is known by 32 bits of a keyed hash. Each half names one of 65536 cells in a row of its
// own, and the client has what the emptier of its two cells says: never less than is true, and much
// more only if clients with much meet it in both. Nobody who lacks the key can arrange that, and by
// chance one client in four thousand million meets one certain other.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace store {

using ClientTag = std::uint32_t;

class LedgerShares {
 public:
  LedgerShares();

  std::uint64_t held(ClientTag client) const;
  // Unix seconds; no entry of the client is older. Requires one.
  std::int64_t oldest(ClientTag client) const;

  // One transaction's changes, in the order of its writes: then keep() or undo().
  void add(ClientTag client, std::int64_t timestamp);
  void remove(ClientTag client, std::int64_t timestamp);  // the oldest of all entries
  void keep() { changes_.clear(); }
  void undo();

 private:
  static constexpr std::size_t kRows = 2;
  static constexpr std::size_t kCells = 1 << 16;  // of one row
  struct Cell {
    std::int64_t oldest = 0;  // at or below the truth
    std::uint64_t held = 0;
  };
  struct Change {
    ClientTag client = 0;
    std::int64_t timestamp = 0;
    bool added = false;
  };
  std::array<std::size_t, kRows> places(ClientTag client) const {
    return {client & 0xffff, kCells + (client >> 16)};
  }

  std::vector<Cell> cells_;
  std::vector<Change> changes_;
};

}  // namespace store
