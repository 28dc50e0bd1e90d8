#pragma once

// The mark file (<store>/mark): the few facts about the replay ledger that a power cut must not
// take back. Each write is synced before it returns.
//
// Threads: a HighWaterMark serves one thread at a time.
//
// Layout: two slots of 256 bytes, at 0 and at 4096. Writes go to them in turn, so that a torn write
// leaves the slot before it; the whole slot with the higher sequence counts. Integers are
// big-endian.
//
// clang-format off
//   slot     := magic version sequence mark floor clean ledger own boot_id written closed zero* checksum
//   magic    := "PMRK"
//   version  := 02
//   sequence := 8 bytes
//   mark, floor     := 8 bytes each, Unix seconds
//   clean    := 00 | 01
//   ledger, own     := inode (8 bytes) born_ns (8 bytes)
//   boot_id  := length (1 byte), at most 64 bytes
//   written, closed := 8 bytes each, nanoseconds since the epoch
//   checksum := the last 16 bytes in every version: the first 16 of the SHA-256 of what stands before
// clang-format on
//
// `own` is the identity of the mark file itself: a copy of the file is not the file, and is not
// believed. `written` is when the slot was written, by the clock of the file system, which also
// sets the file's change time, and nobody else can: an older mark whose bytes are put back into the
// file says an earlier time than the file does.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "store/error.h"
#include "store/files.h"

namespace store {

struct HighWaterMarkState {
  std::int64_t mark = 0;    // Unix seconds; no timestamp above it was ever accepted
  std::int64_t floor = 0;   // Unix seconds; at and below it nothing is accepted
  bool clean = false;       // the ledger was synced and closed
  FileIdentity ledger;      // the file that goes with it; zero: none may be believed
  std::int64_t closed = 0;  // with clean: the change time of the ledger file
  std::string boot_id;      // the boot in which the ledger is or was open; empty: unknown
  friend bool operator==(const HighWaterMarkState&, const HighWaterMarkState&) = default;
};

class HighWaterMark {
 public:
  // Makes the file, in place of one that may be there. It takes owner and group of its folder.
  static Result<HighWaterMark> create(const std::filesystem::path& file,
                                      const HighWaterMarkState& state);
  // Nothing if it is missing, a copy, or has no whole slot. Newer if a newer version wrote it.
  static Result<std::optional<HighWaterMark>> open(const std::filesystem::path& file);
  // The same for a process that only looks, also while another one writes: it can't write().
  static Result<std::optional<HighWaterMark>> look(const std::filesystem::path& file);

  const HighWaterMarkState& state() const { return state_; }
  // The file was changed by somebody else since the state was written: put back from a copy, or
  // given to another owner, which looks the same.
  bool came_back() const { return came_back_; }
  // On an error, state() is unchanged, and what the disk has is this state or the one before.
  Result<Done> write(const HighWaterMarkState& state);

 private:
  HighWaterMark(FileHandle file, FileIdentity own) : file_(std::move(file)), own_(own) {}
  static Result<std::optional<HighWaterMark>> open_for(const std::filesystem::path& file,
                                                       int access);
  Result<Done> write_once(const HighWaterMarkState& state, std::int64_t& written);
  FileHandle file_;
  FileIdentity own_;
  HighWaterMarkState state_;
  std::uint64_t sequence_ = 0;  // of the last whole slot
  bool came_back_ = false;
};

}  // namespace store
