#pragma once

// A small language for the tests of the ledger: a store in a folder of its own, openings of its
// ledger in a boot and at a time, and claims by nonce.

#include <algorithm>
#include <string>
#include <vector>

#include "store/file_times.h"
#include "store/high_water_mark.h"
#include "store/ledger.h"
#include "tests/store/support.h"

namespace store {

class LedgerDir {
 public:
  LedgerDir() {
    open_store(path());
    options_.path = path();
    options_.size = kMinLedgerSize;
    options_.boot_id = "boot 1";
  }
  std::filesystem::path path() const { return dir_ / "store"; }
  std::filesystem::path data() const { return path() / "ledger/data.mdb"; }
  std::filesystem::path mark() const { return path() / "mark"; }
  LedgerOptions& options() { return options_; }
  // As after a power cut: the machine has another boot id.
  void reboot() { options_.boot_id += "+1"; }
  Result<std::unique_ptr<Ledger>> try_open(std::int64_t now) { return Ledger::open(options_, now); }
  std::unique_ptr<Ledger> open(std::int64_t now) { return must(try_open(now)); }
  // The mark as the disk has it.
  HighWaterMarkState mark_on_disk() const { return must(HighWaterMark::open(mark()))->state(); }
  // A copy of the store, for a look into its files: opening the ledger's own file changes its
  // times, and it is not trusted any more.
  std::filesystem::path copy() const {
    const auto to = dir_ / "copy";
    std::filesystem::remove_all(to);
    std::filesystem::copy(path(), to, std::filesystem::copy_options::recursive);
    return to;
  }
  // What a test wrote into a closed ledger counts as the ledger's own.
  void adopt_data() {
    auto file = *must(HighWaterMark::open(mark()));
    HighWaterMarkState state = file.state();
    state.closed = must(change_time(data()));
    must(file.write(state));
  }

 private:
  TempDir dir_;
  LedgerOptions options_;
};

inline LedgerClaim a_claim(const Ledger& ledger, std::int64_t timestamp, std::string_view nonce,
                           std::string_view client = "K") {
  LedgerClaim out;
  out.key = ledger.keyer()(timestamp, client, "T", nonce);
  return out;
}

inline Verdict claim(Ledger& ledger, std::int64_t timestamp, std::string_view nonce,
                     std::int64_t now) {
  LedgerClaim one = a_claim(ledger, timestamp, nonce);
  must(ledger.claim({&one, 1}, now));
  return one.verdict;
}

// At the time of its timestamp.
inline Verdict claim(Ledger& ledger, std::int64_t timestamp, std::string_view nonce) {
  return claim(ledger, timestamp, nonce, timestamp);
}

// Claims `count` nonces of one timestamp, a batch at a time; false when the ledger was full on the
// way.
inline bool fill(Ledger& ledger, std::int64_t timestamp, std::int64_t now, int count,
                 std::size_t batch = 16) {
  std::vector<LedgerClaim> claims;
  for (int i = 0; i < count; ++i) {
    claims.push_back(a_claim(ledger, timestamp, std::to_string(i)));
    if (claims.size() < batch && i + 1 < count) continue;
    must(ledger.claim(claims, now));
    if (claims[0].verdict == Verdict::Full) return false;
    claims.clear();
  }
  return true;
}

}  // namespace store

namespace doctest {
template <>
struct StringMaker<store::Verdict> {
  static String convert(store::Verdict verdict) {
    static constexpr const char* kNames[] = {"Fresh", "Replayed", "TooOld", "Full", "OverShare"};
    return kNames[static_cast<int>(verdict)];
  }
};
}  // namespace doctest
