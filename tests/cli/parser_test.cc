// The grammar: which command lines are understood, and how those that aren't are answered.

#include <doctest/doctest.h>

#include <regex>
#include <string>
#include <vector>

#include "gateway/cli/client.h"
#include "tests/cli/harness.h"

using tests::has;
using tests::Ran;
using tests::Shell;

TEST_CASE("a command line that can't be understood exits 2, with one sentence on standard error") {
  struct Case {
    std::vector<std::string> arguments;
    std::string said;
  };
  const std::vector<Case> cases{
      {{}, "portcullis --help"},
      {{"client"}, "portcullis client --help"},
      {{"clinet"}, "there is no command \"clinet\"; did you mean \"client\"?"},
      {{"client", "lst"}, "there is no command \"client lst\"; did you mean \"list\"?"},
      {{"zzzzzzzz"}, "there is no command \"zzzzzzzz\"; see portcullis --help"},
      {{"explain"}, "give one of --http FILE"},
      {{"client", "add", "--nmae", "x"}, "there is no option \"--nmae\"; did you mean \"--name\"?"},
      {{"client", "add", "--version"}, "there is no option \"--version\""},
      {{"client", "add", "-x"}, "--name"},
      {{"client", "add"}, "--name is required"},
      {{"client", "add", "--name"}, "--name needs a value"},
      {{"client", "add", "--name", "--"}, "--name needs a value"},
      {{"client", "add", "--name", "a", "--name", "b"}, "--name is given twice"},
      {{"client", "add", "--name", "a", "--name=b"}, "--name is given twice"},
      {{"client", "add", "--name", "a", "--allow-oob", "--no-allow-oob"}, "excludes"},
      {{"client", "show"}, "KEY is required"},
      {{"client", "show", "a", "b"}, "b"},
      {{"client", "list", "--json=perhaps"}, "--json"},
      {{"serve"}, "--config is required"},
      {{"check"}, "--config is required"},
      {{"sign", "GET"}, "URL is required"},
  };
  Shell shell;
  for (const Case& c : cases) {
    const Ran ran = shell.run(c.arguments);
    CAPTURE(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK(has(ran.err, "portcullis: "));
    CHECK(has(ran.err, c.said));
    CHECK(ran.err.find('\n') == ran.err.size() - 1);
  }
}

TEST_CASE("a forgotten value is noticed, and what might be a secret isn't shown") {
  Shell shell;
  const Ran ran = shell.on_store({"client", "add", "--name", "n", "--secret", "-hidden"});
  CHECK(ran.code == 2);
  CHECK(has(ran.err, "--secret needs a value; write --secret -- VALUE"));
  CHECK(!has(ran.err, "hidden"));
}

TEST_CASE("a value may begin with a dash after -- or =, and be empty after =") {
  struct Case {
    std::vector<std::string> given;
    std::string name;
  };
  const std::vector<Case> cases{
      {{"--name", "--", "-n"}, "-n"},
      {{"--name=-n"}, "-n"},
      {{"--name", "--", "--"}, "--"},
      {{"--name=--json"}, "--json"},
      {{"--name="}, ""},
      {{"--name", ""}, ""},
      {{"--name", "=x"}, "=x"},
      {{"--name==x"}, "=x"},
      {{"--name", "[a,b]"}, "[a,b]"},
      {{"--name", "a b"}, "a b"},
      {{"--name", "list"}, "list"},
      {{"--name", "{}"}, "{}"},
  };
  for (const Case& c : cases) {
    Shell shell;
    std::vector<std::string> arguments{"client", "add", "--key", "K", "--json"};
    arguments.insert(arguments.end(), c.given.begin(), c.given.end());
    const Ran ran = shell.on_store(arguments);
    CAPTURE(ran.err);
    REQUIRE(ran.code == 0);
    CHECK(tests::text(tests::object(ran.out)["name"]) == c.name);
  }
}

TEST_CASE("a word in an argument's place is no command, and may begin with a dash after --") {
  for (const std::string name : {"add", "list", "user", "sign", "-x", "--store", "a=b", "[]"}) {
    CAPTURE(name);
    Shell shell;
    const std::vector<std::string> store{"--store", shell.store()};
    CHECK(shell.run({"user", "add", "--store", shell.store(), "--", name}).code == 0);
    CHECK(shell.run({"user", "remove", "--store", shell.store(), "--", name}).code == 0);
    if (name.starts_with('-')) continue;
    CHECK(shell.run({"user", "add", name, "--store", shell.store()}).code == 0);
  }
}

TEST_CASE("--help goes to standard output, exits 0 and shows lines to paste for every command") {
  const std::vector<std::vector<std::string>> commands{
      {},
      {"serve"},
      {"check"},
      {"client"},
      {"client", "add"},
      {"client", "list"},
      {"client", "show"},
      {"client", "update"},
      {"client", "rotate"},
      {"client", "disable"},
      {"client", "enable"},
      {"client", "remove"},
      {"user"},
      {"user", "add"},
      {"user", "list"},
      {"user", "passwd"},
      {"user", "disable"},
      {"user", "enable"},
      {"user", "remove"},
      {"token"},
      {"token", "issue"},
      {"token", "list"},
      {"token", "show"},
      {"token", "revoke"},
      {"sign"},
      {"import"},
      {"export"},
      {"backup"},
  };
  Shell shell;
  for (std::vector<std::string> command : commands) {
    std::string name = "portcullis";
    for (const std::string& word : command) name += " " + word;
    CAPTURE(name);
    command.emplace_back("--help");
    const Ran ran = shell.run(command);
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
    CHECK(has(ran.out, "Usage: " + name));
    CHECK(has(ran.out, "Examples:\n  "));
    CHECK(has(ran.out.substr(ran.out.find("Examples:")), name));
  }
}

TEST_CASE("--version prints one line: the version, and the commit where it is known") {
  const Ran ran = Shell().run({"--version"});
  CHECK(ran.code == 0);
  static const std::regex line(R"(portcullis \d+\.\d+\.\d+( \([0-9a-f]{12}\))?\n)");
  CHECK_MESSAGE(std::regex_match(ran.out, line), ran.out);
}

TEST_CASE("a command that touches the store is told which, exactly once") {
  const std::vector<std::vector<std::string>> commands{
      {"client", "add", "--name", "n"},
      {"client", "list"},
      {"client", "show", "K"},
      {"client", "update", "K", "--name", "n"},
      {"client", "rotate", "K"},
      {"client", "disable", "K"},
      {"client", "enable", "K"},
      {"client", "remove", "K"},
      {"user", "add", "u"},
      {"user", "list"},
      {"user", "disable", "u"},
      {"user", "enable", "u"},
      {"user", "remove", "u"},
      {"token", "issue", "--client", "K", "--user", "u"},
      {"token", "list"},
      {"token", "show", "T"},
      {"token", "revoke", "T"},
      {"sign", "GET", "http://h/", "--client", "K"},
      {"import", "-"},
      {"export"},
      {"backup", "/nowhere"},
  };
  Shell shell;
  const std::string config = shell.config("");
  for (std::vector<std::string> command : commands) {
    CAPTURE(command[0] + " " + command[1]);
    const Ran none = shell.run(command);
    CHECK(none.code == 2);
    CHECK(has(none.err, "--store DIR or --config FILE"));
    command.insert(command.end(), {"--config", config});
    const Ran both = shell.on_store(command);
    CHECK(both.code == 2);
    CHECK(has(both.err, "--store DIR or --config FILE"));
  }
  CHECK(!tests::fs::exists(shell.store()));
}

TEST_CASE("a command that only reads makes no store") {
  const std::vector<std::vector<std::string>> commands{
      {"client", "list"}, {"client", "show", "K"}, {"user", "list"},
      {"token", "list"},  {"token", "show", "T"},  {"sign", "GET", "http://h/", "--client", "K"},
      {"export"},         {"backup", "/nowhere"},
  };
  Shell shell;
  for (const auto& command : commands) {
    CAPTURE(command[0]);
    const Ran ran = shell.on_store(command);
    CHECK(ran.code == 1);
    CHECK(has(ran.err, "there is no store"));
  }
  CHECK(!tests::fs::exists(shell.store()));
}

TEST_CASE("serve gets the settings and answers with the gateway's own exit code") {
  Shell shell;
  const std::string config = shell.config("realm_name = \"here\"\n");
  for (const int code : {0, 1}) {
    std::string seen;
    shell.serve = [&](const conf::Settings& settings, const std::string& file) {
      seen = settings.oauth.realm_name + " " + file;
      return code;
    };
    CHECK(shell.run({"serve", "--config", config}).code == code);
    CHECK(seen == "here " + config);
  }
}

TEST_CASE("serve doesn't start with a mistake in the configuration") {
  Shell shell;
  shell.serve = [](const auto&, const auto&) {
    FAIL("started");
    return 0;
  };
  const std::string config = shell.config("verbose_erors = true\n");
  const Ran ran = shell.run({"serve", "--config", config});
  CHECK(ran.code == 1);
  CHECK(has(ran.err, config + ":6:1: "));
  CHECK(shell.run({"serve", "--config", shell.path("none").string()}).code == 1);
}

TEST_CASE("output that can't be written is a failure, and said") {
  Shell shell;
  shell.on_store({"user", "add", "alice"});
  const std::vector<std::vector<std::string>> commands{
      {"user", "list"},
      {"export"},
      {"client", "add", "--name", "n", "--key", "k", "--realm", "r"},
      {"client", "rotate", "k"},
      {"token", "issue", "--client", "k", "--user", "alice", "--realm", "r"},
      {"--help"}};
  for (std::vector<std::string> command : commands) {
    CAPTURE(command[0]);
    if (command[0] != "--help") command.insert(command.end(), {"--store", shell.store()});
    std::istringstream in;
    std::ostream out(nullptr);
    std::ostringstream err;
    gateway::cli::Console console{in, out, err};
    CHECK(gateway::cli::run(command, {console, shell.clock, shell.serve}) == 1);
    CHECK(has(err.str(), "standard output"));
  }
}
