#include <random>

#include "store/ledger_shares.h"
#include "tests/store/ledger_support.h"

// What one client may have of the ledger.

namespace store {

namespace {

constexpr std::int64_t kNow = 1000;

// Claims new nonces of a client, a batch at a time, until one is not Fresh; answers how many were.
std::uint64_t fresh_ones(Ledger& ledger, std::string_view client, std::int64_t timestamp,
                         std::int64_t now, LedgerClaim& refused, std::size_t batch = 16) {
  static std::uint64_t nonce = 0;
  for (std::uint64_t count = 0;;) {
    std::vector<LedgerClaim> claims;
    while (claims.size() < batch)
      claims.push_back(a_claim(ledger, timestamp, std::to_string(++nonce), client));
    must(ledger.claim(claims, now));
    for (const LedgerClaim& one : claims) {
      refused = one;
      if (one.verdict != Verdict::Fresh) return count;
      ++count;
    }
  }
}

std::uint64_t limit_of(const Ledger& ledger, std::uint32_t share) {
  return ledger.capacity() * share / 100;
}

Verdict claim_of(Ledger& ledger, std::string_view client, std::string_view nonce,
                 std::int64_t timestamp, std::int64_t now) {
  LedgerClaim one = a_claim(ledger, timestamp, nonce, client);
  must(ledger.claim({&one, 1}, now));
  return one.verdict;
}

}  // namespace

TEST_CASE("a client gets its share of the ledger and not one entry more, while others are served") {
  for (const std::uint32_t share : {1U, 10U, 50U})
    for (const std::size_t batch : {std::size_t{1}, std::size_t{16}}) {
      CAPTURE(share);
      CAPTURE(batch);
      LedgerDir dir;
      dir.options().client_share = share;
      const auto ledger = dir.open(kNow);
      LedgerClaim refused;
      CHECK(fresh_ones(*ledger, "greedy", kNow, kNow, refused, batch) == limit_of(*ledger, share));
      CHECK(refused.verdict == Verdict::OverShare);
      CHECK(refused.room_at == kNow + 61);
      CHECK(claim_of(*ledger, "greedy", "one more", kNow + 1, kNow) == Verdict::OverShare);
      CHECK(ledger->entries() == limit_of(*ledger, share));
      CHECK(claim_of(*ledger, "modest", "n", kNow, kNow) == Verdict::Fresh);
      CHECK(claim_of(*ledger, "modest", "n", kNow, kNow) == Verdict::Replayed);
    }
}

TEST_CASE("a share of 100 percent is no limit: the ledger gets full") {
  LedgerDir dir;
  dir.options().client_share = 100;
  const auto ledger = dir.open(kNow);
  LedgerClaim refused;
  CHECK(fresh_ones(*ledger, "greedy", kNow, kNow, refused) > ledger->capacity());
  CHECK(refused.verdict == Verdict::Full);
}

TEST_CASE("a replay of a client with its full share is still told as one") {
  LedgerDir dir;
  dir.options().client_share = 1;
  const auto ledger = dir.open(kNow);
  CHECK(claim_of(*ledger, "greedy", "first", kNow, kNow) == Verdict::Fresh);
  LedgerClaim refused;
  fresh_ones(*ledger, "greedy", kNow, kNow, refused);
  CHECK(claim_of(*ledger, "greedy", "first", kNow, kNow) == Verdict::Replayed);
  CHECK(claim_of(*ledger, "greedy", "new", kNow, kNow) == Verdict::OverShare);
  CHECK(claim_of(*ledger, "greedy", "old", 0, kNow) == Verdict::TooOld);
}

TEST_CASE("a full share is free again when its oldest entries leave the window, and not before") {
  LedgerDir dir;
  dir.options().client_share = 1;
  const auto ledger = dir.open(kNow);
  const std::uint64_t limit = limit_of(*ledger, 1);
  LedgerClaim refused;
  CHECK(claim_of(*ledger, "modest", "older than all", kNow - 30, kNow) == Verdict::Fresh);
  CHECK(claim_of(*ledger, "greedy", "oldest", kNow + 2, kNow) == Verdict::Fresh);
  CHECK(fresh_ones(*ledger, "greedy", kNow + 5, kNow, refused) == limit - 1);
  CHECK(refused.room_at == kNow + 63);
  CHECK(claim_of(*ledger, "greedy", "early", kNow + 62, refused.room_at - 1) == Verdict::OverShare);
  CHECK(claim_of(*ledger, "greedy", "in time", kNow + 62, refused.room_at) == Verdict::Fresh);
  CHECK(fresh_ones(*ledger, "greedy", kNow + 63, kNow + 63, refused) == 0);
  CHECK(refused.room_at >= kNow + 63);
  CHECK(refused.room_at <= kNow + 66);
  // Each claim purges 64 at least, so the rest of the share comes back with the first ones.
  CHECK(fresh_ones(*ledger, "greedy", kNow + 66, kNow + 66, refused) == limit - 1);
  CHECK(refused.room_at == kNow + 62 + 61);
}

TEST_CASE("what a client has is known again after a crash, and after a close and another boot") {
  for (const bool closed : {false, true}) {
    CAPTURE(closed);
    LedgerDir dir;
    dir.options().client_share = 1;
    LedgerClaim refused;
    std::uint64_t limit = 0;
    {
      const auto ledger = dir.open(kNow);
      limit = limit_of(*ledger, 1);
      for (std::uint64_t i = 0; i + 10 < limit; ++i)
        CHECK(claim_of(*ledger, "greedy", std::to_string(i), kNow + 3, kNow) == Verdict::Fresh);
      if (closed) must(ledger->close());
    }
    if (closed) dir.reboot();
    const auto ledger = dir.open(kNow);
    CHECK(ledger->entries() == limit - 10);
    CHECK(fresh_ones(*ledger, "greedy", kNow + 9, kNow, refused) == 10);
    CHECK(refused.verdict == Verdict::OverShare);
    CHECK(refused.room_at == kNow + 64);
    CHECK(claim_of(*ledger, "modest", "n", kNow, kNow) == Verdict::Fresh);
  }
}

TEST_CASE("batches that the ledger has no room for count for nobody") {
  LedgerDir dir;
  dir.options().client_share = 99;
  const auto ledger = dir.open(kNow);
  LedgerClaim refused;
  for (const char* other : {"a", "b", "d"}) fresh_ones(*ledger, other, kNow, kNow, refused, 1);
  REQUIRE(refused.verdict == Verdict::Full);
  std::uint64_t noted = 0;
  int full = 0;
  for (int i = 0; i < 20; ++i) {
    noted += fresh_ones(*ledger, "K", kNow + 59, kNow, refused, 30);
    full += refused.verdict == Verdict::Full;
  }
  CHECK(full == 20);
  // Once the others' entries are gone, K may have all that was not noted.
  const std::int64_t later = kNow + 61;
  for (int i = 0; ledger->entries() > noted + 300; ++i)
    REQUIRE(claim_of(*ledger, "c", std::to_string(i), later, later) == Verdict::Fresh);
  CHECK(fresh_ones(*ledger, "K", later, later, refused, 1) == limit_of(*ledger, 99) - noted);
  CHECK(refused.verdict == Verdict::OverShare);
}

TEST_CASE("a client is told by a hash of it alone, with a key that each ledger has for itself") {
  LedgerDir a, b;
  const auto first = a.open(kNow), second = b.open(kNow);
  auto keyer = first->keyer();
  CHECK(keyer(1, "K", "T", "n").client == keyer(2, "K", "U", "m").client);
  CHECK(keyer(1, "K", "T", "n").client != keyer(1, "L", "T", "n").client);
  CHECK(keyer(1, "K", "T", "n").client != second->keyer()(1, "K", "T", "n").client);
}

TEST_CASE("the counts of two clients are told apart where they share one cell") {
  LedgerShares shares;
  for (int i = 0; i < 10; ++i) shares.add(0x00010002, 50 + i);
  shares.add(0x00010003, 40);
  CHECK(shares.held(0x00010002) == 10);
  CHECK(shares.held(0x00010003) == 1);
  CHECK(shares.held(0x00050002) == 0);
  CHECK(shares.held(0x00010005) == 0);
  CHECK(shares.held(0x00050006) == 0);
  CHECK(shares.oldest(0x00010003) == 40);
  CHECK(shares.oldest(0x00010002) == 50);
  shares.add(0x00040002, 30);
  CHECK(shares.held(0x00010002) >= 10);
  CHECK(shares.oldest(0x00010002) <= 50);
  CHECK(shares.held(0x00040003) == 1);  // it has none, but meets others in both
}

TEST_CASE("undone changes of counts leave what was there") {
  LedgerShares shares;
  for (const std::int64_t t : {10, 11, 12}) shares.add(7, t);
  shares.keep();
  shares.remove(7, 10);
  shares.remove(7, 11);
  shares.add(7, 5);
  shares.add(8, 20);
  CHECK(shares.held(7) == 2);
  CHECK(shares.oldest(7) == 5);
  shares.undo();
  CHECK(shares.held(7) == 3);
  CHECK(shares.oldest(7) <= 10);
  CHECK(shares.held(8) == 0);
  shares.remove(7, 10);
  shares.keep();
  shares.undo();
  CHECK(shares.held(7) == 2);
}

TEST_CASE("a ledger holds at least its capacity, whatever the order of arrival") {
  struct Case {
    const char* name;
    std::function<std::int64_t(std::uint64_t)> timestamp;  // of the i-th request
  };
  std::mt19937 random(7);
  const std::vector<Case> cases{
      {"all of one second", [](std::uint64_t) { return kNow; }},
      {"one a second", [](std::uint64_t i) { return kNow + static_cast<std::int64_t>(i); }},
      {"two a second", [](std::uint64_t i) { return kNow + static_cast<std::int64_t>(i / 2); }},
      {"a hundred a second",
       [](std::uint64_t i) { return kNow + static_cast<std::int64_t>(i / 100); }},
      {"backwards", [](std::uint64_t i) { return 90000 - static_cast<std::int64_t>(i); }},
      {"anyhow",
       [&random](std::uint64_t) { return kNow + static_cast<std::int64_t>(random() % 120); }},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    LedgerDir dir;
    dir.options().window_past_s = 100000;
    const auto ledger = dir.open(kNow);
    std::uint64_t count = 0;
    while (claim_of(*ledger, "K", std::to_string(count), one.timestamp(count), kNow) ==
           Verdict::Fresh)
      ++count;
    CHECK(count >= ledger->capacity());
    CHECK(count < 4 * ledger->capacity());
  }
}

// Pages are split by the number of records, so full ones behind small ones leave pages empty.
TEST_CASE("a ledger holds at least its capacity, whatever comes together") {
  enum class Order : std::uint8_t { OneSecond, Ascending, Descending };
  for (const Order order : {Order::OneSecond, Order::Ascending, Order::Descending})
    for (const std::size_t group : {1U, 2U, 5U})
      for (const std::size_t heavy : {4U, 16U, 28U, 36U}) {
        CAPTURE(static_cast<int>(order));
        CAPTURE(group);
        CAPTURE(heavy);
        LedgerDir dir;
        dir.options().window_past_s = 100000;
        const auto ledger = dir.open(kNow);
        std::uint64_t count = 0;
        const auto all_fresh = [&](std::int64_t time, std::size_t together) {
          std::vector<LedgerClaim> batch;
          for (std::size_t i = 0; i < together; ++i)
            batch.push_back(a_claim(*ledger, time, std::to_string(count + i)));
          must(ledger->claim(batch, kNow));
          if (batch[0].verdict != Verdict::Fresh) return false;
          count += together;
          return true;
        };
        for (std::size_t i = 0; i < heavy; ++i) REQUIRE(all_fresh(90000, 4));
        std::int64_t time = order == Order::Descending ? 80000 : kNow;
        while (all_fresh(time, group))
          time += order == Order::Ascending ? 1 : order == Order::Descending ? -1 : 0;
        CHECK(count >= ledger->capacity());
      }
}

TEST_CASE("a window that was widened while running reopens nothing, and keeps entries longer") {
  LedgerDir dir;
  dir.options().window_past_s = 5;
  const auto ledger = dir.open(kNow);
  CHECK(claim(*ledger, kNow, "a") == Verdict::Fresh);
  CHECK(claim(*ledger, kNow + 4, "b") == Verdict::Fresh);
  CHECK(claim(*ledger, kNow + 6, "c") == Verdict::Fresh);  // purges a
  ledger->set_window_past(100);
  for (const std::int64_t t : {kNow - 1, kNow})
    for (const char* nonce : {"a", "new"})
      CHECK(claim(*ledger, t, nonce, kNow + 6) == Verdict::TooOld);
  CHECK(claim(*ledger, kNow + 4, "b", kNow + 104) == Verdict::Replayed);
  CHECK(claim(*ledger, kNow + 1, "d", kNow + 100) == Verdict::Fresh);
  ledger->set_window_past(5);
  CHECK(claim(*ledger, kNow + 6, "c", kNow + 104) == Verdict::TooOld);
}

}  // namespace store
