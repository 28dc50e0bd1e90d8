#include "verify/sign.h"

#include <doctest/doctest.h>

#include "verify/claim.h"
#include "verify/judge.h"

using namespace verify;

TEST_CASE("what sign makes, judge accepts") {
  RequestView request{.method = "GET",
                      .scheme = "https",
                      .authority = "api.example.com",
                      .path_prefix = "",
                      .target = "/a%2Fb?x=1+2&y=%c3%a9&flag",
                      .authorization = {},
                      .form = {}};
  const Signer signer{.client = "k",
                      .client_secret = Secret(std::string_view("s&")),
                      .token = "t",
                      .token_secret = Secret(std::string_view("u")),
                      .method = Method::HmacSha256,
                      .realm = "a b"};
  const auto header = authorization_header(request, signer, 1000, "n");
  REQUIRE(header.ok());
  request.authorization = *header;
  Workspace workspace;
  const auto claim = read_claim(request, Bounds{}, workspace);
  REQUIRE(claim.ok());
  Keys keys;
  keys.client_known = keys.client_enabled = keys.token_known = keys.token_of_client =
      keys.user_enabled = true;
  keys.keys.emplace_back(signer.client_secret, signer.token_secret, std::nullopt);
  Policy policy;
  policy.methods.add(Method::HmacSha256);
  CHECK(!admit(request, *claim, policy, 1000, 0));
  CHECK(judge(request, *claim, keys, policy, Requirement{}, 1000, workspace).ok());
}
