// Signatures that others have published, and our own signer against our own judge.

#include "verify/sign.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/verify/support.h"

using namespace verify;
using namespace verify::testing;

TEST_CASE("published signatures are accepted, and refused with one character changed") {
  struct Row {
    const char* where;
    Request request;
    std::string client_secret, token_secret;
    bool has_token;
  };
  const Row rows[] = {
      {"RFC 5849 section 1.2, temporary credentials",
       {.method = "POST",
        .scheme = "https",
        .authority = "photos.example.net",
        .target = "/initiate",
        .authorization = R"(OAuth realm="Photos",
   oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1",
   oauth_timestamp="137131200", oauth_nonce="wIjqoS",
   oauth_callback="http%3A%2F%2Fprinter.example.com%2Fready",
   oauth_signature="74KNZJeDHnMBp0EMJ9ZHt%2FXKycU%3D")"},
       "kd94hf93k423kf44",
       "",
       false},
      {"RFC 5849 section 1.2, token credentials",
       {.method = "POST",
        .scheme = "https",
        .authority = "photos.example.net",
        .target = "/token",
        .authorization = R"(OAuth realm="Photos",
   oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="hh5s93j4hdidpola",
   oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="walatlh",
   oauth_verifier="hfdp7dh39dks9884", oauth_signature="gKgrFCywp7rO0OXSjdot%2FIHF7IU%3D")"},
       "kd94hf93k423kf44",
       "hdhd0244k9j7ao03",
       true},
      {"RFC 5849 section 1.2, a protected resource",
       {.method = "GET",
        .scheme = "http",
        .authority = "photos.example.net",
        .target = "/photos?file=vacation.jpg&size=original",
        .authorization = R"(OAuth realm="Photos",
   oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk",
   oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH",
   oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D")"},
       "kd94hf93k423kf44",
       "pfkkdhi9sl3r4s00",
       true},
      // The RFC prints a signature that its base string does not have; erratum 2550 gives this one.
      {"RFC 5849 section 3.4.1.1, as corrected",
       {.method = "POST",
        .scheme = "http",
        .authority = "example.com",
        .target = "/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        .authorization = R"(OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2",
   oauth_token="kkk9d7dh3k39sjv7", oauth_signature_method="HMAC-SHA1",
   oauth_timestamp="137131201", oauth_nonce="7d8f3e4a",
   oauth_signature="r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D")",
        .form = "c2&a3=2+q"},
       "j49sk3j29djd",
       "dh893hdasih9",
       true},
      {"the example of Twitter's manual",
       {.method = "POST",
        .scheme = "https",
        .authority = "api.twitter.com",
        .target = "/1.1/statuses/update.json?include_entities=true",
        .authorization = R"(OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog",
   oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
   oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D", oauth_signature_method="HMAC-SHA1",
   oauth_timestamp="1318622958",
   oauth_token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", oauth_version="1.0")",
        .form = "status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%20request%21"},
       "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
       "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
       true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.where);
    Request request = row.request;
    // The field as printed, on one line.
    std::erase(*request.authorization, '\n');
    const Requirement requirement{.token = row.has_token, .realms = {}, .any_realm = false};
    CHECK(judged(request, good_keys(row.client_secret, row.token_secret), requirement) ==
          std::nullopt);
    CHECK(judged(request, good_keys(row.client_secret + "x", row.token_secret), requirement) ==
          Reason::SignatureInvalid);
    CHECK(judged(request, good_keys(row.client_secret, row.token_secret + "x"), requirement) ==
          Reason::SignatureInvalid);
    request.target += "x";
    CHECK(judged(request, good_keys(row.client_secret, row.token_secret), requirement) ==
          Reason::SignatureInvalid);
  }
}

TEST_CASE("our signer makes the header of the RFC's example") {
  const Request request{.method = "GET",
                        .scheme = "http",
                        .authority = "photos.example.net",
                        .target = "/photos?file=vacation.jpg&size=original"};
  const Signer signer{.client = "dpf43f3p2l4k3l03",
                      .client_secret = secret("kd94hf93k423kf44"),
                      .token = "nnch734d00sl2jdk",
                      .token_secret = secret("pfkkdhi9sl3r4s00"),
                      .method = Method::HmacSha1,
                      .realm = "Photos"};
  const auto header = authorization_header(request.view(), signer, 137131202, "chapoH");
  REQUIRE(header.ok());
  // The RFC's has no oauth_version, so its signature is another; this one is oauthlib's.
  CHECK(
      *header ==
      R"(OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk", )"
      R"(oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH", )"
      R"(oauth_version="1.0", oauth_signature="1IAE9RzK%2BDqSqVTdQ%2F0zWANXVzs%3D")");
}

TEST_CASE("what our signer makes, our judge accepts, however odd the parts are") {
  const Request requests[] = {
      {.target = "/a%2Fb;c?x=1+2&y=%c3%a9&flag&&z=%25&=&a=()*'!~@:;,$[]"},
      {.method = "POST", .target = "/", .form = "a=b+c&a=&a&%61=%zz0"},
      {.method = "PUT",
       .scheme = "http",
       .authority = "H:80",
       .path_prefix = "/base",
       .target = "/\xe9?\xff=\x01"},
      {.authority = "[::1]:8443", .target = ""},
  };
  for (Request request : requests) {
    if (request.form) request.form = replaced(*request.form, "%zz0", "%2b");
    for (const Method method : {Method::HmacSha1, Method::HmacSha256, Method::HmacSha512}) {
      for (const std::string realm :
           {"", "photos", "a\"b", "a\\b", "50%41", "\n", "a \"quoted\\ % realm\n"}) {
        const Signer signer{.client = "!k%\"~",
                            .client_secret = secret("c&s%"),
                            .token = "t+/=",
                            .token_secret = secret("t s"),
                            .method = method,
                            .realm = realm};
        const auto header = authorization_header(request.view(), signer, 1000, "\" ,=%\xff");
        REQUIRE(header.ok());
        Request sent = request;
        sent.authorization = *header;
        CAPTURE(*header);
        CHECK(judged(sent, good_keys("c&s%", "t s")) == std::nullopt);
        CHECK(judged(sent, good_keys("c&s", "t s")) == Reason::SignatureInvalid);
        Workspace workspace;
        const RequestView view = sent.view();
        const auto claim = read_claim(view, Bounds{}, workspace);
        REQUIRE(claim.ok());
        CHECK(claim->client == signer.client);
        CHECK(claim->nonce == "\" ,=%\xff");
        CHECK(claim->realm.value_or("") == realm);
      }
    }
  }
}

TEST_CASE("the signer says in a sentence what it cannot sign") {
  Signer signer{.client = "k",
                .client_secret = secret("s"),
                .token = std::nullopt,
                .token_secret = secret(""),
                .method = Method::HmacSha1,
                .realm = ""};
  const auto error = [&](const Request& request) {
    const auto header = authorization_header(request.view(), signer, 1, "n");
    return header.ok() ? "" : header.error();
  };
  CHECK(error({.target = "/?a=%"}) == "A parameter has a value that it cannot have. (a)");
  CHECK(error({.target = "/?oauth_token=t"}) ==
        "OAuth parameters stand in more than one place. (oauth_token)");
  CHECK(error({.target = "/"}) == "");
  signer.method = Method::RsaSha1;
  CHECK(error({.target = "/"}) == "to sign with RSA takes a private RSA key in PEM, not encrypted");
}
