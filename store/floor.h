#pragma once

// Which timestamps the replay ledger of a store refuses, seen from outside: for commands, whether a
// gate serves the store or not. Reads a few hundred bytes, writes nothing, takes no lock.
//
// Any thread of any process.

#include <cstdint>
#include <filesystem>
#include <string>

#include "store/error.h"

namespace store {

struct SeenFloor {
  // Unix seconds. At and below it the gate refuses every timestamp: the one that serves the store,
  // or the next one that does. True where it refuses what the time window would let pass; a lower
  // one may be out of date.
  std::int64_t floor = 0;
  std::int64_t mark = 0;  // no timestamp above it was ever accepted, as far as is known
  // Ledger or mark are missing or are a copy: the next start sets the floor to its time and the
  // future window besides.
  bool lost = false;
};

// `boot_id` empty: of this machine now. A store without a mark is `lost`.
Result<SeenFloor> see_floor(const std::filesystem::path& store, const std::string& boot_id = {});

}  // namespace store
