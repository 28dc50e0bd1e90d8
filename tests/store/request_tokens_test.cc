#include "store/request_tokens.h"

#include "tests/store/flow_support.h"

// Request tokens: issued, looked at, decided on, swept.

namespace store {

TEST_CASE("an issued request token is found as it was given, undecided whatever it says") {
  FlowStore s;
  RequestToken given = a_request();
  must_flow(issue_request_token(*s.store, issuing(given)));
  CHECK(s.request() == given);
  given.token = "R2";
  given.state = RequestState::Authorized;
  must_flow(issue_request_token(*s.store, issuing(given)));
  CHECK(s.request("R2").state == RequestState::Issued);
  CHECK(kind_of(issue_request_token(*s.store, issuing())) == Kind::Exists);
}

TEST_CASE("a request token that breaks a rule is not issued") {
  FlowStore s;
  const auto refused = [&](const std::function<void(RequestToken&)>& change) {
    RequestToken token = a_request();
    change(token);
    CHECK(kind_of(issue_request_token(*s.store, issuing(token))) == Kind::Invalid);
  };
  refused([](RequestToken& t) { t.token = ""; });
  refused([](RequestToken& t) { t.token = std::string(256, 't'); });
  refused([](RequestToken& t) { t.client = "a b"; });
  refused([](RequestToken& t) { t.secret = {}; });
  refused([](RequestToken& t) { t.realms = {"a b"}; });
  refused([](RequestToken& t) { t.callback = ""; });
  refused([](RequestToken& t) { t.callback = "https://x/ y"; });
  refused([](RequestToken& t) { t.created = -1; });
  refused([](RequestToken& t) { t.expires = 253402300800; });
  CHECK_FALSE(s.has_request("R"));
}

TEST_CASE("a client that is missing or disabled gets no request token") {
  FlowStore s;
  CHECK(problem_of(issue_request_token(*s.store, issuing(a_request("R", "X")))) ==
        FlowProblem::ClientUnknown);
  Client disabled = flow_client();
  disabled.enabled = false;
  put(*s.store, disabled);
  CHECK(problem_of(issue_request_token(*s.store, issuing())) == FlowProblem::ClientUnknown);
}

TEST_CASE("a client has as many live request tokens as it may, and no more") {
  FlowStore s;
  put(*s.store, flow_client("L"));
  const auto issue = [&](const std::string& token, const std::string& client = "K") {
    IssueRequest request = issuing(a_request(token, client));
    request.most_of_client = 3;
    return problem_of(issue_request_token(*s.store, request));
  };
  for (const char* token : {"1", "2", "3"}) CHECK(issue(token) == std::nullopt);
  CHECK(issue("4") == FlowProblem::TooMany);
  CHECK(issue("L1", "L") == std::nullopt);
  // An authorized one is live, one that is refused or spent is not.
  must_flow(decide(*s.store, a_yes("1")));
  CHECK(issue("4") == FlowProblem::TooMany);
  must_flow(exchange(*s.store, exchanging("T", "1")));
  CHECK(issue("4") == std::nullopt);
  CHECK(issue("5") == FlowProblem::TooMany);
  Decision no = a_yes("2");
  no.verifier.reset();
  must_flow(decide(*s.store, no));
  CHECK(issue("5") == std::nullopt);
  CHECK(issue("6") == FlowProblem::TooMany);
}

TEST_CASE("what has expired makes room and is swept, a bounded number at a time") {
  FlowStore s;
  put(*s.store, flow_client("L"));
  for (int i = 0; i < 30; ++i) {
    RequestToken token = a_request("old" + std::to_string(i), i < 20 ? "K" : "L");
    token.expires = kNow + i + 1;
    must_flow(issue_request_token(*s.store, issuing(token)));
  }
  const auto left = [&] {
    int count = 0;
    for (int i = 0; i < 30; ++i) count += s.has_request("old" + std::to_string(i)) ? 1 : 0;
    return count;
  };
  IssueRequest full = issuing();
  full.most_of_client = 4;
  full.now = kNow + 30;  // all have expired just now
  CHECK(problem_of(issue_request_token(*s.store, full)) == FlowProblem::TooMany);
  CHECK(left() == 30 - 2 * static_cast<int>(kSweptByIssue));
  CHECK(problem_of(issue_request_token(*s.store, full)) == std::nullopt);
  CHECK(left() == 2);
  full.token.token = "R2";
  full.now = kNow + 29;  // one of the two hasn't
  CHECK(problem_of(issue_request_token(*s.store, full)) == std::nullopt);
  CHECK(left() == 1);
  CHECK(s.has_request("old29"));
  CHECK(s.has_request("R"));
}

TEST_CASE("spent and refused ones are swept at their end too") {
  FlowStore s;
  s.authorized();
  must_flow(exchange(*s.store, exchanging()));
  RequestToken later = a_request("later");
  later.expires = kNow + 10000;
  IssueRequest request = issuing(later);
  request.now = kNow + 599;
  must_flow(issue_request_token(*s.store, request));
  CHECK(s.has_request("R"));
  request.token.token = "later2";
  request.now = kNow + 600;
  must_flow(issue_request_token(*s.store, request));
  CHECK_FALSE(s.has_request("R"));
}

TEST_CASE("a Yes notes who gave what in which session, and only once") {
  FlowStore s;
  must_flow(issue_request_token(*s.store, issuing()));
  Decision yes = a_yes();
  yes.granted = {"b", "c", "a"};
  const RequestToken answered = must_flow(decide(*s.store, yes));
  RequestToken expected = a_request();
  expected.state = RequestState::Authorized;
  expected.user = "alice";
  expected.session = "s";
  expected.granted = {"a", "b"};  // within what was asked, in its order
  expected.verifier = verify::Secret(std::string_view("V"));
  CHECK(answered == expected);
  CHECK(s.request() == expected);
  for (const bool again_yes : {true, false}) {
    Decision again = a_yes();
    if (!again_yes) again.verifier.reset();
    CHECK(problem_of(decide(*s.store, again)) == FlowProblem::TokenUsed);
  }
  CHECK(s.request() == expected);
}

TEST_CASE("a No is as final as a Yes, and grants nothing") {
  FlowStore s;
  must_flow(issue_request_token(*s.store, issuing()));
  Decision no = a_yes();
  no.verifier.reset();
  const RequestToken refused = must_flow(decide(*s.store, no));
  CHECK(refused.state == RequestState::Refused);
  CHECK(refused.user == "alice");
  CHECK(refused.granted.empty());
  CHECK(refused.verifier.empty());
  CHECK(s.request() == refused);
  CHECK(problem_of(decide(*s.store, a_yes())) == FlowProblem::TokenUsed);
  CHECK(problem_of(exchange(*s.store, exchanging())) == FlowProblem::UserRefused);
}

TEST_CASE("what stands against a decision is told apart, and leaves the token undecided") {
  struct Case {
    const char* what;
    FlowProblem problem;
    std::function<void(FlowStore&, Decision&)> change;
  };
  const std::vector<Case> cases{
      {"unknown", FlowProblem::TokenUnknown, [](auto&, Decision& d) { d.token = "X"; }},
      {"no token at all", FlowProblem::TokenUnknown, [](auto&, Decision& d) { d.token = ""; }},
      {"expired", FlowProblem::TokenExpired, [](auto&, Decision& d) { d.now = kNow + 600; }},
      {"client disabled", FlowProblem::ClientUnknown,
       [](FlowStore& s, Decision&) {
         Client client = flow_client();
         client.enabled = false;
         put(*s.store, client);
       }},
      {"user unknown", FlowProblem::UserUnknown, [](auto&, Decision& d) { d.user = "bob"; }},
      {"user disabled", FlowProblem::UserUnknown,
       [](FlowStore& s, Decision& d) {
         User user = a_user();
         user.enabled = false;
         put(*s.store, user);
         d.make_user = true;
       }},
  };
  for (const Case& c : cases)
    for (const bool yes : {true, false}) {
      CAPTURE(c.what);
      FlowStore s;
      must_flow(issue_request_token(*s.store, issuing()));
      Decision decision = a_yes();
      if (!yes) decision.verifier.reset();
      c.change(s, decision);
      CHECK(problem_of(decide(*s.store, decision)) == c.problem);
      CHECK(s.request() == a_request());
    }
  FlowStore s;
  must_flow(issue_request_token(*s.store, issuing()));
  Decision last = a_yes();
  last.now = kNow + 599;
  must_flow(decide(*s.store, last));
}

TEST_CASE("a user whom somebody else knows is made with the decision, and only then") {
  FlowStore s;
  must_flow(issue_request_token(*s.store, issuing()));
  Decision yes = a_yes();
  yes.user = "bob";
  yes.make_user = true;
  yes.now = kNow + 600;
  CHECK(problem_of(decide(*s.store, yes)) == FlowProblem::TokenExpired);
  CHECK(kind_of(s.reader().user("bob")) == Kind::NotFound);
  yes.now = kNow;
  yes.user = " bob";
  CHECK(kind_of(decide(*s.store, yes)) == Kind::Invalid);
  yes.user = "bob";
  must_flow(decide(*s.store, yes));
  CHECK(must(s.reader().user("bob")) == a_user("bob"));
  CHECK(must_flow(exchange(*s.store, exchanging())).user == "bob");

  FlowStore other;
  must_flow(issue_request_token(*other.store, issuing()));
  Decision no = yes;
  no.verifier.reset();
  must_flow(decide(*other.store, no));
  CHECK(kind_of(other.reader().user("bob")) == Kind::NotFound);
}

TEST_CASE("a decision that breaks a rule decides nothing") {
  FlowStore s;
  must_flow(issue_request_token(*s.store, issuing()));
  Decision yes = a_yes();
  yes.verifier = verify::Secret(std::string_view(""));
  CHECK(kind_of(decide(*s.store, yes)) == Kind::Invalid);
  yes.verifier = verify::Secret(std::string(256, 'v'));
  CHECK(kind_of(decide(*s.store, yes)) == Kind::Invalid);
  CHECK(s.request() == a_request());
}

TEST_CASE("an unknown client or request token is looked up like a known one") {
  FlowStore s;
  must_flow(issue_request_token(*s.store, issuing()));
  auto reader = s.reader();
  const auto reads_of = [&](std::string_view client, std::string_view token) {
    const auto before = reader.reads();
    const FoundRequestToken found = must(reader.find_request_token(client, token));
    CHECK(reader.reads() - before == 2);
    CHECK(found.txn == s.store->last_txn());
    CHECK(found.client_known == (client == "K"));
    CHECK(found.token_known == (token == "R"));
    CHECK(found.client.secrets.size() == 1);
    CHECK_FALSE(found.token.secret.empty());
    return found;
  };
  CHECK(reads_of("K", "R").token == a_request());
  CHECK(reads_of("X", "R").token == a_request());
  const verify::Secret dummy = reads_of("K", "X").token.secret;
  CHECK(reads_of("X", "").token.secret == dummy);
  CHECK(reads_of("", std::string(600, 'r')).token.secret == dummy);
}

TEST_CASE("removing a client or a user ends their request tokens in the same transaction") {
  FlowStore s;
  put(*s.store, flow_client("L"));
  put(*s.store, a_user("bob"));
  for (const char* token : {"K-open", "K-alice", "K-bob", "K-spent"})
    must_flow(issue_request_token(*s.store, issuing(a_request(token))));
  must_flow(issue_request_token(*s.store, issuing(a_request("L-alice", "L"))));
  for (const char* token : {"K-alice", "L-alice", "K-spent"})
    must_flow(decide(*s.store, a_yes(token)));
  Decision bob = a_yes("K-bob");
  bob.user = "bob";
  must_flow(decide(*s.store, bob));
  must_flow(exchange(*s.store, exchanging("T", "K-spent")));
  const auto there = [&] {
    std::string out;
    for (const char* token : {"K-open", "K-alice", "K-bob", "K-spent", "L-alice"})
      if (s.has_request(token)) out += std::string(token) + " ";
    return out;
  };
  {
    auto dropped = must(s.store->begin());
    CHECK(must(dropped.remove_user("alice")) == 1);
  }
  CHECK(there() == "K-open K-alice K-bob K-spent L-alice ");
  change(*s.store, [](auto& c) { CHECK(must(c.remove_user("alice")) == 1); });
  CHECK(there() == "K-open K-bob ");
  change(*s.store, [](auto& c) { CHECK(must(c.remove_client("K")) == 0); });
  CHECK(there() == "");
  // Nothing of them is left in an index: the names can be used anew.
  put(*s.store, flow_client());
  IssueRequest request = issuing(a_request("K-open"));
  request.most_of_client = 1;
  must_flow(issue_request_token(*s.store, request));
}

TEST_CASE("revoking what a user granted takes what the user has granted and nobody has fetched") {
  FlowStore s;
  put(*s.store, a_user("bob"));
  for (const char* token : {"open", "alice", "bob"})
    must_flow(issue_request_token(*s.store, issuing(a_request(token))));
  must_flow(decide(*s.store, a_yes("alice")));
  Decision bob = a_yes("bob");
  bob.user = "bob";
  must_flow(decide(*s.store, bob));
  change(*s.store, [](auto& c) { must(c.revoke_tokens("K", "alice")); });
  CHECK_FALSE(s.has_request("alice"));
  CHECK(s.has_request("bob"));
  change(*s.store, [](auto& c) { must(c.revoke_tokens("K", std::nullopt)); });
  CHECK_FALSE(s.has_request("bob"));
  CHECK(s.has_request("open"));
}

TEST_CASE("request tokens are no part of an export, and go along in a backup") {
  FlowStore s;
  s.authorized();
  int tokens = 0;
  must(s.reader().each_token([&](const Token&) { return ++tokens > 0; }));
  CHECK(tokens == 0);
  must(s.store->backup(s.dir / "copy"));
  const auto copy = open_store(s.dir / "copy");
  CHECK(must(must(copy->reader()).request_token("R")) == s.request());
}

TEST_CASE("a full disk leaves a request token as it was") {
  FlowStore s;
  must_flow(issue_request_token(*s.store, issuing()));
  FileSizeLimit limit(4096);
  const auto full = decide(*s.store, a_yes());
  limit.lift();
  CHECK(kind_of(full) == Kind::Full);
  CHECK(s.request() == a_request());
  must_flow(decide(*s.store, a_yes()));
}

}  // namespace store
