// Which secrets and keys are counted as used, and what a refusal costs, in the life of requests.

#include <doctest/doctest.h>

#include <map>

#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::auth;
using namespace gateway::testing;
using verify::Method;

namespace {

std::uint64_t times(const store::KeyUse& use, Method method) {
  return use.times[static_cast<std::size_t>(method)];
}

std::map<store::KeyId, store::KeyUse> by_key(const UseCounts& uses) {
  std::map<store::KeyId, store::KeyUse> out;
  for (const store::KeyUse& use : uses.keys) out[use.key] = use;
  return out;
}

}  // namespace

TEST_CASE("a refusal costs one look into the store, whether its pair was proven before or not") {
  World world;
  const auto reads = [&](const std::string& request, const std::string& status) {
    const std::uint64_t before = world.worker->reader().reads();
    CHECK(world.talk(request).text().starts_with(status));
    return world.worker->reader().reads() - before;
  };
  const auto forged = [&](std::string from, std::string to) {
    std::string request = world.signed_by_alice({});
    const std::size_t at = request.find(from);
    REQUIRE(at != std::string::npos);
    return request.replace(at, from.size(), to);
  };
  const auto all_forged = [&] {
    for (int i = 0; i < 3; ++i) {  // the first time and afterwards
      CHECK(reads(forged("consumer_key=\"K\"", "consumer_key=\"X\""), "401") == 3);
      CHECK(reads(forged("token=\"T\"", "token=\"Y\""), "401") == 3);
      CHECK(reads(forged("oauth_nonce=\"", "oauth_nonce=\"x"), "401") == 3);  // a wrong signature
    }
  };
  all_forged();
  CHECK(reads(world.signed_by_alice({}), "200") == 3);
  all_forged();
  CHECK(reads(world.signed_by_alice({}), "200") == 0);
}

TEST_CASE("what was accepted is counted with the secret that matched, what was refused is not") {
  World world;
  {
    auto change = world.credentials->begin();
    REQUIRE(change.ok());
    auto client = *change->client("K");
    client.secrets.insert(client.secrets.begin(),
                          {verify::Secret(std::string_view("new")), std::nullopt});
    REQUIRE(change->put(client, store::Credentials::Change::Mode::Replace).ok());
    REQUIRE(change->commit().ok());
  }
  world.origin->script = [](const Asked&, std::size_t) { return Reply{answer("hello")}; };
  const std::string request = world.signed_by_alice({});
  CHECK(world.talk(request).text().starts_with("200"));
  CHECK(world.talk(request).text().starts_with("401"));  // a replay
  std::string wrong = world.signed_by_alice({});
  wrong.replace(wrong.find("oauth_nonce=\"") + 13, 1, "x");
  CHECK(world.talk(wrong).text().starts_with("401"));
  CHECK(world.talk(World::plain({.target = "/public/x"})).text().starts_with("200"));
  world.worker->uses().hand_over();
  const UseCounts uses = world.run.uses.take();
  CHECK(uses.size() == 1);
  const auto keys = by_key(uses);
  const auto found = keys.find(world.usage->key_id("K", store::KeyKind::Secret, "S"));
  REQUIRE(found != keys.end());
  CHECK(found->second.client == "K");
  CHECK(times(found->second, Method::HmacSha1) == 1);
  CHECK(found->second.last == world.clock.now);
}

TEST_CASE("a route that accepts another scheme counts how often that was needed") {
  World world([](conf::Settings& settings) { settings.routes[0].accept_schemes = {"https"}; });
  world.origin->script = [](const Asked&, std::size_t) { return Reply{answer("hello")}; };
  for (const std::string scheme : {"http", "https", "https"}) {
    CHECK(world.talk(world.signed_by_alice({.signed_scheme = scheme})).text().starts_with("200"));
  }
  world.worker->uses().hand_over();
  const UseCounts uses = world.run.uses.take();
  REQUIRE(uses.routes.size() == 1);
  CHECK(uses.routes[0].route == "/api/*");
  CHECK(uses.routes[0].count == store::Count{2, world.clock.now});
}
