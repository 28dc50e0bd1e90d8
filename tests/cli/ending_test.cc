// What ends with a user or a client: sessions, tokens, request tokens.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "store/request_tokens.h"
#include "store/sessions.h"
#include "tests/cli/harness.h"

using tests::has;
using tests::kNow;
using tests::object;
using tests::Ran;
using tests::Shell;

namespace {

constexpr store::SessionLimits kLimits;

std::unique_ptr<store::Sessions> open_sessions(const Shell& shell) {
  auto sessions = store::Sessions::open(shell.store());
  REQUIRE(sessions.ok());
  return *std::move(sessions);
}

std::string begin(store::Sessions& sessions, const char* user) {
  const auto id = sessions.begin(user, kLimits, kNow);
  REQUIRE(id.ok());
  return *id;
}

bool lives(const store::Sessions& sessions, const std::string& id) {
  const auto found = sessions.find(id, kLimits, kNow);
  REQUIRE(found.ok());
  return found->has_value();
}

std::unique_ptr<store::Credentials> open_store(const Shell& shell) {
  store::CredentialsOptions options;
  options.path = shell.store();
  auto store = store::Credentials::open(options);
  REQUIRE(store.ok());
  return *std::move(store);
}

// A request token of this client; with a user, one that the user has authorized.
void ask(store::Credentials& store, const std::string& token, const std::string& client,
         const std::string& user = "") {
  store::IssueRequest request;
  request.token.token = token;
  request.token.secret = verify::Secret(std::string_view("RS"));
  request.token.client = client;
  request.token.callback = "oob";
  request.token.created = kNow;
  request.token.expires = kNow + 600;
  request.most_of_client = 10;
  request.now = kNow;
  const auto issued = store::issue_request_token(store, request);
  REQUIRE(issued.ok());
  REQUIRE(issued->ok());
  if (user.empty()) return;
  const store::Decision yes{.token = token,
                            .user = user,
                            .session = "s",
                            .granted = {},
                            .verifier = verify::Secret(std::string_view("V")),
                            .make_user = false,
                            .now = kNow};
  const auto decided = store::decide(store, yes);
  REQUIRE(decided.ok());
  REQUIRE(decided->ok());
}

bool has_request(const store::Credentials& store, const std::string& token) {
  auto reader = store.reader();
  REQUIRE(reader.ok());
  return reader->request_token(token).ok();
}

// Two clients, two users, and whatever they can have of each other.
void add_people(Shell& shell) {
  for (const char* client : {"K", "L"}) {
    shell.on_store({"client", "add", "--name", "n", "--key", client});
  }
  for (const char* user : {"alice", "bob"}) shell.on_store({"user", "add", user});
  for (const char* client : {"K", "L"}) {
    for (const char* user : {"alice", "bob"}) {
      shell.on_store({"token", "issue", "--client", client, "--user", user, "--token",
                      std::string(client) + "-" + user});
    }
  }
  const auto store = open_store(shell);
  for (const char* client : {"K", "L"}) {
    ask(*store, std::string(client) + "-nobody", client);
    for (const char* user : {"alice", "bob"}) {
      ask(*store, std::string(client) + "-" + user, client, user);
    }
  }
}

}  // namespace

TEST_CASE("a new password, switching off and removing end a user's sessions, and nobody else's") {
  struct Case {
    std::string command, said;
    bool ended;
  };
  const std::vector<Case> cases{
      {"passwd", "changed the password of user alice and ended 2 sessions\n", true},
      {"disable", "disabled user alice and ended 2 sessions\n", true},
      {"remove", "removed user alice, 0 tokens and 2 sessions\n", true},
      {"enable", "enabled user alice\n", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.command);
    Shell shell;
    shell.on_store({"user", "add", "alice"});
    shell.on_store({"user", "add", "bob"});
    const auto sessions = open_sessions(shell);
    const std::string a = begin(*sessions, "alice"), b = begin(*sessions, "alice");
    const std::string other = begin(*sessions, "bob");
    const Ran ran = shell.on_store({"user", c.command, "alice"}, "new password");
    CAPTURE(ran.err);
    CHECK(ran.code == 0);
    CHECK(ran.out == c.said);
    CHECK(lives(*sessions, a) == !c.ended);
    CHECK(lives(*sessions, b) == !c.ended);
    CHECK(lives(*sessions, other));
  }
}

TEST_CASE("how many sessions ended with a user is counted, and one is said as one") {
  Shell shell;
  shell.on_store({"user", "add", "alice"});
  const auto sessions = open_sessions(shell);
  begin(*sessions, "alice");
  CHECK(shell.on_store({"user", "disable", "alice"}).out ==
        "disabled user alice and ended 1 session\n");
  CHECK(shell.on_store({"user", "disable", "alice"}).out == "disabled user alice\n");
  begin(*sessions, "alice");
  const auto removed = object(shell.on_store({"user", "remove", "alice", "--json"}).out);
  CHECK(removed.at("sessions") == 1);
  CHECK(removed.at("tokens") == 0);
}

TEST_CASE("a change that the rules refuse ends no session") {
  Shell shell;
  shell.on_store({"user", "add", "alice"});
  const auto sessions = open_sessions(shell);
  const std::string a = begin(*sessions, "alice");
  CHECK(shell.on_store({"user", "passwd", "alice"}, "\n").code == 1);
  CHECK(shell.on_store({"user", "remove", "carol"}).code == 1);
  CHECK(lives(*sessions, a));
}

TEST_CASE("where nobody ever signed in, no list of sessions is made") {
  for (const char* command : {"passwd", "disable", "remove"}) {
    CAPTURE(command);
    Shell shell;
    shell.on_store({"user", "add", "alice"});
    CHECK(shell.on_store({"user", command, "alice"}, "pw").code == 0);
    CHECK(!tests::fs::exists(shell.path("store/sessions")));
  }
}

TEST_CASE("sessions that can't be ended are told of, and the change is made all the same") {
  for (const char* command : {"passwd", "disable", "remove"}) {
    CAPTURE(command);
    Shell shell;
    shell.on_store({"user", "add", "alice"});
    const std::string before = shell.on_store({"export"}).out;
    begin(*open_sessions(shell), "alice");
    shell.write("store/sessions/data.mdb", std::string(8192, 'x'));
    const Ran ran = shell.on_store({"user", command, "alice"}, "pw");
    CHECK(ran.code == 1);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, "the change is made, but sessions of user alice may go on: "));
    CHECK(shell.on_store({"export"}).out != before);
  }
}

TEST_CASE("an import whose sessions can't be ended says what it took and whose sessions go on") {
  for (const int count : {2, 10, 11}) {
    CAPTURE(count);
    Shell shell;
    std::string users, names;
    for (int i = 0; i < count; ++i) {
      const std::string name = "u" + std::to_string(i);
      shell.on_store({"user", "add", name});
      users += R"({"type":"user","name":")" + name + R"(","enabled":false})" + "\n";
      if (i < 10) names += (i > 0 ? ", " : "") + name;
    }
    begin(*open_sessions(shell), "u1");
    shell.write("store/sessions/data.mdb", std::string(8192, 'x'));
    const Ran ran = shell.on_store({"import", "-", "--replace"}, users);
    CHECK(ran.code == 1);
    CHECK(ran.out == "imported 0 clients, " + std::to_string(count) + " users and 0 tokens\n");
    CHECK(has(ran.err, "sessions of " + std::to_string(count) + " users (" + names +
                           (count > 10 ? ", ...)" : ")") + " may go on: "));
  }
}

TEST_CASE("removing a user or a client ends what they had of each other in one transaction") {
  struct Case {
    std::vector<std::string> command;
    std::string said;
    std::vector<std::string> tokens_left, requests_left;
  };
  const std::vector<std::string> all{"K-alice", "K-bob",    "L-alice",
                                     "L-bob",   "K-nobody", "L-nobody"};
  const std::vector<Case> cases{
      {{"user", "remove", "alice"},
       "removed user alice and 2 tokens\n",
       {"K-bob", "L-bob"},
       {"K-bob", "L-bob", "K-nobody", "L-nobody"}},
      {{"client", "remove", "K"},
       "removed client K and 2 tokens\n",
       {"L-alice", "L-bob"},
       {"L-alice", "L-bob", "L-nobody"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.said);
    Shell shell;
    add_people(shell);
    const auto store = open_store(shell);
    for (const std::string& one : all) REQUIRE(has_request(*store, one));
    const std::uint64_t before = store->last_txn();
    CHECK(shell.on_store(c.command).out == c.said);
    CHECK(store->last_txn() == before + 1);
    std::vector<std::string> tokens, requests;
    for (const auto& token : tests::objects(shell.on_store({"token", "list", "--json"}).out)) {
      tokens.push_back(tests::text(token.at("token")));
    }
    for (const std::string& one : all) {
      if (has_request(*store, one)) requests.push_back(one);
    }
    CHECK(tokens == c.tokens_left);
    CHECK(requests == c.requests_left);
  }
}

TEST_CASE("revoking a client's tokens takes what was granted and not fetched yet, of that user") {
  Shell shell;
  add_people(shell);
  const auto store = open_store(shell);
  CHECK(shell.on_store({"token", "revoke", "--client", "K", "--user", "alice"}).out ==
        "revoked 1 token\n");
  CHECK(!has_request(*store, "K-alice"));
  for (const char* one : {"K-bob", "K-nobody", "L-alice"}) CHECK(has_request(*store, one));
  CHECK(shell.on_store({"token", "revoke", "--client", "K"}).out == "revoked 1 token\n");
  CHECK(!has_request(*store, "K-bob"));
  for (const char* one : {"K-nobody", "L-bob"}) CHECK(has_request(*store, one));
}
