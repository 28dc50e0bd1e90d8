#include "store/credentials.h"

#include <atomic>
#include <thread>

#include "tests/store/support.h"
#include "verify/rsa.h"

namespace store {

namespace fs = std::filesystem;

TEST_CASE("what one change commits the next find sees, and the number of the snapshot tells") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  auto reader = must(store->reader());
  const Found before = must(reader.find("K", "T"));
  CHECK_FALSE(before.client_known);
  CHECK_FALSE(before.token_known);
  CHECK_FALSE(before.user_enabled);
  CHECK(before.txn == store->last_txn());
  put(*store, a_client());
  put(*store, a_user());
  put(*store, a_token());
  CHECK(before.txn != store->last_txn());
  const Found after = must(reader.find("K", "T"));
  CHECK(after.txn == store->last_txn());
  CHECK(after.client_known);
  CHECK(after.token_known);
  CHECK(after.user_enabled);
  CHECK(after.client == a_client());
  CHECK(after.token == a_token());
}

TEST_CASE("a disabled user is found disabled, and a token's user is the token's own") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_client());
  put(*store, a_user("alice"));
  User bob = a_user("bob");
  bob.enabled = false;
  put(*store, bob);
  put(*store, a_token("A", "K", "alice"));
  put(*store, a_token("B", "K", "bob"));
  auto reader = must(store->reader());
  CHECK(must(reader.find("K", "A")).user_enabled);
  CHECK_FALSE(must(reader.find("K", "B")).user_enabled);
}

TEST_CASE("without a token, absent or empty, the client alone is found") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_client());
  auto reader = must(store->reader());
  for (const auto& token :
       {std::optional<std::string_view>(), std::optional<std::string_view>("")}) {
    const Found found = must(reader.find("K", token));
    CHECK(found.client_known);
    CHECK_FALSE(found.token_known);
    CHECK_FALSE(found.user_enabled);
    CHECK_FALSE(found.token.secret.empty());
  }
}

TEST_CASE("known and unknown clients and tokens cost the same reads") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_client());
  put(*store, a_user());
  put(*store, a_token());
  auto reader = must(store->reader());
  const auto reads = [&](std::string_view client, std::optional<std::string_view> token) {
    const std::uint64_t before = reader.reads();
    must(reader.find(client, token));
    return reader.reads() - before;
  };
  const std::string long256(256, 'k'), long512(512, 'k');
  const std::uint64_t known = reads("K", "T");
  CHECK(known == 3);
  for (const std::string_view client :
       {std::string_view("K"), std::string_view("X"), std::string_view(""), std::string_view(" "),
        std::string_view(long256), std::string_view(long512)})
    for (const std::string_view token : {std::string_view("T"), std::string_view("X"),
                                         std::string_view(" "), std::string_view(long512)}) {
      CAPTURE(client);
      CAPTURE(token);
      CHECK(reads(client, token) == known);
    }
  CHECK(reads("K", std::nullopt) == reads("X", std::nullopt));
}

TEST_CASE("the dummy records are random, stored, and valid but for their names") {
  const TempDir dir;
  std::string client, token, pem;
  for (int round = 0; round < 2; ++round) {
    const auto store = open_store(dir / "s");
    auto reader = must(store->reader());
    const Found found = must(reader.find("X", "Y"));
    REQUIRE(found.client.secrets.size() == 1);
    REQUIRE(found.client.rsa_public_keys.size() == 1);
    CHECK(found.client == store->dummy_client());
    CHECK(verify::RsaKey::parse(found.client.rsa_public_keys[0].pem)->bits() == 2048);
    if (round == 1) CHECK(pem == found.client.rsa_public_keys[0].pem);
    pem = found.client.rsa_public_keys[0].pem;
    CHECK_FALSE(record_error(found.client));
    CHECK_FALSE(record_error(found.token));
    CHECK(found.token.client != found.client.key);
    CHECK(kind_of(reader.client(found.client.key)) == Kind::NotFound);
    CHECK(kind_of(reader.user(found.token.user)) == Kind::NotFound);
    if (round == 1) CHECK(client == found.client.secrets[0].secret.reveal());
    if (round == 1) CHECK(token == found.token.secret.reveal());
    client = found.client.secrets[0].secret.reveal();
    token = found.token.secret.reveal();
  }
  CHECK(client.size() == 27);
  CHECK(client != token);
  const auto other = open_store(dir / "other");
  CHECK(must(must(other->reader()).find("X", "Y")).client.secrets[0].secret.reveal() != client);
}

TEST_CASE("keys, names and tokens of 255 bytes are kept, and those of 256 are nowhere") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  const std::string k(255, 'k'), u(255, 'u'), t(255, 't');
  put(*store, a_client(k, std::string(255, 's')));
  put(*store, a_user(u));
  put(*store, a_token(t, k, u));
  auto reader = must(store->reader());
  const Found found = must(reader.find(k, t));
  CHECK(found.client_known);
  CHECK(found.token_known);
  CHECK(found.user_enabled);
  int tokens = 0;
  must(
      reader.each_token_of_user(u, [&](const Token& token) { return tokens += token.token == t; }));
  must(reader.each_token_of_client(k,
                                   [&](const Token& token) { return tokens += token.token == t; }));
  CHECK(tokens == 2);
  const Found longer = must(reader.find(k + "k", t + "t"));
  CHECK_FALSE(longer.client_known);
  CHECK_FALSE(longer.token_known);
  CHECK(kind_of(reader.client(k + "k")) == Kind::NotFound);
  CHECK(kind_of(reader.user(u + "u")) == Kind::NotFound);
  CHECK(kind_of(reader.token(t + "t")) == Kind::NotFound);
  CHECK(kind_of(reader.token("")) == Kind::NotFound);
  must(reader.each_token_of_user("", [](const Token&) { return true; }));
  must(reader.each_token_of_client(k + "k", [](const Token&) { return true; }));
}

TEST_CASE("records come in key order, from one snapshot, until told to stop") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_client("b"));
  put(*store, a_client("a"));
  put(*store, a_user("v"));
  put(*store, a_user("u"));
  put(*store, a_token("2", "a", "u"));
  put(*store, a_token("1", "b", "v"));
  put(*store, a_token("3", "a", "v"));
  auto reader = must(store->reader());
  std::string seen;
  const auto client = [&](const Client& c) { return seen += c.key, true; };
  const auto user = [&](const User& u) { return seen += u.name, true; };
  const auto token = [&](const Token& t) { return seen += t.token, true; };
  const auto list = [&](const auto& walk) {
    seen.clear();
    must(walk());
    return seen;
  };
  CHECK(list([&] { return reader.each_client(client); }) == "ab");
  CHECK(list([&] { return reader.each_user(user); }) == "uv");
  CHECK(list([&] { return reader.each_token(token); }) == "123");
  CHECK(list([&] { return reader.each_token_of_client("a", token); }) == "23");
  CHECK(list([&] { return reader.each_token_of_user("v", token); }) == "31");
  CHECK(list([&] { return reader.each_token_of_user("nobody", token); }) == "");
  CHECK(list([&] { return reader.each_record(client, user, token); }) == "abuv123");
  CHECK(list([&] {
          return reader.each_record(
              client, [&](const User&) { return seen += "!", false; }, token);
        }) == "ab!");
  CHECK(list([&] {
          return reader.each_client([&](const Client&) { return seen += "!", false; });
        }) == "!");
  CHECK(list([&] {
          return reader.each_token_of_client("a", [&](const Token&) { return seen += "!", false; });
        }) == "!");
  // A token added on the way is of a later snapshot.
  CHECK(list([&] {
          return reader.each_record(
              client, [&](const User&) { return put(*store, a_token("4", "a", "u")), true; },
              token);
        }) == "ab123");
}

TEST_CASE("a reader holds no snapshot between calls") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_client());
  auto reader = must(store->reader());
  must(reader.find("K", "T"));
  CHECK(kind_of(reader.client("nobody")) == Kind::NotFound);
  try {
    static_cast<void>(reader.each_client([](const Client&) -> bool { throw 1; }));
  } catch (int) {
  }
  const fs::path data = dir / "s/credentials/data.mdb";
  for (int i = 0; i < 20; ++i) put(*store, a_client("K", std::string(200, 's')));
  const auto size = fs::file_size(data);
  for (int i = 0; i < 60; ++i) put(*store, a_client("K", std::string(200, 's')));
  CHECK(fs::file_size(data) == size);  // a pinned snapshot would make it grow
}

TEST_CASE("a reader outlives the store it came from") {
  const TempDir dir;
  auto store = open_store(dir / "s");
  put(*store, a_client());
  auto reader = must(store->reader());
  auto moved = std::move(reader);
  store.reset();
  CHECK(must(moved.client("K")) == a_client());
}

TEST_CASE("threads read while one writes, and each sees whole changes") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  put(*store, a_user());
  put(*store, a_client("K", "0"));
  Token token = a_token();
  token.secret = verify::Secret(std::string("0"));
  put(*store, token);
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0, stale = 0;
  const auto read = [&] {
    auto reader = must(store->reader());
    while (!stop) {
      const std::uint64_t last = store->last_txn();
      const Found found = must(reader.find("K", "T"));
      torn += found.client.secrets[0].secret.reveal() != found.token.secret.reveal();
      stale += found.txn + 1 < last;  // at most a commit that isn't published yet
    }
  };
  std::thread a(read), b(read);
  for (int i = 1; i <= 200; ++i)
    change(*store, [&](auto& c) {
      token.secret = verify::Secret(std::to_string(i));
      must(c.put(a_client("K", std::to_string(i)), Credentials::Change::Mode::Replace));
      must(c.put(token, Credentials::Change::Mode::Replace));
    });
  stop = true;
  a.join();
  b.join();
  CHECK(torn == 0);
  CHECK(stale == 0);
}

}  // namespace store
