// What explain says besides the base string: other reasons, notations of the signature, PLAINTEXT.

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <random>
#include <string>

#include "tests/verify/explain.h"
#include "verify/base_string.h"
#include "verify/explain_recipe.h"

using namespace verify;
using namespace verify::testing;

namespace {

const std::string kBase = "GET&" + kHost + "%2F&" + kOwn;
const Case kRight{.request = {.authorization = kField}, .base = kBase};

struct World {
  Request request = signed_with(kRight.request, percent_encode(signature_of(kRight)));
  Keys keys = known_keys();
  Rules rules = usual_rules();
  std::vector<std::string> realms;

  // The first reason of the gate's own checks; nothing when they let it pass.
  std::optional<Reason> judged() {
    rules.requirement.realms = realms;
    Workspace workspace;
    const RequestView view = request.view();
    const auto claim = read_claim(view, rules.bounds, workspace);
    if (!claim.ok()) return claim.error().reason;
    const auto inadmissible = admit(view, *claim, rules.policy, rules.requirement, rules.now, 0);
    if (inadmissible) return inadmissible->reason;
    const auto verdict =
        judge(view, *claim, keys, rules.policy, rules.requirement, rules.now, workspace);
    return verdict.ok() ? std::nullopt : std::optional(verdict.error().reason);
  }
  Explanation explanation() {
    rules.requirement.realms = realms;
    return explained(kRight, request, keys, known_secrets(), rules);
  }
};

bool has(const Explanation& explanation, Reason reason) {
  return std::any_of(explanation.findings.begin(), explanation.findings.end(),
                     [reason](const Finding& finding) { return finding.reason == reason; });
}

std::string with_signature(const std::string& signature) {
  return named(explained(kRight, signed_with(kRight.request, signature)));
}

std::string url_alphabet(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

// A base string whose signature has all that notations differ in: '+', '/' and padding.
Case telling_case() {
  for (int i = 0;; ++i) {
    const std::string nonce = "n" + std::to_string(i);
    Case c{.request = {.authorization = with(kField, "\"n\"", '"' + nonce + '"')},
           .base = "GET&" + kHost + "%2F&" + with(kOwn, "nonce%3Dn", "nonce%3D" + nonce)};
    const std::string signature = signature_of(c);
    if (signature.find('+') != signature.npos && signature.find('/') != signature.npos) return c;
  }
}

}  // namespace

TEST_CASE("whatever the gate's checks say is among the findings, and alone if it is all") {
  struct Row {
    Reason reason;
    std::function<void(World&)> change;
  };
  const auto unsign = [](World& w) { w.request = {.authorization = kField}; };
  const Row rows[] = {
      {Reason::ClientUnknown, [](World& w) { w.keys.client_known = false; }},
      {Reason::ClientDisabled, [](World& w) { w.keys.client_enabled = false; }},
      {Reason::TokenUnknown, [](World& w) { w.keys.token_known = false; }},
      {Reason::TokenNotOfClient, [](World& w) { w.keys.token_of_client = false; }},
      {Reason::TokenRevoked, [](World& w) { w.keys.token_revoked = true; }},
      {Reason::TokenExpired, [](World& w) { w.keys.token_expires = 1000; }},
      {Reason::UserDisabled, [](World& w) { w.keys.user_enabled = false; }},
      {Reason::RealmMissing,
       [](World& w) {
         w.realms = {"email", "address"};
       }},
      {Reason::RealmMissing,
       [](World& w) {
         w.realms = {"address"};
         w.rules.requirement.any_realm = true;
       }},
      {Reason::InsecureTransport,
       [](World& w) {
         w.rules.policy.enforce_tls = true;
         w.request.scheme = "http";
       }},
      {Reason::MethodRejected, [](World& w) { w.rules.policy.methods = {}; }},
      {Reason::MethodRejected, [](World& w) { w.keys.client_methods.add(Method::HmacSha256); }},
      {Reason::MethodRejected,
       [](World& w) { w.rules.requirement.methods.add(Method::HmacSha256); }},
      {Reason::HeaderRealmWrong, [](World& w) { w.keys.header_realm = "r"; }},
      {Reason::HeaderRealmWrong, [](World& w) { w.rules.requirement.header_realm = "r"; }},
      {Reason::TimestampRefused, [](World& w) { w.rules.now = 1061; }},
      {Reason::TimestampRefused, [](World& w) { w.rules.now = 939; }},
      {Reason::ParameterAbsent, unsign},
      {Reason::ParameterSplit, [](World& w) { w.request.target = "/?oauth_token=t"; }},
      {Reason::CredentialsMisplaced, [](World& w) { w.rules.bounds.credentials.header = false; }},
      {Reason::ParameterForeign, [](World& w) { *w.request.authorization += ", a=\"1\""; }},
      {Reason::ParameterDuplicate,
       [](World& w) { *w.request.authorization += ", oauth_token=\"t\""; }},
      {Reason::ParameterMalformed, [](World& w) { w.request.target = "/?a=%zz"; }},
      {Reason::ParameterTooMany, [](World& w) { w.rules.bounds.parameters = 2; }},
      {Reason::AuthorizationMalformed, [](World& w) { *w.request.authorization += ", x"; }},
      {Reason::VersionRejected,
       [](World& w) { *w.request.authorization += ", oauth_version=\"2\""; }},
      {Reason::CredentialsAbsent, [](World& w) { w.request.authorization = "Bearer t"; }},
  };
  for (const Row& row : rows) {
    CAPTURE(name(row.reason));
    World world;
    CHECK(world.judged() == std::nullopt);
    CHECK(world.explanation().findings.empty());
    row.change(world);
    CHECK(world.judged() == row.reason);
    const Explanation explanation = world.explanation();
    CHECK(explanation.findings.size() == 1);
    CHECK(has(explanation, row.reason));
    CHECK(explanation.cause_found());
  }
}

TEST_CASE("several reasons are told at once, beside the signature's") {
  World world;
  world.keys.client_enabled = false;
  world.keys.token_revoked = true;
  world.keys.token_expires = 900;
  world.rules.now = 5000;
  world.request.scheme = "http";
  const Explanation explanation = world.explanation();
  for (const Reason reason : {Reason::ClientDisabled, Reason::TokenRevoked, Reason::TokenExpired,
                              Reason::TimestampRefused}) {
    CHECK(has(explanation, reason));
  }
  CHECK(named(explanation) == "https");
}

TEST_CASE("a missing token is one where the route needs it") {
  World world;
  world.rules.requirement.token = true;
  world.request.authorization = with(kHeader, "oauth_token=\"t\", ", "");
  CHECK(has(world.explanation(), Reason::TokenAbsent));
  world.rules.requirement.token = false;
  CHECK_FALSE(has(world.explanation(), Reason::TokenAbsent));
}

TEST_CASE("where the time of the request is a guess, its timestamp is only remarked on") {
  World world;
  world.rules.now = 5000;
  CHECK(has(world.explanation(), Reason::TimestampRefused));
  world.rules.now_is_known = false;
  const Explanation guessed = world.explanation();
  CHECK(guessed.findings.empty());
  REQUIRE(guessed.remarks.size() == 1);
  CHECK(guessed.remarks[0].find("4000 seconds before") != std::string::npos);
  CHECK(named(guessed) == "right");
}

TEST_CASE("a timestamp in milliseconds is taken for what it is") {
  World world;
  world.rules.now_is_known = false;
  world.request.authorization = with(kHeader, "1000", "1700000000123");
  const Explanation explanation = world.explanation();
  CHECK(has(explanation, Reason::TimestampRefused));
  CHECK(said(explanation).find("milliseconds") != std::string::npos);
}

TEST_CASE("a body hash is compared with the body, and none belongs to a form") {
  const std::string body = "{\"a\":1}";
  const std::string of_body = to_base64(digest(Hash::Sha1, body).view());
  const std::string of_nothing = to_base64(digest(Hash::Sha1, "").view());
  const auto explanation_of = [&](const std::string& hash, const std::string& sent,
                                  std::optional<std::string> form) {
    Case c{
        .request = {.method = "POST",
                    .authorization = kField + ", oauth_body_hash=\"" + percent_encode(hash) + "\"",
                    .form = std::move(form)},
        .base = "",
        .body = sent};
    return explained(c);
  };
  CHECK(explanation_of(of_body, body, std::nullopt).findings.empty());
  CHECK(explanation_of(of_nothing, "", std::nullopt).findings.empty());
  const Explanation empty = explanation_of(of_nothing, body, std::nullopt);
  CHECK(has(empty, Reason::BodyHashMismatch));
  CHECK(said(empty).find("empty body") != std::string::npos);
  CHECK(has(explanation_of(of_body, body + " ", std::nullopt), Reason::BodyHashMismatch));
  CHECK(has(explanation_of(of_body, body, body), Reason::BodyHashOfForm));
  CHECK(explanation_of(of_nothing, "", "").findings.empty());
}

TEST_CASE("the notation of a signature is told from its value") {
  const Case c = telling_case();
  const std::string right = signature_of(c);
  const Digest mac = HmacKey(Hash::Sha1, kRightKey).sign(c.base);
  const std::string hex = to_hex(mac.view());
  const auto in_header = [&](const std::string& signature) {
    return named(explained(c, signed_with(c.request, percent_encode(signature))));
  };
  CHECK(in_header(right) == "right");
  CHECK(in_header(percent_encode(right)) == "signature_encoded_twice");
  CHECK(in_header(url_alphabet(right)) == "signature_base64url");
  CHECK(in_header(right.substr(0, right.find('='))) == "signature_without_padding");
  CHECK(in_header(right + "\n") == "signature_with_line_end");
  CHECK(in_header(hex) == "signature_hex");
  CHECK(in_header(to_base64({reinterpret_cast<const unsigned char*>(hex.data()), hex.size()})) ==
        "signature_base64_of_hex");
  // In a query, an unencoded '+' is a space.
  const std::string nonce =
      c.request.authorization->substr(c.request.authorization->find("nonce=\"") + 7);
  const Request query{
      .target = "/?" + with(kPairs, "nonce=n", "nonce=" + nonce.substr(0, nonce.find('"')))};
  CHECK(named(explained(c, signed_with(query, right))) == "signature_not_encoded");
  // Beside another slip.
  Case http = c;
  http.base = with(c.base, "https", "http");
  const std::string made = signature_of(http);
  CHECK(named(explained(http, signed_with(c.request, made.substr(0, made.find('='))))) ==
        "http, signature_without_padding");
}

TEST_CASE("a signature that has another length than its method's is remarked on") {
  CHECK(with_signature("YWJj") == "nothing");
  const Explanation explanation = explained(kRight, signed_with(kRight.request, "YWJj"));
  CHECK(said(explanation).find("base64 of 20 bytes") != std::string::npos);
}

TEST_CASE("of PLAINTEXT the secrets are compared, and never shown") {
  const auto named_for = [](const std::string& signature) {
    const Request request{.authorization = with(kField, "HMAC-SHA1", "PLAINTEXT")};
    const Explanation explanation =
        explained(kRight, signed_with(request, percent_encode(signature)));
    CHECK(explanation.base_string.empty());
    CHECK(said(explanation).find(kClientSecret) == std::string::npos);
    return named(explanation);
  };
  CHECK(named_for("c%2Bs&t%2Fs") == "right");
  CHECK(named_for("c+s&t/s") == "key_not_encoded");
  CHECK(named_for("c%2Bs&") == "token_secret_left_out");
  CHECK(named_for("t%2Fs&c%2Bs") == "key_in_wrong_order");
  CHECK(named_for("c%2Bst%2Fs") == "key_without_ampersand");
  CHECK(named_for("c%252Bs%26t%252Fs") == "signature_encoded_twice");
  CHECK(named_for("other&t%2Fs") == "nothing");
}

TEST_CASE("of RSA, the base string, the hash and the client's keys are tried") {
  const Request request{.authorization = with(kField, "HMAC-SHA1", "RSA-SHA1")};
  const std::string base = "GET&" + kHost + "%2F&" + with(kOwn, "HMAC-SHA1", "RSA-SHA1");
  const auto explanation_of = [&](const std::string& key, Hash hash, const std::string& text,
                                  const Keys& keys) {
    const auto made = rsa_signature(secret(key), hash, text);
    REQUIRE(made.ok());
    Case c{.request = request, .base = text};
    return explained(c, signed_with(request, percent_encode(to_base64(*made))), keys);
  };
  const auto named_for = [&](const std::string& key, Hash hash, const std::string& text) {
    return named(explanation_of(key, hash, text, known_keys()));
  };
  CHECK(named_for(kPrivate, Hash::Sha1, base) == "right");
  CHECK(named_for(kPrivate, Hash::Sha256, base) == "hash");
  CHECK(named_for(kPrivate, Hash::Sha1, with(base, "https", "http")) == "http");
  CHECK(named_for(kOtherPrivate, Hash::Sha1, base) == "nothing");

  Keys rotated = known_keys();
  rotated.rsa_keys.emplace_back(*RsaKey::parse(kOtherPublic), 1000);
  CHECK(named(explanation_of(kOtherPrivate, Hash::Sha1, base, rotated)) == "expired_rsa_key");
  Keys brief = known_keys();
  brief.rsa_keys = {VerifyingKey(*RsaKey::parse(kShortPublic), std::nullopt)};
  CHECK(named(explanation_of(kShortPrivate, Hash::Sha1, base, brief)) == "short_rsa_key");
  Keys none = known_keys();
  none.rsa_keys = {VerifyingKey(*RsaKey::parse(kPublic), 0)};
  CHECK(said(explanation_of(kOtherPrivate, Hash::Sha1, base, none)).find("no RSA key") !=
        std::string::npos);
}

TEST_CASE("with the quirk of unencoded keys, either key is right") {
  Case c = kRight;
  c.quirks.add(Quirk::UnencodedKey);
  CHECK(named(explained(c)) == "right");
  c.key = "c+s&t/s";
  CHECK(named(explained(c)) == "right");
  c.key = "c+s&";
  CHECK(named(explained(c)) == "token_secret_left_out");
}

TEST_CASE("a scheme that the route accepts is right, and remarked on") {
  const std::vector<std::string> schemes{"http"};
  World world;
  world.rules.requirement.schemes = schemes;
  Case http = kRight;
  http.base = with(kBase, "https", "http");
  world.request = signed_with(kRight.request, percent_encode(signature_of(http)));
  const Explanation explanation = world.explanation();
  CHECK(named(explanation) == "right");
  CHECK(explanation.base_string == http.base);
  CHECK(explanation.remarks.size() == 1);
}

TEST_CASE("the recipe without a slip is the base string of the gate, quirks and all") {
  std::mt19937 random(11);
  const char* const tokens[] = {"a", "b",   "=",        "=",        "&",      "&",
                                "+", "%2f", "%2F",      "%C3%A9",   "%0D%0A", "%25",
                                "!", "'*",  "~[]/:@;,", "\xc3\xa9", "A0-._"};
  const auto text = [&](std::size_t most) {
    std::string out;
    for (std::size_t n = random() % (most + 1); n > 0; --n)
      out += tokens[random() % std::size(tokens)];
    return out;
  };
  int compared = 0;
  for (int i = 0; i < 2000; ++i) {
    Request request{.method = "POST",
                    .authority = random() % 2 ? "Host:443" : "[::1]:80",
                    .path_prefix = random() % 2 ? "" : "/p%20",
                    .target = "/" + text(6) + "?" + text(30),
                    .authorization = kHeader + ", oauth_body_hash=\"a/+=\"",
                    .form = text(30)};
    if (random() % 2) request.target += "&" + *request.form;
    QuirkSet quirks;
    for (int q = 0; q < kQuirkCount; ++q) {
      if (random() % 3 == 0) quirks.add(static_cast<Quirk>(q));
    }
    Workspace workspace;
    const RequestView view = request.view();
    if (!read_claim(view, Bounds{}, workspace).ok()) continue;
    ++compared;
    CAPTURE(request.target);
    CAPTURE(*request.form);
    REQUIRE(base_string(right_recipe(view, quirks)) ==
            build_base_string(view, workspace.state().parameters, quirks));
  }
  CHECK(compared > 1000);
}
