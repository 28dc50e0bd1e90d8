#pragma once

// Opening the replay ledger: who may, and which of what is on the disk can be believed. For
// ledger.cc and floor.h alone.
//
// Older files that were put back in place of newer ones are told from these, also where they are
// the same files with older bytes, by the change times that mark and pulse know. A mark that is not
// the one that was left makes the floor now plus the future window; a ledger, the mark. Giving the
// files to another owner looks the same.

#include <cstdint>
#include <filesystem>

#include "store/error.h"
#include "store/files.h"
#include "store/high_water_mark.h"
#include "store/ledger.h"
#include "store/ledger_file.h"
#include "store/ledger_pulse.h"

namespace store {

struct OpenedLedger {
  FileHandle lock;  // no other process has the ledger open while this is held
  HighWaterMark mark;
  LedgerPulse pulse;
  LedgerFile file;
};

// As Ledger::open().
Result<OpenedLedger> open_ledger(const LedgerOptions& options, std::int64_t now);

// Of the file with the entries, which must be there.
Result<FileIdentity> ledger_data_identity(const std::filesystem::path& store);

// a + b, or the end of time.
std::int64_t time_sum(std::int64_t a, std::int64_t b);

}  // namespace store
