#include "verify/judge.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/verify/support.h"
#include "verify/sign.h"

using namespace verify;
using namespace verify::testing;

namespace {

const std::vector<std::string> kEmail = {"email"}, kBoth = {"email", "address"};

Request signed_request(Method method = Method::HmacSha1, std::optional<std::string> token = "t") {
  Request request{.target = "/api/email?x=1", .form = "y=2"};
  const Signer signer{.client = "k",
                      .client_secret = secret("cs"),
                      .token = token,
                      .token_secret = secret(token && !token->empty() ? "ts" : ""),
                      .method = method,
                      .realm = ""};
  const auto header = authorization_header(request.view(), signer, 1000, "n");
  REQUIRE(header.ok());
  request.authorization = *header;
  return request;
}

Keys keys() { return good_keys("cs", "ts"); }

}  // namespace

TEST_CASE("what is signed with the right secrets is accepted, with each method") {
  for (const Method method : {Method::HmacSha1, Method::HmacSha256, Method::HmacSha512}) {
    CAPTURE(name(method));
    CHECK(judged(signed_request(method), keys()) == std::nullopt);
  }
}

TEST_CASE("a change anywhere in what is signed makes the signature invalid") {
  struct Row {
    const char* what;
    std::function<void(Request&)> change;
  };
  const Row rows[] = {
      {"method", [](Request& r) { r.method = "POST"; }},
      {"scheme", [](Request& r) { r.scheme = "http"; }},
      {"host", [](Request& r) { r.authority = "api.example.org"; }},
      {"port", [](Request& r) { r.authority += ":8443"; }},
      {"prefix", [](Request& r) { r.path_prefix = "/base"; }},
      {"path", [](Request& r) { r.target = "/api/email/?x=1"; }},
      {"path escape", [](Request& r) { r.target = "/api/%65mail?x=1"; }},
      {"query", [](Request& r) { r.target = "/api/email?x=2"; }},
      {"query gone", [](Request& r) { r.target = "/api/email"; }},
      {"query name", [](Request& r) { r.target = "/api/email?X=1"; }},
      {"one more", [](Request& r) { r.target += "&z"; }},
      {"form", [](Request& r) { r.form = "y=3"; }},
      {"form gone", [](Request& r) { r.form.reset(); }},
      {"moved", [](Request& r) { r.target = "/api/email?x=1&y=2&y=2", r.form.reset(); }},
      {"nonce", [](Request& r) { r.authorization = replaced(*r.authorization, "\"n\"", "\"N\""); }},
      {"timestamp",
       [](Request& r) { r.authorization = replaced(*r.authorization, "1000", "1001"); }},
      {"version",
       [](Request& r) {
         r.authorization = replaced(*r.authorization, "oauth_version=\"1.0\",", "");
       }},
      {"client",
       [](Request& r) { r.authorization = replaced(*r.authorization, "\"k\"", "\"K\""); }},
      {"token", [](Request& r) { r.authorization = replaced(*r.authorization, "\"t\"", "\"T\""); }},
      {"header parameter", [](Request& r) { *r.authorization += ", oauth_x=\"1\""; }},
      {"algorithm",
       [](Request& r) { r.authorization = replaced(*r.authorization, "SHA1", "SHA256"); }},
  };
  const Request good = signed_request();
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Request changed = good;
    row.change(changed);
    CHECK(judged(changed, keys()) == Reason::SignatureInvalid);
  }
  Request moved = good;
  moved.target = "/api/email?y=2";
  moved.form = "x=1";
  CHECK(judged(moved, keys()) == std::nullopt);  // one list of parameters, wherever they stand
  Request realm = good;
  *realm.authorization += ", realm=\"anything\"";
  CHECK(judged(realm, keys()) == std::nullopt);
}

TEST_CASE("a signature that is no signature is invalid, and nothing worse") {
  const Request good = signed_request();
  const std::size_t at = good.authorization->find("oauth_signature=\"") + 17;
  const std::string right = good.authorization->substr(at, good.authorization->size() - at - 1);
  struct Row {
    std::string signature;
    bool taken;
  };
  const Row rows[] = {{right, true},
                      {"", false},
                      {"AAAA", false},
                      {right.substr(0, right.size() - 3), false},  // without its padding
                      {right.substr(0, right.size() - 4), false},
                      {right + "AAAA", false},
                      {right.substr(0, 24), false},
                      {"%20" + right, false},
                      {right + "%0A", false},
                      {std::string(1000, 'A'), false},
                      {std::string(84, 'A') + "AA%3D%3D", false},
                      {"%00%FF", false}};
  for (const Row& row : rows) {
    CAPTURE(row.signature);
    Request request = good;
    request.authorization = good.authorization->substr(0, at) + row.signature + "\"";
    CHECK(judged(request, keys()) ==
          (row.taken ? std::nullopt : std::optional(Reason::SignatureInvalid)));
  }
}

TEST_CASE("every single byte of a MAC counts") {
  const Request good = signed_request(Method::HmacSha512);
  const std::size_t at = good.authorization->find("oauth_signature=\"") + 17;
  for (std::size_t i = at; i + 1 < good.authorization->size(); ++i) {
    const char c = (*good.authorization)[i];
    if (c == '%' || (*good.authorization)[i - 1] == '%' || (*good.authorization)[i - 2] == '%')
      continue;
    Request request = good;
    (*request.authorization)[i] = c == 'A' ? 'B' : 'A';
    CHECK(judged(request, keys()) == Reason::SignatureInvalid);
  }
}

TEST_CASE("secrets are encoded in the key, and an empty one keeps its '&'") {
  Request request{};
  Signer signer{.client = "k",
                .client_secret = secret("a&b%"),
                .token = std::nullopt,
                .token_secret = secret(""),
                .method = Method::HmacSha1,
                .realm = ""};
  request.authorization = *authorization_header(request.view(), signer, 1000, "n");
  Requirement two_legged{.token = false, .realms = {}, .any_realm = false};
  CHECK(judged(request, good_keys("a&b%", ""), two_legged) == std::nullopt);
  CHECK(judged(request, good_keys("a", "b%"), two_legged) == Reason::SignatureInvalid);
  CHECK(judged(request, good_keys("a%26b%25", ""), two_legged) == Reason::SignatureInvalid);
}

TEST_CASE("each condition that fails is the reason given, the one that says most first") {
  struct Row {
    const char* what;
    std::function<void(Keys&)> change;
    Reason with_signature, without;
  };
  using enum Reason;
  const Row rows[] = {
      {"client unknown", [](Keys& k) { k.client_known = false; }, ClientUnknown, ClientUnknown},
      {"client disabled", [](Keys& k) { k.client_enabled = false; }, ClientDisabled,
       ClientDisabled},
      {"client unknown and disabled", [](Keys& k) { k.client_known = k.client_enabled = false; },
       ClientUnknown, ClientUnknown},
      {"token unknown", [](Keys& k) { k.token_known = false; }, TokenUnknown, TokenUnknown},
      {"token unknown, and nothing else known of it",
       [](Keys& k) { k.token_known = k.token_of_client = k.user_enabled = false; }, TokenUnknown,
       TokenUnknown},
      {"method not the client's", [](Keys& k) { k.client_methods.add(Method::HmacSha256); },
       MethodRejected, SignatureInvalid},
      {"token of another", [](Keys& k) { k.token_of_client = false; }, TokenNotOfClient,
       SignatureInvalid},
      {"token revoked", [](Keys& k) { k.token_revoked = true; }, TokenRevoked, SignatureInvalid},
      {"token expired", [](Keys& k) { k.token_expires = 1000; }, TokenExpired, SignatureInvalid},
      {"token revoked and expired", [](Keys& k) { k.token_revoked = true, k.token_expires = 1; },
       TokenRevoked, SignatureInvalid},
      {"user disabled", [](Keys& k) { k.user_enabled = false; }, UserDisabled, SignatureInvalid},
      {"realm missing", [](Keys& k) { k.realms.clear(); }, RealmMissing, SignatureInvalid},
      {"another realm",
       [](Keys& k) {
         k.realms = {"emai", "email2"};
       },
       RealmMissing, SignatureInvalid},
  };
  const Requirement requirement{.token = true, .realms = kEmail, .any_realm = false};
  Request bad = signed_request();
  bad.target = "/other";
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Keys changed = keys();
    changed.realms = kEmail;
    CHECK(judged(signed_request(), changed, requirement) == std::nullopt);
    CHECK(judged(bad, changed, requirement) == SignatureInvalid);
    row.change(changed);
    CHECK(judged(signed_request(), changed, requirement) == row.with_signature);
    CHECK(judged(bad, changed, requirement) == row.without);
  }
}

TEST_CASE("the client's own methods count, and none means all") {
  Keys some = keys();
  some.client_methods.add(Method::HmacSha1);
  some.client_methods.add(Method::HmacSha512);
  CHECK(judged(signed_request(Method::HmacSha1), some) == std::nullopt);
  CHECK(judged(signed_request(Method::HmacSha512), some) == std::nullopt);
  CHECK(judged(signed_request(Method::HmacSha256), some) == Reason::MethodRejected);
}

TEST_CASE("a token expires at its second, and a secret at its own") {
  Keys changed = keys();
  changed.token_expires = 1001;
  CHECK(judged(signed_request(), changed, {}, 1000) == std::nullopt);
  CHECK(judged(signed_request(), changed, {}, 1001) == Reason::TokenExpired);

  Keys old = keys();
  old.keys.clear();
  old.keys.emplace_back(secret("cs"), secret("ts"), 1001);
  CHECK(judged(signed_request(), old, {}, 1000) == std::nullopt);
  CHECK(judged(signed_request(), old, {}, 1001) == Reason::SignatureInvalid);
}

TEST_CASE("any live secret will do, and the verdict says which") {
  const Request request = signed_request();
  for (std::size_t right = 0; right < 4; ++right) {
    Keys several = keys();
    several.keys.clear();
    for (std::size_t i = 0; i < 4; ++i) {
      several.keys.emplace_back(secret(i == right ? "cs" : "no"), secret("ts"), std::nullopt);
    }
    const auto accepted = verdict(request, several, {}, lenient_policy());
    REQUIRE(accepted.ok());
    CHECK(accepted->key_index == right);
    CHECK_FALSE(accepted->other_scheme);
  }
  Keys none = keys();
  none.keys.clear();
  CHECK(judged(request, none) == Reason::SignatureInvalid);
}

TEST_CASE("without a token only the client is judged, unless the route needs one") {
  const Requirement needed{}, two_legged{.token = false, .realms = {}, .any_realm = false};
  Keys client_only = good_keys("cs", "");
  client_only.token_known = client_only.token_of_client = client_only.user_enabled = false;
  client_only.token_revoked = true;
  client_only.token_expires = 1;
  for (const std::optional<std::string>& token :
       {std::optional<std::string>(), std::optional<std::string>("")}) {
    const Request request = signed_request(Method::HmacSha1, token);
    CHECK(judged(request, client_only, two_legged) == std::nullopt);
    CHECK(judged(request, client_only, needed) == Reason::TokenAbsent);
    CHECK(judged(request, good_keys("wrong", ""), needed) == Reason::SignatureInvalid);
  }
  // A token that is sent is judged where none is needed, too.
  Keys revoked = keys();
  revoked.token_revoked = true;
  CHECK(judged(signed_request(), keys(), two_legged) == std::nullopt);
  CHECK(judged(signed_request(), revoked, two_legged) == Reason::TokenRevoked);
}

TEST_CASE("a route may need all of its realms, any of them, or none") {
  struct Row {
    std::vector<std::string> needed, held;
    bool any, good;
  };
  const Row rows[] = {
      {{}, {}, false, true},           {{}, {}, true, true},
      {{}, {"email"}, false, true},    {kEmail, {}, false, false},
      {kEmail, {}, true, false},       {kEmail, kBoth, false, true},
      {kBoth, kBoth, false, true},     {kBoth, {"address", "email"}, false, true},
      {kBoth, kEmail, false, false},   {kBoth, kEmail, true, true},
      {kBoth, {"other"}, true, false}, {kEmail, {"Email"}, false, false},
  };
  for (const Row& row : rows) {
    Keys changed = keys();
    changed.realms = row.held;
    const Requirement requirement{.token = true, .realms = row.needed, .any_realm = row.any};
    CHECK(judged(signed_request(), changed, requirement) ==
          (row.good ? std::nullopt : std::optional(Reason::RealmMissing)));
  }
}

TEST_CASE("http is refused where TLS is enforced") {
  Claim claim;
  claim.timestamp = 1000;
  Policy policy = lenient_policy();
  RequestView request{};
  request.scheme = "http";
  CHECK_FALSE(admit(request, claim, policy, {}, 1000, 0).has_value());
  policy.enforce_tls = true;
  REQUIRE(admit(request, claim, policy, {}, 1000, 0).has_value());
  CHECK(admit(request, claim, policy, {}, 1000, 0)->reason == Reason::InsecureTransport);
  request.scheme = "https";
  CHECK_FALSE(admit(request, claim, policy, {}, 1000, 0).has_value());
}

TEST_CASE("a method is refused that the provider or the route does not allow") {
  Claim claim;
  claim.timestamp = 1000;
  Policy policy;
  for (int i = 0; i < kMethodCount; ++i) {
    claim.method = static_cast<Method>(i);
    CAPTURE(name(claim.method));
    Policy others = policy, own = policy;
    for (int k = 0; k < kMethodCount; ++k)
      (k == i ? own : others).methods.add(static_cast<Method>(k));
    RequestView request{};
    request.scheme = "https";
    const auto with_others = admit(request, claim, others, {}, 1000, 0);
    REQUIRE(with_others.has_value());
    CHECK(with_others->reason == Reason::MethodRejected);
    CHECK(with_others->detail == name(claim.method));
    CHECK_FALSE(admit(request, claim, own, {}, 1000, 0).has_value());
    Requirement other_routes, own_route;
    other_routes.methods = others.methods;
    own_route.methods = own.methods;
    CHECK_FALSE(admit(request, claim, lenient_policy(), own_route, 1000, 0).has_value());
    const auto with_route = admit(request, claim, lenient_policy(), other_routes, 1000, 0);
    REQUIRE(with_route.has_value());
    CHECK(with_route->reason == Reason::MethodRejected);
    // A route can't allow what the provider does not.
    CHECK(admit(request, claim, others, own_route, 1000, 0).has_value());
    // judge() refuses them on its own account, should nobody have asked admit().
    for (const auto& [policy_now, route_now] :
         {std::pair(others, Requirement{}), std::pair(lenient_policy(), other_routes)}) {
      Workspace workspace;
      const auto refused = judge(request, claim, keys(), policy_now, route_now, 1000, workspace);
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().reason == Reason::MethodRejected);
    }
  }
}

TEST_CASE("the window takes its edges and the floor does not") {
  Policy policy = lenient_policy();
  policy.window_past_s = 60;
  policy.window_future_s = 30;
  constexpr std::int64_t kNow = 1'700'000'000, kMax = INT64_MAX;
  struct Row {
    std::int64_t timestamp, floor;
    bool good;
  };
  const Row rows[] = {
      {kNow, 0, true},         {kNow - 60, 0, true},         {kNow - 61, 0, false},
      {kNow + 30, 0, true},    {kNow + 31, 0, false},        {1, 0, false},
      {kMax, 0, false},        {kNow, kNow - 1, true},       {kNow, kNow, false},
      {kNow, kNow + 1, false}, {kNow + 30, kNow + 29, true}, {kNow + 30, kMax, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.timestamp);
    Claim claim;
    claim.timestamp = row.timestamp;
    const auto reject = admit(RequestView{}, claim, policy, {}, kNow, row.floor);
    REQUIRE(reject.has_value() == !row.good);
    if (!row.good) CHECK(reject->reason == Reason::TimestampRefused);
  }
}
