#include <thread>

#include "store/layout.h"
#include "store/sessions.h"
#include "store/sessions_file.h"
#include "tests/store/support.h"

// Failed sign-ins make the next one wait.

namespace store {

namespace {

constexpr std::int64_t kStart = 1'700'000'000;

struct ThrottleStore {
  void fail(std::int64_t times, const Attempt& attempt, std::int64_t now = kStart) {
    for (std::int64_t i = 0; i < times; ++i) must(sessions->note_failure(attempt, now));
  }
  // From as many addresses.
  void fail_from_everywhere(std::int64_t times, std::string_view user, std::int64_t now = kStart) {
    for (std::int64_t i = 0; i < times; ++i) {
      const std::string address = "198.51.100." + std::to_string(i);
      fail(1, {user, address, {}}, now);
    }
  }
  std::int64_t wait(const Attempt& attempt, std::int64_t now = kStart) const {
    return sessions->wait(attempt, now);
  }
  SessionsFile file() const {
    auto opened = open_sessions_file(dir.path(), /*make=*/false);
    REQUIRE(opened.ok());
    return *std::move(opened);
  }
  std::uint64_t counts() const {
    const SessionsFile opened = file();
    const auto txn = must(WriteTxn::begin(opened.env));
    const std::uint64_t entries = must(txn->size(opened.counts)).entries;
    CHECK(must(txn->size(opened.by_noted)).entries == entries);
    return entries;
  }
  // As if so many names had failed, at once and a while ago.
  void fill(std::uint32_t number) {
    constexpr std::int64_t kNoted = kStart - 300;
    Writer record(RecordKind::Throttle, 100);
    record.time(1, std::int64_t{1000});
    record.time(2, kNoted);
    const verify::Secret bytes = must(record.finish("count"));
    const SessionsFile opened = file();
    auto txn = must(WriteTxn::begin(opened.env));
    for (std::uint32_t i = 0; i < number; ++i) {
      std::string key(8, '\0');
      put_integer(key, i, 8);
      must(txn->put(opened.counts, key, bytes.reveal()));
      must(txn->put(opened.by_noted, time_index_entry(kNoted, key), {}));
    }
    must(txn->commit());
  }
  TempDir dir;
  std::unique_ptr<Sessions> sessions = must(Sessions::open(dir.path()));
};

constexpr Attempt kAlice{"alice", "192.0.2.1", {}}, kElsewhere{"alice", "192.0.2.2", {}};
constexpr Attempt kNowhere{"alice", {}, {}};  // from an address that stands for many

}  // namespace

TEST_CASE("some failures of a name at one address are free, and the next wait for one to go") {
  ThrottleStore s;
  CHECK(s.wait(kAlice) == 0);
  s.fail(kFailuresOfPair.free - 1, kAlice);
  CHECK(s.wait(kAlice) == 0);
  s.fail(1, kAlice);
  CHECK(s.wait(kAlice) == 97);  // from 5 to 4, at half in 300 s
  CHECK(s.wait(kAlice, kStart + 96) == 1);
  CHECK(s.wait(kAlice, kStart + 97) == 0);
  s.fail(1, kAlice, kStart + 97);
  CHECK(s.wait(kAlice, kStart + 97) == 97);
  // Neither the name elsewhere nor another name here.
  CHECK(s.wait(kElsewhere) == 0);
  CHECK(s.wait(kNowhere) == 0);
  CHECK(s.wait({"bob", "192.0.2.1", {}}) == 0);
}

TEST_CASE("failures of a name count together far later, wherever they come from") {
  ThrottleStore s;
  s.fail_from_everywhere(kFailuresOfName.free - 1, "alice");
  CHECK(s.wait(kElsewhere) == 0);
  CHECK(s.wait(kNowhere) == 0);
  s.fail_from_everywhere(1, "alice");
  for (const Attempt& one : {kAlice, kElsewhere, kNowhere}) CHECK(s.wait(one) == 53);
  CHECK(s.wait({"bob", "192.0.2.1", {}}) == 0);
  CHECK(s.wait(kNowhere, kStart + 53) == 0);
  // And then one at a time, from however many addresses.
  std::int64_t tries = 0;
  for (std::int64_t now = kStart; now < kStart + 7200; ++tries) {
    now += s.wait(kNowhere, now);
    s.fail(1, kNowhere, now);
  }
  CHECK(tries >= 130);
  CHECK(tries <= 140);
}

TEST_CASE("failures at one address count whatever the names") {
  ThrottleStore s;
  for (std::int64_t i = 1; i < kFailuresOfAddress.free; ++i)
    s.fail(1, {"user" + std::to_string(i), "192.0.2.1", {}});
  CHECK(s.wait({"new", "192.0.2.1", {}}) == 0);
  s.fail(1, {"last", "192.0.2.1", {}});
  CHECK(s.wait({"new", "192.0.2.1", {}}) > 0);
  CHECK(s.wait({"new", "192.0.2.2", {}}) == 0);
}

TEST_CASE("where no address says who it is, invented names lock nobody out") {
  ThrottleStore s;
  for (int i = 0; i < 300; ++i) s.fail(1, {"user" + std::to_string(i), {}, {}});
  CHECK(s.wait(kNowhere) == 0);
  CHECK(s.wait(kAlice) == 0);
}

TEST_CASE("strangers stand in no known browser's way, whose own failures count there alone") {
  ThrottleStore s;
  const std::string id = must(s.sessions->remember({}, "alice", kStart));
  const Attempt known{"alice", "192.0.2.1", id};
  s.fail(kFailuresOfPair.free, kAlice);
  s.fail_from_everywhere(2 * kFailuresOfName.free, "alice");
  for (int i = 0; i < 60; ++i) s.fail(1, {"user" + std::to_string(i), "192.0.2.1", {}});
  CHECK(s.wait(kAlice) > 0);
  CHECK(s.wait(known) == 0);
  s.fail(kFailuresOfBrowser.free, known);
  CHECK(s.wait(known) == 97);
  CHECK(s.wait({"alice", "192.0.2.9", id}) == 97);  // wherever it goes
  ThrottleStore other;
  other.fail(200, {"alice", "192.0.2.1", id});
  CHECK(other.wait(kAlice) == 0);
}

TEST_CASE("an IPv6 address is known by its first half, and a mapped IPv4 one as what it is") {
  struct Case {
    const char *failed, *next;
    bool same;
  };
  const std::vector<Case> cases{
      {"2001:db8::1", "2001:db8::1", true},       {"2001:db8::1", "2001:db8:0:0:ffff::9", true},
      {"2001:db8::1", "2001:0db8:0000::2", true}, {"2001:db8::1", "2001:db8:0:1::1", false},
      {"::ffff:192.0.2.1", "192.0.2.1", true},    {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
      {"192.0.2.1", "192.0.2.10", false},         {"what ever", "what ever", true}};
  for (const Case& c : cases) {
    CAPTURE(c.failed);
    CAPTURE(c.next);
    ThrottleStore s;
    s.fail(kFailuresOfPair.free, {"alice", c.failed, {}});
    CHECK((s.wait({"alice", c.next, {}}) > 0) == c.same);
    for (int i = 0; i < kFailuresOfAddress.free; ++i)
      s.fail(1, {"user" + std::to_string(i), c.failed, {}});
    CHECK((s.wait({"new", c.next, {}}) > 0) == c.same);
  }
}

TEST_CASE("the longest wait is bounded, and everything is forgiven in time") {
  ThrottleStore s;
  s.fail(500, kAlice);
  const std::int64_t longest = s.wait(kNowhere);
  CHECK(longest == 3653);  // from 200 to 99, at half in an hour
  CHECK(s.wait(kNowhere, kStart + longest) == 0);
  const Attempt here{"", "192.0.2.1", {}};
  CHECK(s.wait(here) == 309);  // from 100 to 49, at half in 300 s
  CHECK(s.wait(here, kStart + 309) == 0);
}

TEST_CASE("a success clears the name at its address, not the address, nor the name elsewhere") {
  ThrottleStore s;
  s.fail(kFailuresOfPair.free, kAlice);
  s.fail(kFailuresOfPair.free, kElsewhere);
  must(s.sessions->note_success(kElsewhere));
  CHECK(s.wait(kElsewhere) == 0);
  CHECK(s.wait(kAlice) > 0);
  s.fail(kFailuresOfAddress.free, {"bob", "192.0.2.2", {}});
  must(s.sessions->note_success(kElsewhere));
  CHECK(s.wait(kElsewhere) > 0);
  s.fail_from_everywhere(kFailuresOfName.free, "carol");
  const Attempt carol{"carol", "192.0.2.7", {}};
  must(s.sessions->note_success(carol));
  CHECK(s.wait(carol) > 0);
  const std::string id = must(s.sessions->remember({}, "carol", kStart));
  const Attempt known{"carol", "192.0.2.7", id};
  s.fail(kFailuresOfBrowser.free, known);
  CHECK(s.wait(known) > 0);
  must(s.sessions->note_success(known));
  CHECK(s.wait(known) == 0);
  must(s.sessions->note_success({"nobody", {}, {}}));
}

TEST_CASE("a name isn't taken for an address, and neither stands in the store") {
  ThrottleStore s;
  s.fail(kFailuresOfAddress.free, {"open sesame", "192.0.2.77", {}});
  CHECK(s.wait({"192.0.2.77", "open sesame", {}}) == 0);
  // Nor is the end of the one taken for the beginning of the other.
  s.fail(kFailuresOfPair.free, {"al", "ice", {}});
  CHECK(s.wait({"ali", "ce", {}}) == 0);
  const std::string data = bytes_of(s.dir / "sessions/data.mdb");
  CHECK(data.find("open sesame") == std::string::npos);
  CHECK(data.find("192.0.2.77") == std::string::npos);
}

TEST_CASE("counts survive the process") {
  ThrottleStore s;
  s.fail(kFailuresOfPair.free, kAlice);
  s.sessions.reset();
  s.sessions = must(Sessions::open(s.dir.path()));
  CHECK(s.wait(kAlice) == 97);
}

TEST_CASE("a clock set back a little keeps a count, and set back far forgives it") {
  ThrottleStore s;
  s.fail(kFailuresOfPair.free, kAlice);
  CHECK(s.wait(kAlice, kStart - 300) == 97);
  CHECK(s.wait(kAlice, kStart - 301) == 0);
}

TEST_CASE("old counts are swept with the new ones") {
  ThrottleStore s;
  std::int64_t now = kStart;
  for (int i = 0; i < 300; ++i) {
    now += 720;
    s.fail(1, {"user" + std::to_string(i), "192.0.2." + std::to_string(i % 250), {}}, now);
  }
  // Those of twelve hours: twelve half-lives of a name's. Of each failure a name, an address and
  // the two together.
  CHECK(s.counts() == 3 * 60);
}

TEST_CASE("counts are bounded in number, and the oldest give way") {
  ThrottleStore s;
  s.fill(kMostCounts - 3);
  s.fail(1, kAlice);
  CHECK(s.counts() == kMostCounts);
  s.fail(kFailuresOfPair.free - 1, kAlice);
  CHECK(s.counts() == kMostCounts);
  s.fail(1, {"bob", "192.0.2.1", {}});
  CHECK(s.counts() == kMostCounts);
  CHECK(s.wait(kAlice) == 97);
}

TEST_CASE("failures that come at once from many threads are all counted") {
  ThrottleStore s;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n)
        (void)s.sessions->note_failure({"user" + std::to_string(n), "192.0.2.1", {}}, kStart);
    });
  for (std::thread& one : threads) one.join();
  s.fail(kFailuresOfAddress.free - 41, {"alice", "192.0.2.1", {}});
  CHECK(s.wait({"bob", "192.0.2.1", {}}) == 0);
  s.fail(1, {"carol", "192.0.2.1", {}});
  CHECK(s.wait({"bob", "192.0.2.1", {}}) > 0);
}

}  // namespace store
