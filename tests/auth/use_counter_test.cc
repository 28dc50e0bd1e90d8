// Which secrets and keys were used, counted by each event loop.

#include "gateway/auth/use_counter.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/support/stores.h"

using namespace gateway;
using namespace gateway::auth;
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
  const UseCounts uses = inbox.take();
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
