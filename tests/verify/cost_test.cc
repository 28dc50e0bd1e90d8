// What a verification costs, counted: allocations and hashes. Timing would tell less, and not
// always the same.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

#include "tests/verify/support.h"
#include "verify/arena.h"
#include "verify/sign.h"

namespace {

std::size_t allocations = 0;
std::size_t hashes_finished = 0;

void* counted(std::size_t size) {
  ++allocations;
  void* out = std::malloc(size == 0 ? 1 : size);
  if (out == nullptr) throw std::bad_alloc();
  return out;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
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
  if (claim.ok() && !admit(request, *claim, policy, 1000, 0)) {
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
  // Its signature does not match: what allocates then is the Reject alone, and that is short.
  CHECK(cost_of(large, keys, {}, workspace).allocations == 0);
  CHECK(cost_of(small, keys, {}, workspace).allocations == 0);
}

TEST_CASE("every verdict hashes as often: two hashes for each key") {
  const std::vector<std::string> realms = {"email"};
  const Requirement requirement{.token = true, .realms = realms, .any_realm = false};
  const Request good = signed_request();
  Request short_signature = good, no_signature = good;
  const std::size_t at = good.authorization->find("oauth_signature=");
  short_signature.authorization = good.authorization->substr(0, at) + "oauth_signature=\"AAAA\"";
  no_signature.authorization = good.authorization->substr(0, at) + "oauth_signature=\"?\"";
  for (const std::size_t count : {1u, 2u, 4u}) {
    Keys right = good_keys("cs", "ts");
    for (std::size_t i = 1; i < count; ++i)
      right.keys.emplace_back(secret("x"), secret("y"), std::nullopt);
    right.realms = realms;
    Keys wrong = right, unknown = right, strange_token = right, disabled = right, no_realm = right,
         old = right;
    wrong.keys.clear();
    old.keys.clear();
    for (std::size_t i = 0; i < count; ++i) {
      wrong.keys.emplace_back(secret("x"), secret("y"), std::nullopt);
      old.keys.emplace_back(secret("cs"), secret("ts"), 1);
    }
    unknown.client_known = false;
    strange_token.token_known = false;
    disabled.client_enabled = false;
    no_realm.realms.clear();
    Workspace workspace;
    for (const Keys* keys :
         {&right, &wrong, &unknown, &strange_token, &disabled, &no_realm, &old}) {
      const Cost cost = cost_of(good, *keys, requirement, workspace);
      CHECK(cost.accepted == (keys == &right));
      CHECK(cost.hashes == 2 * count);
    }
    for (const Request* request : {&short_signature, &no_signature}) {
      const Cost cost = cost_of(*request, right, requirement, workspace);
      CHECK_FALSE(cost.accepted);
      CHECK(cost.hashes == 2 * count);
    }
  }
}
