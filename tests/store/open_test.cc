#include <sys/stat.h>

#include "store/credentials.h"
#include "store/env.h"
#include "store/layout.h"
#include "store/request_tokens.h"
#include "tests/store/support.h"

// Finding, making and refusing stores.

namespace store {

namespace {

namespace fs = std::filesystem;

CredentialsOptions existing(const fs::path& path) {
  CredentialsOptions out = made_at(path);
  out.create = false;
  return out;
}

// What another version of the program would leave behind.
void set_meta(const fs::path& path, const char* name, std::string_view value) {
  EnvOptions how;
  how.folder = path / "credentials";
  how.like = path;
  how.map_size = 1 << 30;
  how.tables = 6;
  auto env = Env::open(how);
  REQUIRE(env.ok());
  auto txn = must(WriteTxn::begin(*env));
  const auto meta = must(open_table(*txn, "meta"));
  must(txn->put(*meta, name, value));
  must(txn->commit());
}

void set_layout(const fs::path& path, std::string_view layout) { set_meta(path, "layout", layout); }

// A store as version 1 of the layout left it: "K" with "S", alice, and her token "T".
void make_layout_1(const fs::path& path) {
  EnvOptions how;
  how.folder = path / "credentials";
  how.like = path;
  how.map_size = 1 << 30;
  how.tables = 6;
  auto env = Env::open(how);
  REQUIRE(env.ok());
  auto txn = must(WriteTxn::begin(*env));
  const auto table = [&](const char* name, WriteTxn::Duplicates duplicates) {
    return must(txn->make_table(name, duplicates));
  };
  using Duplicates = WriteTxn::Duplicates;
  const Table meta = table("meta", Duplicates::No), clients = table("clients", Duplicates::No);
  const Table users = table("users", Duplicates::No), tokens = table("tokens", Duplicates::No);
  const Table by_client = table("tokens_by_client", Duplicates::Sorted);
  const Table by_user = table("tokens_by_user", Duplicates::Sorted);
  const auto old = [](const verify::Secret& record, std::size_t added_since) {
    std::string bytes(record.reveal());
    bytes[0] = 1;
    bytes.resize(bytes.size() - added_since);
    return bytes;
  };
  const std::string client = old(must(encode(a_client())), 12);
  const std::string user = old(must(encode(a_user())), 0), token = old(must(encode(a_token())), 0);
  must(txn->put(meta, "layout", "\x01"));
  must(txn->put(meta, "dummy client", client));
  must(txn->put(meta, "dummy user", user));
  must(txn->put(meta, "dummy token", token));
  must(txn->put(clients, "K", client));
  must(txn->put(users, "alice", user));
  must(txn->put(tokens, "T", token));
  must(txn->put(by_client, "K", "T"));
  must(txn->put(by_user, "alice", user_index_value("K", "T")));
  must(txn->commit());
}

}  // namespace

TEST_CASE("a store that is missing is named as such, and nothing is made") {
  const TempDir dir;
  for (const char* name : {"", "s", "s/deep"}) {
    const auto missing = Credentials::open(existing(dir / name));
    CHECK(kind_of(missing) == Kind::NotFound);
    CHECK(missing.error().sentence.find("portcullis client add") != std::string::npos);
  }
  CHECK(fs::is_empty(dir.path()));
}

TEST_CASE("making a store makes its folder, environments, ledger and mark, for its owner alone") {
  const TempDir dir;
  const bool root = ::geteuid() == 0;
  fs::create_directory(dir / "s");
  if (root) REQUIRE(::chown((dir / "s").c_str(), 12345, 23456) == 0);
  open_store(dir / "s");
  for (const char* name : {"s/credentials/data.mdb", "s/credentials/lock.mdb", "s/ledger/data.mdb",
                           "s/mark", "s/credentials", "s/ledger"}) {
    CAPTURE(name);
    struct stat found {};
    REQUIRE(::stat((dir / name).c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == (S_ISDIR(found.st_mode) ? 0700 : 0600));
    if (root) CHECK(found.st_uid == 12345);
    if (root) CHECK(found.st_gid == 23456);
  }
  open_store(dir / "new/store");
  struct stat found {};
  REQUIRE(::stat((dir / "new/store").c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0700);
}

TEST_CASE("opening a store to make it leaves one that exists as it is") {
  const TempDir dir;
  { put(*open_store(dir / "s"), a_client()); }
  const std::string data = bytes_of(dir / "s/credentials/data.mdb");
  fs::remove_all(dir / "s/ledger");  // and makes no ledger for it: its past is not known
  open_store(dir / "s");
  CHECK(bytes_of(dir / "s/credentials/data.mdb") == data);
  CHECK_FALSE(fs::exists(dir / "s/ledger"));
  CHECK(must(Credentials::open(existing(dir / "s"))) != nullptr);
}

TEST_CASE("a store whose making was cut short is made whole by the next attempt") {
  const TempDir dir;
  open_store(dir / "s");
  fs::remove_all(dir / "s/credentials");
  fs::create_directory(dir / "s/credentials");
  for (const bool empty_file : {false, true}) {
    if (empty_file) overwrite(dir / "s/credentials/data.mdb", "");
    CHECK(kind_of(Credentials::open(existing(dir / "s"))) == Kind::NotFound);
  }
  put(*open_store(dir / "s"), a_client());
}

TEST_CASE("credentials made anew keep what there is of a ledger and a mark, and add nothing") {
  for (const char* gone : {"credentials", "ledger", "mark"}) {
    const TempDir dir;
    open_store(dir / "s");
    fs::remove_all(dir / "s" / gone);
    const std::string ledger = bytes_of(dir / "s/ledger/data.mdb"), mark = bytes_of(dir / "s/mark");
    fs::remove_all(dir / "s/credentials");
    open_store(dir / "s");
    CHECK(bytes_of(dir / "s/ledger/data.mdb") == ledger);
    CHECK(bytes_of(dir / "s/mark") == mark);
  }
}

TEST_CASE("a store of a newer layout is refused and not touched") {
  const TempDir dir;
  { put(*open_store(dir / "s"), a_client()); }
  set_layout(dir / "s", "\x03");
  const std::string data = bytes_of(dir / "s/credentials/data.mdb");
  const std::string mark = bytes_of(dir / "s/mark");
  for (const bool create : {false, true}) {
    CredentialsOptions options = existing(dir / "s");
    options.create = create;
    const auto newer = Credentials::open(options);
    CHECK(kind_of(newer) == Kind::Newer);
    CHECK(newer.error().sentence.find("layout 3") != std::string::npos);
  }
  CHECK(bytes_of(dir / "s/credentials/data.mdb") == data);
  CHECK(bytes_of(dir / "s/mark") == mark);
  for (const std::string_view odd :
       {std::string_view(""), std::string_view("\0", 1), std::string_view("\x01\x01")}) {
    set_layout(dir / "s", odd);
    CHECK(kind_of(Credentials::open(existing(dir / "s"))) == Kind::Unavailable);
  }
  set_layout(dir / "s", "\x02");
  CHECK(Credentials::open(existing(dir / "s")).ok());
}

TEST_CASE("a store of an older layout keeps its records and becomes one of this layout") {
  const TempDir dir;
  { open_store(dir / "s"); }
  fs::remove(dir / "s/credentials/data.mdb");
  make_layout_1(dir / "s");
  for (const bool create : {false, true}) {
    CredentialsOptions options = existing(dir / "s");
    options.create = create;
    const auto store = must(Credentials::open(options));
    auto reader = must(store->reader());
    CHECK(must(reader.client("K")) == a_client());
    CHECK(must(reader.find("K", "T")).token.secret == a_token().secret);
    CHECK_FALSE(must(reader.find("X", "X")).client_known);
    CHECK_FALSE(must(reader.find_request_token("K", "R")).token_known);
  }
  const std::string data = bytes_of(dir / "s/credentials/data.mdb");
  { open_store(dir / "s"); }
  CHECK(bytes_of(dir / "s/credentials/data.mdb") == data);
  const auto store = open_store(dir / "s");
  RequestToken token;
  token.token = "R";
  token.secret = verify::Secret(std::string_view("RS"));
  token.client = "K";
  token.callback = "oob";
  const auto issued = issue_request_token(*store, {.token = token, .most_of_client = 1});
  REQUIRE(issued.ok());
  CHECK(issued->ok());
  CHECK(must(must(store->reader()).request_token("R")) == token);
}

TEST_CASE("the dummy client of an older layout is given an RSA key, once, and keeps its secret") {
  const TempDir dir;
  { open_store(dir / "s"); }
  fs::remove(dir / "s/credentials/data.mdb");
  make_layout_1(dir / "s");
  std::string pem;
  for (int round = 0; round < 2; ++round) {
    const auto store = must(Credentials::open(existing(dir / "s")));
    const Client& dummy = store->dummy_client();
    CHECK(dummy.secrets == a_client().secrets);
    REQUIRE(dummy.rsa_public_keys.size() == 1);
    CHECK(must(must(store->reader()).find("X", {})).client == dummy);
    if (round == 1) CHECK(dummy.rsa_public_keys[0].pem == pem);
    pem = dummy.rsa_public_keys[0].pem;
  }
}

TEST_CASE("a store whose dummy client lacks a key, or has none that can be read, is refused") {
  const TempDir dir;
  Client whole;
  { whole = open_store(dir / "s")->dummy_client(); }
  Client no_secret = whole, no_key = whole, no_pem = whole;
  no_secret.secrets.clear();
  no_key.rsa_public_keys.clear();
  no_pem.rsa_public_keys[0].pem = "-----BEGIN PUBLIC KEY-----";
  for (const Client& damaged : {no_secret, no_key, no_pem}) {
    set_meta(dir / "s", "dummy client", must(encode(damaged)).reveal());
    CHECK(kind_of(Credentials::open(existing(dir / "s"))) == Kind::Unavailable);
  }
  set_meta(dir / "s", "dummy client", must(encode(whole)).reveal());
  CHECK(Credentials::open(existing(dir / "s")).ok());
}

TEST_CASE("a file that is no store is refused and not touched") {
  const TempDir dir;
  open_store(dir / "s");
  const std::string junk(8192, 'j');
  overwrite(dir / "s/credentials/data.mdb", junk);
  CHECK(kind_of(Credentials::open(made_at(dir / "s"))) == Kind::Unavailable);
  CHECK(bytes_of(dir / "s/credentials/data.mdb") == junk);
}

TEST_CASE("the lock file has all of its disk from the start") {
  const TempDir dir;
  open_store(dir / "s");
  struct stat found {};
  REQUIRE(::stat((dir / "s/credentials/lock.mdb").c_str(), &found) == 0);
  CHECK(found.st_size == 65536);
  CHECK(found.st_blocks * 512 >= found.st_size);
}

TEST_CASE("address space that can't be had is asked for in halves") {
  const TempDir dir;
  CredentialsOptions options = made_at(dir / "s");
  options.map_size = 1ull << 62;
  const auto store = must(Credentials::open(options));
  put(*store, a_client());
  EnvOptions how;
  how.folder = how.like = dir.path();
  how.map_size = 1ull << 62;
  how.map_floor = 1ull << 61;
  const auto env = Env::open(how);
  REQUIRE_FALSE(env.ok());
  CHECK(env.error().error.kind == Kind::Unavailable);
  CHECK_FALSE(env.error().damaged);
}

TEST_CASE("a store opened twice in one process is one") {
  const TempDir dir;
  auto first = open_store(dir / "s");
  auto second = open_store(dir / "s");
  put(*first, a_client());
  CHECK(must(must(second->reader()).find("K", {})).client_known);
  first.reset();
  put(*second, a_user());
  CHECK(second->last_txn() == must(must(second->reader()).find("K", {})).txn);
  second.reset();
  CHECK(must(must(open_store(dir / "s")->reader()).user("alice")) == a_user());
}

}  // namespace store
