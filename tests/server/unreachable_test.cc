// A backend that isn't there.

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::testing;

namespace {

// Nobody listens there.
std::uint16_t dead_port() {
  std::uint16_t port = 0;
  ::close(listening_socket(port));
  return port;
}

}  // namespace

TEST_CASE("an unreachable backend is a refusal, and no ledger entry is given back") {
  World world(
      [](conf::Settings& settings) { settings.upstreams[0].servers[0].port = dead_port(); });
  const std::string bytes = world.signed_by_alice({});
  CHECK(world.talk(bytes).text().starts_with("502"));
  CHECK(world.talk(bytes).text().starts_with("401"));
}
