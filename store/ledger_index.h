#pragma once

// The entries of the replay ledger in memory, second by second, so that a claim is judged without
// looking into the file: that is read once, when it is opened. For ledger.cc and ledger_file.cc
// alone. One thread at a time.
//
// Each second has a table of its own, of 16 bytes a place and never more than three quarters full:
// 22 to 43 bytes for each entry, and some 200 for a second with few. A second that is over is
// dropped whole.

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "verify/keyed_hash.h"

namespace store {

// Of client, token and nonce. Keyed, so that nobody outside can choose where it falls in a table.
using LedgerHash = verify::KeyedHash::Value;

class LedgerIndex {
 public:
  bool has(std::int64_t second, const LedgerHash& hash) const;
  // False: it is there already. Undone by undo() unless keep() comes first.
  bool add(std::int64_t second, const LedgerHash& hash);
  void keep() { added_.clear(); }
  void undo();
  // Forgets every second at or below it. Requires that nothing awaits keep() or undo().
  void drop(std::int64_t last);

 private:
  struct Place {
    std::uint64_t low = 0, high = 0;  // both 0: free
    bool operator==(const Place&) const = default;
  };
  struct Second {
    std::vector<Place> places;  // a power of two
    std::size_t taken = 0;
  };
  static constexpr std::size_t kFewestPlaces = 8;
  static Place place_of(const LedgerHash& hash);
  static std::size_t find(const Second& in, const Place& wanted);  // it, or where it would go
  static void grow(Second& second);
  static void erase(Second& from, const Place& place);

  std::map<std::int64_t, Second> seconds_;
  std::vector<std::pair<std::int64_t, Place>> added_;
};

}  // namespace store
