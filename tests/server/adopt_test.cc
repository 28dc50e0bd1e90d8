// A changed configuration: requests that begin from then on have it, those under way keep theirs.

#include <doctest/doctest.h>

#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;

namespace {

std::shared_ptr<const exchange::RuntimeConfig> gate_for(World& world,
                                                        const conf::Settings& settings) {
  return std::make_shared<const exchange::RuntimeConfig>(settings, world.storage, *world.ledger,
                                                         world.clock, world.log);
}

// Adopts the changed settings when the backend has been asked for the `number`th time, which is
// while that request is under way.
void change_while_asked(World& world, std::size_t number, const World::Change& change) {
  conf::Settings settings = world.settings;
  change(settings);
  world.origin->script = [&world, number, settings](const Asked&, std::size_t asked) {
    if (asked == number) world.worker->adopt(gate_for(world, settings));
    return Reply{answer("hello")};
  };
}

// Two requests on one connection, the second sent once the first is answered.
Outcome talk_twice(World& world, const std::string& first, const std::string& second) {
  return world.talk(Client{{Piece{first}, Piece{second, "hello"}}});
}

std::string lines_about_identity(const Asked& asked) {
  std::string text;
  for (const char* name : {"X-OAuth-User", "X-Who"}) text += value(asked.head, name) + ';';
  return text;
}

}  // namespace

TEST_CASE("a request under way ends with the settings it began with, and the next has the new") {
  World world;
  change_while_asked(world, 0, [](conf::Settings& settings) {
    settings.routes = {route("/new/*", conf::Auth::None)};
    settings.upstreams[0].name = settings.routes[0].upstream = "other";
  });
  const std::string first = world.signed_by_alice({});
  const Outcome outcome = talk_twice(world, first, World::plain({.target = "/new/x"}));
  CHECK(outcome.text() == "200 hello\n200 hello\n");
  CHECK(world.asked() == "GET /api/x by alice\nGET /new/x by \n");
  CHECK(world.talk(world.signed_by_alice({})).text().starts_with("404"));
}

TEST_CASE("a connection that waits for a request lets go of the old settings at once") {
  World world;
  auto config = gate_for(world, world.settings);
  const std::weak_ptr<const exchange::RuntimeConfig> before = config;
  world.worker->adopt(std::move(config));
  world.origin->script = [](const Asked&, std::size_t) { return Reply{answer("hello")}; };
  Client client{{Piece{World::plain({.target = "/public/x"})}}};
  client.then_ends = false;
  const auto record = std::make_shared<Record>();
  bool ended = false;
  world.run.connections = 1;
  asio::co_spawn(world.worker->context(),
                 session(*world.worker, mem_stream(world.worker->context(), client, record), {}),
                 [&ended](std::exception_ptr) { ended = true; });
  world.until([&] { return record->received.ends_with("hello"); });
  bool turned = false;
  asio::co_spawn(world.worker->context(), others_first(world.worker->context()),
                 [&turned](std::exception_ptr) { turned = true; });
  world.until([&] { return turned; });
  CHECK_FALSE(before.expired());
  world.worker->adopt(gate_for(world, world.settings));
  CHECK(before.expired());
  world.worker->drain();
  world.until([&] { return ended; });
}

TEST_CASE("a Host that is no longer accepted is refused on a connection that used it before") {
  World world;
  change_while_asked(world, 0,
                     [](conf::Settings& settings) { settings.listen.hosts = {"elsewhere"}; });
  const std::string get = World::plain({.target = "/public/x"});
  CHECK(talk_twice(world, get, get).text().starts_with("200 hello\n421"));
}

TEST_CASE("what a backend is told of a client is named by the settings of its request") {
  World world;
  change_while_asked(world, 1, [](conf::Settings& settings) { settings.headers.user = "X-Who"; });
  for (int i = 0; i < 3; ++i) CHECK(world.talk(world.signed_by_alice({})).text() == "200 hello\n");
  REQUIRE(world.origin->asked.size() == 3);
  CHECK(lines_about_identity(world.origin->asked[0]) == "alice;;");
  CHECK(lines_about_identity(world.origin->asked[1]) == "alice;;");
  CHECK(lines_about_identity(world.origin->asked[2]) == ";alice;");
}

TEST_CASE("an upstream that stays the same keeps its connections, and another gives them up") {
  struct Case {
    const char* name;
    World::Change change;
    int connections;
  };
  const std::vector<Case> cases{
      {"only a limit", [](conf::Settings& all) { all.limits.headers = 50; }, 1},
      {"a further upstream",
       [](conf::Settings& all) {
         all.upstreams.push_back(all.upstreams[0]);
         all.upstreams[1].name = "second";
       },
       1},
      {"another server",
       [](conf::Settings& all) { all.upstreams[0].servers[0].host = "localhost"; }, 2},
      {"another name",
       [](conf::Settings& all) {
         all.upstreams[0].name = "new";
         for (conf::Route& route : all.routes) route.upstream = "new";
       },
       2},
      {"another patience",
       [](conf::Settings& all) { all.timeouts.upstream_connect += conf::Milliseconds(1); }, 2},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    for (const std::size_t while_asked : {0, 9}) {  // under way, or idle
      CAPTURE(while_asked);
      World world;
      change_while_asked(world, while_asked, one.change);
      const std::string get = World::plain({.target = "/public/x"});
      CHECK(world.talk(get).text() == "200 hello\n");
      if (while_asked != 0) {
        conf::Settings settings = world.settings;
        one.change(settings);
        world.worker->adopt(gate_for(world, settings));
      }
      world.until([&] { return world.origin->open == 2 - one.connections; });
      CHECK(world.talk(get).text() == "200 hello\n");
      CHECK(world.origin->connections == one.connections);
    }
  }
}

TEST_CASE("settings go when the last request under them has ended") {
  World world;
  std::weak_ptr<const exchange::RuntimeConfig> middle;
  world.origin->script = [&](const Asked&, std::size_t asked) {
    CHECK(middle.expired() == (asked == 0));
    auto config = gate_for(world, world.settings);
    if (asked == 0) middle = config;
    world.worker->adopt(config);
    return Reply{answer("hello")};
  };
  const std::string get = World::plain({.target = "/public/x"});
  CHECK(talk_twice(world, get, get).text() == "200 hello\n200 hello\n");
  CHECK(middle.expired());
}
