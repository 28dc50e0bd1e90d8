#include "store/floor.h"

#include <functional>

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
