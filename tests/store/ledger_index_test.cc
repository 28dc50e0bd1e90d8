#include "store/ledger_index.h"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <utility>

namespace store {

namespace {

// Its table begins to look for it at `home`.
LedgerHash hash_at(unsigned char home, unsigned char other) {
  LedgerHash out{};
  out[0] = home;
  out[15] = other;
  return out;
}

}  // namespace

TEST_CASE("an index has what was added, in its second alone") {
  LedgerIndex index;
  CHECK(!index.has(5, hash_at(1, 1)));
  CHECK(index.add(5, hash_at(1, 1)));
  CHECK(!index.add(5, hash_at(1, 1)));
  CHECK(index.has(5, hash_at(1, 1)));
  CHECK(!index.has(5, hash_at(1, 2)));
  CHECK(!index.has(6, hash_at(1, 1)));
  CHECK(index.add(6, hash_at(1, 1)));
}

TEST_CASE("the hash that is all zeros is one like another") {
  LedgerIndex index;
  CHECK(!index.has(5, LedgerHash{}));
  CHECK(index.add(5, LedgerHash{}));
  CHECK(index.has(5, LedgerHash{}));
  CHECK(!index.add(5, LedgerHash{}));
}

TEST_CASE("an index forgets the seconds up to one, and no other") {
  LedgerIndex index;
  for (const std::int64_t second : {3, 4, 5}) CHECK(index.add(second, hash_at(1, 1)));
  index.keep();
  index.drop(4);
  CHECK(!index.has(3, hash_at(1, 1)));
  CHECK(!index.has(4, hash_at(1, 1)));
  CHECK(index.has(5, hash_at(1, 1)));
}

// Few homes, so that entries stand far from theirs and around the end of their table.
TEST_CASE("an index is what it was once its additions are undone, however they met and it grew") {
  std::mt19937 random(3);
  LedgerIndex index;
  std::set<std::pair<std::int64_t, LedgerHash>> known;
  for (int round = 0; round < 4000; ++round) {
    std::vector<std::pair<std::int64_t, LedgerHash>> added;
    for (auto count = random() % 30; count > 0; --count) {
      const std::int64_t second = 1 + static_cast<std::int64_t>(random() % 3);
      const LedgerHash hash = hash_at(static_cast<unsigned char>(0xfa + random() % 6),
                                      static_cast<unsigned char>(random()));
      const bool fresh = index.add(second, hash);
      REQUIRE(fresh == known.insert({second, hash}).second);
      if (fresh) added.emplace_back(second, hash);
    }
    if (random() % 8 == 0) {
      index.keep();
    } else {
      index.undo();
      for (const auto& one : added) known.erase(one);
    }
    if (round % 20 != 0) continue;
    for (std::int64_t second = 1; second <= 3; ++second)
      for (int home = 0xfa; home <= 0xff; ++home)
        for (int other = 0; other < 256; ++other) {
          const LedgerHash hash =
              hash_at(static_cast<unsigned char>(home), static_cast<unsigned char>(other));
          REQUIRE(index.has(second, hash) == known.contains({second, hash}));
        }
    if (round % 400 != 0) continue;
    index.drop(3);
    known.clear();
  }
}

}  // namespace store
