// The ledger's face for an event loop.

#include "gateway/auth/replay_guard.h"

#include <doctest/doctest.h>

#include "tests/net/loose.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/stores.h"
#include "tests/support/temp_folder.h"

using namespace gateway;
using namespace gateway::auth;
using namespace gateway::testing;
using store::Verdict;

namespace {

struct Guarded {
  Guarded()
      : settings(settings_for(folder.path(), 1)),
        credentials(open_store(settings)),
        ledger(open_ledger(settings, clock.now)),
        guard(context.get_executor(), *ledger, clock) {}
  ~Guarded() { guard.abandon(); }

  template <class Holds>
  void until(Holds holds) {
    run_until(context, holds);
  }

  store::LedgerKey key(const std::string& nonce, std::int64_t ago = 0) {
    return key_at(clock.now - ago, nonce);
  }
  store::LedgerKey key_at(std::int64_t timestamp, const std::string& nonce) {
    verify::Claim claim;
    claim.client = "K";
    claim.token = "T";
    claim.nonce = nonce;
    claim.timestamp = timestamp;
    return guard.key(claim);
  }

  // All claims begin in the same turn of the loop.
  std::vector<Verdict> claim(const std::vector<store::LedgerKey>& keys) {
    std::vector<Verdict> verdicts(keys.size(), Verdict::Full);
    std::size_t answered = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      asio::co_spawn(context, guard.claim(keys[i]),
                     [&verdicts, &answered, i](std::exception_ptr, store::LedgerClaim claim) {
                       verdicts[i] = claim.verdict;
                       ++answered;
                     });
    }
    until([&] { return answered == keys.size(); });
    return verdicts;
  }

  TempFolder folder;
  FixedClock clock;
  conf::Settings settings;
  std::unique_ptr<store::Credentials> credentials;
  std::unique_ptr<store::Ledger> ledger;
  asio::io_context context;
  ReplayGuard guard;
};

}  // namespace

TEST_CASE("what was claimed once is replayed ever after") {
  Guarded guarded;
  CHECK(guarded.claim({guarded.key("n")}) == std::vector{Verdict::Fresh});
  CHECK(guarded.claim({guarded.key("n")}) == std::vector{Verdict::Replayed});
  CHECK(guarded.claim({guarded.key("m")}) == std::vector{Verdict::Fresh});
  CHECK(guarded.ledger->entries() == 2);
}

TEST_CASE("milliseconds tell claims of one second apart, and age like seconds") {
  Guarded guarded;
  const std::int64_t now = guarded.clock.now;
  const auto fresh = [&](std::int64_t timestamp) {
    return guarded.claim({guarded.key_at(timestamp, "n")})[0] == Verdict::Fresh;
  };
  CHECK(fresh(now * 1000));
  CHECK(fresh(now * 1000 + 1));
  CHECK_FALSE(fresh(now * 1000));
  CHECK_FALSE(fresh(now * 1000 + 1));
  CHECK(fresh(now));
  CHECK(guarded.ledger->highest_accepted() == now);
}

TEST_CASE("of equal claims in one turn the first alone is fresh") {
  Guarded guarded;
  std::vector<store::LedgerKey> keys(20, guarded.key("n"));
  std::vector<Verdict> expected(20, Verdict::Replayed);
  expected[0] = Verdict::Fresh;
  CHECK(guarded.claim(keys) == expected);
  CHECK(guarded.ledger->entries() == 1);
}

TEST_CASE("each claim of a turn gets its own verdict") {
  Guarded guarded;
  guarded.claim({guarded.key("old")});
  CHECK(guarded.claim({guarded.key("a"), guarded.key("old"), guarded.key("b"), guarded.key("a"),
                       guarded.key("ancient", guarded.clock.now)}) ==
        std::vector{Verdict::Fresh, Verdict::Replayed, Verdict::Fresh, Verdict::Replayed,
                    Verdict::TooOld});
}

TEST_CASE("all claims of one turn are committed before any of them goes on") {
  Guarded guarded;
  std::size_t answered = 0;
  std::vector<std::uint64_t> seen;
  for (int i = 0; i < 10; ++i) {
    asio::co_spawn(guarded.context, guarded.guard.claim(guarded.key("n" + std::to_string(i))),
                   [&](std::exception_ptr, const store::LedgerClaim&) {
                     seen.push_back(guarded.ledger->entries());
                     ++answered;
                   });
  }
  guarded.until([&] { return answered == 10; });
  CHECK(seen == std::vector<std::uint64_t>(10, 10));
}

TEST_CASE("a claim may follow from the answer to another") {
  Guarded guarded;
  bool done = false;
  asio::co_spawn(guarded.context, guarded.guard.claim(guarded.key("first")),
                 [&](std::exception_ptr, const store::LedgerClaim&) {
                   asio::co_spawn(guarded.context, guarded.guard.claim(guarded.key("first")),
                                  [&](std::exception_ptr, store::LedgerClaim claim) {
                                    CHECK(claim.verdict == Verdict::Replayed);
                                    done = true;
                                  });
                 });
  guarded.until([&] { return done; });
}

TEST_CASE("keys differ in each of their parts, and a missing token is an empty one") {
  Guarded guarded;
  const auto key = [&](const char* client, std::optional<std::string_view> token, const char* nonce,
                       std::int64_t timestamp) {
    verify::Claim claim;
    claim.client = client;
    claim.token = token;
    claim.nonce = nonce;
    claim.timestamp = timestamp;
    return guarded.guard.key(claim).bytes;
  };
  const auto base = key("K", "T", "n", 1000);
  CHECK(key("K", "T", "n", 1000) == base);
  CHECK(key("L", "T", "n", 1000) != base);
  CHECK(key("K", "U", "n", 1000) != base);
  CHECK(key("K", "T", "m", 1000) != base);
  CHECK(key("K", "T", "n", 1001) != base);
  CHECK(key("KT", "", "n", 1000) != key("K", "T", "n", 1000));
  CHECK(key("K", std::nullopt, "n", 1000) == key("K", "", "n", 1000));
}
