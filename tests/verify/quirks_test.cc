// Departures from the RFC that a client or a route may be given, and the realm that the
// Authorization field may have to name.

#include <doctest/doctest.h>

#include <string>

#include "tests/verify/support.h"
#include "verify/percent.h"
#include "verify/sign.h"

using namespace verify;
using namespace verify::testing;

namespace {

constexpr std::int64_t kNow = 1'700'000'000;

QuirkSet only(Quirk quirk) {
  QuirkSet set;
  set.add(quirk);
  return set;
}

Request signed_at(std::int64_t timestamp, Method method = Method::HmacSha1,
                  std::string realm = "") {
  Request request{.target = "/?x=1"};
  const Signer signer{.client = "k",
                      .client_secret = secret("cs"),
                      .token = "t",
                      .token_secret = secret("ts"),
                      .method = method,
                      .realm = std::move(realm)};
  request.authorization = *authorization_header(request.view(), signer, timestamp, "n");
  return request;
}

// Signs with a key of any bytes.
Request signed_with(Method method, std::string_view key) {
  Request request{.authorization = R"(OAuth oauth_consumer_key="k", oauth_token="t", )"
                                   R"(oauth_timestamp="1000", oauth_nonce="n", )"
                                   R"(oauth_signature_method=")" +
                                   std::string(name(method)) + '"'};
  std::string signature(key);
  if (const auto hash = hash_of(method)) {
    Request with_any = request;
    *with_any.authorization += ", oauth_signature=\"\"";
    signature = to_base64(HmacKey(*hash, key).sign(base_of(with_any)).view());
  }
  *request.authorization += ", oauth_signature=\"" + percent_encode(signature) + '"';
  return request;
}

}  // namespace

TEST_CASE("with unencoded_key either spelling of the secrets will do, and without it one") {
  struct Row {
    std::string key;
    bool encoded, as_they_are;
  };
  const Row rows[] = {{"c%2Fs%3D&t%2Bs", true, false},
                      {"c/s=&t+s", false, true},
                      {"c/s=&t%2Bs", false, false},
                      {"c%252Fs%253D&t%252Bs", false, false}};
  for (const Method method :
       {Method::HmacSha1, Method::HmacSha256, Method::HmacSha512, Method::Plaintext}) {
    for (const Row& row : rows) {
      CAPTURE(name(method));
      CAPTURE(row.key);
      const Request request = signed_with(method, row.key);
      Keys usual = good_keys("c/s=", "t+s"), odd = usual;
      odd.quirks = only(Quirk::UnencodedKey);
      Requirement odd_route;
      odd_route.quirks = only(Quirk::UnencodedKey);
      const auto expected = [](bool good) {
        return good ? std::nullopt : std::optional(Reason::SignatureInvalid);
      };
      CHECK(judged(request, usual) == expected(row.encoded));
      CHECK(judged(request, odd) == expected(row.encoded || row.as_they_are));
      CHECK(judged(request, usual, odd_route) == expected(row.encoded || row.as_they_are));
    }
  }
  // Other quirks don't bring it.
  Keys other = good_keys("c/s=", "t+s");
  other.quirks = only(Quirk::Milliseconds);
  CHECK(judged(signed_with(Method::HmacSha1, "c/s=&t+s"), other) == Reason::SignatureInvalid);
}

TEST_CASE("timestamps in milliseconds are measured as such, and are for those that may") {
  struct Row {
    std::int64_t timestamp;
    bool admitted;
  };
  const Row rows[] = {{kNow * 1000, true},
                      {(kNow - 60) * 1000, true},
                      {(kNow - 60) * 1000 - 1, false},
                      {(kNow + 60) * 1000 + 999, true},
                      {(kNow + 61) * 1000, false},
                      {100'000'000'000, false},
                      {kNow * 1'000'000, false}};
  Keys usual = good_keys("cs", "ts"), odd = usual;
  odd.quirks = only(Quirk::Milliseconds);
  Requirement odd_route;
  odd_route.quirks = only(Quirk::Milliseconds);
  for (const Row& row : rows) {
    CAPTURE(row.timestamp);
    const Request request = signed_at(row.timestamp);
    Workspace workspace;
    const auto claim = read_claim(request.view(), Bounds{}, workspace);
    REQUIRE(claim.ok());
    const auto refused = admit(request.view(), *claim, lenient_policy(), {}, kNow, 0);
    CHECK(refused.has_value() == !row.admitted);
    if (refused) CHECK(refused->reason == Reason::TimestampRefused);
    if (!row.admitted) continue;
    CHECK(admit(request.view(), *claim, lenient_policy(), {}, kNow, claim->seconds()).has_value());
    CHECK(judged(request, usual) == Reason::TimestampRefused);
    CHECK(judged(request, odd) == std::nullopt);
    CHECK(judged(request, usual, odd_route) == std::nullopt);
    // A stranger does not learn which clients may.
    CHECK(judged(request, good_keys("cs", "other")) == Reason::SignatureInvalid);
  }
  CHECK(judged(signed_at(kNow), odd) == std::nullopt);  // seconds are as good as ever
}

TEST_CASE("the edge between seconds and milliseconds") {
  Claim claim;
  claim.timestamp = 100'000'000'000;
  CHECK_FALSE(claim.in_milliseconds());
  CHECK(claim.seconds() == 100'000'000'000);
  claim.timestamp = 100'000'000'001;
  CHECK(claim.in_milliseconds());
  CHECK(claim.seconds() == 100'000'000);
}

TEST_CASE("the header's realm must be the one that the client or the route names") {
  struct Row {
    std::string sent, of_client, of_route;
    bool good;
  };
  const Row rows[] = {{"", "", "", true},
                      {"x", "", "", true},
                      {"x", "x", "", true},
                      {"x", "", "x", true},
                      {"x", "x", "x", true},
                      {"", "x", "", false},
                      {"", "", "x", false},
                      {"X", "x", "", false},
                      {"x", "x", "y", false},
                      {"y", "x", "y", false},
                      {"Schoology API", "", "Schoology API", true}};
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    CAPTURE(row.of_client);
    CAPTURE(row.of_route);
    Keys all = good_keys("cs", "ts");
    all.header_realm = row.of_client;
    Requirement requirement;
    requirement.header_realm = row.of_route;
    CHECK(judged(signed_at(1000, Method::HmacSha1, row.sent), all, requirement) ==
          (row.good ? std::nullopt : std::optional(Reason::HeaderRealmWrong)));
    // Whoever can't sign does not learn that there is one.
    CHECK(judged(signed_at(1000, Method::HmacSha256, row.sent), good_keys("no", "ts"),
                 requirement) == Reason::SignatureInvalid);
  }
}
