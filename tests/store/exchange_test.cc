#include "store/request_tokens.h"
#include "tests/store/flow_support.h"

// A request token becomes an access token.

namespace store {

TEST_CASE("an exchange stores the access token and spends the request token") {
  FlowStore s;
  s.authorized();
  TokenExchange wanted = exchanging();
  wanted.now = kNow + 599;
  wanted.fresh.client = "nobody's";
  wanted.fresh.user = "nobody";
  wanted.fresh.realms = {"all"};
  wanted.fresh.expires = 5000;
  wanted.fresh.revoked = true;
  wanted.fresh.session_handle = verify::Secret(std::string_view("H"));
  wanted.fresh.authorization_expires = 9000;
  const Token made = must_flow(exchange(*s.store, wanted));
  Token expected = a_token("T");
  expected.realms = {"a"};
  expected.expires = 5000;
  expected.created = kNow + 599;
  CHECK(made == expected);
  CHECK(must(s.reader().token("T")) == expected);
  CHECK(s.request().state == RequestState::Spent);
  CHECK(s.request().verifier.empty());
  CHECK(must(s.reader().find("K", "T")).token_known);
  int of_client = 0, of_user = 0;
  must(s.reader().each_token_of_client("K", [&](const Token&) { return ++of_client > 0; }));
  must(s.reader().each_token_of_user("alice", [&](const Token&) { return ++of_user > 0; }));
  CHECK(of_client == 1);
  CHECK(of_user == 1);
  CHECK(problem_of(exchange(*s.store, exchanging("T2"))) == FlowProblem::TokenUsed);
  CHECK_FALSE(s.has_token("T2"));
}

TEST_CASE("the token's realms are those granted that the client may still have") {
  FlowStore s;
  must_flow(issue_request_token(*s.store, issuing()));
  Decision yes = a_yes();
  yes.granted = {"a", "b"};
  must_flow(decide(*s.store, yes));
  Client client = flow_client();
  client.realms = {"b", "c"};
  put(*s.store, client);
  CHECK(must_flow(exchange(*s.store, exchanging())).realms == std::vector<std::string>{"b"});
}

TEST_CASE("a renewable client's token has a session handle") {
  FlowStore s;
  Client client = flow_client();
  client.renewable = true;
  put(*s.store, client);
  s.authorized();
  TokenExchange wanted = exchanging();
  wanted.fresh.session_handle = verify::Secret(std::string_view("H"));
  wanted.fresh.authorization_expires = 9000;
  const Token made = must_flow(exchange(*s.store, wanted));
  CHECK(made.session_handle == wanted.fresh.session_handle);
  CHECK(made.authorization_expires == 9000);
  CHECK(must(s.reader().token("T")) == made);
}

TEST_CASE("what stands against an exchange is told apart, and makes no token") {
  struct Case {
    const char* what;
    FlowProblem problem;
    std::function<void(FlowStore&, TokenExchange&)> change;
  };
  const auto decided = [](FlowStore& s, bool yes) {
    Decision decision = a_yes();
    if (!yes) decision.verifier.reset();
    must_flow(decide(*s.store, decision));
  };
  const std::vector<Case> cases{
      {"unknown", FlowProblem::TokenUnknown,
       [](auto&, TokenExchange& e) { e.request_token = "X"; }},
      {"no token at all", FlowProblem::TokenUnknown,
       [](auto&, TokenExchange& e) { e.request_token = ""; }},
      {"another client's", FlowProblem::TokenUnknown,
       [&](FlowStore& s, TokenExchange& e) {
         decided(s, true);
         put(*s.store, flow_client("L"));
         e.client = "L";
       }},
      {"not decided", FlowProblem::NotAuthorized, [](auto&, TokenExchange&) {}},
      {"refused", FlowProblem::UserRefused,
       [&](FlowStore& s, TokenExchange&) { decided(s, false); }},
      {"expired before the decision", FlowProblem::TokenExpired,
       [](auto&, TokenExchange& e) { e.now = kNow + 600; }},
      {"expired after it", FlowProblem::TokenExpired,
       [&](FlowStore& s, TokenExchange& e) {
         decided(s, true);
         e.now = kNow + 600;
       }},
      {"spent, and expired since", FlowProblem::TokenUsed,
       [&](FlowStore& s, TokenExchange& e) {
         decided(s, true);
         must_flow(exchange(*s.store, exchanging("first")));
         e.now = kNow + 600;
       }},
      {"wrong verifier", FlowProblem::VerifierWrong,
       [&](FlowStore& s, TokenExchange& e) {
         decided(s, true);
         e.verifier = verify::Secret(std::string_view("W"));
       }},
      {"no verifier", FlowProblem::VerifierWrong,
       [&](FlowStore& s, TokenExchange& e) {
         decided(s, true);
         e.verifier = {};
       }},
      {"client disabled", FlowProblem::ClientUnknown,
       [&](FlowStore& s, TokenExchange&) {
         decided(s, true);
         Client client = flow_client();
         client.enabled = false;
         put(*s.store, client);
       }},
      {"user disabled", FlowProblem::UserUnknown,
       [&](FlowStore& s, TokenExchange&) {
         decided(s, true);
         User user = a_user();
         user.enabled = false;
         put(*s.store, user);
       }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    FlowStore s;
    must_flow(issue_request_token(*s.store, issuing()));
    TokenExchange wanted = exchanging();
    c.change(s, wanted);
    const RequestToken before = s.request();
    CHECK(problem_of(exchange(*s.store, wanted)) == c.problem);
    CHECK_FALSE(s.has_token("T"));
    RequestToken after = s.request();
    if (c.problem == FlowProblem::VerifierWrong) CHECK(std::exchange(after.wrong, 0u) == 1);
    CHECK(after == before);
  }
}

TEST_CASE("after five wrong verifiers the right one is no good any more") {
  for (const std::uint32_t wrong : {kMaxWrongVerifiers - 1, kMaxWrongVerifiers}) {
    FlowStore s;
    s.authorized();
    TokenExchange guess = exchanging();
    guess.verifier = verify::Secret(std::string_view("W"));
    for (std::uint32_t i = 0; i < wrong; ++i)
      CHECK(problem_of(exchange(*s.store, guess)) == FlowProblem::VerifierWrong);
    if (wrong < kMaxWrongVerifiers) {
      CHECK(problem_of(exchange(*s.store, exchanging())) == std::nullopt);
    } else {
      CHECK(problem_of(exchange(*s.store, exchanging())) == FlowProblem::TokenUsed);
      CHECK(s.request().verifier.empty());
      CHECK_FALSE(s.has_token("T"));
    }
  }
}

TEST_CASE("a token that is there already, or breaks a rule, spends nothing") {
  FlowStore s;
  s.authorized();
  put(*s.store, a_token("T"));
  CHECK(kind_of(exchange(*s.store, exchanging())) == Kind::Exists);
  CHECK(kind_of(exchange(*s.store, exchanging("a b"))) == Kind::Invalid);
  CHECK(s.request().state == RequestState::Authorized);
  CHECK(problem_of(exchange(*s.store, exchanging("T2"))) == std::nullopt);
}

TEST_CASE("a client with same_token gets the live token that it has for the same realms") {
  struct Case {
    const char* what;
    bool same;
    std::function<void(Token&)> change;
  };
  const std::vector<Case> cases{
      {"the same", true, [](Token&) {}},
      {"in another order", true,
       [](Token& t) {
         t.realms = {"b", "a"};
       }},
      {"with an end to come", true, [](Token& t) { t.expires = kNow + 1; }},
      {"expired", false, [](Token& t) { t.expires = kNow; }},
      {"revoked", false, [](Token& t) { t.revoked = true; }},
      {"for fewer realms", false, [](Token& t) { t.realms = {"a"}; }},
      {"for more realms", false,
       [](Token& t) {
         t.realms = {"a", "b", "c"};
       }},
      {"of another user", false, [](Token& t) { t.user = "bob"; }},
      {"of another client", false, [](Token& t) { t.client = "L"; }},
  };
  for (const Case& c : cases)
    for (const bool same_token : {true, false}) {
      CAPTURE(c.what);
      FlowStore s;
      Client client = flow_client();
      client.same_token = same_token;
      put(*s.store, client);
      put(*s.store, flow_client("L"));
      put(*s.store, a_user("bob"));
      Token old = a_token("old");
      old.realms = {"a", "b"};
      c.change(old);
      put(*s.store, old);
      must_flow(issue_request_token(*s.store, issuing()));
      Decision yes = a_yes();
      yes.granted = {"a", "b"};
      must_flow(decide(*s.store, yes));
      const Token made = must_flow(exchange(*s.store, exchanging("new")));
      CHECK(made.token == (c.same && same_token ? "old" : "new"));
      CHECK(s.has_token("new") == (made.token == "new"));
      CHECK(must(s.reader().token(made.token)) == made);
      CHECK(s.request().state == RequestState::Spent);
      CHECK(must(s.reader().token("old")) == old);
    }
}

}  // namespace store
