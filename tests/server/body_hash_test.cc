// Bodies whose hash was signed: what goes on, what is refused and when.

#include <doctest/doctest.h>

#include "tests/server/hashed.h"

using namespace gateway;
using namespace gateway::server;
using namespace gateway::testing;
using namespace std::chrono_literals;

TEST_CASE("a body goes on whole, wherever it is cut and however much of it is on disk") {
  World world(holding);
  for (std::size_t size : {std::size_t{40}, kInMemory, kInMemory + 1, 3 * kInMemory}) {
    const std::string body = bytes_of(size);
    for (std::size_t at_a_time : {std::size_t{0}, std::size_t{7}}) {
      CAPTURE(size);
      CAPTURE(at_a_time);
      const auto bytes = [&] {
        return at_a_time == 0 ? put(world, body) : put_chunks(world, body, at_a_time);
      };
      for (std::size_t at = 1;; ++at) {
        const std::string whole = bytes();
        if (at >= whole.size()) break;
        CAPTURE(at);
        REQUIRE(world.talk_cut(whole, at).text() == "200 hello\n");
        REQUIRE(world.origin->asked.size() == 1);
        const Asked& asked = world.origin->asked[0];
        CHECK(asked.body == body);
        CHECK(value(asked.head, "Content-Length") == std::to_string(size));
        CHECK(values(asked.head, "Transfer-Encoding").empty());
        CHECK(value(asked.head, "X-OAuth-User") == "alice");
        world.origin->asked.clear();
      }
    }
  }
  check_nothing_left(world);
}

TEST_CASE("one that takes several steps to the disk and back is the same, for a slow client too") {
  World world(holding);
  const std::string body = bytes_of(2 * upstream::HeldBody::kStep + 1000);
  for (const std::string& bytes : {put(world, body), put_chunks(world, body, 5000)}) {
    Client client;
    for (std::size_t at = 0; at < bytes.size(); at += 10'000) {
      client.pieces.push_back(Piece{bytes.substr(at, 10'000)});
    }
    CHECK(world.talk(std::move(client)).text() == "200 hello\n");
    CHECK(world.origin->asked.back().body == body);
  }
  check_nothing_left(world);
}

TEST_CASE("requests that come in one go are told apart behind a held body") {
  World world(holding);
  const std::string body = bytes_of(2 * kInMemory);
  const Outcome outcome = world.talk(put(world, body) + put_chunks(world, body, 9) +
                                     world.signed_by_alice({.method = "POST", .form = "a=b"}) +
                                     world.signed_by_alice({}));
  CHECK(outcome.text() == "200 hello\n200 hello\n200 hello\n200 hello\n");
  CHECK(world.asked() == "PUT /api/x by alice \"" + body + "\"\nPUT /api/x by alice \"" + body +
                             "\"\nPOST /api/x by alice \"a=b\"\nGET /api/x by alice\n");
}

TEST_CASE("the hash is SHA-1 or that of the signature method") {
  World world(holding);
  const std::string body = "{\"a\":1}";
  const std::string sha1 = sha1_of(body), sha256 = hash_of(verify::Hash::Sha256, body),
                    sha512 = hash_of(verify::Hash::Sha512, body);
  using enum verify::Method;
  struct Row {
    verify::Method method;
    std::string hash;
    const char* status;
  };
  const std::vector<Row> rows{
      {HmacSha1, sha1, "200"},
      {HmacSha1, sha256, "401"},
      {HmacSha1, sha512, "401"},
      {HmacSha256, sha1, "200"},
      {HmacSha256, sha256, "200"},
      {HmacSha256, sha512, "401"},
      {HmacSha512, sha1, "200"},
      {HmacSha512, sha256, "401"},
      {HmacSha512, sha512, "200"},
      {HmacSha1, sha1_of("{\"a\":2}"), "401"},
      {HmacSha256, hash_of(verify::Hash::Sha256, "{\"a\":2}"), "401"},
      {HmacSha1, sha1.substr(0, sha1.size() - 1), "401"},
      {HmacSha1, sha1 + "=", "401"},
      {HmacSha1, "AAAA", "401"},
      {HmacSha1, "no base64!", "401"},
      {HmacSha1, verify::to_hex(verify::digest(verify::Hash::Sha1, body).view()), "401"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.hash);
    CAPTURE(row.method);
    world.origin->asked.clear();
    const Ask ask{.method = "PUT", .lines = sized(body.size()), .body = body};
    CHECK(status_of(world, signed_with(world, ask, {.hash = row.hash, .method = row.method})) ==
          row.status);
    CHECK(world.origin->asked.size() == (row.status[0] == '2' ? 1u : 0u));
  }
}

TEST_CASE("no byte of a request with another body reaches the backend") {
  World world(holding);
  for (std::size_t size : {std::size_t{1}, kInMemory, 3 * kInMemory}) {
    CAPTURE(size);
    const std::string body = bytes_of(size);
    std::string other = body;
    other.back() ^= 1;
    CHECK(status_of(world, put(world, other, body)) == "401");
    CHECK(status_of(world, put(world, body.substr(1), body)) == "401");
    CHECK(status_of(world, put(world, body + "x", body)) == "401");
  }
  CHECK(world.origin->connections == 0);
  CHECK(logged(world, "body_hash_mismatch"));
  check_nothing_left(world);
}

TEST_CASE("an empty body has a hash too, and forms have none") {
  World world(holding);
  const std::string of_empty = sha1_of("");
  const std::string form_type = "Content-Type: application/x-www-form-urlencoded\r\n";
  struct Row {
    const char* name;
    Ask ask;
    std::string hash;
    const char* status;
  };
  const std::vector<Row> rows{
      {"GET", {}, of_empty, "200"},
      {"GET, another hash", {}, sha1_of("x"), "401"},
      {"GET with the type of a form", {.lines = form_type}, of_empty, "200"},
      {"DELETE", {.method = "DELETE"}, of_empty, "200"},
      {"no bytes", {.method = "PUT", .lines = sized(0)}, of_empty, "200"},
      {"no chunks", {.method = "PUT", .lines = kChunked, .body = "0\r\n\r\n"}, of_empty, "200"},
      {"an empty form", {.method = "POST", .lines = form_type + sized(0)}, of_empty, "200"},
      {"a form", {.method = "POST", .form = "a=b"}, sha1_of("a=b"), "400"},
      {"a form, hash of nothing", {.method = "POST", .form = "a=b"}, of_empty, "400"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    world.origin->asked.clear();
    CHECK(status_of(world, signed_with(world, row.ask, {.hash = row.hash})) == row.status);
    CHECK(world.origin->asked.size() == (row.status[0] == '2' ? 1u : 0u));
  }
  CHECK(logged(world, "body_hash_of_form"));
}

TEST_CASE("where a hash is required, a body that is no form must bear one") {
  World world([](conf::Settings& settings) {
    holding(settings);
    for (conf::Route& route : settings.routes) {
      if (route.auth != conf::Auth::None) route.body_hash = conf::BodyHash::Required;
    }
  });
  const std::string json = "Content-Type: application/json\r\n";
  const auto refused = [&](const Ask& ask) {
    const Outcome outcome = world.talk(world.signed_by_alice(ask));
    REQUIRE(outcome.answers.size() == 1);
    CHECK(outcome.answers[0].status() == 401);
    CHECK(outcome.answers[0].body.ends_with(
        "&oauth_problem=parameter_absent&oauth_parameters_absent=oauth_body_hash"));
  };
  refused({.method = "PUT", .lines = json + sized(2), .body = "{}"});
  refused({.method = "PUT", .lines = kChunked, .body = "0\r\n\r\n"});
  refused({.method = "PUT", .target = "/maybe/x", .lines = json + sized(2), .body = "{}"});
  // Nothing is waited for.
  refused({.method = "PUT", .lines = json + sized(2)});
  refused({.method = "PUT", .lines = "Expect: 100-continue\r\n" + json + sized(2)});
  CHECK(world.asked() == "");

  CHECK(status_of(world, put(world, "{}")) == "200");
  CHECK(status_of(world, put(world, "{}", "[]")) == "401");
  CHECK(status_of(world, world.signed_by_alice({})) == "200");
  CHECK(status_of(world, world.signed_by_alice({.method = "PUT", .lines = sized(0)})) == "200");
  CHECK(status_of(world, world.signed_by_alice({.method = "POST", .form = "a=b"})) == "200");
  const Ask anonymous{.method = "PUT", .target = "/maybe/x", .lines = sized(2), .body = "{}"};
  CHECK(status_of(world, World::plain(anonymous)) == "200");
  CHECK(world.origin->asked.size() == 5);
}

TEST_CASE("100 Continue is said before a body is held, to a proven client alone") {
  World world(holding);
  const std::string body = bytes_of(2 * kInMemory);
  const Ask ask{.method = "PUT", .lines = "Expect: 100-continue\r\n" + sized(body.size())};
  const auto talk = [&](const Hashed& hashed) {
    Client client{{Piece{signed_with(world, ask, hashed)}, Piece{body, "100 Continue"}}};
    client.then_ends = false;
    client.ends_after = "HTTP/1.1 401";
    return world.talk(std::move(client)).text();
  };
  CHECK(talk({.hash = sha1_of(body), .secrets = "wrong"}).starts_with("401"));
  CHECK(talk({.hash = sha1_of(body), .ago = 3600}).starts_with("401"));
  CHECK(world.asked() == "");
  CHECK(talk({.hash = sha1_of(body)}).starts_with("100 \n200 hello"));
  CHECK(world.origin->asked.at(0).body == body);
}

TEST_CASE("a held body is sent no further once the backend has answered") {
  World world([](conf::Settings& settings) {
    holding(settings);
    settings.timeouts.upstream_response = 300ms;
  });
  const std::string body(20 << 20, 'x');
  std::string bytes;
  world.origin->script = [&bytes](const Asked&, std::size_t) {
    Reply reply{bytes};
    reply.before_body = true;
    reply.stops_reading = true;
    return reply;
  };
  SUBCASE("with the answer for its client, which may go on") {
    bytes = "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno";
    const Outcome outcome = world.talk(put(world, body) + world.signed_by_alice({}));
    CHECK(outcome.text() == "413 no\n413 no\n");
    CHECK(world.origin->asked.at(1).connection == 1);
  }
  SUBCASE("or not at all, if it neither reads nor answers") {
    CHECK(status_of(world, put(world, body)) == "504");
  }
  CHECK_FALSE(world.origin->asked.at(0).complete);
  check_nothing_left(world);
}

TEST_CASE("what is wrong with a form's header is said before the form has come") {
  World world([](conf::Settings& settings) { settings.timeouts.body = 300ms; });
  const Ask form{.method = "POST",
                 .lines = "Content-Type: application/x-www-form-urlencoded\r\n" + sized(1000)};
  const auto answered = [&](const std::string& bytes) {
    Client client{{Piece{bytes}}};
    client.then_ends = false;
    client.ends_after = "HTTP/1.1 4";
    return world.talk(std::move(client)).text().substr(0, 3);
  };
  const auto with = [&](const std::string& parameters) {
    Ask ask = form;
    ask.lines += "Authorization: OAuth " + parameters + "\r\n";
    return World::plain(ask);
  };
  CHECK(answered(signed_with(world, form, {.ago = 3600})) == "401");
  CHECK(answered(with("oauth_consumer_key=\"K\"")) == "400");
  CHECK(answered(with("oauth_consumer_key")) == "400");
  CHECK(logged(world, "timestamp_refused"));
  CHECK(logged(world, "parameter_absent"));
  // The form may hold the credentials.
  CHECK(answered(World::plain(form)) == "408");
  CHECK(answered(signed_with(world, form, {})) == "408");
  CHECK(world.asked() == "");
}

TEST_CASE("credentials in a form are read once it is there") {
  World world;
  std::string form = "a=b&" + parameters(world, {});
  const std::string unsigned_yet = form + "&oauth_signature=";
  verify::RequestView view{
      .method = "POST", .scheme = "http", .authority = "gate", .target = "/api/x"};
  view.form = unsigned_yet;
  const std::string bytes =
      World::plain({.method = "POST", .form = unsigned_yet + signature(view, {})});
  for (std::size_t at : {bytes.size() - 100, bytes.find("a=b&")}) {
    CHECK(world.talk_cut(bytes, at).answers.at(0).status() == (world.asked().empty() ? 200 : 401));
  }
  CHECK(world.origin->asked.size() == 1);
  CHECK(logged(world, "nonce_used"));
}
