#include "store/floor.h"

#include <chrono>
#include <fstream>
#include <functional>
#include <thread>
#include <utility>

#include "tests/store/ledger_support.h"

// What other processes see of the floor, without opening the ledger.

namespace store {

namespace {

constexpr std::int64_t kNow = 1'700'000'000, kDay = 86'400;

SeenFloor seen(const LedgerDir& dir, const std::string& boot = "boot 1") {
  return must(see_floor(dir.path(), boot));
}

// Accepts a day ahead, and forgets that.
void forget_tomorrow(Ledger& ledger) {
  REQUIRE(claim(ledger, kNow + kDay, "a") == Verdict::Fresh);
  REQUIRE(claim(ledger, kNow + kDay + 200, "b") == Verdict::Fresh);
  REQUIRE(ledger.floor() == kNow + kDay);
}

}  // namespace

TEST_CASE("a floor that refuses what the window would let pass is seen while the ledger is open") {
  LedgerDir dir;
  const auto ledger = dir.open(kNow);
  forget_tomorrow(*ledger);
  must(ledger->publish_floor(kNow + kDay + 200));  // below the window of then
  CHECK(seen(dir).floor == 0);
  must(ledger->publish_floor(kNow));
  CHECK(seen(dir).floor == kNow + kDay);
  CHECK(seen(dir).mark >= kNow + kDay + 200);
  CHECK(!seen(dir).lost);
}

TEST_CASE("a floor is published once, and again when it rises") {
  LedgerDir dir;
  const auto ledger = dir.open(kNow);
  forget_tomorrow(*ledger);
  must(ledger->publish_floor(kNow));
  const std::string once = bytes_of(dir.mark());
  must(ledger->publish_floor(kNow));
  CHECK(bytes_of(dir.mark()) == once);
  REQUIRE(claim(*ledger, kNow + kDay + 500, "c") == Verdict::Fresh);
  must(ledger->publish_floor(kNow));
  CHECK(seen(dir).floor == kNow + kDay + 200);
}

TEST_CASE("a published floor holds after a crash and is what the next opening begins with") {
  LedgerDir dir;
  {
    const auto ledger = dir.open(kNow);
    forget_tomorrow(*ledger);
    must(ledger->publish_floor(kNow));
  }
  CHECK(seen(dir).floor == kNow + kDay);
  CHECK(dir.open(kNow)->floor() == kNow + kDay);
}

TEST_CASE("of a ledger that the next opening will not trust, the mark is seen as its floor") {
  LedgerDir dir;
  {
    const auto ledger = dir.open(kNow);
    REQUIRE(claim(*ledger, kNow, "a") == Verdict::Fresh);
  }
  CHECK(seen(dir).floor == 0);
  const SeenFloor after = seen(dir, "boot 2");
  CHECK(after.floor == after.mark);
  CHECK(!after.lost);
  dir.reboot();
  CHECK(dir.open(kNow)->floor() == after.floor);
}

TEST_CASE("a ledger that a gate has open is seen as trusted, whatever it writes") {
  LedgerDir dir;
  const auto ledger = dir.open(kNow);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(claim(*ledger, kNow + i, "n") == Verdict::Fresh);
    REQUIRE(seen(dir).floor == 0);
  }
}

TEST_CASE("after a crash, what the next opening will not trust is seen by the pulse") {
  namespace fs = std::filesystem;
  const auto leave = [](const LedgerDir&) {};
  const auto write_older_bytes = [](const LedgerDir& dir) {
    const std::string bytes = bytes_of(dir.data());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // more than the pulse's tick
    std::fstream file(dir.data(), std::ios::in | std::ios::out | std::ios::binary);
    file.write(bytes.data(), 8192);
  };
  const auto remove_pulse = [](const LedgerDir& dir) { fs::remove(dir.path() / "pulse"); };
  const auto empty_pulse = [](const LedgerDir& dir) { fs::resize_file(dir.path() / "pulse", 0); };
  const auto copy_pulse = [](const LedgerDir& dir) {
    fs::copy_file(dir.path() / "pulse", dir.path() / "other");
    fs::rename(dir.path() / "other", dir.path() / "pulse");
  };
  const std::vector<std::pair<std::function<void(const LedgerDir&)>, bool>> rows{
      {leave, true},
      {write_older_bytes, false},
      {remove_pulse, false},
      {empty_pulse, false},
      {copy_pulse, false}};
  for (const auto& [change, trusted] : rows) {
    LedgerDir dir;
    {
      const auto ledger = dir.open(kNow);
      REQUIRE(claim(*ledger, kNow, "a") == Verdict::Fresh);
    }
    change(dir);
    const SeenFloor before = seen(dir);
    CHECK(before.floor == (trusted ? 0 : before.mark));
    CHECK(!before.lost);
    CHECK(dir.open(kNow)->floor() == before.floor);
  }
}

TEST_CASE("a ledger or mark that is missing or a copy is seen as lost") {
  namespace fs = std::filesystem;
  const auto remove_mark = [](const LedgerDir& dir) { fs::remove(dir.mark()); };
  const auto remove_data = [](const LedgerDir& dir) { fs::remove(dir.data()); };
  const auto copy_mark = [](const LedgerDir& dir) {
    fs::copy_file(dir.mark(), dir.path() / "other");
    fs::rename(dir.path() / "other", dir.mark());
  };
  for (const auto& lose :
       std::vector<std::function<void(const LedgerDir&)>>{remove_mark, remove_data, copy_mark}) {
    LedgerDir dir;
    must(dir.open(kNow)->close());
    CHECK(!seen(dir).lost);
    lose(dir);
    CHECK(seen(dir).lost);
  }
}

TEST_CASE("without its mark a ledger forgets tomorrow and refuses the future window") {
  LedgerDir dir;
  {
    const auto ledger = dir.open(kNow);
    forget_tomorrow(*ledger);
    must(ledger->close());
  }
  std::filesystem::remove(dir.mark());
  const auto ledger = dir.open(kNow);
  CHECK(ledger->floor() == kNow + dir.options().window_future_s);
  CHECK(claim(*ledger, kNow + 61, "c") == Verdict::Fresh);
}

}  // namespace store
