#include "store/env.h"
#include "tests/store/support.h"
#include "verify/password.h"

// The most that checking a user's password takes, as the store knows it.

namespace store {

namespace {

using verify::PasswordWork;

const std::string kSha1 = "pbkdf2:sha1:1000$s$" + std::string(40, '0');
const std::string kSha256 = "pbkdf2:sha256:2000$s$" + std::string(64, '0');
const std::string kMore = "pbkdf2:sha256:3000$s$" + std::string(64, '0');
const std::string kScrypt = "scrypt:65536:8:1$s$" + std::string(128, '0');
const std::string kOurs =
    "$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$XGYmKKxOsQaKKH4qoqICriSOmNsE1h0zJ+c0LbbscJc";
constexpr std::uint64_t kOwn = 1 << 18;

User user_with(std::string name, std::string hash) {
  User out = a_user(std::move(name));
  out.password_hash = std::move(hash);
  return out;
}

struct WorkStore {
  void put(const std::string& name, const std::string& hash) {
    change(*store, [&](Credentials::Change& c) {
      must(c.put(user_with(name, hash), Credentials::Change::Mode::Replace));
    });
  }
  void remove(const std::string& name) {
    change(*store, [&](Credentials::Change& c) { must(c.remove_user(name)); });
  }
  PasswordWork work() const { return must(must(store->reader()).password_work()); }
  TempDir dir;
  std::unique_ptr<Credentials> store = open_store(dir.path());
};

}  // namespace

TEST_CASE("the dearest hash is known before anybody signs in, and forgotten with its last user") {
  WorkStore s;
  CHECK(s.work() == PasswordWork{kOwn, {}});
  s.put("none", "");
  s.put("ours", kOurs);
  CHECK(s.work() == PasswordWork{kOwn, {}});
  s.put("a", kSha256);
  CHECK(s.work() == PasswordWork{kOwn, {0, 2000, 0}});
  s.put("b", kSha1);
  s.put("c", kSha256);
  s.put("d", kMore);
  s.put("e", kScrypt);
  CHECK(s.work() == PasswordWork{2 * kOwn, {1000, 3000, 0}});
  s.put("e", kOurs);  // has signed in, and has a hash of ours since
  CHECK(s.work() == PasswordWork{kOwn, {1000, 3000, 0}});
  s.remove("d");
  CHECK(s.work() == PasswordWork{kOwn, {1000, 2000, 0}});
  s.put("a", kOurs);
  CHECK(s.work() == PasswordWork{kOwn, {1000, 2000, 0}});  // c has such a one still
  s.put("c", "");
  CHECK(s.work() == PasswordWork{kOwn, {1000, 0, 0}});
  s.remove("b");
  CHECK(s.work() == PasswordWork{kOwn, {}});
}

TEST_CASE("a store whose users were put by a program that noted nothing is measured") {
  for (const bool serves : {true, false}) {
    CAPTURE(serves);
    WorkStore s;
    s.put("a", kSha256);
    s.put("b", kSha1);
    {
      EnvOptions how;
      how.folder = s.dir / "credentials";
      how.like = s.dir.path();
      how.map_size = 1 << 30;
      how.tables = 9;
      const auto env = *Env::open(how);
      auto txn = must(WriteTxn::begin(env));
      CHECK(must(txn->erase(*must(open_table(*txn, "meta")), "password work")));
      must(txn->commit());
    }
    CHECK(s.work() == PasswordWork{kOwn, {}});
    if (serves) must(s.store->measure_passwords());
    if (!serves) s.put("c", "");
    CHECK(s.work() == PasswordWork{kOwn, {1000, 2000, 0}});
  }
}

TEST_CASE("what isn't put changes nothing, and what isn't committed neither") {
  WorkStore s;
  s.put("a", kSha1);
  {
    auto change = must(s.store->begin());
    must(change.put(user_with("b", kMore), Credentials::Change::Mode::Insert));
  }
  change(*s.store, [&](Credentials::Change& c) {
    CHECK(kind_of(c.put(user_with("a", kMore), Credentials::Change::Mode::Insert)) == Kind::Exists);
  });
  CHECK(s.work() == PasswordWork{kOwn, {1000, 0, 0}});
}

}  // namespace store
