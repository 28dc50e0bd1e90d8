#include "store/request_tokens.h"
#include "tests/store/flow_support.h"

// An access token with a session handle is renewed.

namespace store {

namespace {

// A store with a token "T" whose handle is "H".
struct RenewalStore : FlowStore {
  RenewalStore() {
    Client client = flow_client();
    client.renewable = true;
    put(*store, client);
    Token token = a_token();
    token.realms = {"a"};
    token.expires = kNow - 100;  // which doesn't matter
    token.session_handle = verify::Secret(std::string_view("H"));
    token.authorization_expires = kNow + 100;
    put(*store, token);
  }
};

}  // namespace

TEST_CASE("a renewal puts a new token in the place of the old one") {
  RenewalStore s;
  Renewal wanted = renewing("T", "T2");
  wanted.now = kNow + 99;
  wanted.fresh.expires = 5000;
  wanted.fresh.authorization_expires = 9999;
  wanted.fresh.revoked = true;
  const Token made = must_flow(renew(*s.store, wanted));
  Token expected = a_token("T2");
  expected.secret = verify::Secret(std::string_view("TS2"));
  expected.realms = {"a"};
  expected.expires = 5000;
  expected.created = kNow + 99;
  expected.session_handle = verify::Secret(std::string_view("H2"));
  expected.authorization_expires = kNow + 100;
  CHECK(made == expected);
  CHECK(must(s.reader().token("T2")) == expected);
  CHECK(must(s.reader().token("T")).revoked);
  CHECK(problem_of(renew(*s.store, renewing("T", "T3"))) == FlowProblem::TokenUsed);
  Renewal next = renewing("T2", "T3");
  next.handle = verify::Secret(std::string_view("H2"));
  next.fresh.session_handle.reset();  // and no more after that
  must_flow(renew(*s.store, next));
  CHECK(problem_of(renew(*s.store, renewing("T3", "T4"))) == FlowProblem::HandleWrong);
}

TEST_CASE("what stands against a renewal is told apart, and leaves the token as it was") {
  struct Case {
    const char* what;
    FlowProblem problem;
    std::function<void(RenewalStore&, Renewal&)> change;
  };
  const auto client_is = [](RenewalStore& s, bool enabled, bool renewable) {
    Client client = flow_client();
    client.enabled = enabled;
    client.renewable = renewable;
    put(*s.store, client);
  };
  const std::vector<Case> cases{
      {"unknown", FlowProblem::TokenUnknown, [](auto&, Renewal& r) { r.token = "X"; }},
      {"another client's", FlowProblem::TokenUnknown, [](auto&, Renewal& r) { r.client = "L"; }},
      {"client disabled", FlowProblem::ClientUnknown,
       [&](RenewalStore& s, Renewal&) { client_is(s, false, true); }},
      {"client not renewable", FlowProblem::HandleWrong,
       [&](RenewalStore& s, Renewal&) { client_is(s, true, false); }},
      {"wrong handle", FlowProblem::HandleWrong,
       [](auto&, Renewal& r) { r.handle = verify::Secret(std::string_view("h")); }},
      {"no handle", FlowProblem::HandleWrong, [](auto&, Renewal& r) { r.handle = {}; }},
      {"token without one", FlowProblem::HandleWrong,
       [](RenewalStore& s, Renewal& r) {
         put(*s.store, a_token());
         r.handle = {};
       }},
      {"revoked", FlowProblem::TokenUsed,
       [](RenewalStore& s, Renewal&) {
         change(*s.store, [](auto& c) { must(c.revoke_token("T")); });
       }},
      {"too late", FlowProblem::AuthorizationExpired,
       [](auto&, Renewal& r) { r.now = kNow + 100; }},
      {"user disabled", FlowProblem::UserUnknown,
       [](RenewalStore& s, Renewal&) {
         User user = a_user();
         user.enabled = false;
         put(*s.store, user);
       }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    RenewalStore s;
    Renewal wanted = renewing("T", "T2");
    c.change(s, wanted);
    const Token before = must(s.reader().token("T"));
    CHECK(problem_of(renew(*s.store, wanted)) == c.problem);
    CHECK(must(s.reader().token("T")) == before);
    CHECK_FALSE(s.has_token("T2"));
  }
}

}  // namespace store
