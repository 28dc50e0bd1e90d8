// What explain makes of the base string that a client says it signed.

#include <doctest/doctest.h>

#include <string>

#include "tests/verify/explain.h"

using namespace verify;
using namespace verify::testing;

namespace {

const std::string kBase = "GET&" + kHost + "%2F&" + kOwn;
const Case kRight{.request = {.authorization = kField}, .base = kBase};

}  // namespace

TEST_CASE("the client's own base string tells the slip even where its signature does not") {
  Case c{.request = {.target = "/?a=1", .authorization = kField},
         .base = "GET&http%3A%2F%2Fapi.example.com%2F&a%3D1%26" + kOwn,
         .key = "another&key"};
  c.own = c.base;
  const Explanation explanation = explained(c);
  CHECK(named(explanation) == "http");
  CHECK_FALSE(explanation.near_misses.front().signature_fits);
  REQUIRE(explanation.difference);
  CHECK(explanation.difference->part == "URL");
  CHECK(explanation.difference->at == 8);
  c.own = std::nullopt;
  CHECK(named(explained(c)) == "nothing");
}

TEST_CASE("a slip without a name is found by the client's own base string") {
  Case c{.request = {.target = "/?a=1", .authorization = kField},
         .base = "GET&" + kHost + "%2F&a%3D11%26" + kOwn};
  CHECK(named(explained(c)) == "nothing");
  c.own = c.base;
  const Explanation explanation = explained(c);
  REQUIRE(explanation.near_misses.size() == 1);
  CHECK(explanation.near_misses[0].signature_fits);
  CHECK(explanation.near_misses[0].changes.empty());
  CHECK(explanation.difference->parameter == "a");
  c.key = "c+s&t/s";
  CHECK(named(explained(c)) == "key_not_encoded");
}

TEST_CASE("equal base strings leave the secrets as the cause") {
  Case c = kRight;
  c.key = "another&key";
  c.own = c.base;
  const Explanation explanation = explained(c);
  CHECK(explanation.same_base_string);
  CHECK_FALSE(explanation.difference.has_value());
  CHECK(named(explanation) == "nothing");
  CHECK(explanation.cause_found());
}

TEST_CASE("a base string of another request is no cause") {
  Case c = kRight;
  c.key = "another&key";
  c.own = with(c.base, "nonce%3Dn", "nonce%3Dm");
  const Explanation explanation = explained(c);
  CHECK(explanation.difference->parameter == "oauth_nonce");
  CHECK_FALSE(explanation.cause_found());
  CHECK(said(explanation).find("not of this request") != std::string::npos);
}

TEST_CASE("the first byte that differs is told in terms of what it is part of") {
  struct Row {
    std::string own, part, parameter, words;
  };
  const std::string start = "GET&" + kHost + "%2F&";
  const std::string end = "%26" + kOwn;
  const Row rows[] = {
      {"POST&" + kHost + "%2F&a%3Db%2520c%26d%3D1" + end, "method", "", "method differs"},
      {"GET&" + kHost + "%2Fx&a%3Db%2520c%26d%3D1" + end, "URL", "", "URL differs"},
      {start + "a%3Db%252520c%26d%3D1" + end, "parameters", "a", "value of the parameter \"a\""},
      {start + "d%3D1" + end, "parameters", "a", "did not sign the parameter \"a\""},
      {start + "a%3Db%2520c" + end, "parameters", "d", "did not sign the parameter \"d\""},
      {start + "a%3Db%2520c%26b%3D1%26d%3D1" + end, "parameters", "b",
       "signed the parameter \"b\", which"},
      {start + "d%3D1%26a%3Db%2520c" + end, "parameters", "a", "order differs: here comes \"a\""},
      {start + "a%3Db%2520c%26d%3D1" + end + "%26z%3D1", "parameters", "z",
       "signed the parameter \"z\""},
      {start + "a%3Db%2520c%26d%3D1", "parameters", "oauth_consumer_key", "did not sign"},
      {start, "parameters", "a", "did not sign the parameter \"a\""},
      {"", "form", "", "two '&', and the client's has 0"},
      {"GET&https://api.example.com/&a=b&c=d", "form", "", "has 3"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.own);
    Case c{.request = {.target = "/?a=b%20c&d=1", .authorization = kField}, .base = kBase};
    c.key = "x";
    c.own = row.own;
    const Explanation explanation = explained(c);
    REQUIRE(explanation.difference);
    CHECK(explanation.difference->part == row.part);
    CHECK(explanation.difference->parameter == row.parameter);
    CAPTURE(explanation.difference->sentence);
    CHECK(explanation.difference->sentence.find(row.words) != std::string::npos);
    const std::string& ours = explanation.base_string;
    const std::size_t at = explanation.difference->at;
    CHECK(ours.substr(0, at) == row.own.substr(0, at));
    CHECK(ours.substr(at, 1) != row.own.substr(at, 1));
  }
}
