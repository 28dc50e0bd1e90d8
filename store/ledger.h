#pragma once

// The replay ledger (<store>/ledger): which (client, token, timestamp, nonce) were accepted. What
// it has returned Fresh for once it never returns Fresh for again, in any thread, after any restart
// or crash, for as long as the timestamp could be accepted.
//
// How: entries are ordered by time in an LMDB environment that is not synced, for the page cache
// outlives the process; a small synced file, the mark, says what a power cut can't take back (see
// high_water_mark.h). Claims are judged by an index in memory, which has what the file has.
//
// - Floor: timestamps at or below it are refused. It rises to the highest timestamp ever purged.
// - Mark: raised, in steps of seconds, beyond a timestamp before that timestamp is first accepted.
// - Trust: the entries are believed in the boot in which they were written, and after a clean
//   close. Otherwise they are discarded unread, and the floor rises to the mark: all that was lost
//   lies at or below it.
// - Share: one client can't have more than a part of the entries, so that nobody fills the ledger
//   for all.
// - Loss: where the entries or the mark are missing, or are a copy of the files and not the files
//   (a restored backup), the floor rises to now plus the future window.
//
// Threads: all calls but open(), close() and the destructor may come from any thread; claims take
// turns. raise_mark() does not hold claims up. One process at a time may have it open.

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "store/error.h"
#include "verify/keyed_hash.h"

namespace store {

// Big-endian timestamp, then 16 bytes of a keyed hash over the length-prefixed client, token and
// nonce: ordered by time. `client`: of a keyed hash over the client alone.
struct LedgerKey {
  std::array<unsigned char, 24> bytes{};
  std::uint32_t client = 0;
  std::int64_t timestamp() const;
  verify::KeyedHash::Value hash() const;
};

enum class Verdict : std::uint8_t {
  Fresh,  // durably noted (against kill -9) before the call returned
  Replayed,
  TooOld,     // at or below the floor
  Full,       // the ledger has no room: refuse with 503
  OverShare,  // the client has its share of the ledger: refuse with 429
};

struct LedgerClaim {
  LedgerKey key;
  Verdict verdict = Verdict::Full;
  std::int64_t room_at = 0;  // with OverShare: Unix seconds at which its oldest entry may be purged
};

inline constexpr std::uint64_t kMinLedgerSize = 1 << 20;  // bytes

struct LedgerOptions {
  std::filesystem::path path;  // the store's folder
  // Bytes of disk, set aside before the file is mapped; at least kMinLedgerSize. A ledger that is
  // larger already keeps its size until what it holds fits into this.
  std::uint64_t size = 1ull << 30;
  std::int64_t window_past_s = 60;  // seconds; entries older than now - this may be purged
  std::int64_t window_future_s = 60;
  std::uint32_t client_share =
      100;              // percent of capacity() that one client may have; 100: no limit
  std::string boot_id;  // empty: read /proc/sys/kernel/random/boot_id
};

class Ledger {
 public:
  // Busy: another process serves this store. An untrusted ledger (another boot and no clean
  // shutdown) is discarded and the floor raised to the mark; a missing ledger or mark makes the
  // floor now + window_future_s. `now`: Unix seconds. NotFound: no such store. Full: the disk can't
  // be set aside.
  static Result<std::unique_ptr<Ledger>> open(const LedgerOptions& options, std::int64_t now);

  // Makes the ledger and mark of a new store, empty and with floor 0: for whoever makes the store.
  // `size`: bytes of disk to set aside already; raised to kMinLedgerSize.
  static Result<Done> make(const std::filesystem::path& store, std::uint64_t size);

  ~Ledger();  // without close(): as after a crash
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Timestamps at or below it are refused. Never falls. Lock-free.
  std::int64_t floor() const;

  // A hasher with this ledger's key, one for each thread.
  class Keyer {
   public:
    LedgerKey operator()(std::int64_t timestamp, std::string_view client, std::string_view token,
                         std::string_view nonce);

   private:
    friend class Ledger;
    explicit Keyer(const verify::KeyedHash::Key& key) : hash_(key) {}
    verify::KeyedHash hash_;
  };
  Keyer keyer() const;

  // Entries older than now - this may be purged from now on. A wider one reopens nothing: what was
  // purged lies at or below the floor.
  void set_window_past(std::int64_t seconds);

  // Judges a batch in one write transaction and commits once; two equal keys in one batch: the
  // first is Fresh. Purges a bounded number of entries older than the window. Raises the mark first
  // (a synced write) if a timestamp lies beyond it. On an error nothing was accepted.
  Result<Done> claim(std::span<LedgerClaim> batch, std::int64_t now);

  // Raises the durable mark to at least this timestamp: called ahead of time by a housekeeping
  // thread so that claim() rarely has to. Unix seconds.
  Result<Done> raise_mark(std::int64_t timestamp);
  // Notes the floor in the mark file, where see_floor() finds it, if it is so high that it refuses
  // timestamps within the window of `now`. A synced write, and lock-free if it stands there
  // already.
  Result<Done> publish_floor(std::int64_t now);
  std::int64_t mark() const;
  std::int64_t highest_accepted() const;  // 0: none yet

  std::uint64_t entries() const;
  std::uint64_t capacity() const;  // entries that there is room for at least

  // Clean shutdown: syncs, then notes that the file may be trusted by the next boot.
  Result<Done> close();

 private:
  struct State;
  explicit Ledger(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace store
