// A backend that isn't there.

#include <doctest/doctest.h>

#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::testing;

TEST_CASE("an unreachable backend is a refusal, and no ledger entry is given back") {
  const DeadPort dead;
  World world(
      [&dead](conf::Settings& settings) { settings.upstreams[0].servers[0].port = dead.port; });
  const std::string bytes = world.signed_by_alice({});
  CHECK(world.talk(bytes).text().starts_with("502"));
  CHECK(world.talk(bytes).text().starts_with("401"));
}
