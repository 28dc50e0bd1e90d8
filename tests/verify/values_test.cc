// The small value types: Secret, Result, Method, Reason.

#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <string>

#include "tests/verify/support.h"
#include "verify/method.h"
#include "verify/rejection.h"
#include "verify/result.h"
#include "verify/secret.h"

using namespace verify;

TEST_CASE("secrets compare by their bytes, copy, move, and are empty afterwards") {
  for (const std::string text :
       {"", "short", "a secret that is too long for the small-string buffer"}) {
    CAPTURE(text);
    Secret a{std::string(text)};
    CHECK(a.reveal() == text);
    CHECK(a.empty() == text.empty());
    Secret b = a;
    CHECK(b == a);
    Secret c = std::move(b);
    CHECK(c == a);
    CHECK(b.empty());
    CHECK_FALSE(c == Secret(text + "x"));
    Secret d(std::string_view("other"));
    d = c;
    CHECK(d == c);
    const Secret& same = d;
    d = same;
    CHECK(d == c);
    Secret e;
    e = std::move(d);
    CHECK(e == c);
    CHECK(d.empty());
  }
}

TEST_CASE("a secret that was moved from keeps no byte of it") {
  const std::string text = "0123456789";  // short enough to stand in the object itself
  Secret from{std::string(text)};
  const Secret to = std::move(from);
  std::string object(sizeof(Secret), 0);
  std::memcpy(object.data(), &from, sizeof(Secret));
  CHECK(object.find("12345") == std::string::npos);
  std::memcpy(object.data(), &to, sizeof(Secret));
  CHECK(object.find("12345") != std::string::npos);  // or this test shows nothing
}

TEST_CASE("a result holds a value or an error, also when both have one type") {
  const Result<std::string, std::string> good = std::string("value");
  const Result<std::string, std::string> bad = Failure(std::string("error"));
  CHECK(good.ok());
  CHECK(*good == "value");
  CHECK_FALSE(bad.ok());
  CHECK(bad.error() == "error");
  const Result<int, std::string> passed_on = bad.failure();
  CHECK(passed_on.error() == "error");
}

TEST_CASE("methods go by the names of the RFC, in its case, and are over the hash in their name") {
  struct Row {
    std::string name;
    Method method;
    std::optional<Hash> hash;
  };
  const Row rows[] = {{"HMAC-SHA1", Method::HmacSha1, Hash::Sha1},
                      {"HMAC-SHA256", Method::HmacSha256, Hash::Sha256},
                      {"HMAC-SHA512", Method::HmacSha512, Hash::Sha512},
                      {"RSA-SHA1", Method::RsaSha1, Hash::Sha1},
                      {"RSA-SHA256", Method::RsaSha256, Hash::Sha256},
                      {"RSA-SHA512", Method::RsaSha512, Hash::Sha512},
                      {"PLAINTEXT", Method::Plaintext, std::nullopt}};
  CHECK(std::size(rows) == kMethodCount);
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(name(row.method) == row.name);
    CHECK(method_from_name(row.name) == row.method);
    CHECK((hash_of(row.method) == row.hash));
    CHECK(is_rsa(row.method) == row.name.starts_with("RSA-"));
  }
  for (const std::string unknown : {"", "hmac-sha1", "HMAC-SHA1 ", "HMAC-MD5"}) {
    CHECK_FALSE(method_from_name(unknown).has_value());
  }
}

TEST_CASE("a method set has what was added and nothing else") {
  MethodSet set;
  CHECK(set.empty());
  set.add(Method::Plaintext);
  set.add(Method::HmacSha256);
  CHECK_FALSE(set.empty());
  for (int i = 0; i < kMethodCount; ++i) {
    const auto method = static_cast<Method>(i);
    CHECK(set.has(method) == (method == Method::Plaintext || method == Method::HmacSha256));
  }
}

TEST_CASE("every reason has a name of its own, a sentence, and a code") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    CAPTURE(reason);
    CHECK(names.insert(name(reason)).second);
    CHECK(name(reason).find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(sentence(reason).ends_with('.'));
    CHECK_FALSE(error_code(reason).empty());
    CHECK((status(reason) == 400 || status(reason) == 401));
  }
}

TEST_CASE("malformed requests are 400 and failed authentication is 401") {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    CAPTURE(reason);
    CHECK(status(reason) == (reason < Reason::CredentialsAbsent ? 400 : 401));
  }
}

TEST_CASE("problem words are those of Problem Reporting") {
  const std::set<std::string_view> words = {
      "version_rejected",     "parameter_absent",     "parameter_rejected",
      "timestamp_refused",    "nonce_used",           "signature_method_rejected",
      "signature_invalid",    "consumer_key_unknown", "consumer_key_rejected",
      "consumer_key_refused", "token_used",           "token_expired",
      "token_revoked",        "token_rejected",       "additional_authorization_required",
      "permission_unknown",   "permission_denied",    "user_refused",
      "verifier_invalid"};
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    CAPTURE(reason);
    if (reason == Reason::InsecureTransport || reason == Reason::FormUnclear) {
      CHECK(oauth_problem(reason).empty());
    } else {
      CHECK(words.count(oauth_problem(reason)) == 1);
    }
  }
}

TEST_CASE("a stranger cannot tell unknown from wrong, disabled, revoked or expired") {
  using enum Reason;
  const std::set<Reason> hidden = {ClientUnknown, ClientDisabled, TokenUnknown, TokenNotOfClient,
                                   TokenExpired,  TokenRevoked,   UserDisabled, SignatureInvalid};
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    CAPTURE(reason);
    CHECK(disclosed(reason) == (hidden.count(reason) != 0 ? SignatureInvalid : reason));
    CHECK(disclosed(disclosed(reason)) == disclosed(reason));
  }
}

TEST_CASE("the codes that clients of Flask-OAuthlib know are kept") {
  CHECK(error_code(Reason::ParameterDuplicate) == "invalid_request");
  CHECK(error_code(Reason::ParameterAbsent) == "invalid_request");
  CHECK(error_code(Reason::VersionRejected) == "invalid_request");
  CHECK(error_code(Reason::TimestampRefused) == "invalid_request");
  CHECK(error_code(Reason::MethodRejected) == "invalid_signature_method");
  CHECK(error_code(Reason::ClientUnknown) == "invalid_client");
  CHECK(error_code(Reason::InsecureTransport) == "insecure_transport");
}
