#include "bench/identities.h"

#include <doctest/doctest.h>

#include <set>
#include <sstream>

namespace {

std::string line(std::string_view text) { return std::string(text) + "\n"; }

const std::string kClient = line(R"({"type":"client","key":"K","secret":"S","name":"N"})");

}  // namespace

TEST_CASE("a token is read together with the secret of its client") {
  std::istringstream in(
      line(R"({"type":"user","name":"alice"})") + kClient + "\n" +
      line(R"({"type":"token","client":"K","user":"alice","token":"T","secret":"TS"})"));
  const auto read = bench::read_identities(in);
  REQUIRE(read.ok());
  REQUIRE(read->size() == 1);
  CHECK(read->front().client == "K");
  CHECK(read->front().client_secret.reveal() == "S");
  CHECK(read->front().token == "T");
  CHECK(read->front().token_secret.reveal() == "TS");
}

TEST_CASE("byte order marks are no part of a line, and other encodings are named") {
  const std::string mark = "\xef\xbb\xbf";
  const std::string token = line(R"({"type":"token","client":"K","token":"T","secret":"TS"})");
  for (const std::string& text : {mark + kClient + token, mark + mark + kClient + token,
                                  kClient + mark + token, kClient + mark + "\n" + token}) {
    std::istringstream in(text);
    const auto read = bench::read_identities(in);
    REQUIRE(read.ok());
    CHECK(read->front().client == "K");
  }
  for (const std::string start : {"\xff\xfe", "\xfe\xff"}) {
    std::istringstream in(start + kClient + token);
    const auto read = bench::read_identities(in);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().find("line 1: the text is UTF-16") == 0);
  }
}

TEST_CASE("of a rotation the first secret signs") {
  std::istringstream in(
      line(R"({"type":"client","key":"K","secrets":[{"secret":"new"},{"secret":"old"}]})") +
      line(R"({"type":"token","client":"K","user":"u","token":"T","secret":"TS"})"));
  const auto read = bench::read_identities(in);
  REQUIRE(read.ok());
  CHECK(read->front().client_secret.reveal() == "new");
}

TEST_CASE("what can't sign is left out") {
  const std::string good =
      kClient + line(R"({"type":"token","client":"K","token":"T","secret":"TS"})");
  const std::string cases[] = {
      line(R"({"type":"token","client":"K","token":"X","secret":"TS","revoked":true})"),
      line(R"({"type":"client","key":"D","secret":"S","enabled":false})") +
          line(R"({"type":"token","client":"D","token":"X","secret":"TS"})"),
      line(R"({"type":"client","key":"R","secret":null})") +
          line(R"({"type":"token","client":"R","token":"X","secret":"TS"})"),
  };
  for (const std::string& more : cases) {
    CAPTURE(more);
    std::istringstream in(good + more);
    const auto read = bench::read_identities(in);
    REQUIRE(read.ok());
    REQUIRE(read->size() == 1);
    CHECK(read->front().token == "T");
  }
}

TEST_CASE("a mistake is reported with its line") {
  const struct {
    std::string text;
    std::string error;
  } cases[] = {
      {kClient + line("{"), "line 2: this is not a JSON object"},
      {kClient + line("[]"), "line 2: this is not a JSON object"},
      {kClient + line("{}"), "line 2: the field \"type\" is missing"},
      {line(R"({"type":"client"})"), "line 1: a client needs the field \"key\""},
      {kClient + line(R"({"type":"token","client":"K","token":"T"})"),
       "line 2: a token needs the fields \"client\", \"token\" and \"secret\""},
      {kClient + line(R"({"type":"token","client":"Z","token":"T","secret":"TS"})"),
       "line 2: no line before this one has the client \"Z\""},
      {kClient, "there is no token that can sign"},
  };
  for (const auto& c : cases) {
    std::istringstream in(c.text);
    const auto read = bench::read_identities(in);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error() == c.error);
  }
}

TEST_CASE("the keys that are written are read again, all different") {
  std::stringstream file;
  bench::write_keys(file, 3, 4);
  const auto read = bench::read_identities(file);
  REQUIRE(read.ok());
  CHECK(read->size() == 12);
  std::set<std::string> clients, tokens, secrets;
  for (const auto& identity : *read) {
    clients.insert(identity.client);
    tokens.insert(identity.token);
    secrets.insert(std::string(identity.token_secret.reveal()));
  }
  CHECK(clients.size() == 3);
  CHECK(tokens.size() == 12);
  CHECK(secrets.size() == 12);
}

TEST_CASE("a file that is missing is reported by its name") {
  const auto read = bench::read_identities(std::string("/nonexistent/keys"));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error() == "can't read /nonexistent/keys: No such file or directory");
}
