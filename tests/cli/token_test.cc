// portcullis token.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "store/records.h"
#include "tests/cli/harness.h"

using tests::has;
using tests::object;
using tests::Ran;
using tests::Shell;

namespace {

void add_people(Shell& shell) {
  shell.on_store({"client", "add", "--name", "n", "--key", "K", "--secret", "S", "--realm", "email",
                  "--realm", "address", "--default-realm", "email"});
  shell.on_store({"client", "add", "--name", "n", "--key", "L", "--secret", "S"});
  shell.on_store({"user", "add", "alice"});
  shell.on_store({"user", "add", "bob"});
}

Ran issue(Shell& shell, const std::string& client, const std::string& user,
          const std::string& token) {
  return shell.on_store(
      {"token", "issue", "--client", client, "--user", user, "--token", token, "--secret", "hush"});
}

std::string tokens(Shell& shell, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"token", "list", "--json"});
  std::string out;
  for (const auto& record : tests::objects(shell.on_store(arguments).out)) {
    out += std::string(record.at("token").as_string()) + ' ';
  }
  return out;
}

}  // namespace

TEST_CASE("a token is issued with its secret, once") {
  Shell shell;
  add_people(shell);
  const Ran ran =
      shell.on_store({"token", "issue", "--client", "K", "--user", "alice", "--realm", "address",
                      "--token", "T", "--secret", "TS", "--expires", "30d", "--json"});
  CAPTURE(ran.err);
  CHECK(ran.out ==
        "{\"type\":\"token\",\"client\":\"K\",\"user\":\"alice\",\"token\":\"T\",\"secret\":\"TS\","
        "\"realms\":[\"address\"],\"expires\":\"2030-04-16T17:46:40Z\",\"revoked\":false,"
        "\"created\":\"2030-03-17T17:46:40Z\",\"session_handle\":null,"
        "\"authorization_expires\":null}\n");
  CHECK(issue(shell, "K", "alice", "T2").out ==
        "token    T2\nsecret   hush\nrealms   email\nexpires  never\n");
  const auto made =
      object(shell.on_store({"token", "issue", "--client", "K", "--user", "alice", "--json"}).out);
  CHECK(made.at("token").as_string().size() == 27);
  CHECK(made.at("secret").as_string().size() == 27);
  CHECK(made.at("token") != made.at("secret"));
}

TEST_CASE("a token's realms are within the client's, and else its default realms") {
  struct Case {
    std::string client;
    std::vector<std::string> realms;
    int code;
    std::string stored;
  };
  const std::vector<Case> cases{
      {"K", {}, 0, "[\"email\"]"},
      {"K", {""}, 0, "[]"},
      {"K", {"email", "address"}, 0, "[\"email\",\"address\"]"},
      {"K", {"email", "other"}, 1, ""},
      {"L", {}, 0, "[]"},
      {"L", {"other"}, 1, ""},
  };
  for (const Case& c : cases) {
    Shell shell;
    add_people(shell);
    std::vector<std::string> arguments{"token",  "issue", "--client", c.client,
                                       "--user", "alice", "--json"};
    for (const auto& realm : c.realms) arguments.insert(arguments.end(), {"--realm", realm});
    const Ran ran = shell.on_store(arguments);
    CAPTURE(ran.err);
    CHECK(ran.code == c.code);
    if (c.code == 0) {
      CHECK(tests::json::serialize(object(ran.out).at("realms")) == c.stored);
    } else {
      CHECK(has(ran.err, "\"other\""));
      CHECK(tokens(shell, {}).empty());
    }
  }
}

TEST_CASE("a token that can't be issued is answered with the reason") {
  struct Case {
    std::vector<std::string> given;
    int code;
    std::string said;
  };
  const std::vector<Case> cases{
      {{"--client", "X", "--user", "alice"}, 1, "\"X\""},
      {{"--client", "K", "--user", "x"}, 1, "\"x\""},
      {{"--client", "K"}, 2, "--user is required"},
      {{"--user", "alice"}, 2, "--client is required"},
      {{"--client", "K", "--user", "alice", "--token", "T"}, 1, "T"},
      {{"--client", "K", "--user", "alice", "--token", "a b"}, 1, "a token"},
      {{"--client", "K", "--user", "alice", "--secret", ""}, 1, "secret"},
      {{"--client", "K", "--user", "alice", "--expires", "soon"}, 2, "--expires"},
      {{"--client", "K", "--user", "alice", "--expires", "2030-02-30T00:00:00Z"}, 2, "--expires"},
  };
  Shell shell;
  add_people(shell);
  issue(shell, "L", "bob", "T");
  for (const Case& c : cases) {
    std::vector<std::string> arguments{"token", "issue"};
    arguments.insert(arguments.end(), c.given.begin(), c.given.end());
    const Ran ran = shell.on_store(arguments);
    CAPTURE(ran.err);
    CHECK(ran.code == c.code);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, c.said));
  }
  CHECK(tokens(shell, {}) == "T ");
}

TEST_CASE("with a configuration, a realm that it lacks is refused") {
  Shell shell;
  add_people(shell);
  const std::string config = shell.config("realms = [\"email\"]\n");
  const auto code = [&](const std::string& realm) {
    return shell
        .run({"token", "issue", "--client", "K", "--user", "bob", "--realm", realm, "--config",
              config})
        .code;
  };
  CHECK(code("email") == 0);
  CHECK(code("address") == 1);
}

TEST_CASE("expiry is a time, so long from now, or never") {
  struct Case {
    std::string given, stored;
  };
  for (const Case& c :
       {Case{"1s", "\"2030-03-17T17:46:41Z\""},
        Case{"2040-01-01T00:00:00Z", "\"2040-01-01T00:00:00Z\""}, Case{"never", "null"}}) {
    Shell shell;
    add_people(shell);
    const Ran ran = shell.on_store(
        {"token", "issue", "--client", "K", "--user", "alice", "--expires", c.given, "--json"});
    REQUIRE(ran.code == 0);
    CHECK(tests::json::serialize(object(ran.out).at("expires")) == c.stored);
  }
}

TEST_CASE("tokens are listed by client, by user, or both, and never with their secret") {
  Shell shell;
  add_people(shell);
  issue(shell, "K", "alice", "T1");
  issue(shell, "K", "bob", "T2");
  issue(shell, "L", "bob", "T3");
  CHECK(tokens(shell, {}) == "T1 T2 T3 ");
  CHECK(tokens(shell, {"--client", "K"}) == "T1 T2 ");
  CHECK(tokens(shell, {"--user", "bob"}) == "T2 T3 ");
  CHECK(tokens(shell, {"--client", "K", "--user", "bob"}) == "T2 ");
  CHECK(shell.on_store({"token", "list", "--user", "x"}).code == 1);
  for (const auto& ran :
       {shell.on_store({"token", "list"}), shell.on_store({"token", "list", "--json"}),
        shell.on_store({"token", "show", "T1"}),
        shell.on_store({"token", "show", "T1", "--json"})}) {
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "T1"));
    CHECK(!has(ran.out, "hush"));
  }
}

TEST_CASE("a token is shown with the id that the backend sees, and whether it is live") {
  Shell shell;
  add_people(shell);
  shell.on_store(
      {"token", "issue", "--client", "K", "--user", "alice", "--token", "T", "--expires", "10s"});
  const std::string head = "token      T\nid         " + store::token_id("T") +
                           "\nclient     K\nuser       alice\nrealms     email\n"
                           "created    2030-03-17T17:46:40Z\nexpires    2030-03-17T17:46:50Z\n"
                           "renewable  no\nstate      ";
  shell.clock.now += 9;
  CHECK(shell.on_store({"token", "show", "T"}).out == head + "live\n");
  shell.clock.now += 1;
  CHECK(shell.on_store({"token", "show", "T"}).out == head + "expired\n");
  shell.on_store({"token", "revoke", "T"});
  CHECK(shell.on_store({"token", "show", "T"}).out == head + "revoked\n");
  const auto record = object(shell.on_store({"token", "show", "T", "--json"}).out);
  CHECK(tests::text(record.at("id")) == store::token_id("T"));
  CHECK(record.at("revoked") == true);
  CHECK(shell.on_store({"token", "show", "X"}).code == 1);
}

TEST_CASE("a token with a session handle is said to be renewable, and until when, without it") {
  struct Case {
    std::string fields, created, renewable;
  };
  const std::vector<Case> cases{
      {"", "unknown", "no"},
      {R"(,"created":"2026-01-01T00:00:00Z","session_handle":"hush")", "2026-01-01T00:00:00Z",
       "yes"},
      {R"(,"session_handle":"hush","authorization_expires":"2031-01-01T00:00:00Z")", "unknown",
       "until 2031-01-01T00:00:00Z"},
  };
  for (const Case& c : cases) {
    Shell shell;
    add_people(shell);
    const auto file = shell.write(
        "token.jsonl", R"({"type":"token","client":"K","user":"bob","token":"T","secret":"hush")" +
                           c.fields + "}\n");
    REQUIRE(shell.on_store({"import", file.string()}).code == 0);
    const std::string shown = shell.on_store({"token", "show", "T"}).out;
    CHECK(has(shown, "\ncreated    " + c.created + "\n"));
    CHECK(has(shown, "\nrenewable  " + c.renewable + "\n"));
    for (const char* command : {"show", "list"}) {
      std::vector<std::string> arguments{"token", command, "--json"};
      if (command == std::string("show")) arguments.push_back("T");
      const Ran ran = shell.on_store(arguments);
      CHECK(object(ran.out).at("has_session_handle") == (c.renewable != "no"));
      CHECK(!has(ran.out, "hush"));
    }
    CHECK(!has(shown, "hush"));
  }
}

TEST_CASE("revoking a token twice is no error, revoking an unknown one is") {
  Shell shell;
  add_people(shell);
  issue(shell, "K", "alice", "T");
  const Ran first = shell.on_store({"token", "revoke", "T"});
  CHECK(first.code == 0);
  CHECK(first.out == "revoked 1 token\n");
  const Ran second = shell.on_store({"token", "revoke", "T"});
  CHECK(second.code == 0);
  CHECK(second.out == "already revoked\n");
  CHECK(shell.on_store({"token", "revoke", "T", "--json"}).out == "{\"revoked\":0}\n");
  const Ran unknown = shell.on_store({"token", "revoke", "X"});
  CHECK(unknown.code == 1);
  CHECK(unknown.out.empty());
}

TEST_CASE("the tokens of a client are revoked together, or those of one user") {
  Shell shell;
  add_people(shell);
  issue(shell, "K", "alice", "T1");
  issue(shell, "K", "bob", "T2");
  issue(shell, "K", "bob", "T3");
  issue(shell, "L", "bob", "T4");
  CHECK(shell.on_store({"token", "revoke", "--client", "K", "--user", "bob"}).out ==
        "revoked 2 tokens\n");
  CHECK(shell.on_store({"token", "revoke", "--client", "K"}).out == "revoked 1 token\n");
  CHECK(shell.on_store({"token", "revoke", "--client", "K"}).out == "revoked 0 tokens\n");
  CHECK(has(shell.on_store({"token", "show", "T4"}).out, "live"));
  CHECK(shell.on_store({"token", "revoke", "--client", "K", "--user", "x"}).code == 1);
  CHECK(shell.on_store({"token", "revoke", "T1", "--client", "K"}).code == 2);
  CHECK(shell.on_store({"token", "revoke"}).code == 2);
  CHECK(shell.on_store({"token", "revoke", "T1", "--user", "bob"}).code == 2);
}
