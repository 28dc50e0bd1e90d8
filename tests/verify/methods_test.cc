// The signature methods beside HMAC, which of them may be used, and other schemes than the
// request's own.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/verify/support.h"
#include "verify/percent.h"
#include "verify/sign.h"

using namespace verify;
using namespace verify::testing;

namespace {

const Requirement kTwoLegged{.token = false, .realms = {}, .any_realm = false};

Signer signer(Method method) {
  return {.client = "k",
          .client_secret = secret("c&s%"),
          .token = "t",
          .token_secret = secret("ts"),
          .method = method,
          .realm = "",
          .private_key = secret(kPrivate)};
}

Request signed_by(const Signer& who, std::string scheme = "https") {
  Request request{.scheme = std::move(scheme), .target = "/api/email?x=1", .form = "y=2"};
  const auto header = authorization_header(request.view(), who, 1000, "n");
  REQUIRE(header.ok());
  request.authorization = *header;
  return request;
}

Request signed_by(Method method) { return signed_by(signer(method)); }

Keys keys() { return good_keys("c&s%", "ts"); }

VerifyingKey rsa(const std::string& pem, std::optional<std::int64_t> expires = std::nullopt) {
  return {*RsaKey::parse(pem), expires};
}

Request unsigned_plaintext(const std::string& signature) {
  return {.authorization = R"(OAuth oauth_consumer_key="k", oauth_token="t", )"
                           R"(oauth_signature_method="PLAINTEXT", oauth_signature=")" +
                           percent_encode(signature) + '"'};
}

std::string detail(const Request& request, const Keys& all) {
  const auto refused = verdict(request, all, {}, lenient_policy());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().reason == Reason::SignatureInvalid);
  return refused.error().detail;
}

}  // namespace

TEST_CASE("what is signed with the right key is accepted, with each method") {
  for (int i = 0; i < kMethodCount; ++i) {
    const auto method = static_cast<Method>(i);
    CAPTURE(name(method));
    const Request request = signed_by(method);
    CHECK(judged(request, keys()) == std::nullopt);
    Keys others = good_keys("c&s", "ts");
    others.rsa_keys = {rsa(kOtherPublic)};
    CHECK(judged(request, others) == Reason::SignatureInvalid);
    Request changed = request;
    changed.target = "/api/email?x=2";
    // PLAINTEXT is the one that covers nothing of the request.
    CHECK(judged(changed, keys()) ==
          (method == Method::Plaintext ? std::nullopt : std::optional(Reason::SignatureInvalid)));
  }
}

TEST_CASE("an RSA signature needs no secret, not even the token's, and an HMAC no RSA key") {
  Signer only_key = signer(Method::RsaSha1);
  only_key.client_secret = only_key.token_secret = Secret();
  CHECK(judged(signed_by(only_key), keys()) == std::nullopt);
  Keys no_secret = keys(), no_key = keys();
  no_secret.keys = {SigningKey(Secret(), Secret(), 0)};
  no_key.rsa_keys = {rsa(kPublic, 0)};
  CHECK(judged(signed_by(Method::RsaSha512), no_secret) == std::nullopt);
  CHECK(judged(signed_by(Method::HmacSha1), no_key) == std::nullopt);
  CHECK(detail(signed_by(Method::HmacSha1), no_secret) ==
        "the client has no secret that has not expired");
  CHECK(detail(signed_by(Method::Plaintext), no_secret) ==
        "the client has no secret that has not expired");
  CHECK(detail(signed_by(Method::RsaSha1), no_key) ==
        "the client has no RSA key that has not expired");
}

TEST_CASE("the text of a public key is no secret") {
  for (const std::string& text : {kPublic, kPublic.substr(0, kPublic.size() - 1), kCertificate}) {
    for (const Method method :
         {Method::HmacSha1, Method::HmacSha256, Method::HmacSha512, Method::Plaintext}) {
      Signer forger = signer(method);
      forger.client_secret = secret(text);
      for (const bool has_secret : {true, false}) {
        for (const std::string token_secret : {"ts", ""}) {
          forger.token_secret = secret(token_secret);
          Keys all = good_keys("c&s%", "ts");
          if (!has_secret) all.keys = {SigningKey(Secret(), secret("ts"), 0)};
          all.rsa_keys = {rsa(text)};
          CHECK(judged(signed_by(forger), all) == Reason::SignatureInvalid);
        }
      }
    }
  }
}

TEST_CASE("any live RSA key will do, and the verdict says which") {
  const Request request = signed_by(Method::RsaSha256);
  for (std::size_t right = 0; right < 4; ++right) {
    Keys several = keys();
    several.rsa_keys.clear();
    for (std::size_t i = 0; i < 4; ++i) {
      several.rsa_keys.push_back(rsa(i == right ? kPublic : kOtherPublic, 1001));
    }
    const auto accepted = verdict(request, several, {}, lenient_policy());
    REQUIRE(accepted.ok());
    CHECK(accepted->key_index == right);
    CHECK(judged(request, several, {}, 1001) == Reason::SignatureInvalid);
  }
  Keys newest_expired = keys();
  newest_expired.rsa_keys = {rsa(kPublic, 1000), rsa(kPublic)};
  const auto accepted = verdict(request, newest_expired, {}, lenient_policy());
  REQUIRE(accepted.ok());
  CHECK(accepted->key_index == 1);
}

TEST_CASE("an RSA key counts if it has the bits that the provider asks for") {
  Signer weak = signer(Method::RsaSha256);
  weak.private_key = secret(kShortPrivate);
  Keys all = keys();
  all.rsa_keys = {rsa(kShortPublic)};
  Policy policy = lenient_policy();
  policy.rsa_min_bits = 1024;
  CHECK(verdict(signed_by(weak), all, {}, policy).ok());
  policy.rsa_min_bits = 1025;
  const auto refused = verdict(signed_by(weak), all, {}, policy);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().reason == Reason::SignatureInvalid);
  CHECK(refused.error().detail == "an RSA key of 1024 bits, and at least 1025 are needed");
  // The other key is strong enough, so there is nothing to say of this one.
  all.rsa_keys.push_back(rsa(kPublic));
  CHECK(verdict(signed_by(weak), all, {}, policy).error().detail.empty());
}

TEST_CASE("the example of the OAuth test cases for RSA-SHA1 is accepted") {
  const Request request{.scheme = "http",
                        .authority = "photos.example.net",
                        .target = "/photos?file=vacaction.jpg&size=original",
                        .authorization =
                            R"(OAuth oauth_consumer_key="dpf43f3p2l4k3l03", )"
                            R"(oauth_signature_method="RSA-SHA1", oauth_timestamp="1196666512", )"
                            R"(oauth_nonce="13917289812797014437", oauth_version="1.0", )"
                            R"(oauth_signature="jvTp%2FwX1TYtByB1m%2BPbyo0lnCOLIsyGCH7wke8AUs3Bpnw)"
                            R"(ZJtAuEJkvQL2%2F9n4s5wUmUl4aCI4BwpraNx4RtEXMe5qg5T1LVTGliMRpKasKsW%2)"
                            R"(F%2Fe%2BRinhejgCuzoH26dyF8iY2ZZ%2F5D1ilgeijhV%2FvBka5twt399mXwaYdCw)"
                            R"(FYE%3D")"};
  const std::string certificate =
      "-----BEGIN CERTIFICATE-----\n"
      "MIIBpjCCAQ+gAwIBAgIBATANBgkqhkiG9w0BAQUFADAZMRcwFQYDVQQDDA5UZXN0\n"
      "IFByaW5jaXBhbDAeFw03MDAxMDEwODAwMDBaFw0zODEyMzEwODAwMDBaMBkxFzAV\n"
      "BgNVBAMMDlRlc3QgUHJpbmNpcGFsMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKB\n"
      "gQC0YjCwIfYoprq/FQO6lb3asXrxLlJFuCvtinTF5p0GxvQGu5O3gYytUvtC2JlY\n"
      "zypSRjVxwxrsuRcP3e641SdASwfrmzyvIgP08N4S0IFzEURkV1wp/IpH7kH41Etb\n"
      "mUmrXSwfNZsnQRE5SYSOhh+LcK2wyQkdgcMv11l4KoBkcwIDAQABMA0GCSqGSIb3\n"
      "DQEBBQUAA4GBAGZLPEuJ5SiJ2ryq+CmEGOXfvlTtEL2nuGtr9PewxkgnOjZpUy+d\n"
      "4TvuXJbNQc8f4AMWL/tO9w0Fk80rWKp9ea8/df4qMq5qlFWlx6yOLQxumNOmECKb\n"
      "WpkUQDIDJEoFUzKMVuJf4KO/FJ345+BNLGgbJ6WujreoM1X/gYfdnJ/J\n"
      "-----END CERTIFICATE-----\n";
  Keys all = good_keys("", "");
  all.rsa_keys = {rsa(certificate)};
  Policy policy = lenient_policy();
  policy.rsa_min_bits = 1024;
  CHECK(verdict(request, all, kTwoLegged, policy).ok());
  Request changed = request;
  changed.target = "/photos?file=vacation.jpg&size=original";
  CHECK_FALSE(verdict(changed, all, kTwoLegged, policy).ok());
}

TEST_CASE("a PLAINTEXT signature is both secrets, encoded and joined by '&', and nothing else") {
  struct Row {
    std::string signature;
    bool good;
  };
  const Row rows[] = {{"c%26s%25&ts", true},
                      {"c&s%&ts", false},
                      {"c%26s%25&", false},
                      {"c%26s%25", false},
                      {"c%26s%25&tsx", false},
                      {"", false},
                      {"c%26s%25&ts ", false},
                      {"c%26S%25&ts", false},
                      {"&", false},
                      {"c%26s%25%26ts", false},
                      {std::string(5000, 'x'), false}};
  for (const Row& row : rows) {
    CAPTURE(row.signature);
    CHECK(judged(unsigned_plaintext(row.signature), keys()) ==
          (row.good ? std::nullopt : std::optional(Reason::SignatureInvalid)));
  }
  // RFC 5849 section 3.4.4 keeps the '&' where a secret is empty.
  CHECK(judged(unsigned_plaintext("&ts"), good_keys("", "ts")) == std::nullopt);
  CHECK(judged(unsigned_plaintext("c&"), good_keys("c", "")) == std::nullopt);
}

TEST_CASE(
    "PLAINTEXT may come without nonce and timestamp, and the window is for those that have them") {
  const Policy policy = lenient_policy();
  const auto admitted = [&](const Request& request, std::int64_t now) {
    Workspace workspace;
    const auto claim = read_claim(request.view(), Bounds{}, workspace);
    REQUIRE(claim.ok());
    return !admit(request.view(), *claim, policy, {}, now, 0).has_value();
  };
  const Request bare = unsigned_plaintext("c%26s%25&ts"), dated = signed_by(Method::Plaintext);
  CHECK(admitted(bare, 1'000'000'000));
  CHECK(admitted(dated, 1060));
  CHECK_FALSE(admitted(dated, 1061));
  Workspace workspace;
  CHECK_FALSE(read_claim(bare.view(), Bounds{}, workspace)->has_nonce());
  CHECK(read_claim(dated.view(), Bounds{}, workspace)->has_nonce());
}

TEST_CASE("another scheme that the route names may have been signed, and the verdict says so") {
  const std::vector<std::string> none, http{"http"}, both{"https", "http"}, https{"https"};
  struct Row {
    const char *seen, *signed_for;
    const std::vector<std::string>& schemes;
    bool good, other;
  };
  const Row rows[] = {{"https", "https", none, true, false},  {"https", "http", none, false, false},
                      {"https", "https", http, true, false},  {"https", "http", http, true, true},
                      {"https", "http", https, false, false}, {"http", "https", https, true, true},
                      {"http", "http", both, true, false},    {"http", "https", both, true, true}};
  for (int i = 0; i < kMethodCount; ++i) {
    const auto method = static_cast<Method>(i);
    if (method == Method::Plaintext) continue;
    for (const Row& row : rows) {
      CAPTURE(name(method));
      CAPTURE(row.seen);
      CAPTURE(row.signed_for);
      Request request = signed_by(signer(method), row.signed_for);
      request.scheme = row.seen;
      Requirement requirement;
      requirement.schemes = row.schemes;
      const auto accepted = verdict(request, keys(), requirement, lenient_policy());
      CHECK(accepted.ok() == row.good);
      if (accepted.ok()) CHECK(accepted->other_scheme == row.other);
    }
  }
  Requirement requirement;
  requirement.schemes = http;
  const auto plain = verdict(signed_by(Method::Plaintext), keys(), requirement, lenient_policy());
  REQUIRE(plain.ok());
  CHECK_FALSE(plain->other_scheme);
}
