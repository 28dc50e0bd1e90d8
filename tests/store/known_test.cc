#include "store/files.h"
#include "store/sessions.h"
#include "store/sessions_file.h"
#include "tests/store/support.h"

// In which browsers somebody signed in before.

namespace store {

namespace {

constexpr std::int64_t kStart = 1'700'000'000;
const SessionLimits kLimits;

struct KnownStore {
  std::string remember(std::string_view browser, std::string_view user, std::int64_t now = kStart) {
    return must(sessions->remember(browser, user, now));
  }
  bool knows(std::string_view browser, std::string_view user, std::int64_t now = kStart) const {
    return sessions->knows(browser, user, now);
  }
  std::uint64_t records() const {
    auto opened = open_sessions_file(dir.path(), /*make=*/false);
    REQUIRE(opened.ok());
    const auto txn = must(WriteTxn::begin(opened->env));
    const std::uint64_t entries = must(txn->size(opened->known)).entries;
    CHECK(must(txn->size(opened->known_by_seen)).entries == entries);
    CHECK(must(txn->size(opened->known_by_user)).entries == entries);
    return entries;
  }
  TempDir dir;
  std::unique_ptr<Sessions> sessions = must(Sessions::open(dir.path()));
};

}  // namespace

TEST_CASE("a browser is known by an id that was made for it, to the user who signed in there") {
  KnownStore s;
  const std::string id = s.remember({}, "alice");
  CHECK(id.size() == 27);
  CHECK(s.knows(id, "alice"));
  CHECK_FALSE(s.knows(id, "bob"));
  CHECK_FALSE(s.knows(id + "x", "alice"));
  CHECK_FALSE(s.knows({}, "alice"));
  CHECK_FALSE(s.knows({}, {}));
  CHECK(bytes_of(s.dir / "sessions/data.mdb").find(id) == std::string::npos);
}

TEST_CASE("it keeps its id, and an id that somebody else chose is never taken") {
  KnownStore s;
  const std::string id = s.remember({}, "alice");
  CHECK(s.remember(id, "alice", kStart + 10) == id);
  CHECK(s.records() == 1);
  for (const std::string& chosen : {std::string(27, 'x'), std::string("short"), id}) {
    const std::string made = s.remember(chosen, "bob");
    CHECK(made != chosen);
    CHECK_FALSE(s.knows(chosen, "bob"));
    CHECK(s.knows(made, "bob"));
  }
  CHECK(s.knows(id, "alice"));
}

TEST_CASE("no id of a known browser is a session, and no session's id makes one known") {
  KnownStore s;
  const std::string id = s.remember({}, "alice");
  CHECK_FALSE(must(s.sessions->find(id, kLimits, kStart)).has_value());
  const std::string session = must(s.sessions->begin("alice", kLimits, kStart));
  CHECK_FALSE(s.knows(session, "alice"));
  CHECK(s.remember(session, "alice") != session);
  CHECK_FALSE(s.knows(session, "alice"));
}

TEST_CASE("it outlives the session and the process, and is forgotten where nobody comes back") {
  KnownStore s;
  const std::string id = s.remember({}, "alice");
  must(s.sessions->end(must(s.sessions->begin("alice", kLimits, kStart))));
  s.sessions.reset();
  s.sessions = must(Sessions::open(s.dir.path()));
  CHECK(s.knows(id, "alice", kStart + kKnownFor_s - 1));
  CHECK_FALSE(s.knows(id, "alice", kStart + kKnownFor_s));
  s.remember(id, "alice", kStart + 100);
  CHECK(s.knows(id, "alice", kStart + kKnownFor_s));
  // And removed when others come.
  s.remember({}, "bob", kStart + kKnownFor_s + 100);
  CHECK(s.records() == 1);
}

TEST_CASE("what ends all sessions of a user forgets the browsers too, and leaves those of others") {
  KnownStore s;
  const std::string a = s.remember({}, "alice"), b = s.remember({}, "alice");
  const std::string c = s.remember({}, "bob");
  must(s.sessions->begin("alice", kLimits, kStart));
  CHECK(must(must(Sessions::open_existing(s.dir.path()))->end_all_of({"alice"})) == 1);
  CHECK_FALSE(s.knows(a, "alice"));
  CHECK_FALSE(s.knows(b, "alice"));
  CHECK(s.knows(c, "bob"));
  must(s.sessions->forget(c));
  must(s.sessions->forget(c));
  CHECK_FALSE(s.knows(c, "bob"));
  CHECK(s.records() == 0);
}

TEST_CASE("a user has a bounded number of browsers, and those not seen for longest give way") {
  KnownStore s;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kMostKnownOfUser; ++i)
    ids.push_back(s.remember({}, "alice", kStart + static_cast<std::int64_t>(i)));
  const std::string bobs = s.remember({}, "bob");
  CHECK(s.knows(ids[0], "alice"));
  s.remember(ids[0], "alice", kStart + 1000);
  ids.push_back(s.remember({}, "alice", kStart + 1001));
  CHECK(s.knows(ids[0], "alice"));
  CHECK_FALSE(s.knows(ids[1], "alice"));
  CHECK(s.knows(ids[2], "alice"));
  CHECK(s.knows(ids.back(), "alice"));
  CHECK(s.knows(bobs, "bob"));
  CHECK(s.records() == kMostKnownOfUser + 1);
}

TEST_CASE("a file without those tables is given them, and its sessions and key stay") {
  for (const bool serves : {true, false}) {
    CAPTURE(serves);
    const TempDir dir;
    const std::string key(32, 'k');
    {
      EnvOptions how;
      how.folder = dir / "sessions";
      how.like = dir.path();
      how.map_size = 1 << 30;
      how.tables = 9;
      must(make_folder(how.folder, dir.path()));
      const auto env = *Env::open(how);
      auto txn = must(WriteTxn::begin(env));
      const Table meta = must(txn->make_table("meta", WriteTxn::Duplicates::No));
      for (const char* name : {"sessions", "by_seen", "counts", "by_noted"})
        must(txn->make_table(name, WriteTxn::Duplicates::No));
      must(txn->make_table("by_user", WriteTxn::Duplicates::Sorted));
      must(txn->put(meta, "layout", "\x01"));
      must(txn->put(meta, "key", key));
      must(txn->commit());
    }
    const auto sessions =
        must(serves ? Sessions::open(dir.path()) : Sessions::open_existing(dir.path()));
    CHECK(sessions->key().reveal() == key);
    CHECK(sessions->knows(must(sessions->remember({}, "alice", kStart)), "alice", kStart));
    CHECK_FALSE(std::filesystem::exists(dir / "sessions.damaged"));
  }
}

}  // namespace store
