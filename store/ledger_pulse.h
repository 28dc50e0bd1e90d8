#pragma once

// The pulse (<store>/pulse): the number of the ledger's last transaction, beside the ledger and not
// in it. For ledger.cc and ledger_open.cc alone.
//
// A ledger that was not closed is believed in the boot in which it was written, for the page cache
// outlives the process. The pulse lives in the same cache, so after a crash the two agree; they do
// not where an older ledger was put back in place of the newer one. Nothing is synced: after a
// power cut neither is believed.
//
// Threads: one at a time.

#include <cstdint>
#include <filesystem>

#include "store/error.h"
#include "store/files.h"

namespace store {

class LedgerPulse {
 public:
  LedgerPulse() = default;
  // Makes the file if it is missing, damaged or a copy; then it agrees with nothing.
  static Result<LedgerPulse> open(const std::filesystem::path& store);
  LedgerPulse(LedgerPulse&& other) noexcept;
  LedgerPulse& operator=(LedgerPulse&& other) noexcept;
  ~LedgerPulse();

  // The ledger's last transaction may be the one that was begun last, or the one before it.
  bool agrees(std::uint64_t last_txn) const;
  // A ledger file with this change time was last changed by the gate. Between transactions that is
  // told to a tick of the clock, so that older files can't be put back within it.
  bool covers(std::int64_t changed_ns) const;
  // The same for others, while a gate may have it open: reads it, and makes nothing. True also of a
  // transaction under way, which may take any time.
  static bool seen_to_cover(const std::filesystem::path& store, std::int64_t changed_ns);

  void begin(std::uint64_t txn);  // before it writes anything, for its pages are those of the file
  void end(std::uint64_t txn);    // after its commit
  void abandon();                 // nothing came of it
  void set(std::uint64_t last_txn);
  void touch();  // before the gate changes the ledger file in another way

 private:
  struct Page;
  Page* page_ = nullptr;
};

}  // namespace store
