// The store's face for an event loop, and what it remembers.

#include "gateway/credentials.h"

#include <doctest/doctest.h>

#include "tests/gateway/support/loose.h"
#include "tests/gateway/support/world.h"

using namespace gateway;
using namespace gateway::testing;

namespace {

using Known = std::shared_ptr<const Credential>;

struct Kept {
  Kept()
      : credentials(open_store(settings)),
        other(open_again()),
        reader(std::move(*credentials->reader())),
        finder(*credentials, reader, settings.headers) {}

  std::unique_ptr<store::Credentials> open_again() const {
    auto opened = store::Credentials::open(
        {.path = settings.store.path, .map_size = settings.store.map_size});
    REQUIRE(opened.ok());
    return std::move(*opened);
  }

  Known find(std::string_view client, std::string_view token) {
    auto found = outcome_of(context, finder.find(client, token));
    REQUIRE(found->ok());
    return **found;
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
  Credentials finder;
};

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

TEST_CASE("pairs that nobody knows are remembered like others, and cost as many keys") {
  Kept kept;
  for (const auto& [client, token] : std::vector<std::pair<const char*, const char*>>{
           {"X", "T"}, {"K", "Y"}, {"X", "Y"}, {"X", ""}}) {
    const Known first = kept.find(client, token);
    CHECK(kept.find(client, token) == first);
    CHECK(first->keys.client_known == (client == std::string("K")));
    CHECK(first->keys.token_known == (token == std::string("T")));
    CHECK_FALSE((first->keys.client_known && first->keys.token_known));
    CHECK(first->keys.keys.size() == 1);
  }
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
  CHECK(prepare(found, "K", "T", headers)->keys.realms == std::vector<std::string>{"b"});
  found.token_known = false;
  CHECK(prepare(found, "K", "", headers)->keys.realms == std::vector<std::string>{"a", "b"});
}
