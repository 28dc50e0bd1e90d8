#include "store/ledger.h"

#include <sys/stat.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "store/ledger_file.h"
#include "tests/store/ledger_support.h"

namespace store {

namespace fs = std::filesystem;

TEST_CASE("a nonce is Fresh once and Replayed ever after") {
  LedgerDir dir;
  const auto ledger = dir.open(1000);
  CHECK(claim(*ledger, 1000, "n") == Verdict::Fresh);
  CHECK(claim(*ledger, 1000, "n") == Verdict::Replayed);
  CHECK(claim(*ledger, 1000, "m") == Verdict::Fresh);
  CHECK(claim(*ledger, 1001, "n") == Verdict::Fresh);
  CHECK(ledger->entries() == 3);
  CHECK(ledger->highest_accepted() == 1001);
}

TEST_CASE("client, token and nonce are told apart wherever the bytes between them fall") {
  LedgerDir dir;
  const auto ledger = dir.open(1000);
  auto keyer = ledger->keyer();
  std::set<std::array<unsigned char, 24>> keys;
  const std::string long255(255, 'x');
  int count = 0;
  for (const char* client : {"", "a", "ab", "abc"})
    for (const char* token : {"", "b", "bc", "c"})
      for (const char* nonce : {"", "c", "bc", "abc"}) {
        const LedgerKey key = keyer(1000, client, token, nonce);
        CHECK(key.timestamp() == 1000);
        keys.insert(key.bytes);
        ++count;
      }
  CHECK(keys.size() == static_cast<std::size_t>(count));
  CHECK(keyer(5, long255, long255, long255).bytes !=
        keyer(5, long255, long255, long255 + "x").bytes);
  CHECK(keyer(1, "K", "T", "n").bytes == ledger->keyer()(1, "K", "T", "n").bytes);
  CHECK(keyer(0x0102030405060708, "K", "T", "n").timestamp() == 0x0102030405060708);
  CHECK(keyer(0x0102030405060708, "K", "T", "n").bytes[0] == 1);
}

TEST_CASE("two ledgers hash with different keys") {
  LedgerDir a, b;
  const auto first = a.open(1000), second = b.open(1000);
  CHECK(first->keyer()(1, "K", "T", "n").bytes != second->keyer()(1, "K", "T", "n").bytes);
}

TEST_CASE("of equal keys in one batch the first is Fresh") {
  LedgerDir dir;
  const auto ledger = dir.open(1000);
  std::vector<LedgerClaim> batch;
  for (const char* nonce : {"a", "b", "a", "a", "b"})
    batch.push_back(a_claim(*ledger, 1000, nonce));
  must(ledger->claim(batch, 1000));
  const std::array expected{Verdict::Fresh, Verdict::Fresh, Verdict::Replayed, Verdict::Replayed,
                            Verdict::Replayed};
  for (std::size_t i = 0; i < batch.size(); ++i) CHECK(batch[i].verdict == expected[i]);
  CHECK(ledger->entries() == 2);
  must(ledger->claim({}, 1000));
}

TEST_CASE("timestamps at and below zero are too old in a new ledger") {
  LedgerDir dir;
  const auto ledger = dir.open(0);
  CHECK(ledger->floor() == 0);
  CHECK(claim(*ledger, 0, "n") == Verdict::TooOld);
  CHECK(claim(*ledger, -1, "n") == Verdict::TooOld);
  CHECK(claim(*ledger, std::numeric_limits<std::int64_t>::min(), "n", 0) == Verdict::TooOld);
  CHECK(claim(*ledger, 1, "n") == Verdict::Fresh);
}

TEST_CASE("an entry is purged once its timestamp has left the window, and not before") {
  LedgerDir dir;
  dir.options().window_past_s = 60;
  const auto ledger = dir.open(1000);
  CHECK(claim(*ledger, 1000, "n") == Verdict::Fresh);
  CHECK(claim(*ledger, 1060, "x") == Verdict::Fresh);
  CHECK(claim(*ledger, 1000, "n", 1060) == Verdict::Replayed);  // could still be accepted
  CHECK(ledger->floor() == 0);
  CHECK(ledger->entries() == 2);
  CHECK(claim(*ledger, 1061, "x") == Verdict::Fresh);
  CHECK(ledger->floor() == 1000);
  CHECK(ledger->entries() == 2);
  CHECK(claim(*ledger, 1000, "n", 1061) == Verdict::TooOld);
}

TEST_CASE("purging stops at the first entry that is still in the window, also after a reopening") {
  LedgerDir dir;
  dir.options().window_past_s = 60;
  {
    const auto ledger = dir.open(1000);
    for (const std::int64_t t : {1000, 1001, 1002}) CHECK(claim(*ledger, t, "n") == Verdict::Fresh);
  }
  const auto ledger = dir.open(1000);
  CHECK(claim(*ledger, 1061, "n") == Verdict::Fresh);
  CHECK(ledger->floor() == 1000);
  CHECK(ledger->entries() == 3);
  CHECK(claim(*ledger, 1001, "n", 1061) == Verdict::Replayed);
}

TEST_CASE(
    "the floor rises with what is purged, so a clock set back or a wider window opens nothing") {
  LedgerDir dir;
  {
    const auto ledger = dir.open(1000);
    for (std::int64_t t = 1000; t < 1010; ++t) CHECK(claim(*ledger, t, "n") == Verdict::Fresh);
    CHECK(claim(*ledger, 1100, "n") == Verdict::Fresh);
    CHECK(ledger->floor() == 1009);
    CHECK(claim(*ledger, 1009, "n", 1000) == Verdict::TooOld);
    CHECK(claim(*ledger, 1010, "late", 1000) == Verdict::Fresh);
  }
  dir.options().window_past_s = 100000;
  for (const bool clean : {false, true}) {
    const auto ledger = dir.open(1000);
    CHECK(ledger->floor() == 1009);
    for (std::int64_t t = 1000; t < 1010; ++t) CHECK(claim(*ledger, t, "n") == Verdict::TooOld);
    CHECK(claim(*ledger, 1100, "n") == Verdict::Replayed);
    if (clean) must(ledger->close());
  }
  dir.reboot();
  CHECK(dir.open(1000)->floor() == 1009);
}

TEST_CASE("purging takes a bounded number in one claim, and the rest with the next ones") {
  LedgerDir dir;
  dir.options().size = 4 << 20;
  const auto ledger = dir.open(1000);
  REQUIRE(fill(*ledger, 1000, 1000, 300));
  CHECK(ledger->entries() == 300);
  CHECK(claim(*ledger, 2000, "a") == Verdict::Fresh);
  CHECK(ledger->entries() == 300 - 68 + 1);  // 17 records of 4, where 66 were to go at least
  CHECK(ledger->floor() == 1000);
  CHECK(claim(*ledger, 1000, "0", 1000) == Verdict::TooOld);  // the rest is refused by its time
  for (const char* nonce : {"b", "c", "d", "e"})
    CHECK(claim(*ledger, 2000, nonce) == Verdict::Fresh);
  CHECK(ledger->entries() == 5);
  CHECK(claim(*ledger, 2000, "a") == Verdict::Replayed);
}

TEST_CASE("a claim that is all replays is judged though nothing is written") {
  LedgerDir dir;
  const auto ledger = dir.open(1000);
  CHECK(claim(*ledger, 1000, "n") == Verdict::Fresh);
  const std::string before = bytes_of(dir.data());
  CHECK(claim(*ledger, 1000, "n") == Verdict::Replayed);
  CHECK(bytes_of(dir.data()) == before);
}

TEST_CASE(
    "a full ledger refuses whole batches, forgets nothing, and works again after the window") {
  LedgerDir dir;
  for (const std::size_t batch : {std::size_t{1}, std::size_t{16}, std::size_t{200}}) {
    CAPTURE(batch);
    const std::int64_t start = 100000 * static_cast<std::int64_t>(batch);
    const auto ledger = dir.open(start);
    int seconds = 0;
    while (fill(*ledger, start + seconds, start, 500, batch) && seconds < 59) ++seconds;
    CHECK(seconds < 59);
    CHECK(seconds > 5);
    CHECK(claim(*ledger, start, "0", start) == Verdict::Replayed);  // takes no room
    const std::uint64_t entries = ledger->entries();
    std::vector<LedgerClaim> claims;
    for (int i = 0; i < 5000; ++i)
      claims.push_back(a_claim(*ledger, start + i % 50, "b" + std::to_string(i)));
    must(ledger->claim(claims, start));
    for (const LedgerClaim& one : claims) REQUIRE(one.verdict == Verdict::Full);
    CHECK(ledger->entries() == entries);
    // Each claim now makes more room than it needs, and what was not noted is not known.
    CHECK(claim(*ledger, start + 49, "b49", start + 90) == Verdict::Fresh);
    CHECK(claim(*ledger, start + 49, "b49", start + 90) == Verdict::Replayed);
    CHECK(claim(*ledger, start + 200, "new", start + 200) == Verdict::Fresh);
    CHECK(fill(*ledger, start + 201, start + 201, 5000, batch));
    CHECK(claim(*ledger, start + 200, "new", start + 201) == Verdict::Replayed);
  }
}

TEST_CASE("a ledger runs for long at the rate that its size can bear") {
  LedgerDir dir;
  dir.options().window_past_s = 5;
  const auto ledger = dir.open(1000);
  for (std::int64_t t = 1000; t < 1200; ++t) {
    CAPTURE(t);
    REQUIRE(fill(*ledger, t, t, 700, 20));
  }
  CHECK(ledger->entries() <= 700 * 7);
  CHECK(ledger->floor() >= 1193);
}

TEST_CASE("the mark on disk is beyond every timestamp before it is accepted, in steps") {
  LedgerDir dir;
  const auto ledger = dir.open(1000);
  int writes = 0;
  std::int64_t last = dir.mark_on_disk().mark;
  for (std::int64_t t = 1000; t < 1060; ++t) {
    CHECK(claim(*ledger, t, "n") == Verdict::Fresh);
    const std::int64_t mark = dir.mark_on_disk().mark;
    CHECK(mark >= t);
    CHECK(mark == ledger->mark());
    writes += mark != last;
    last = mark;
  }
  CHECK(writes == 10);
  must(ledger->raise_mark(5000));
  CHECK(dir.mark_on_disk().mark == 5005);
  must(ledger->raise_mark(4000));
  CHECK(ledger->mark() == 5005);
  must(ledger->raise_mark(std::numeric_limits<std::int64_t>::max()));
  CHECK(ledger->mark() == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("the mark is beyond the latest timestamp of a batch, wherever in it that stands") {
  LedgerDir dir;
  const auto ledger = dir.open(1000);
  std::vector<LedgerClaim> batch;
  for (const std::int64_t t : {1000, 1040, 1001}) batch.push_back(a_claim(*ledger, t, "n"));
  must(ledger->claim(batch, 1000));
  CHECK(dir.mark_on_disk().mark == 1045);
}

TEST_CASE("where the mark can't be raised nothing is accepted") {
  LedgerDir dir;
  const auto ledger = dir.open(1000);
  CHECK(claim(*ledger, 1000, "a") == Verdict::Fresh);
  std::vector<LedgerClaim> claims{a_claim(*ledger, 1005, "b"), a_claim(*ledger, 1006, "b")};
  {
    const FileSizeLimit none(0);
    const auto done = ledger->claim(claims, 1000);
    none.lift();
    CHECK(kind_of(done) == Kind::Full);
  }
  for (const LedgerClaim& one : claims) CHECK(one.verdict == Verdict::Full);
  CHECK(ledger->entries() == 1);
  must(ledger->claim(claims, 1000));
  for (const LedgerClaim& one : claims) CHECK(one.verdict == Verdict::Fresh);
}

TEST_CASE("one at a time may have the ledger open") {
  LedgerDir dir;
  auto ledger = dir.open(1000);
  const auto second = dir.try_open(1000);
  CHECK(kind_of(second) == Kind::Busy);
  CHECK(second.error().sentence.find("serving") != std::string::npos);
  must(ledger->close());
  auto third = dir.open(1000);  // closing lets go of it
  CHECK(kind_of(dir.try_open(1000)) == Kind::Busy);
  third.reset();
  CHECK(dir.try_open(1000).ok());
}

TEST_CASE("a ledger that was closed refuses everything, and closes twice") {
  LedgerDir dir;
  const auto ledger = dir.open(1000);
  CHECK(claim(*ledger, 1000, "n") == Verdict::Fresh);
  must(ledger->close());
  must(ledger->close());
  LedgerClaim one = a_claim(*ledger, 1000, "n");
  CHECK(kind_of(ledger->claim({&one, 1}, 1000)) == Kind::Unavailable);
  CHECK(one.verdict == Verdict::Full);
  CHECK(kind_of(ledger->raise_mark(9999)) == Kind::Unavailable);
  CHECK(ledger->mark() == 1005);
}

TEST_CASE("the disk is set aside at opening, and none to be had is a reason not to start") {
  LedgerDir dir;
  dir.options().size = kMinLedgerSize - 1;
  CHECK(kind_of(dir.try_open(1000)) == Kind::Invalid);
  dir.options().size = 8 << 20;
  {
    const FileSizeLimit limit(4 << 20);
    const auto none = dir.try_open(1000);
    limit.lift();
    CHECK(kind_of(none) == Kind::Full);
    CHECK(none.error().sentence.find("ledger_size") != std::string::npos);
  }
  const auto ledger = dir.open(1000);
  CHECK(ledger->floor() == 0);
  struct stat found {};
  REQUIRE(::stat(dir.data().c_str(), &found) == 0);
  CHECK(found.st_size == 8 << 20);
  CHECK(found.st_blocks * 512 >= 8 << 20);
}

TEST_CASE("a ledger changes its size at opening, but never below what it holds") {
  LedgerDir dir;
  const auto reopened = [&](std::uint64_t size, Verdict expected) {
    dir.options().size = size;
    const auto ledger = dir.open(1000);
    CHECK(claim(*ledger, 1000, "0") == expected);
    return fs::file_size(dir.data());
  };
  CHECK(reopened(4 << 20, Verdict::Fresh) == 4 << 20);
  CHECK(reopened(2 << 20, Verdict::Replayed) == 2 << 20);
  CHECK(reopened((2 << 20) + 1, Verdict::Replayed) == (2 << 20) + 4096);
  // More than 1 MiB could spare for purging to be sure to work, though not more than it has.
  const auto used = [&] { return open_ledger_file(dir.copy(), 2 << 20)->env->used_size(); };
  for (int nonces = 500; used() < kMinLedgerSize - 40 * 4096; nonces += 500) {
    dir.options().size = 2 << 20;
    const auto ledger = dir.open(1000);
    REQUIRE(ledger->floor() == 0);
    REQUIRE(fill(*ledger, 1001, 1000, nonces));
  }
  CHECK(used() <= kMinLedgerSize);
  CHECK(reopened(kMinLedgerSize, Verdict::Replayed) == 2 << 20);
}

TEST_CASE("threads that claim one nonce at once: one of them is Fresh") {
  LedgerDir dir;
  dir.options().size = 4 << 20;
  const auto ledger = dir.open(1000);
  constexpr int kThreads = 4, kNonces = 300;
  std::array<std::atomic<int>, kNonces> fresh{};
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int id = 0; id < kThreads; ++id)
    threads.emplace_back([&, id] {
      auto keyer = ledger->keyer();
      for (int i = 0; i < kNonces; ++i) {
        LedgerClaim pair[2];
        const int first = id % 2 == 0 ? i : kNonces - 1 - i;
        pair[0].key = keyer(1000 + first % 10, "K", "T", std::to_string(first));
        pair[1].key = pair[0].key;
        if (!ledger->claim(pair, 1000).ok()) return;
        fresh[static_cast<std::size_t>(first)] += pair[0].verdict == Verdict::Fresh;
        fresh[static_cast<std::size_t>(first)] += pair[1].verdict == Verdict::Fresh;
      }
    });
  std::thread housekeeper([&] {
    for (std::int64_t t = 1000; !stop; t += 3)
      if (!ledger->raise_mark(t).ok() || ledger->floor() > ledger->mark()) return;
  });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  housekeeper.join();
  for (const auto& count : fresh) CHECK(count == 1);
  CHECK(ledger->entries() == kNonces);
}

}  // namespace store
