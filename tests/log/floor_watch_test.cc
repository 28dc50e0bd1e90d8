#include "gateway/log/floor_watch.h"

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <string>

#include "store/credentials.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/stores.h"
#include "tests/support/temp_folder.h"

// What the log is told of a clock that jumps and of a floor ahead of it.

namespace {

using namespace std::chrono_literals;
using gateway::log::FloorWatch;
using gateway::log::Log;
using gateway::testing::TempFolder;

constexpr std::int64_t kNow = 1'700'000'000, kDay = 86'400;

class SetClock final : public gateway::net::Clock {
 public:
  std::int64_t unix_seconds() const override { return now; }
  std::int64_t now = kNow;
};

// A ledger and a log of its own.
struct Scene {
  Scene() {
    REQUIRE(store::Credentials::open({.path = store(),
                                      .map_size = 1 << 24,
                                      .create = true,
                                      .ledger_size = store::kMinLedgerSize})
                .ok());
    auto opened = store::Ledger::open({.path = store(), .size = store::kMinLedgerSize}, kNow);
    REQUIRE(opened.ok());
    ledger = *std::move(opened);
    settings.file = folder.path() / "log";
  }
  std::filesystem::path store() const { return folder.path() / "store"; }
  void accept(std::int64_t timestamp) {
    store::LedgerClaim claim;
    claim.key = ledger->keyer()(timestamp, "K", "T", std::to_string(timestamp));
    REQUIRE(ledger->claim({&claim, 1}, timestamp).ok());
  }
  // Looks once at each of these times, as (clock, elapsed), and answers the log.
  std::string looks(const std::vector<std::pair<std::int64_t, std::chrono::seconds>>& times) {
    {
      Log log(settings);
      FloorWatch watch(*ledger, clock, 60, log);
      for (const auto& [now, elapsed] : times) {
        clock.now = now;
        watch.look(elapsed);
      }
    }
    std::ifstream in(settings.file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TempFolder folder;
  conf::Log settings;
  SetClock clock;
  std::unique_ptr<store::Ledger> ledger;
};

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; ++at) ++found;
  return found;
}

}  // namespace

TEST_CASE("a clock that runs is not told of, and one that is set by more than ten seconds is") {
  struct Case {
    std::int64_t by;
    std::string said;
  };
  for (const Case& c : std::vector<Case>{{0, ""},
                                         {10, ""},
                                         {11, "was set 11 seconds ahead"},
                                         {kDay, "was set 86400 seconds ahead"},
                                         {-10, ""},
                                         {-11, "was set back by 11 seconds"}}) {
    CAPTURE(c.by);
    Scene scene;
    const std::string log = scene.looks({{kNow, 100s}, {kNow + 5 + c.by, 105s}});
    CHECK(log.find(c.said) != log.npos);
    CHECK(count(log, "\n") == (c.said.empty() ? 0 : 1));
  }
}

TEST_CASE("a floor ahead of the clock is told of at once, every ten minutes, and when it is over") {
  Scene scene;
  scene.accept(kNow + 3000);
  scene.accept(kNow + 3200);
  REQUIRE(scene.ledger->floor() == kNow + 3000);
  const std::string log = scene.looks({{kNow, 0s},
                                       {kNow + 1, 1s},
                                       {kNow + 599, 599s},
                                       {kNow + 600, 600s},
                                       {kNow + 3000, 3000s},
                                       {kNow + 3001, 3001s},
                                       {kNow + 3002, 3002s}});
  CHECK(count(log, "are refused with timestamp_refused until 2023-11-14T23:03:20Z") == 3);
  CHECK(count(log, "3000 seconds from now") == 1);
  CHECK(count(log, "requests are accepted again") == 1);
}

TEST_CASE("a mark far ahead is told of once, and one within the window not") {
  for (const std::int64_t ahead : {std::int64_t{60}, kDay}) {
    Scene scene;
    scene.accept(kNow + ahead);
    const std::string log = scene.looks({{kNow, 0s}, {kNow + 1, 1s}, {kNow + 1200, 1200s}});
    CHECK(count(log, "the clock is behind what it was") == (ahead == kDay ? 1 : 0));
    CHECK(count(log, "are refused with") == 0);
  }
}
