#include "store/sessions.h"

#include <sys/stat.h>

#include <set>

#include "store/env.h"
#include "tests/store/support.h"

// Who is signed in, for how long, and what becomes of the file in bad hands.

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStart = 1'700'000'000;
const SessionLimits kLimits{.idle_s = 100, .lifetime_s = 1000, .most = 100};

std::unique_ptr<Sessions> open_sessions(const TempDir& dir) {
  return must(Sessions::open(dir.path()));
}

bool lives(const Sessions& sessions, std::string_view id, std::int64_t now) {
  return must(sessions.find(id, kLimits, now)).has_value();
}

}  // namespace

TEST_CASE("a session is found by the id that was answered, and by no other") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  const std::string id = must(sessions->begin("alice", kLimits, kStart));
  const Session expected{"alice", kStart, kStart};
  CHECK(must(sessions->find(id, kLimits, kStart)) == expected);
  for (const std::string& other : {std::string(), id + "x", id.substr(1), std::string(5000, 'x')})
    CHECK_FALSE(lives(*sessions, other, kStart));
  CHECK(id.size() == 27);
  // The store can't tell it.
  CHECK(bytes_of(dir / "sessions/data.mdb").find(id) == std::string::npos);
}

TEST_CASE("each session has an id of its own, and a user may have several") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  std::set<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.insert(must(sessions->begin("alice", kLimits, kStart)));
  CHECK(ids.size() == 20);
  for (const std::string& id : ids) CHECK(lives(*sessions, id, kStart));
}

TEST_CASE("what can't be a user's name has no session") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  for (const std::string& name : {std::string(), std::string(" a"), std::string(256, 'a')})
    CHECK(kind_of(sessions->begin(name, kLimits, kStart)) == Kind::Invalid);
  must(sessions->begin(std::string(255, 'a'), kLimits, kStart));
}

TEST_CASE("a session ends when it was idle for too long, or is too old") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  const std::string id = must(sessions->begin("alice", kLimits, kStart));
  CHECK(lives(*sessions, id, kStart + 99));
  CHECK_FALSE(lives(*sessions, id, kStart + 100));
  // Limits are those of the day.
  const SessionLimits longer{.idle_s = 1000, .lifetime_s = 1000, .most = 1};
  CHECK(must(sessions->find(id, longer, kStart + 100)).has_value());
  std::int64_t now = kStart;
  for (; now < kStart + 960; now += 60) must(sessions->touch(id, kLimits, now));
  CHECK(lives(*sessions, id, kStart + 999));
  CHECK_FALSE(lives(*sessions, id, kStart + 1000));
}

TEST_CASE("a visit is noted once a minute, and makes no session") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  const SessionLimits limits{.idle_s = 180, .lifetime_s = 1000, .most = 100};
  const std::string id = must(sessions->begin("alice", kLimits, kStart));
  const auto seen = [&] { return must(sessions->find(id, kLimits, kStart))->seen; };
  must(sessions->touch(id, limits, kStart + 59));
  CHECK(seen() == kStart);
  must(sessions->touch(id, limits, kStart + 60));
  CHECK(seen() == kStart + 60);
  must(sessions->touch(id, limits, kStart - 1000));
  CHECK(seen() == kStart + 60);
  CHECK(must(sessions->find(id, kLimits, kStart))->created == kStart);
  must(sessions->touch("other", kLimits, kStart));
  CHECK_FALSE(lives(*sessions, "other", kStart));
}

TEST_CASE("visits are noted the more often, the sooner a session ends without") {
  for (const auto& [idle, after] : {std::pair(1, 1), std::pair(5, 1), std::pair(6, 2),
                                    std::pair(179, 59), std::pair(180, 60), std::pair(1800, 60)}) {
    CAPTURE(idle);
    const TempDir dir;
    const auto sessions = open_sessions(dir);
    const SessionLimits limits{.idle_s = idle, .lifetime_s = 5000, .most = 1};
    const std::string id = must(sessions->begin("alice", limits, kStart));
    const auto seen = [&] { return must(sessions->find(id, limits, kStart))->seen; };
    must(sessions->touch(id, limits, kStart + after - 1));
    CHECK(seen() == kStart);
    must(sessions->touch(id, limits, kStart + after));
    CHECK(seen() == kStart + after);
  }
}

TEST_CASE("all sessions of several users end together, and are counted together") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  const auto begin = [&](const char* user) { return must(sessions->begin(user, kLimits, kStart)); };
  const std::string a = begin("alice"), b = begin("bob"), c = begin("bob"), d = begin("carol");
  CHECK(must(sessions->end_all_of({"bob", "", "nobody", "alice", "bob"})) == 3);
  for (const std::string& id : {a, b, c}) CHECK_FALSE(lives(*sessions, id, kStart));
  CHECK(lives(*sessions, d, kStart));
}

TEST_CASE("ending one session leaves the others, and ending all of a user those of others") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  const auto begin = [&](const char* user) { return must(sessions->begin(user, kLimits, kStart)); };
  const std::string a = begin("alice"), b = begin("alice"), c = begin("alice"), d = begin("bob");
  must(sessions->end(a));
  must(sessions->end(a));
  must(sessions->end("never was"));
  CHECK_FALSE(lives(*sessions, a, kStart));
  CHECK(lives(*sessions, b, kStart));
  CHECK(must(sessions->end_all_of({"alice"})) == 2);
  CHECK(must(sessions->end_all_of({"alice"})) == 0);
  CHECK(must(sessions->end_all_of({"", "nobody"})) == 0);
  CHECK(must(sessions->end_all_of({})) == 0);
  for (const std::string& id : {b, c}) CHECK_FALSE(lives(*sessions, id, kStart));
  CHECK(lives(*sessions, d, kStart));
}

TEST_CASE("there are as many sessions as may be, and those not seen for longest give way") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  SessionLimits limits = kLimits;
  limits.most = 3;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(must(sessions->begin("alice", limits, kStart + i)));
  for (const std::string& id : ids) CHECK(lives(*sessions, id, kStart + 70));
  must(sessions->touch(ids[0], kLimits, kStart + 70));
  ids.push_back(must(sessions->begin("bob", limits, kStart + 70)));
  CHECK(lives(*sessions, ids[0], kStart + 70));
  CHECK_FALSE(lives(*sessions, ids[1], kStart + 70));
  CHECK(lives(*sessions, ids[2], kStart + 70));
  CHECK(lives(*sessions, ids[3], kStart + 70));
  limits.most = 1;
  ids.push_back(must(sessions->begin("bob", limits, kStart + 70)));
  for (int i = 0; i < 4; ++i)
    CHECK_FALSE(lives(*sessions, ids[static_cast<std::size_t>(i)], kStart + 70));
  CHECK(lives(*sessions, ids[4], kStart + 70));
}

TEST_CASE("sessions that have ended are swept, a bounded number at a time") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) ids.push_back(must(sessions->begin("alice", kLimits, kStart + i)));
  // With a longer patience they would still be there.
  const SessionLimits patient{.idle_s = 10000, .lifetime_s = 10000, .most = 100};
  const auto left = [&] {
    int count = 0;
    for (const std::string& id : ids)
      count += must(sessions->find(id, patient, kStart)).has_value() ? 1 : 0;
    return count;
  };
  must(sessions->begin("bob", kLimits, kStart + 110));
  CHECK(left() == 12 - static_cast<int>(kSweptBySession));
  must(sessions->begin("bob", kLimits, kStart + 110));
  CHECK(left() == 1);
  must(sessions->begin("bob", kLimits, kStart + 111));
  CHECK(left() == 0);
}

TEST_CASE("sessions and the key survive the process, and are for the store's owner alone") {
  const TempDir dir;
  std::string id, key;
  {
    const auto sessions = open_sessions(dir);
    id = must(sessions->begin("alice", kLimits, kStart));
    key = sessions->key().reveal();
  }
  const auto sessions = open_sessions(dir);
  CHECK(lives(*sessions, id, kStart));
  CHECK(sessions->key().reveal() == key);
  CHECK(key.size() == 32);
  const TempDir other;
  CHECK(open_sessions(other)->key().reveal() != key);
  for (const char* name : {"sessions/data.mdb", "sessions/lock.mdb"}) {
    struct stat found {};
    REQUIRE(::stat((dir / name).c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
  }
}

TEST_CASE("another process ends sessions while this one has them open") {
  const TempDir dir;
  CHECK(kind_of(Sessions::open_existing(dir.path())) == Kind::NotFound);
  CHECK(fs::is_empty(dir.path()));
  Pipe go;
  Child child([&] {
    go.receive(1);
    return must(must(Sessions::open_existing(dir.path()))->end_all_of({"alice"})) == 2 ? 0 : 1;
  });
  const auto sessions = open_sessions(dir);
  const std::string a = must(sessions->begin("alice", kLimits, kStart));
  const std::string b = must(sessions->begin("alice", kLimits, kStart));
  const std::string c = must(sessions->begin("bob", kLimits, kStart));
  go.send("x");
  CHECK(child.wait() == 0);
  CHECK_FALSE(lives(*sessions, a, kStart));
  CHECK_FALSE(lives(*sessions, b, kStart));
  CHECK(lives(*sessions, c, kStart));
}

TEST_CASE("a session leaves what is remembered of credentials alone") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  put(*store, a_client());
  const std::uint64_t before = store->last_txn();
  const auto sessions = open_sessions(dir);
  must(sessions->begin("alice", kLimits, kStart));
  must(sessions->note_failure({"alice", "127.0.0.1", {}}, kStart));
  must(sessions->remember({}, "alice", kStart));
  CHECK(store->last_txn() == before);
}

TEST_CASE("damaged sessions are set aside and begun anew, by the one who serves alone") {
  struct Case {
    const char* what;
    std::function<void(const fs::path&)> damage;
  };
  const std::vector<Case> cases{
      {"junk", [](const fs::path& data) { overwrite(data, std::string(8192, 'j')); }},
      {"cut", [](const fs::path& data) { fs::resize_file(data, fs::file_size(data) / 2); }},
      {"of another layout",
       [](const fs::path& data) {
         EnvOptions how;
         how.folder = data.parent_path();
         how.like = data.parent_path();
         how.map_size = 1 << 30;
         how.tables = 1;
         const auto env = *Env::open(how);
         auto txn = must(WriteTxn::begin(env));
         must(txn->put(*must(open_table(*txn, "meta")), "layout", std::string_view("\0", 1)));
         must(txn->commit());
       }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const TempDir dir;
    std::string id;
    {
      const auto sessions = open_sessions(dir);
      id = must(sessions->begin("alice", kLimits, kStart));
      for (int i = 0; i < 40; ++i) must(sessions->begin("bob", kLimits, kStart));
    }
    c.damage(dir / "sessions/data.mdb");
    const std::string damaged = bytes_of(dir / "sessions/data.mdb");
    CHECK(kind_of(Sessions::open_existing(dir.path())) == Kind::Unavailable);
    CHECK(bytes_of(dir / "sessions/data.mdb") == damaged);
    const auto sessions = open_sessions(dir);
    CHECK_FALSE(lives(*sessions, id, kStart));
    CHECK(lives(*sessions, must(sessions->begin("alice", kLimits, kStart)), kStart));
    CHECK(bytes_of(dir / "sessions.damaged/data.mdb") == damaged);
  }
}

TEST_CASE("sessions of a newer version are refused and not touched") {
  const TempDir dir;
  { open_sessions(dir); }
  {
    EnvOptions how;
    how.folder = dir / "sessions";
    how.like = dir.path();
    how.map_size = 1 << 30;
    how.tables = 1;
    const auto env = *Env::open(how);
    auto txn = must(WriteTxn::begin(env));
    must(txn->put(*must(open_table(*txn, "meta")), "layout", "\x02"));
    must(txn->commit());
  }
  const std::string data = bytes_of(dir / "sessions/data.mdb");
  CHECK(kind_of(Sessions::open(dir.path())) == Kind::Newer);
  CHECK(bytes_of(dir / "sessions/data.mdb") == data);
  CHECK_FALSE(fs::exists(dir / "sessions.damaged"));
}

TEST_CASE("a full disk begins no session and ends none") {
  const TempDir dir;
  const auto sessions = open_sessions(dir);
  const std::string id = must(sessions->begin("alice", kLimits, kStart));
  FileSizeLimit limit(4096);
  const auto full = sessions->begin("bob", kLimits, kStart);
  const auto not_ended = sessions->end(id);
  limit.lift();
  CHECK(kind_of(full) == Kind::Full);
  CHECK(kind_of(not_ended) == Kind::Full);
  CHECK(lives(*sessions, id, kStart));
  must(sessions->end(id));
  CHECK_FALSE(lives(*sessions, id, kStart));
}

TEST_CASE("a process killed while it begins sessions leaves a file that the next goes on with") {
  const TempDir dir;
  Pipe ids;
  Child child([&] {
    const auto sessions = open_sessions(dir);
    for (int i = 0;; ++i) ids.send(must(sessions->begin("alice", kLimits, kStart)));
    return 0;
  });
  const std::string known = ids.receive(27 * 5);
  child.kill();
  const auto sessions = open_sessions(dir);
  for (std::size_t i = 0; i < 5; ++i) CHECK(lives(*sessions, known.substr(27 * i, 27), kStart));
  CHECK(must(sessions->end_all_of({"alice"})) >= 5);
}

}  // namespace store
