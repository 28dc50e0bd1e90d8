#include <fcntl.h>

#include <map>
#include <random>
#include <set>

#include "store/env.h"
#include "store/ledger_file.h"
#include "tests/store/ledger_support.h"

// What the ledger believes of its past: after crashes, power cuts, lost and restored files.

namespace store {

namespace {

namespace fs = std::filesystem;

// Leaves a ledger with nonces at 1000..1009 behind, as a crash would, or closed.
void leave_behind(LedgerDir& dir, bool closed = false) {
  const auto ledger = dir.open(1000);
  for (std::int64_t t = 1000; t < 1010; ++t) REQUIRE(claim(*ledger, t, "n") == Verdict::Fresh);
  if (closed) must(ledger->close());
}

void check_nothing_reopens(Ledger& ledger) {
  for (std::int64_t t = 1000; t < 1010; ++t) CHECK(claim(ledger, t, "n") != Verdict::Fresh);
}

// Every page but the two heads loses what kind it is.
void damage_pages(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR);
  REQUIRE(descriptor >= 0);
  for (off_t page = 2; page < 8; ++page)
    CHECK(::pwrite(descriptor, "\0\0", 2, page * 4096 + 10) == 2);
  ::close(descriptor);
}

}  // namespace

TEST_CASE("in the same boot a crash refuses nothing genuine and reopens nothing") {
  LedgerDir dir;
  leave_behind(dir);
  const auto ledger = dir.open(1010);
  CHECK(ledger->floor() == 0);
  CHECK(ledger->highest_accepted() == 1009);
  CHECK(ledger->entries() == 10);
  for (std::int64_t t = 1000; t < 1010; ++t) {
    CHECK(claim(*ledger, t, "n") == Verdict::Replayed);
    CHECK(claim(*ledger, t, "genuine") == Verdict::Fresh);
  }
}

TEST_CASE(
    "after a clean close the next boot believes the ledger, and the one after a crash doesn't") {
  LedgerDir dir;
  leave_behind(dir, /*closed=*/true);
  dir.reboot();
  {
    const auto ledger = dir.open(1010);
    CHECK(ledger->floor() == 0);
    check_nothing_reopens(*ledger);
    CHECK(claim(*ledger, 1010, "n") == Verdict::Fresh);
  }
  dir.reboot();
  const auto ledger = dir.open(1010);
  CHECK(ledger->floor() == ledger->mark());
  CHECK(ledger->floor() >= 1010);
  CHECK(ledger->entries() == 0);
  check_nothing_reopens(*ledger);
  CHECK(claim(*ledger, 1010, "n") == Verdict::TooOld);
}

TEST_CASE("opening alone makes a clean ledger dirty") {
  LedgerDir dir;
  leave_behind(dir, /*closed=*/true);
  { dir.open(1010); }
  dir.reboot();
  CHECK(dir.open(1010)->floor() >= 1009);
}

TEST_CASE("after a power cut the ledger is discarded unread, and the floor is the mark") {
  LedgerDir dir;
  const std::string junk(64 << 10, 'j');
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    LedgerDir fresh;
    leave_behind(fresh);
    const std::string whole = bytes_of(fresh.data());
    std::error_code code;
    if (round == 1) fs::resize_file(fresh.data(), 10000);
    if (round == 2) fs::resize_file(fresh.data(), 0);
    if (round == 3) overwrite(fresh.data(), junk);
    if (round == 4) overwrite(fresh.data(), whole.substr(0, 8192) + junk);
    fresh.reboot();
    const auto ledger = fresh.open(1010);
    CHECK(ledger->floor() == 1011);  // 1006, the first timestamp beyond the step before, and 5 s
    CHECK(ledger->mark() == 1011);
    CHECK(ledger->entries() == 0);
    check_nothing_reopens(*ledger);
    CHECK(claim(*ledger, 1011, "n") == Verdict::TooOld);
    CHECK(claim(*ledger, 1012, "n") == Verdict::Fresh);
  }
}

TEST_CASE("a floor that came from a power cut survives the next crash and the next power cut") {
  LedgerDir dir;
  leave_behind(dir);
  dir.reboot();
  { CHECK(dir.open(1010)->floor() == 1011); }
  { CHECK(dir.open(1010)->floor() == 1011); }
  {
    const auto ledger = dir.open(1010);
    must(ledger->close());
  }
  dir.reboot();
  CHECK(dir.open(1010)->floor() == 1011);
  dir.reboot();
  CHECK(dir.open(1010)->floor() == 1011);
}

TEST_CASE("a missing ledger or mark makes the floor now plus the future window") {
  for (const bool closed : {false, true})
    for (const char* name : {"ledger/data.mdb", "ledger", "mark"}) {
      CAPTURE(name);
      LedgerDir dir;
      dir.options().window_future_s = 33;
      leave_behind(dir, closed);
      fs::remove_all(dir.path() / name);
      const auto ledger = dir.open(1010);
      CHECK(ledger->floor() == 1043);
      CHECK(ledger->mark() == 1043);
      check_nothing_reopens(*ledger);
      CHECK(claim(*ledger, 1043, "n") == Verdict::TooOld);
      CHECK(claim(*ledger, 1044, "n") == Verdict::Fresh);
    }
}

TEST_CASE("a floor never falls because a file is lost while the clock was set back") {
  LedgerDir dir;
  leave_behind(dir);
  fs::remove(dir.data());
  CHECK(dir.open(10)->floor() == 1011);
}

TEST_CASE(
    "a mark damaged in both slots is as good as missing, in one slot as a write that was torn") {
  for (const bool first : {false, true})
    for (const bool second : {false, true}) {
      LedgerDir dir;
      leave_behind(dir);
      std::string mark = bytes_of(dir.mark());
      if (first) mark[20] = static_cast<char>(mark[20] ^ 1);
      if (second) mark[4096 + 20] = static_cast<char>(mark[4096 + 20] ^ 1);
      overwrite(dir.mark(), mark);
      const auto ledger = dir.open(1010);
      CHECK((ledger->floor() == 1070 || (ledger->floor() == 0 && !(first && second))));
      CHECK(dir.mark_on_disk().mark >= 1009);
      check_nothing_reopens(*ledger);
    }
}

TEST_CASE("a copy of the whole store, restored, accepts nothing that may have been accepted") {
  for (const bool closed : {false, true}) {
    LedgerDir dir;
    { dir.open(1000); }
    if (closed) must(dir.open(1000)->close());
    const fs::path copy = dir.path().parent_path() / "copy";
    fs::copy(dir.path(), copy, fs::copy_options::recursive);
    leave_behind(dir);
    fs::remove_all(dir.path());
    fs::copy(copy, dir.path(), fs::copy_options::recursive);
    const auto ledger = dir.open(1010);
    CHECK(ledger->floor() == 1070);
    check_nothing_reopens(*ledger);
  }
}

TEST_CASE(
    "an older ledger put back without its mark, or a mark without its ledger, is not believed") {
  for (const char* name : {"ledger/data.mdb", "mark"}) {
    CAPTURE(name);
    LedgerDir dir;
    must(dir.open(1000)->close());
    const fs::path copy = dir.path().parent_path() / "copy";
    fs::copy_file(dir.path() / name, copy);
    leave_behind(dir, /*closed=*/true);
    fs::rename(copy, dir.path() / name);
    const auto ledger = dir.open(1010);
    CHECK(ledger->floor() == 1070);
    check_nothing_reopens(*ledger);
  }
}

TEST_CASE("a ledger damaged in the same boot is discarded like one after a power cut") {
  for (int round = 0; round < 4; ++round) {
    LedgerDir dir;
    leave_behind(dir, round % 2 == 0);
    const auto inode = must(identity(dir.data()));
    if (round == 0) fs::resize_file(dir.data(), 10000);
    if (round == 1) fs::resize_file(dir.data(), 0);
    if (round == 2) overwrite(dir.data(), std::string(64 << 10, 'j'));
    if (round == 3) damage_pages(dir.data());
    REQUIRE(must(identity(dir.data())) == inode);
    if (round % 2 == 0) dir.adopt_data();
    const auto ledger = dir.open(1010);
    CHECK(ledger->floor() == 1011);
    check_nothing_reopens(*ledger);
    CHECK(claim(*ledger, 1012, "n") == Verdict::Fresh);
  }
}

TEST_CASE("a closed ledger that lost its last page is discarded") {
  LedgerDir dir;
  {
    const auto ledger = dir.open(1000);
    REQUIRE(fill(*ledger, 1000, 1000, 5000));
    must(ledger->close());
  }
  std::uint64_t used = 0;
  { used = open_ledger_file(dir.path(), kMinLedgerSize)->env->used_size(); }
  REQUIRE(used > 40 * 4096);
  fs::resize_file(dir.data(), used - 4096);
  dir.adopt_data();
  CHECK(dir.open(1000)->floor() == 1005);
}

TEST_CASE("a ledger damaged while it is open refuses, and is discarded by the next opening") {
  LedgerDir dir;
  {
    const auto ledger = dir.open(1000);
    REQUIRE(claim(*ledger, 1000, "n") == Verdict::Fresh);
    const std::string whole = bytes_of(dir.data());
    damage_pages(dir.data());
    LedgerClaim one = a_claim(*ledger, 1000, "m");
    CHECK(kind_of(ledger->claim({&one, 1}, 1000)) == Kind::Unavailable);
    CHECK(one.verdict == Verdict::Full);
    must(ledger->close());
    overwrite(dir.data(), whole);  // looks sound again, and is not believed all the same
  }
  const auto ledger = dir.open(1000);
  CHECK(ledger->floor() == 1005);
  CHECK(claim(*ledger, 1006, "n") == Verdict::Fresh);
}

TEST_CASE("an opening that fails half way leaves the next one as careful") {
  LedgerDir dir;
  leave_behind(dir);
  dir.reboot();
  dir.options().size = 8 << 20;
  for (int round = 0; round < 2; ++round) {
    const FileSizeLimit limit(1 << 20);
    const auto none = dir.try_open(1010);
    limit.lift();
    CHECK(kind_of(none) == Kind::Full);
  }
  CHECK(dir.open(1010)->floor() == 1011);
}

TEST_CASE("without a boot id only a clean close is believed") {
  LedgerDir dir;
  leave_behind(dir, /*closed=*/true);
  dir.options().boot_id = "";
  { CHECK(dir.open(1010)->floor() == 0); }
  // The machine's own id is used then, so in this boot the ledger is still believed.
  CHECK(dir.open(1010)->floor() == (read_boot_id().empty() ? 1011 : 0));
}

TEST_CASE("a ledger or mark of a newer layout is refused and not touched") {
  LedgerDir dir;
  leave_behind(dir, /*closed=*/true);
  {
    LedgerFile file = *open_ledger_file(dir.path(), kMinLedgerSize);
    auto txn = must(WriteTxn::begin(file.env));
    must(txn->put(Table{},
                  "\xff"
                  "layout",
                  "\x04"));
    must(txn->commit());
  }
  dir.adopt_data();
  const std::string before = bytes_of(dir.data());
  CHECK(kind_of(dir.try_open(1010)) == Kind::Newer);
  CHECK(bytes_of(dir.data()) == before);
}

TEST_CASE("a ledger is not opened where there is no store") {
  const TempDir dir;
  LedgerOptions options;
  options.path = dir / "s";
  options.size = kMinLedgerSize;
  CHECK(kind_of(Ledger::open(options, 1000)) == Kind::NotFound);
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("what a process answered Fresh before kill -9 the next one answers Replayed") {
  LedgerDir dir;
  dir.options().size = 8 << 20;
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    Pipe answers;
    Child child([&] {
      const auto ledger = dir.open(1000);
      for (int batch = 0;; ++batch) {
        std::vector<LedgerClaim> claims;
        for (int i = 0; i < 8; ++i)
          claims.push_back(a_claim(*ledger, 1000 + batch % 20,
                                   std::to_string(round) + ":" + std::to_string(batch * 8 + i)));
        must(ledger->claim(claims, 1000));
        for (const LedgerClaim& one : claims)
          if (one.verdict != Verdict::Fresh) return 1;
        answers.send({reinterpret_cast<const char*>(&batch), sizeof batch});
      }
      return 0;
    });
    std::string told = answers.receive(sizeof(int) * static_cast<std::size_t>(50 + 37 * round));
    child.kill();
    answers.close_writer();
    told += answers.receive(1 << 20);
    const int batches = static_cast<int>(told.size() / sizeof(int));
    const auto ledger = dir.open(1000);
    CHECK(ledger->floor() == 0);
    int replayed = 0;
    for (int batch = 0; batch < batches; ++batch)
      for (int i = 0; i < 8; ++i)
        replayed += claim(*ledger, 1000 + batch % 20,
                          std::to_string(round) + ":" + std::to_string(batch * 8 + i),
                          1000) == Verdict::Replayed;
    CHECK(replayed == batches * 8);
    CHECK(claim(*ledger, 1000, "genuine " + std::to_string(round), 1000) == Verdict::Fresh);
  }
}

TEST_CASE("another process that serves the store keeps this one out until it is gone") {
  LedgerDir dir;
  Pipe ready;
  Child child([&] {
    const auto ledger = dir.open(1000);
    ready.send("x");
    for (;;) ::pause();
    return 0;
  });
  REQUIRE(ready.receive(1) == "x");
  CHECK(kind_of(dir.try_open(1000)) == Kind::Busy);
  child.kill();
  CHECK(dir.try_open(1000).ok());
}

TEST_CASE("through random claims, clocks, crashes and power cuts nothing is Fresh twice") {
  LedgerDir dir;
  std::mt19937 random(11);
  const auto upto = [&](int n) {
    return static_cast<std::int64_t>(random() % static_cast<unsigned>(n));
  };
  std::set<std::pair<std::int64_t, std::string>> accepted;
  std::int64_t now = 10000, floor = 0;
  int fresh = 0, refused = 0;
  bool power_cut = false;
  std::unique_ptr<Ledger> ledger = dir.open(now);
  for (int step = 0; step < 3000; ++step) {
    CAPTURE(step);
    const std::int64_t t = now - 60 + upto(121);
    std::vector<LedgerClaim> batch;
    std::vector<std::pair<std::int64_t, std::string>> names;
    for (std::int64_t i = upto(4); i >= 0; --i) {
      names.emplace_back(t + upto(2), std::string(1, static_cast<char>('a' + upto(6))));
      batch.push_back(a_claim(*ledger, names.back().first, names.back().second));
    }
    must(ledger->claim(batch, now));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bool known = accepted.contains(names[i]);
      if (batch[i].verdict == Verdict::Fresh) {
        CHECK_FALSE(known);
        CHECK(names[i].first > floor);
        accepted.insert(names[i]);
        ++fresh;
      } else {
        // Refused: a replay, or below the floor, and never without either reason.
        CHECK((known || names[i].first <= ledger->floor()));
        ++refused;
      }
    }
    CHECK(ledger->floor() >= floor);
    floor = ledger->floor();
    now += upto(4);
    if (upto(150) == 0) now -= upto(100);
    const std::int64_t event = upto(120);
    if (event > 2) continue;
    if (event == 0) must(ledger->close());
    ledger.reset();
    if (event == 2) dir.reboot();
    power_cut |= event == 2;
    ledger = dir.open(now);
  }
  CHECK(power_cut);
  CHECK(fresh > 500);
  CHECK(refused > 500);
}

}  // namespace store
