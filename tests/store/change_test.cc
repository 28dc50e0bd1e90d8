#include <sched.h>
#include <sys/mount.h>

#include <map>
#include <random>
#include <set>

#include "store/credentials.h"
#include "tests/store/support.h"

namespace store {

namespace {

using Mode = Credentials::Change::Mode;

// A store with two clients, two users and a token for each pair of them.
std::unique_ptr<Credentials> populated(const TempDir& dir) {
  auto store = open_store(dir / "s");
  change(*store, [](Credentials::Change& c) {
    for (const char* key : {"K", "L"}) must(c.put(a_client(key), Mode::Insert));
    for (const char* name : {"alice", "bob"}) must(c.put(a_user(name), Mode::Insert));
    for (const char* key : {"K", "L"})
      for (const char* name : {"alice", "bob"})
        must(c.put(a_token(std::string(key) + name, key, name), Mode::Insert));
  });
  return store;
}

std::string tokens_of(Credentials& store, std::string_view client, std::string_view user) {
  std::string out;
  const auto note = [&](const Token& t) { return out += t.token + (t.revoked ? "! " : " "), true; };
  auto reader = must(store.reader());
  if (user.empty()) must(reader.each_token_of_client(client, note));
  if (client.empty()) must(reader.each_token_of_user(user, note));
  return out;
}

}  // namespace

TEST_CASE("a change that is dropped changes nothing, and reads its own writes before") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  const std::uint64_t before = store->last_txn();
  {
    auto c = must(store->begin());
    must(c.put(a_client(), Mode::Insert));
    CHECK(must(c.client("K")) == a_client());
    CHECK(kind_of(must(store->reader()).client("K")) == Kind::NotFound);
  }
  CHECK(store->last_txn() == before);
  CHECK(kind_of(must(store->reader()).client("K")) == Kind::NotFound);
}

TEST_CASE("a change that was committed has ended") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  auto c = must(store->begin());
  must(c.put(a_client(), Mode::Insert));
  must(c.commit());
  CHECK(kind_of(c.commit()) == Kind::Unavailable);
  CHECK(kind_of(c.put(a_user(), Mode::Insert)) == Kind::Unavailable);
  CHECK(kind_of(c.remove_client("K")) == Kind::Unavailable);
  CHECK(must(must(store->reader()).client("K")) == a_client());
}

TEST_CASE("inserting what exists is refused, replacing it is not, and the change goes on") {
  const TempDir dir;
  const auto store = populated(dir);
  auto c = must(store->begin());
  Client client = a_client("K", "new");
  User user = a_user();
  user.enabled = false;
  Token token = a_token("Kalice");
  token.revoked = true;
  for (const Mode mode : {Mode::Insert, Mode::Replace}) {
    const auto a = c.put(client, mode);
    const auto b = c.put(user, mode);
    const auto t = c.put(token, mode);
    if (mode == Mode::Insert) {
      CHECK(kind_of(a) == Kind::Exists);
      CHECK(kind_of(b) == Kind::Exists);
      CHECK(kind_of(t) == Kind::Exists);
      CHECK(must(c.client("K")) == a_client());
      CHECK(must(c.user("alice")) == a_user());
      CHECK(must(c.token("Kalice")) == a_token("Kalice"));
    }
  }
  must(c.commit());
  auto reader = must(store->reader());
  CHECK(must(reader.client("K")) == client);
  CHECK(must(reader.user("alice")) == user);
  CHECK(must(reader.token("Kalice")) == token);
}

TEST_CASE("what breaks a rule is invalid, and a token must name what exists") {
  const TempDir dir;
  const auto store = populated(dir);
  auto c = must(store->begin());
  CHECK(kind_of(c.put(a_client(std::string(256, 'k')), Mode::Insert)) == Kind::Invalid);
  CHECK(kind_of(c.put(a_client("k", std::string(256, 's')), Mode::Insert)) == Kind::Invalid);
  CHECK(kind_of(c.put(a_user(std::string(256, 'u')), Mode::Insert)) == Kind::Invalid);
  CHECK(kind_of(c.put(a_token(std::string(256, 't')), Mode::Insert)) == Kind::Invalid);
  Client large = a_client("large");
  large.description = std::string(1 << 20, 'd');
  CHECK(kind_of(c.put(large, Mode::Insert)) == Kind::Invalid);
  for (const Mode mode : {Mode::Insert, Mode::Replace}) {
    CHECK(kind_of(c.put(a_token("T", "nobody", "alice"), mode)) == Kind::NotFound);
    CHECK(kind_of(c.put(a_token("T", "K", "nobody"), mode)) == Kind::NotFound);
  }
  must(c.commit());
  CHECK(kind_of(must(store->reader()).token("T")) == Kind::NotFound);
}

TEST_CASE("replacing a token moves it in both indexes") {
  const TempDir dir;
  const auto store = populated(dir);
  put(*store, a_token("Kalice", "L", "bob"));
  CHECK(tokens_of(*store, "K", "") == "Kbob ");
  CHECK(tokens_of(*store, "L", "") == "Kalice Lalice Lbob ");
  CHECK(tokens_of(*store, "", "alice") == "Lalice ");
  CHECK(tokens_of(*store, "", "bob") == "Kbob Kalice Lbob ");
  put(*store, a_token("Kalice", "L", "alice"));
  CHECK(tokens_of(*store, "L", "") == "Kalice Lalice Lbob ");
  CHECK(tokens_of(*store, "", "alice") == "Kalice Lalice ");
  CHECK(tokens_of(*store, "", "bob") == "Kbob Lbob ");
  put(*store, a_token("Kalice", "L", "alice"));
  CHECK(tokens_of(*store, "", "alice") == "Kalice Lalice ");
}

TEST_CASE("removing a client or a user ends its tokens with it") {
  const TempDir dir;
  const auto store = populated(dir);
  change(*store, [](auto& c) { CHECK(must(c.remove_client("K")) == 2); });
  auto reader = must(store->reader());
  CHECK(kind_of(reader.client("K")) == Kind::NotFound);
  CHECK(kind_of(reader.token("Kalice")) == Kind::NotFound);
  CHECK_FALSE(must(reader.find("K", "Kalice")).token_known);
  CHECK(tokens_of(*store, "K", "") == "");
  CHECK(tokens_of(*store, "", "alice") == "Lalice ");
  change(*store, [](auto& c) { CHECK(must(c.remove_user("alice")) == 1); });
  CHECK(tokens_of(*store, "L", "") == "Lbob ");
  CHECK(kind_of(reader.user("alice")) == Kind::NotFound);
  put(*store, a_client("K"));  // its tokens don't come back
  CHECK(tokens_of(*store, "K", "") == "");
  change(*store, [](auto& c) {
    CHECK(kind_of(c.remove_client("nobody")) == Kind::NotFound);
    CHECK(kind_of(c.remove_user("nobody")) == Kind::NotFound);
    CHECK(kind_of(c.remove_user(std::string(600, 'x'))) == Kind::NotFound);
    CHECK(must(c.remove_client("K")) == 0);
  });
}

TEST_CASE("revoked tokens stay, and are counted once") {
  const TempDir dir;
  const auto store = populated(dir);
  put(*store, a_client("KL"));  // whose key begins as another's
  put(*store, a_token("KLalice", "KL", "alice"));
  auto c = must(store->begin());
  CHECK(must(c.revoke_token("Kalice")) == 1);
  CHECK(must(c.revoke_token("Kalice")) == 0);
  CHECK(kind_of(c.revoke_token("nothing")) == Kind::NotFound);
  CHECK(must(c.revoke_tokens("L", "bob")) == 1);
  CHECK(must(c.revoke_tokens("L", "bob")) == 0);
  CHECK(must(c.revoke_tokens("K", "alice")) == 0);
  CHECK(must(c.revoke_tokens("K", std::nullopt)) == 1);
  CHECK(kind_of(c.revoke_tokens("nobody", std::nullopt)) == Kind::NotFound);
  CHECK(kind_of(c.revoke_tokens("K", "nobody")) == Kind::NotFound);
  must(c.commit());
  CHECK(tokens_of(*store, "K", "") == "Kalice! Kbob! ");
  CHECK(tokens_of(*store, "", "bob") == "Kbob! Lbob! ");
  CHECK(tokens_of(*store, "", "alice") == "Kalice! Lalice KLalice ");
}

TEST_CASE("random changes leave the store as a model of maps has it") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  std::map<std::string, Client> clients;
  std::map<std::string, User> users;
  std::map<std::string, Token> tokens;
  std::mt19937 random(7);
  const auto pick = [&](int count) {
    return std::string(1, static_cast<char>('a' + random() % count));
  };
  for (int round = 0; round < 300; ++round) {
    auto c = must(store->begin());
    auto before = std::tuple(clients, users, tokens);
    for (int step = 0; step < 8; ++step) {
      const std::string client = pick(4), user = pick(4), name = pick(12);
      const Mode mode = random() % 2 == 0 ? Mode::Insert : Mode::Replace;
      switch (random() % 7) {
        case 0: {
          const Client made = a_client(client, std::to_string(random()));
          const bool fits = mode == Mode::Replace || !clients.contains(client);
          CHECK(c.put(made, mode).ok() == fits);
          if (fits) clients[client] = made;
          break;
        }
        case 1: {
          CHECK(c.put(a_user(user), mode).ok() == (mode == Mode::Replace || !users.contains(user)));
          users[user] = a_user(user);
          break;
        }
        case 2:
        case 3: {
          const Token made = a_token(name, client, user);
          const bool fits = clients.contains(client) && users.contains(user) &&
                            (mode == Mode::Replace || !tokens.contains(name));
          CHECK(c.put(made, mode).ok() == fits);
          if (fits) tokens[name] = made;
          break;
        }
        case 4: {
          const auto gone = std::erase_if(tokens, [&](auto& t) {
            return t.second.client == client && clients.contains(client);
          });
          const auto removed = c.remove_client(client);
          CHECK(removed.ok() == (clients.erase(client) == 1));
          if (removed) CHECK(*removed == gone);
          break;
        }
        case 5: {
          const auto gone = std::erase_if(tokens, [&](auto& t) { return t.second.user == user; });
          const auto removed = c.remove_user(user);
          CHECK(removed.ok() == (users.erase(user) == 1));
          if (removed) CHECK(*removed == gone);
          break;
        }
        case 6: {
          std::uint64_t live = 0;
          for (auto& [key, t] : tokens)
            if (t.client == client && t.user == user) live += !std::exchange(t.revoked, true);
          const auto revoked = c.revoke_tokens(client, user);
          CHECK(revoked.ok() == (clients.contains(client) && users.contains(user)));
          if (revoked) CHECK(*revoked == live);
          break;
        }
      }
    }
    if (random() % 4 != 0) {
      must(c.commit());
    } else {
      std::tie(clients, users, tokens) = before;
    }
  }
  std::map<std::string, Client> got_clients;
  std::map<std::string, User> got_users;
  std::map<std::string, Token> got_tokens;
  auto reader = must(store->reader());
  must(reader.each_record([&](const Client& c) { return got_clients[c.key] = c, true; },
                          [&](const User& u) { return got_users[u.name] = u, true; },
                          [&](const Token& t) { return got_tokens[t.token] = t, true; }));
  CHECK(got_clients == clients);
  CHECK(got_users == users);
  CHECK(got_tokens == tokens);
  for (char k = 'a'; k < 'e'; ++k) {
    std::set<std::string> of_client, of_user, want_client, want_user;
    const std::string key(1, k);
    must(reader.each_token_of_client(
        key, [&](const Token& t) { return of_client.insert(t.token).second; }));
    must(reader.each_token_of_user(key,
                                   [&](const Token& t) { return of_user.insert(t.token).second; }));
    for (const auto& [name, t] : tokens) {
      if (t.client == key) want_client.insert(name);
      if (t.user == key) want_user.insert(name);
    }
    CHECK(of_client == want_client);
    CHECK(of_user == want_user);
  }
}

TEST_CASE("a hundred thousand tokens fit in one change, and go in one") {
  const TempDir dir;
  const auto store = open_store(dir / "s");
  const int count = 100000;
  change(*store, [&](auto& c) {
    must(c.put(a_client(), Mode::Insert));
    must(c.put(a_user(), Mode::Insert));
    for (int i = 0; i < count; ++i) must(c.put(a_token(std::to_string(i * 7919LL)), Mode::Insert));
  });
  int seen = 0;
  must(must(store->reader()).each_token_of_user("alice", [&](const Token&) { return ++seen > 0; }));
  CHECK(seen == count);
  change(*store, [&](auto& c) { CHECK(must(c.remove_user("alice")) == count); });
  CHECK(tokens_of(*store, "K", "") == "");
}

TEST_CASE("a full map refuses the change, which then can't be committed, and nothing has changed") {
  const TempDir dir;
  CredentialsOptions options = made_at(dir / "s");
  options.map_size = 1 << 20;
  const auto store = must(Credentials::open(options));
  put(*store, a_client("before"));
  const std::uint64_t last = store->last_txn();
  {
    auto c = must(store->begin());
    Result<Done> put = Done{};
    for (int i = 0; put && i < 5000; ++i) {
      Client client = a_client("K" + std::to_string(i));
      client.description = std::string(1000, 'd');
      put = c.put(client, Mode::Insert);
    }
    CHECK(kind_of(put) == Kind::Full);
    CHECK(kind_of(c.put(a_user(), Mode::Insert)) == Kind::Full);
    CHECK(kind_of(c.commit()) == Kind::Full);
  }
  CHECK(store->last_txn() == last);
  CHECK(kind_of(must(store->reader()).client("K0")) == Kind::NotFound);
  put(*store, a_client("after"));
}

TEST_CASE("a full disk refuses the change, and nothing has changed") {
  const TempDir dir;
  const auto body = [&]() -> int {
    if (::unshare(CLONE_NEWNS) != 0) return 77;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
    if (::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=6m") != 0) return 77;
    auto opened = Credentials::open(made_at(dir / "s"));
    if (!opened) return 1;
    auto& store = **opened;
    put(store, a_client("before"));
    std::vector<std::string> kept{"before"};
    bool full = false;
    for (int i = 0; !full && i < 10000; ++i) {
      auto c = must(store.begin());
      Client client = a_client("K" + std::to_string(i));
      client.description = std::string(100000, 'd');
      auto done = c.put(client, Mode::Insert);
      if (done) done = c.commit();
      if (done) kept.push_back(client.key);
      full = !done && done.error().kind == Kind::Full;
      if (!done && !full) return 2;
    }
    std::vector<std::string> found;
    auto walked = must(store.reader()).each_client([&](const Client& c) {
      found.push_back(c.key);
      return true;
    });
    std::sort(kept.begin(), kept.end());
    if (!full || !walked || found != kept) return 3;
    return 0;
  };
  Child child(body);
  const int status = child.wait();
  if (status == 77) {
    MESSAGE("skipped: a file system of a known size can't be mounted here");
    return;
  }
  CHECK(status == 0);
}

}  // namespace store
