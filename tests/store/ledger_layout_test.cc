#include <random>
#include <set>

#include "store/ledger_file.h"
#include "tests/store/ledger_support.h"

// What the file of the replay ledger has in it: records of one entry, of several, and older
// layouts.

namespace store {

namespace {

constexpr std::int64_t kNow = 1000;

std::string_view bytes_of(const LedgerKey& key) {
  return {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()};
}

std::string big_endian(std::uint64_t number) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
  return out;
}

// Puts a record into the file of a ledger that is closed.
void put_record(const LedgerDir& dir, std::string_view key, std::string_view value) {
  const LedgerFile file = *open_ledger_file(dir.path(), kMinLedgerSize);
  auto txn = must(WriteTxn::begin(file.env));
  must(txn->put(Table{}, key, value));
  must(txn->commit());
}

// The sizes of the records of entries: bytes behind the key of the first.
std::vector<std::size_t> records_of(const LedgerDir& dir) {
  const LedgerFile file = *open_ledger_file(dir.copy(), kMinLedgerSize);
  const auto txn = must(WriteTxn::begin(file.env));
  auto cursor = must(Cursor::open(*txn, Table{}));
  std::vector<std::size_t> out;
  for (auto at = must(cursor.first()); at && !LedgerRecord::is_own(at->key);
       at = must(cursor.next())) {
    CHECK(at->key.size() == 24);
    out.push_back(at->value.size());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("entries of one second that come together are one record, of 4 at most") {
  struct Case {
    std::vector<std::int64_t> timestamps;  // of one batch
    std::vector<std::size_t> records;
  };
  const std::vector<std::int64_t> four(4, kNow), five(5, kNow), ten(10, kNow);
  const std::vector<Case> cases{
      {{kNow}, {4}},       {{kNow, kNow}, {24}},
      {four, {64}},        {five, {4, 64}},
      {ten, {24, 64, 64}}, {{kNow + 1, kNow, kNow + 1, kNow + 2, kNow + 1}, {4, 4, 44}},
  };
  for (const Case& one : cases) {
    LedgerDir dir;
    std::vector<LedgerClaim> batch;
    {
      const auto ledger = dir.open(kNow);
      for (const std::int64_t time : one.timestamps)
        batch.push_back(a_claim(*ledger, time, std::to_string(batch.size())));
      must(ledger->claim(batch, kNow));
      for (const LedgerClaim& claim : batch) CHECK(claim.verdict == Verdict::Fresh);
    }
    CHECK(records_of(dir) == one.records);
    const auto ledger = dir.open(kNow);
    CHECK(ledger->entries() == batch.size());
    must(ledger->claim(batch, kNow));
    for (const LedgerClaim& claim : batch) CHECK(claim.verdict == Verdict::Replayed);
  }
}

TEST_CASE("records of one second are all kept apart, in one process and in the next") {
  LedgerDir dir;
  std::vector<LedgerClaim> all;
  for (int round = 0; round < 3; ++round) {
    const auto ledger = dir.open(kNow);
    for (int i = 0; i < 4; ++i) {
      std::vector<LedgerClaim> batch;
      for (int n = 0; n < 4; ++n)
        batch.push_back(a_claim(*ledger, kNow, std::to_string(all.size() + batch.size())));
      must(ledger->claim(batch, kNow));
      for (const LedgerClaim& claim : batch) CHECK(claim.verdict == Verdict::Fresh);
      all.insert(all.end(), batch.begin(), batch.end());
    }
  }
  CHECK(records_of(dir).size() == 12);
  const auto ledger = dir.open(kNow);
  CHECK(ledger->entries() == all.size());
  must(ledger->claim(all, kNow));
  for (const LedgerClaim& claim : all) CHECK(claim.verdict == Verdict::Replayed);
}

TEST_CASE("ledgers of layouts 1 and 2 are read on and lose nothing; those of 1 count for nobody") {
  for (const char layout : {'\1', '\2'}) {
    CAPTURE(static_cast<int>(layout));
    LedgerDir dir;
    dir.options().client_share = 2;
    std::vector<LedgerClaim> old;
    {
      const auto ledger = dir.open(kNow);
      for (int i = 0; i < 90; ++i) old.push_back(a_claim(*ledger, kNow + i % 3, std::to_string(i)));
      must(ledger->close());
    }
    for (const LedgerClaim& one : old) {
      const std::string tag = big_endian(one.key.client).substr(4);
      put_record(dir, bytes_of(one.key), layout == 1 ? std::string() : tag);
    }
    put_record(dir,
               "\xff"
               "layout",
               {&layout, 1});
    dir.adopt_data();
    for (const bool again : {false, true}) {
      CAPTURE(again);
      const auto ledger = dir.open(kNow);
      CHECK(ledger->floor() == 0);
      CHECK(ledger->entries() == 90);
      must(ledger->claim(old, kNow));
      for (const LedgerClaim& one : old) REQUIRE(one.verdict == Verdict::Replayed);
    }
    const auto ledger = dir.open(kNow);
    const std::uint64_t share = ledger->capacity() * 2 / 100;
    const std::uint64_t left = layout == 1 ? share : share - 90;
    for (std::uint64_t i = 0; i < left; ++i)
      REQUIRE(claim(*ledger, kNow + 50, "n" + std::to_string(i), kNow) == Verdict::Fresh);
    CHECK(claim(*ledger, kNow + 50, "over", kNow) == Verdict::OverShare);
    for (int i = 0; ledger->floor() < kNow + 2; ++i) {
      LedgerClaim other = a_claim(*ledger, kNow + 70, std::to_string(i), "other");
      must(ledger->claim({&other, 1}, kNow + 70));
      CHECK(other.verdict == Verdict::Fresh);
    }
    must(ledger->close());
    const LedgerFile file = *open_ledger_file(dir.path(), kMinLedgerSize);
    const auto txn = must(WriteTxn::begin(file.env));
    CHECK(must(txn->get(Table{},
                        "\xff"
                        "layout")) == "\3");
  }
}

TEST_CASE("a record that is none of entries is damage, and so is an entry told twice") {
  struct Case {
    const char* name;
    std::string key, value;
  };
  const std::string time = big_endian(kNow), hash(16, 'h'), other(16, 'o'), tag(4, 't');
  const std::vector<Case> cases{
      {"a client that is cut short", time + hash, "abc"},
      {"a client that is too long", time + hash, tag + "t"},
      {"a key with a byte less", time + hash.substr(1), tag},
      {"a key with a byte more", time + hash + "h", tag},
      {"a second entry cut short", time + hash, tag + other + "ttt"},
      {"a second entry without a client", time + hash, tag + other},
      {"an entry twice in one record", time + hash, tag + hash + tag},
      {"a time that no entry can have", big_endian(0) + hash, tag},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    LedgerDir dir;
    { CHECK(claim(*dir.open(kNow), kNow, "n") == Verdict::Fresh); }
    put_record(dir, one.key, one.value);
    const auto ledger = dir.open(kNow);
    CHECK(ledger->floor() == kNow + 5);
    CHECK(ledger->entries() == 0);
    CHECK(claim(*ledger, kNow, "n") == Verdict::TooOld);
  }
}

TEST_CASE("a ledger judges as a set does, over seconds, batches, purges, reopenings and fullness") {
  std::mt19937 random(11);
  const auto up_to = [&random](int most) {
    return static_cast<int>(random() % static_cast<unsigned>(most + 1));
  };
  LedgerDir dir;
  dir.options().window_past_s = 20;
  std::set<std::pair<std::int64_t, std::string>> known;
  auto ledger = dir.open(kNow);
  std::int64_t now = kNow;
  int full = 0;
  for (int round = 0; round < 3000; ++round) {
    if (up_to(99) == 0) ledger.reset(), ledger = dir.open(now);
    now += up_to(9) == 0;
    std::vector<LedgerClaim> batch;
    std::vector<std::pair<std::int64_t, std::string>> names;
    const bool rush = round % 500 < 20;
    for (int n = up_to(rush ? 3000 : 40); n >= 0; --n) {
      names.emplace_back(now - 20 + up_to(40), std::to_string(up_to(rush ? 30000 : 100)));
      batch.push_back(a_claim(*ledger, names.back().first, names.back().second));
    }
    must(ledger->claim(batch, now));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      CAPTURE(round);
      full += batch[i].verdict == Verdict::Full;
      if (batch[i].verdict == Verdict::Full) continue;
      if (names[i].first <= ledger->floor()) {
        REQUIRE(batch[i].verdict == Verdict::TooOld);
      } else {
        const bool fresh = known.insert(names[i]).second;
        REQUIRE(batch[i].verdict == (fresh ? Verdict::Fresh : Verdict::Replayed));
      }
    }
  }
  CHECK(ledger->floor() > kNow + 200);
  CHECK(full > 0);
}

}  // namespace store
