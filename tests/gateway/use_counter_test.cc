// Which secrets and keys were used, counted by each event loop.

#include "gateway/use_counter.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/gateway/support/world.h"

using namespace gateway;
using namespace gateway::testing;
using verify::Method;

namespace {

std::uint64_t times(const store::KeyUse& use, Method method) {
  return use.times[static_cast<std::size_t>(method)];
}

std::map<store::KeyId, store::KeyUse> by_key(const Uses& uses) {
  std::map<store::KeyId, store::KeyUse> out;
  for (const store::KeyUse& use : uses.keys) out[use.key] = use;
  return out;
}

void use_many(UseCounter& counter, std::size_t from, std::size_t count) {
  for (std::size_t i = from; i < from + count; ++i) counter.count("K", i, Method::HmacSha1, 1);
}

}  // namespace

TEST_CASE("uses are counted by key and method, with the latest time, until they are handed over") {
  UseInbox inbox;
  UseCounter counter(inbox);
  counter.count("K", 1, Method::HmacSha1, 10);
  counter.count("K", 1, Method::HmacSha1, 12);
  counter.count("K", 1, Method::RsaSha256, 11);
  counter.count("L", 2, Method::Plaintext, 9);
  counter.count_other_scheme("/a", 5);
  counter.count_other_scheme("/a", 4);
  CHECK(inbox.take().size() == 0);
  counter.hand_over();
  const Uses uses = inbox.take();
  const auto keys = by_key(uses);
  REQUIRE(keys.size() == 2);
  CHECK(keys.at(1).client == "K");
  CHECK(times(keys.at(1), Method::HmacSha1) == 2);
  CHECK(times(keys.at(1), Method::RsaSha256) == 1);
  CHECK(keys.at(1).last == 12);
  CHECK(keys.at(2).client == "L");
  CHECK(times(keys.at(2), Method::Plaintext) == 1);
  REQUIRE(uses.routes.size() == 1);
  CHECK(uses.routes[0].route == "/a");
  CHECK(uses.routes[0].count == store::Count{2, 5});
  for (int i = 0; i < 2; ++i) {
    counter.hand_over();
    CHECK(inbox.take().size() == 0);
  }
  counter.count("K", 1, Method::HmacSha1, 13);
  counter.hand_over();
  CHECK(times(by_key(inbox.take()).at(1), Method::HmacSha1) == 1);
}

TEST_CASE("a loop counts a bounded number of keys at a time, and loses none beyond it") {
  UseInbox inbox;
  UseCounter counter(inbox);
  use_many(counter, 0, UseCounter::kMost);
  CHECK(inbox.take().size() == 0);
  use_many(counter, UseCounter::kMost, 1);
  CHECK(inbox.take().size() == UseCounter::kMost);
  counter.hand_over();
  CHECK(inbox.take().size() == 1);
}

TEST_CASE("a loop counts a bounded number of routes at a time, and loses none beyond it") {
  UseInbox inbox;
  UseCounter counter(inbox);
  for (std::size_t i = 0; i <= UseCounter::kMost; ++i) {
    CHECK(inbox.take().size() == 0);
    counter.count_other_scheme(std::to_string(i), 1);
  }
  CHECK(inbox.take().size() == UseCounter::kMost);
  counter.hand_over();
  CHECK(inbox.take().size() == 1);
}

TEST_CASE("what nobody takes from the inbox is bounded") {
  UseInbox inbox;
  UseCounter counter(inbox);
  static_assert(UseInbox::kMost % UseCounter::kMost == 0);
  for (std::size_t i = 0; i < UseInbox::kMost / UseCounter::kMost; ++i) {
    use_many(counter, i * UseCounter::kMost, UseCounter::kMost);
    counter.hand_over();
  }
  use_many(counter, 0, 1);
  counter.hand_over();
  CHECK(inbox.take().size() == UseInbox::kMost);
  use_many(counter, 0, 1);
  counter.hand_over();
  CHECK(inbox.take().size() == 1);
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
  const Uses uses = world.run.uses.take();
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
  const Uses uses = world.run.uses.take();
  REQUIRE(uses.routes.size() == 1);
  CHECK(uses.routes[0].route == "/api/*");
  CHECK(uses.routes[0].count == store::Count{2, world.clock.now});
}
