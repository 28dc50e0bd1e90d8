// What a verification costs, counted: allocations and hashes. Timing would tell less, and not
// always the same.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

#include "tests/verify/support.h"
#include "verify/arena.h"
#include "verify/percent.h"
#include "verify/sign.h"

namespace {

std::size_t allocations = 0;
std::size_t hashes_finished = 0;
std::size_t rsa_verifications = 0;

void* counted(std::size_t size) {
  ++allocations;
  void* out = std::malloc(size == 0 ? 1 : size);
  if (out == nullptr) throw std::bad_alloc();
  return out;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

// The linker puts the second of these where verify calls libcrypto's function (--wrap).
extern "C" int __real_SHA1_Final(unsigned char* out, void* context);
extern "C" int __wrap_SHA1_Final(unsigned char* out, void* context) {
  ++hashes_finished;
  return __real_SHA1_Final(out, context);
}
extern "C" int __real_RSA_verify(int type, const unsigned char* digest, unsigned digest_size,
                                 const unsigned char* signature, unsigned size, void* key);
extern "C" int __wrap_RSA_verify(int type, const unsigned char* digest, unsigned digest_size,
                                 const unsigned char* signature, unsigned size, void* key) {
  ++rsa_verifications;
  return __real_RSA_verify(type, digest, digest_size, signature, size, key);
}

using namespace verify;
using namespace verify::testing;

namespace {

Request signed_request() {
  Request request{.target = "/api/email?q=a+b%2Fc&x=1&x=%C3%A9", .form = "status=Hello%20you&flag"};
  const Signer signer{.client = "client",
                      .client_secret = secret("cs"),
                      .token = "token",
                      .token_secret = secret("ts"),
                      .method = Method::HmacSha1,
                      .realm = "r%"};
  request.authorization = *authorization_header(request.view(), signer, 1000, "n/n=");
  return request;
}

struct Cost {
  bool accepted = false;
  std::size_t allocations = 0, hashes = 0;
};

Cost cost_of(const Request& owner, const Keys& keys, const Requirement& requirement,
             Workspace& workspace) {
  const RequestView request = owner.view();
  const Policy policy = lenient_policy();
  const std::size_t allocations_before = allocations, hashes_before = hashes_finished;
  Cost cost;
  const auto claim = read_claim(request, Bounds{}, workspace);
  if (claim.ok() && !admit(request, *claim, policy, {}, 1000, 0)) {
    cost.accepted = judge(request, *claim, keys, policy, requirement, 1000, workspace).ok();
  }
  cost.allocations = allocations - allocations_before;
  cost.hashes = hashes_finished - hashes_before;
  return cost;
}

}  // namespace

TEST_CASE("accepting a request allocates nothing once its workspace is warm") {
  const std::vector<std::string> realms = {"a realm whose name is longer than a small string"};
  Keys keys = good_keys("cs", "ts");
  keys.realms = realms;
  const Requirement requirement{.token = true, .realms = realms, .any_realm = false};
  const Request request = signed_request();
  Workspace workspace;
  CHECK(cost_of(request, keys, requirement, workspace).allocations > 0);
  for (int round = 0; round < 3; ++round) {
    const Cost cost = cost_of(request, keys, requirement, workspace);
    CHECK(cost.accepted);
    CHECK(cost.allocations == 0);
  }
}

TEST_CASE("nor does it with the parameters in query or form, without a token, or by another HMAC") {
  // Moves what a header says into a query or form.
  const auto as_pairs = [](const std::string& header) {
    std::string out;
    for (std::size_t at = header.find("oauth_"); at != std::string::npos;
         at = header.find("oauth_", at)) {
      const std::size_t equals = header.find("=\"", at), end = header.find('"', equals + 2);
      if (!out.empty()) out += '&';
      out += header.substr(at, equals - at) + '=' + header.substr(equals + 2, end - equals - 2);
      at = end;
    }
    return out;
  };
  for (const Source source : {Source::Header, Source::Query, Source::Form}) {
    for (const Method method : {Method::HmacSha1, Method::HmacSha256, Method::HmacSha512}) {
      for (const bool with_token : {true, false}) {
        CAPTURE(name(method));
        CAPTURE(with_token);
        Request request{.target = "/api/email?q=a+b%2Fc&x=1"};
        if (source == Source::Form) request.form = "status=Hello%20you";
        Signer signer{.client = "client", .client_secret = secret("cs"), .method = method};
        if (with_token) signer.token = "token";
        if (with_token) signer.token_secret = secret("ts");
        const std::string header = *authorization_header(request.view(), signer, 1000, "n/n=");
        if (source == Source::Header) request.authorization = header;
        if (source == Source::Query) request.target += '&' + as_pairs(header);
        if (source == Source::Form) *request.form += '&' + as_pairs(header);
        const Keys keys = good_keys("cs", with_token ? "ts" : "");
        const Requirement requirement{.token = with_token, .realms = {}, .any_realm = false};
        Workspace workspace;
        cost_of(request, keys, requirement, workspace);
        const Cost cost = cost_of(request, keys, requirement, workspace);
        CHECK(cost.accepted);
        CHECK(cost.allocations == 0);
      }
    }
  }
}

TEST_CASE("an arena that was reset has room at once for all that it gave out before") {
  for (int takes = 1; takes < 40; ++takes) {
    Arena arena;
    for (int i = 0; i < takes; ++i) arena.take(1000);
    arena.reset();
    const std::size_t before = allocations;
    for (int i = 0; i < takes; ++i) arena.take(1000);
    CHECK(allocations == before);
  }
}

TEST_CASE("what an arena gives out stays, and what is given back is given out again") {
  Arena arena;
  std::vector<std::pair<char*, char>> taken;
  for (int i = 0; i < 100; ++i) {
    char* const at = arena.take(300);
    std::fill(at, at + 300, static_cast<char>(i));
    arena.give_back(at + 200);
    taken.emplace_back(at, static_cast<char>(i));
  }
  for (const auto& [at, value] : taken) CHECK(std::count(at, at + 200, value) == 200);
  char* const first = arena.take(10);
  arena.give_back(first);
  CHECK(arena.take(5) == first);
}

TEST_CASE("a large request allocates nothing the third time, nor a small one after it") {
  const Keys keys = good_keys("cs", "ts");
  const Request small = signed_request();
  Request large = small;
  for (int i = 0; i < 500; ++i) large.target += "&long%20name=" + std::string(50, '+');
  Workspace workspace;
  cost_of(large, keys, {}, workspace);
  cost_of(large, keys, {}, workspace);
  // Its signature does not match: what allocates then is the Rejection alone, and that is short.
  CHECK(cost_of(large, keys, {}, workspace).allocations == 0);
  CHECK(cost_of(small, keys, {}, workspace).allocations == 0);
}

namespace {

// Every kind of refusal that a stranger must not tell from another, of what is signed with `right`.
std::vector<Keys> refused_kinds(const Keys& right, const Keys& wrong) {
  std::vector<Keys> out(9, right);
  out[0] = wrong;
  out[1].client_known = false;
  out[2].token_known = false;
  out[3].client_enabled = false;
  out[4].token_revoked = true;
  out[5].user_enabled = false;
  out[6].token_of_client = false;
  out[7].client_methods.add(Method::Plaintext);
  out[8].token_expires = 1;
  return out;
}

}  // namespace

TEST_CASE("the first key that matches is all that an accepted request costs") {
  const Request request = signed_request();
  Workspace workspace;
  for (const std::size_t wrong_ones : {0u, 1u, 3u}) {
    Keys keys = good_keys("cs", "ts");
    keys.keys.insert(keys.keys.begin(), wrong_ones,
                     SigningKey(secret("x"), secret("y"), std::nullopt));
    keys.keys.emplace_back(secret("x"), secret("y"), std::nullopt);
    const Cost cost = cost_of(request, keys, {}, workspace);
    CHECK(cost.accepted);
    CHECK(cost.hashes == 2 * (kSpellings * wrong_ones + 1));
  }
}

TEST_CASE("every refusal hashes as often, whatever its reason and however many secrets there are") {
  const Request good = signed_request();
  const std::size_t at = good.authorization->find("oauth_signature=");
  const std::string ahead = good.authorization->substr(0, at);
  const std::size_t each = 2 * kSpellings * kKeysTried;
  const SigningKey wrong_secret(secret("x"), secret("y"), std::nullopt);
  const SigningKey expired(secret("cs"), secret("ts"), 1);
  for (const std::size_t schemes : {0u, 1u}) {
    const std::vector<std::string> names(schemes, "http");
    Requirement requirement;
    requirement.schemes = names;
    Keys right = good_keys("cs", "ts"), wrong = right, rotating = right;
    wrong.keys = {wrong_secret};
    rotating.keys.push_back(wrong_secret);
    std::vector<Keys> kinds = refused_kinds(right, wrong);
    for (const Keys& kind : refused_kinds(rotating, wrong)) kinds.push_back(kind);
    wrong.keys = {expired};
    kinds.push_back(wrong);
    wrong.keys = {expired, wrong_secret, expired, expired};
    kinds.push_back(wrong);
    wrong.quirks.add(Quirk::UnencodedKey);
    kinds.push_back(wrong);
    Workspace workspace;
    for (const Keys& keys : kinds) {
      const Cost cost = cost_of(good, keys, requirement, workspace);
      CHECK_FALSE(cost.accepted);
      CHECK(cost.hashes == each * (1 + schemes));
    }
    for (const char* signature : {"AAAA", "?", ""}) {
      Request other = good;
      other.authorization = ahead + "oauth_signature=\"" + signature + '"';
      CHECK(cost_of(other, right, requirement, workspace).hashes == each * (1 + schemes));
      CHECK(cost_of(other, rotating, requirement, workspace).hashes == each * (1 + schemes));
    }
    // More live secrets than a rotation has are tried all the same.
    Keys many = right;
    many.keys.assign(3, wrong_secret);
    CHECK(cost_of(good, many, requirement, workspace).hashes == 2 * kSpellings * 3 * (1 + schemes));
  }
}

namespace {

// A launch by the form of which `value` is a part, signed with `text` of it by the client of
// good_keys(), and perhaps wrongly.
Request launch(const std::string& value, bool right) {
  Request request{.method = "POST", .target = "/lti?course=1"};
  std::string form = "course=1&text=" + value +
                     "&oauth_consumer_key=a%21b&oauth_token=t"
                     "&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1000&oauth_nonce=n";
  request.form = form + "&oauth_signature=";
  const Digest mac = HmacKey(Hash::Sha1, "cs&ts").sign(base_of(request));
  request.form = form + "&oauth_signature=" + percent_encode(to_base64(mac.view()));
  if (!right) *request.form += "AA";
  return request;
}

}  // namespace

TEST_CASE(
    "a refusal costs the same whatever quirks a client has, and an acceptance in RFC 5849's "
    "reading no more than without any") {
  constexpr std::size_t kReadings = 8;  // of raw_body_hash, query_in_form and crlf_fields
  const std::size_t each = 2 * kSpellings * kKeysTried;
  const Request good = launch("a%0D%0Ab", true), bad = launch("a%0D%0Ab", false);
  Keys unknown = good_keys("x", "y");
  unknown.client_known = false;
  Workspace workspace;
  CHECK(cost_of(bad, unknown, {}, workspace).hashes == each * kReadings);
  for (unsigned bits = 0; bits < 1u << kQuirkCount; ++bits) {
    CAPTURE(bits);
    Keys keys = good_keys("cs", "ts"), revoked;
    for (int i = 0; i < kQuirkCount; ++i) {
      if (bits >> i & 1) keys.quirks.add(static_cast<Quirk>(i));
    }
    revoked = keys;
    revoked.token_revoked = true;
    CHECK(cost_of(bad, keys, {}, workspace).hashes == each * kReadings);
    CHECK(cost_of(good, revoked, {}, workspace).hashes == each * kReadings);
    const Cost accepted = cost_of(good, keys, {}, workspace);
    CHECK(accepted.accepted);
    CHECK(accepted.hashes == 2);
  }
  // What no quirk would read otherwise costs one reading.
  CHECK(cost_of(signed_request(), unknown, {}, workspace).hashes == each);
}

TEST_CASE("beyond a length only the quirks that a client has are tried") {
  const std::size_t each = 2 * kSpellings * kKeysTried;
  const std::size_t more = kEvenBytes - base_of(launch("%0D%0A", true)).size();
  Keys keys = good_keys("cs", "ts"), quirky = keys;
  quirky.quirks.add(Quirk::CrlfFields);
  Workspace workspace;
  for (const std::size_t over : {0u, 1u}) {
    const std::string value = std::string(more + over, 'x') + "%0D%0A";
    const Request bad = launch(value, false);
    CHECK(base_of(bad).size() == kEvenBytes + over);
    CHECK(cost_of(bad, keys, {}, workspace).hashes == each * (over == 0 ? 8 : 1));
    CHECK(cost_of(bad, quirky, {}, workspace).hashes == each * (over == 0 ? 8 : 2));
    CHECK(cost_of(launch(value, true), quirky, {}, workspace).accepted);
  }
}

TEST_CASE("every refusal of an RSA signature costs as many verifications, whatever the keys") {
  Request good{.target = "/api/email"};
  Signer signer{.client = "client",
                .client_secret = Secret(),
                .token = "token",
                .token_secret = Secret(),
                .method = Method::RsaSha1,
                .realm = "",
                .private_key = secret(kPrivate)};
  good.authorization = *authorization_header(good.view(), signer, 1000, "n");
  Request no_signature = good;
  no_signature.authorization =
      good.authorization->substr(0, good.authorization->find("oauth_signature=")) +
      "oauth_signature=\"AAAA\"";
  const VerifyingKey other(*RsaKey::parse(kOtherPublic), std::nullopt);
  const VerifyingKey expired(*RsaKey::parse(kPublic), 1);
  Keys right = good_keys("", ""), wrong = right, rotating = right, none = right;
  wrong.rsa_keys = {other};
  rotating.rsa_keys.push_back(other);
  none.rsa_keys = {expired};
  std::vector<Keys> kinds = refused_kinds(right, wrong);
  for (const Keys& kind : refused_kinds(rotating, none)) kinds.push_back(kind);
  Workspace workspace;
  const auto verifications = [&](const Request& request, const Keys& keys, bool accepted) {
    const std::size_t before = rsa_verifications;
    CHECK(cost_of(request, keys, {}, workspace).accepted == accepted);
    return rsa_verifications - before;
  };
  CHECK(verifications(good, right, true) == 1);
  for (const Keys& keys : kinds) CHECK(verifications(good, keys, false) == kKeysTried);
  for (const Keys& keys : {right, rotating, none}) {
    CHECK(verifications(no_signature, keys, false) == kKeysTried);
  }
}
