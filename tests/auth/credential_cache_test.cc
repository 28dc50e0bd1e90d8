// The store's face for an event loop, and what it remembers.

#include "gateway/auth/credential_cache.h"

#include <doctest/doctest.h>

#include "gateway/net/net.h"
#include "tests/support/stores.h"
#include "tests/support/temp_folder.h"

using namespace gateway;
using namespace gateway::auth;
using namespace gateway::testing;

namespace {

using Known = std::shared_ptr<const Credential>;

struct Kept {
  Kept()
      : credentials(open_store(settings)),
        other(open_again()),
        reader(std::move(*credentials->reader())),
        usage(open_usage(settings)),
        finder(*credentials, reader, settings.headers, usage.get()) {}

  std::unique_ptr<store::Credentials> open_again() const {
    auto opened = store::Credentials::open(
        {.path = settings.store.path, .map_size = settings.store.map_size});
    REQUIRE(opened.ok());
    return std::move(*opened);
  }

  Known look(std::string_view client, std::string_view token) {
    auto found = finder.look_up(client, token);
    REQUIRE(found.ok());
    return *found;
  }
  // As for a request that is accepted.
  Known find(std::string_view client, std::string_view token) {
    if (Known known = finder.remembered(client, token)) return known;
    Known found = look(client, token);
    finder.remember(found);
    return found;
  }

  // Another handle of the store changes it, as another process would.
  template <class Apply>
  void change(Apply apply) {
    auto begun = other->begin();
    REQUIRE(begun.ok());
    apply(*begun);
    REQUIRE(begun->commit().ok());
  }

  TempFolder folder;
  conf::Settings settings = settings_for(folder.path(), 1);
  std::unique_ptr<store::Credentials> credentials, other;
  asio::io_context context;
  store::Credentials::Reader reader;
  std::unique_ptr<store::Usage> usage;
  CredentialCache finder;
};

store::Client a_dummy() {
  store::Client dummy;
  dummy.secrets.push_back({verify::Secret(std::string("dummy secret")), std::nullopt});
  dummy.rsa_public_keys.push_back({verify::unpaired_rsa_key(2048), std::nullopt});
  return dummy;
}

}  // namespace

TEST_CASE("a second look at the same pair reads nothing") {
  Kept kept;
  CHECK(kept.finder.remembered("K", "T") == nullptr);
  const Known first = kept.find("K", "T");
  CHECK(kept.finder.remembered("K", "T") == first);
  CHECK(kept.find("K", "T") == first);
  CHECK(first->keys.client_known);
  CHECK(first->keys.token_known);
  CHECK(first->keys.token_of_client);
  CHECK(first->user == "alice");
  CHECK(first->txn == kept.credentials->last_txn());
  CHECK(first->identity_lines.find("X-OAuth-User: alice\r\n") != std::string::npos);
  CHECK(first->identity_lines.find("X-OAuth-Client: K\r\n") != std::string::npos);
}

TEST_CASE("pairs that nobody knows have as many keys as others") {
  Kept kept;
  for (const auto& [client, token] : std::vector<std::pair<const char*, const char*>>{
           {"X", "T"}, {"K", "Y"}, {"X", "Y"}, {"X", ""}}) {
    const Known found = kept.look(client, token);
    CHECK(found->keys.client_known == (client == std::string("K")));
    CHECK(found->keys.token_known == (token == std::string("T")));
    CHECK_FALSE((found->keys.client_known && found->keys.token_known));
    CHECK(found->keys.keys.size() == 1);
    CHECK(found->keys.rsa_keys.size() == 1);
  }
}

TEST_CASE("what was looked up and not proven is not remembered") {
  Kept kept;
  kept.find("K", "T");
  for (int i = 0; i < 100; ++i) kept.look("unknown" + std::to_string(i), "T");
  kept.look("K", "");
  CHECK(kept.finder.pairs() == 1);
  CHECK(kept.finder.remembered("unknown1", "T") == nullptr);
  CHECK(kept.finder.remembered("K", "T") != nullptr);
}

namespace {

Known sized(const Kept& kept, int number, std::size_t bytes) {
  auto out = std::make_shared<Credential>();
  out->client = "client" + std::to_string(number);
  out->txn = kept.credentials->last_txn();
  out->identity_lines.assign(bytes, 'x');
  return out;
}

}  // namespace

TEST_CASE("what is remembered takes no more bytes than the bound says") {
  Kept kept;
  const std::size_t each = footprint(*sized(kept, 0, 4 << 20));
  const int most = static_cast<int>(CredentialCache::kMostBytes / each);
  for (int i = 0; i < most; ++i) kept.finder.remember(sized(kept, i, 4 << 20));
  CHECK(kept.finder.pairs() == static_cast<std::size_t>(most));
  CHECK(kept.finder.bytes() == static_cast<std::size_t>(most) * each);
  kept.finder.remember(sized(kept, most, 4 << 20));
  CHECK(kept.finder.pairs() == static_cast<std::size_t>(most));
  CHECK(kept.finder.bytes() <= CredentialCache::kMostBytes);
  CHECK(kept.finder.remembered("client" + std::to_string(most), "") != nullptr);
  kept.finder.remember(sized(kept, most, 1));  // in place of its older self
  CHECK(kept.finder.pairs() == static_cast<std::size_t>(most));
}

TEST_CASE("no more pairs are remembered than the bound says") {
  Kept kept;
  const int many = static_cast<int>(CredentialCache::kMostPairs) * 5 / 4;
  for (int i = 0; i < many; ++i) kept.finder.remember(sized(kept, i, 1));
  CHECK(kept.finder.pairs() <= CredentialCache::kMostPairs);
  CHECK(kept.finder.pairs() > CredentialCache::kMostPairs / 2);
  CHECK(kept.finder.remembered("client" + std::to_string(many - 1), "") != nullptr);
}

TEST_CASE("a pair is told from others that look alike when joined") {
  Kept kept;
  const Known pair = kept.find("K", "T");
  CHECK(kept.find("KT", "") != pair);
  CHECK(kept.find("", "KT") != pair);
  CHECK(kept.find("K", "") != pair);
  CHECK(kept.find("K", "")->user.empty());
  CHECK(kept.find("K", "T") == pair);
}

TEST_CASE("a revocation by somebody else holds for the very next look") {
  Kept kept;
  CHECK_FALSE(kept.find("K", "T")->keys.token_revoked);
  kept.change([](auto& change) { REQUIRE(change.revoke_token("T").ok()); });
  CHECK(kept.finder.remembered("K", "T") == nullptr);
  CHECK(kept.find("K", "T")->keys.token_revoked);
}

TEST_CASE("whatever somebody else changes holds for the very next look") {
  using Mode = store::Credentials::Change::Mode;
  Kept kept;
  kept.find("K", "T");
  kept.find("N", "");
  kept.change([](auto& change) {
    auto client = change.client("K");
    REQUIRE(client.ok());
    client->enabled = false;
    client->realms = {"email"};
    client->secrets.push_back({verify::Secret(std::string("second")), 5});
    REQUIRE(change.put(*client, Mode::Replace).ok());
    client->key = "N";
    REQUIRE(change.put(*client, Mode::Insert).ok());
    auto user = change.user("alice");
    REQUIRE(user.ok());
    user->enabled = false;
    REQUIRE(change.put(*user, Mode::Replace).ok());
  });
  const Known changed = kept.find("K", "T");
  CHECK_FALSE(changed->keys.client_enabled);
  CHECK_FALSE(changed->keys.user_enabled);
  CHECK(changed->keys.keys.size() == 2);
  CHECK(kept.find("N", "")->keys.client_known);
}

TEST_CASE("what is in use stays as it was while others see what is new") {
  Kept kept;
  const Known held = kept.find("K", "T");
  kept.change([](auto& change) { REQUIRE(change.remove_client("K").ok()); });
  CHECK_FALSE(kept.find("K", "T")->keys.client_known);
  CHECK(held->keys.client_known);
}

TEST_CASE("many pairs don't push out the answer that was just given") {
  Kept kept;
  for (int i = 0; i < 2000; ++i) {
    const std::string client = "unknown" + std::to_string(i);
    const Known first = kept.find(client, "T");
    CHECK(first->client == client);
    CHECK(kept.find(client, "T") == first);
  }
}

TEST_CASE("a token gives the realms that its client may have") {
  store::Found found;
  found.client_known = found.token_known = found.user_enabled = true;
  found.client.key = found.token.client = "K";
  found.client.secrets.push_back({verify::Secret(std::string("S")), std::nullopt});
  found.client.realms = {"a", "b"};
  found.token.realms = {"b", "c"};
  const conf::Headers headers;
  const store::Client dummy = a_dummy();
  CHECK(prepare(found, dummy, "K", "T", headers, nullptr)->keys.realms ==
        std::vector<std::string>{"b"});
  found.token_known = false;
  CHECK(prepare(found, dummy, "K", "", headers, nullptr)->keys.realms ==
        std::vector<std::string>{"a", "b"});
}

TEST_CASE("a client's secrets, keys, methods, quirks and header realm are what it is judged by") {
  store::Found found;
  found.client_known = true;
  found.client.key = "K";
  found.client.secrets = {{verify::Secret(std::string("S")), 5},
                          {verify::Secret(std::string("R")), std::nullopt}};
  const std::string pem = verify::unpaired_rsa_key(1024);
  found.client.rsa_public_keys = {{pem, 7}, {"no key at all", 8}, {pem, std::nullopt}};
  found.client.signature_methods = {"RSA-SHA1"};
  found.client.quirks = {"milliseconds"};
  found.client.header_realm = "Schoology API";
  const auto credential = prepare(found, a_dummy(), "K", "", conf::Headers(), nullptr);
  const verify::Keys& keys = credential->keys;
  REQUIRE(keys.keys.size() == 2);
  CHECK(keys.keys[0].expires() == 5);
  CHECK_FALSE(keys.keys[1].expires().has_value());
  // What can't be read keeps its place, so that the others keep theirs, and never counts.
  REQUIRE(keys.rsa_keys.size() == 3);
  CHECK(keys.rsa_keys[0].expires() == 7);
  CHECK(keys.rsa_keys[0].rsa().bits() == 1024);
  CHECK(keys.rsa_keys[1].expires() == 0);
  CHECK(keys.rsa_keys[1].rsa().bits() == 2048);
  CHECK_FALSE(keys.rsa_keys[2].expires().has_value());
  CHECK(keys.client_methods.has(verify::Method::RsaSha1));
  CHECK_FALSE(keys.client_methods.has(verify::Method::HmacSha1));
  CHECK(keys.quirks.has(verify::Quirk::Milliseconds));
  CHECK_FALSE(keys.quirks.has(verify::Quirk::UnencodedKey));
  CHECK(keys.header_realm == "Schoology API");
}

TEST_CASE("the dummy stands in for what a client lacks, and never counts") {
  store::Found found;
  found.client_known = true;
  const store::Client dummy = a_dummy();
  const auto credential = prepare(found, dummy, "K", "", conf::Headers(), nullptr);
  const verify::Keys& keys = credential->keys;
  REQUIRE(keys.keys.size() == 1);
  REQUIRE(keys.rsa_keys.size() == 1);
  CHECK(keys.keys[0].expires() == 0);
  CHECK(keys.rsa_keys[0].expires() == 0);
  CHECK(keys.rsa_keys[0].rsa().bits() == 2048);
  const verify::SigningKey own(dummy.secrets[0].secret, verify::Secret(), std::nullopt);
  const auto mac = [](const verify::SigningKey& key) {
    return verify::to_hex(key.hmac(verify::Hash::Sha1).sign("m").view());
  };
  CHECK(mac(keys.keys[0]) == mac(own));
}

TEST_CASE("every secret and key of a client has its id, and so has what stands in for one") {
  Kept kept;
  const auto id = [&](store::KeyKind kind, std::string_view bytes) {
    return kept.usage->key_id("K", kind, bytes);
  };
  using Ids = std::vector<store::KeyId>;
  const Known one = kept.find("K", "T");
  CHECK(one->secret_ids == Ids{id(store::KeyKind::Secret, "S")});
  CHECK(one->rsa_key_ids.size() == one->keys.rsa_keys.size());
  kept.change([](auto& change) {
    auto client = *change.client("K");
    client.secrets.insert(client.secrets.begin(),
                          {verify::Secret(std::string_view("new")), std::nullopt});
    client.rsa_public_keys.push_back({"no key", std::nullopt});
    REQUIRE(change.put(client, store::Credentials::Change::Mode::Replace).ok());
  });
  const Known two = kept.find("K", "");
  CHECK(two->secret_ids == Ids{id(store::KeyKind::Secret, "new"), id(store::KeyKind::Secret, "S")});
  CHECK(two->rsa_key_ids == Ids{id(store::KeyKind::RsaKey, "no key")});
  const Known nobody = kept.find("nobody", "");
  CHECK(nobody->secret_ids.size() == nobody->keys.keys.size());
  CHECK(nobody->rsa_key_ids.size() == nobody->keys.rsa_keys.size());
}
