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
  void fail(int times, std::string_view user, std::string_view address, std::int64_t now = kStart) {
    for (int i = 0; i < times; ++i) must(sessions->note_failure(user, address, now));
  }
  std::int64_t wait(std::string_view user, std::string_view address,
                    std::int64_t now = kStart) const {
    return sessions->wait(user, address, now);
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
    constexpr std::int64_t kNoted = kStart - kFailureHalfLife;
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

constexpr int kOfUser = static_cast<int>(kFreeFailuresOfUser);
constexpr int kOfAddress = static_cast<int>(kFreeFailuresOfAddress);

}  // namespace

TEST_CASE("some failures at one name are free, and the next ones wait for the weight to go") {
  ThrottleStore s;
  CHECK(s.wait("alice", "192.0.2.1") == 0);
  s.fail(kOfUser - 1, "alice", "192.0.2.1");
  CHECK(s.wait("alice", "192.0.2.1") == 0);
  s.fail(1, "alice", "192.0.2.1");
  const std::int64_t first = s.wait("alice", "192.0.2.1");
  CHECK(first == 97);                               // from 5 to 4, at half in 300 s
  CHECK(s.wait("alice", "198.51.100.7") == first);  // whatever the address
  CHECK(s.wait("bob", "192.0.2.1") == 0);
  CHECK(s.wait("alice", "192.0.2.1", kStart + first - 1) == 1);
  CHECK(s.wait("alice", "192.0.2.1", kStart + first) == 0);
  s.fail(1, "alice", "192.0.2.1", kStart + first);
  CHECK(s.wait("alice", "192.0.2.1", kStart + first) == 97);
}

TEST_CASE("failures at one address count whatever the names") {
  ThrottleStore s;
  for (int i = 0; i < kOfAddress - 1; ++i) s.fail(1, "user" + std::to_string(i), "192.0.2.1");
  CHECK(s.wait("new", "192.0.2.1") == 0);
  s.fail(1, "last", "192.0.2.1");
  CHECK(s.wait("new", "192.0.2.1") > 0);
  CHECK(s.wait("new", "192.0.2.2") == 0);
}

TEST_CASE("an IPv6 address is known by its first half, and a mapped IPv4 one as what it is") {
  struct Case {
    const char *failed, *next;
    bool same;
  };
  const std::vector<Case> cases{{"2001:db8::1", "2001:db8::1", true},
                                {"2001:db8::1", "2001:db8:0:0:ffff::9", true},
                                {"2001:db8::1", "2001:0db8:0000::2", true},
                                {"2001:db8::1", "2001:db8:0:1::1", false},
                                {"::ffff:192.0.2.1", "192.0.2.1", true},
                                {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
                                {"192.0.2.1", "192.0.2.10", false},
                                {"what ever", "what ever", true},
                                {"", "::1", false}};
  for (const Case& c : cases) {
    CAPTURE(c.failed);
    CAPTURE(c.next);
    ThrottleStore s;
    for (int i = 0; i < kOfAddress; ++i) s.fail(1, "user" + std::to_string(i), c.failed);
    CHECK((s.wait("new", c.next) > 0) == c.same);
  }
}

TEST_CASE("the longest wait is bounded, and everything is forgiven in time") {
  ThrottleStore s;
  s.fail(static_cast<int>(kHeaviestFailures) + 100, "alice", "192.0.2.1");
  const std::int64_t longest = s.wait("alice", "");
  CHECK(longest == 2390);  // from 1000 to 4
  CHECK(s.wait("alice", "", kStart + longest) == 0);
  CHECK(s.wait("", "192.0.2.1") > 0);
  CHECK(s.wait("", "192.0.2.1", kStart + longest) == 0);
}

TEST_CASE("a success clears the name and not the address") {
  ThrottleStore s;
  s.fail(kOfAddress, "alice", "192.0.2.1");
  must(s.sessions->note_success("alice", kStart));
  CHECK(s.wait("alice", "") == 0);
  CHECK(s.wait("alice", "192.0.2.1") > 0);
  must(s.sessions->note_success("nobody", kStart));
}

TEST_CASE("a name isn't taken for an address, and neither stands in the store") {
  ThrottleStore s;
  s.fail(kOfUser, "open sesame", "192.0.2.77");
  CHECK(s.wait("192.0.2.77", "open sesame") == 0);
  const std::string data = bytes_of(s.dir / "sessions/data.mdb");
  CHECK(data.find("open sesame") == std::string::npos);
  CHECK(data.find("192.0.2.77") == std::string::npos);
}

TEST_CASE("counts survive the process") {
  ThrottleStore s;
  s.fail(kOfUser, "alice", "192.0.2.1");
  s.sessions.reset();
  s.sessions = must(Sessions::open(s.dir.path()));
  CHECK(s.wait("alice", "") == 97);
}

TEST_CASE("a clock set back a little keeps a count, and set back far forgives it") {
  ThrottleStore s;
  s.fail(kOfUser, "alice", "");
  CHECK(s.wait("alice", "", kStart - kFailureHalfLife) == 97);
  CHECK(s.wait("alice", "", kStart - kFailureHalfLife - 1) == 0);
}

TEST_CASE("old counts are swept with the new ones") {
  ThrottleStore s;
  std::int64_t now = kStart;
  for (int i = 0; i < 300; ++i) {
    now += 60;
    s.fail(1, "user" + std::to_string(i), "192.0.2." + std::to_string(i % 250), now);
  }
  // Those of the last hour: twelve half-lives.
  CHECK(s.counts() == 2 * 60);
}

TEST_CASE("counts are bounded in number, and the oldest give way") {
  ThrottleStore s;
  s.fill(kMostCounts - 2);
  s.fail(1, "alice", "192.0.2.1");
  CHECK(s.counts() == kMostCounts);
  s.fail(kOfUser - 1, "alice", "192.0.2.1");
  CHECK(s.counts() == kMostCounts);
  s.fail(1, "bob", "192.0.2.1");
  CHECK(s.counts() == kMostCounts);
  CHECK(s.wait("alice", "") == 97);
}

TEST_CASE("failures that come at once from many threads are all counted") {
  ThrottleStore s;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) (void)s.sessions->note_failure("alice", "192.0.2.1", kStart);
    });
  for (std::thread& one : threads) one.join();
  CHECK(s.wait("alice", "") == 997);  // from 40 to 4
}

}  // namespace store
