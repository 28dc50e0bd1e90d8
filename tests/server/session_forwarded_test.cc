// Exchanges behind proxies, whose word decides which URL was signed; and refusals in the words of
// their route. The peer is 10.0.0.9.

#include <doctest/doctest.h>

#include "tests/server/world.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;

namespace {

void behind_proxies(conf::Settings& settings) {
  settings.listen.trusted_proxies = {*conf::parse_cidr("10.0.0.0/8")};
}

// Signed for this URL's origin, and sent with these fields.
Ask for_url(const std::string& scheme, const std::string& authority, const std::string& lines) {
  return {.lines = lines, .signed_scheme = scheme, .signed_authority = authority};
}

const std::string kHttps = "X-Forwarded-Proto: https\r\n";
const std::string kFront = "X-Forwarded-Host: front.example\r\n";
const std::string kClient = "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.0.0.2\r\n";

}  // namespace

TEST_CASE("the URL that a trusted proxy names is the one that was signed") {
  struct Case {
    Ask ask;
    std::string status;
  };
  World world(behind_proxies);
  for (const Case& one : std::vector<Case>{
           {for_url("https", "front.example", kHttps + kFront), "200"},
           {for_url("https", "front.example:8443", kHttps + kFront + "X-Forwarded-Port: 8443\r\n"),
            "200"},
           {for_url("https", "front.example", kHttps + "X-Forwarded-Host: front.example:443\r\n"),
            "200"},
           {for_url("https", "front.example", "Forwarded: proto=https;host=front.example\r\n"),
            "200"},
           {for_url("https", "gate", kHttps), "200"},
           {for_url("http", "front.example", kFront), "200"},
           {for_url("http", "gate", kClient), "200"},
           {for_url("http", "gate", kHttps), "401"},
           {for_url("http", "gate", kFront), "401"},
           {for_url("https", "gate", kHttps + kFront), "401"},
           {for_url("https", "gate", "X-Forwarded-Proto: https, http\r\n"), "401"},
           {for_url("https", "gate", kClient + "X-Forwarded-Proto: https, http\r\n"), "200"},
           {for_url("https", "gate", kClient + "X-Forwarded-Proto: https, http, http\r\n"), "401"},
       }) {
    CAPTURE(one.ask.lines);
    CHECK(world.talk(world.signed_by_alice(one.ask)).text().starts_with(one.status));
  }
}

TEST_CASE("an absolute target names the host as Host does, and a proxy's word comes before it") {
  World world(behind_proxies);
  Ask ask = for_url("https", "front.example", kHttps + kFront);
  std::string bytes = world.signed_by_alice(ask);
  bytes.replace(0, bytes.find(" HTTP/"), "GET http://gate/api/x");
  CHECK(world.talk(bytes).text() == "200 hello\n");
  ask = for_url("https", "gate", kHttps);
  bytes = world.signed_by_alice(ask);
  bytes.replace(0, bytes.find(" HTTP/"), "GET http://GATE:80/api/x");
  CHECK(world.talk(bytes).text().starts_with("400"));  // Host is gate without a port
  bytes = world.signed_by_alice(ask);
  bytes.replace(0, bytes.find(" HTTP/"), "GET https://GATE/api/x");
  CHECK(world.talk(bytes).text() == "200 hello\n");
}

TEST_CASE("what one request of a connection was addressed to says nothing about the next") {
  World world(behind_proxies);
  const Ask plain = for_url("http", "gate", "");
  const Ask front = for_url("https", "front.example", kHttps + kFront);
  const Ask secure = for_url("https", "gate", kHttps);
  const Ask lying = for_url("https", "front.example", "");
  std::string bytes, expected;
  for (const Ask* ask : {&plain, &front, &front, &lying, &secure, &plain, &lying, &front, &plain}) {
    bytes += world.signed_by_alice(*ask);
    expected += ask == &lying ? '4' : '2';
  }
  std::string statuses;
  for (const Message& answer : world.talk(bytes).answers) {
    statuses += std::to_string(answer.status())[0];
  }
  CHECK(statuses == expected);
}

TEST_CASE("nobody else's word counts, and it goes no further") {
  for (const bool trusts_others : {false, true}) {
    World world([&](conf::Settings& settings) {
      if (trusts_others) settings.listen.trusted_proxies = {*conf::parse_cidr("10.0.0.8")};
    });
    const std::string lies =
        kHttps + kFront + kClient + "X-Forwarded-Port: x\r\n" + "Forwarded: proto=ftp\r\n";
    CHECK(world.talk(world.signed_by_alice(for_url("https", "front.example", lies)))
              .text()
              .starts_with("401"));
    CHECK(world.talk(world.signed_by_alice(for_url("http", "gate", lies))).text() == "200 hello\n");
    REQUIRE(world.origin->asked.size() == 1);
    const std::string& head = world.origin->asked[0].head;
    CHECK(value(head, "X-Forwarded-For") == "10.0.0.9");
    CHECK(value(head, "X-Forwarded-Proto") == "http");
    CHECK(value(head, "X-Forwarded-Host") == "gate");
    CHECK(values(head, "Forwarded").empty());
    CHECK(values(head, "X-Forwarded-Port").empty());
  }
}

TEST_CASE("the backend learns the way from the client, as far as it is known") {
  World world(behind_proxies);
  CHECK(world
            .talk(world.signed_by_alice(
                      for_url("https", "front.example", kClient + kHttps + kFront)) +
                  world.signed_by_alice({}))
            .text() == "200 hello\n200 hello\n");
  REQUIRE(world.origin->asked.size() == 2);
  const std::string& first = world.origin->asked[0].head;
  CHECK(value(first, "X-Forwarded-For") == "1.2.3.4, 10.0.0.2, 10.0.0.9");
  CHECK(value(first, "X-Forwarded-Proto") == "https");
  CHECK(value(first, "X-Forwarded-Host") == "front.example");
  CHECK(value(first, "Host") == "gate");
  CHECK(value(world.origin->asked[1].head, "X-Forwarded-For") == "10.0.0.9");
}

TEST_CASE("a trusted proxy that can't be understood is refused, and its connection goes on") {
  World world(behind_proxies);
  const std::string good = world.signed_by_alice({});
  const Outcome outcome =
      world.talk(world.signed_by_alice({.lines = "X-Forwarded-Proto: gopher\r\n"}) + good);
  REQUIRE(outcome.answers.size() == 2);
  CHECK(outcome.answers[0].status() == 400);
  CHECK(outcome.answers[0].body.starts_with("error=malformed_forwarded&"));
  CHECK(outcome.answers[1].status() == 200);
  CHECK(world.asked() == "GET /api/x by alice\n");
}

TEST_CASE("hosts and TLS are demanded of the URL that a trusted proxy names") {
  World world([](conf::Settings& settings) {
    behind_proxies(settings);
    settings.listen.hosts = {"front.example"};
    settings.oauth.enforce_tls = true;
  });
  const auto status = [&](const Ask& ask) {
    return world.talk(world.signed_by_alice(ask)).answers.at(0).status();
  };
  CHECK(status(for_url("https", "front.example", kHttps + kFront)) == 200);
  CHECK(status(for_url("http", "front.example", kFront)) == 400);
  CHECK(status(for_url("https", "gate", kHttps)) == 421);
  CHECK(status(for_url("https", "evil", kHttps + "X-Forwarded-Host: evil\r\n")) == 421);
}

TEST_CASE("a refusal is worded as its route has it, and as usual where there is none") {
  World world([](conf::Settings& settings) {
    settings.routes[0].errors = conf::ErrorStyle::Flask;
    settings.routes[1].errors = conf::ErrorStyle::ProblemReporting;
    settings.routes[1].auth = conf::Auth::Token;
    settings.routes[2].errors = conf::ErrorStyle::Json;
  });
  const auto body = [&](const Ask& ask) {
    const Outcome outcome = world.talk(World::plain(ask));
    return std::to_string(outcome.answers.at(0).status()) + ' ' + outcome.answers.at(0).body;
  };
  CHECK(body({}) == "401 ");
  CHECK(body({.target = "/maybe/x"}).starts_with("401 oauth_problem=parameter_absent&oauth_par"));
  CHECK(body({.target = "/public/x", .lines = "Content-Length: 9999999999999999999999\r\n"})
            .starts_with("400 error="));
  CHECK(body({.target = "/nowhere"}).starts_with("404 error=no_route&"));
  world.origin->script = [](const Asked&, std::size_t) { return Reply{"nonsense\r\n\r\n"}; };
  CHECK(body({.target = "/public/x"}).starts_with("502 {"));
}
