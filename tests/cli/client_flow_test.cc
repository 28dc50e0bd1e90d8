// What a client has of its own in the three-legged flow.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/cli/harness.h"

using tests::has;
using tests::object;
using tests::Ran;
using tests::Shell;

namespace {

struct Case {
  const char* field;
  std::vector<std::string> given, taken_back;
  std::string by_default, stored;  // JSON
  std::string shown;               // of the row that `client show` has
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"renewable", {"--renewable"}, {"--no-renewable"}, "false", "true", "yes"},
      {"same_token", {"--same-token"}, {"--no-same-token"}, "false", "true", "yes"},
      {"reply_realms",
       {"--reply-realms", "no"},
       {"--reply-realms", "default"},
       "null",
       "false",
       "no"},
      {"reply_realms",
       {"--reply-realms", "yes"},
       {"--reply-realms", "default"},
       "null",
       "true",
       "yes"},
      {"extra",
       {"--extra", "user_id=7", "--extra", "note=a=b c"},
       {"--extra", ""},
       "{}",
       R"({"note":"a=b c","user_id":"7"})",
       "note=a=b c"},
      {"default_realms",
       {"--default-realm", "b", "--default-realm", "a"},
       {"--default-realm", ""},
       "[]",
       R"(["b","a"])",
       "b, a"},
      {"allow_oob", {"--allow-oob"}, {"--no-allow-oob"}, "false", "true", "yes"},
      {"callback_match",
       {"--callback-match", "ignore_query"},
       {"--callback-match", "exact"},
       "\"exact\"",
       "\"ignore_query\"",
       "ignore_query"},
  };
  return all;
}

std::vector<std::string> with(std::vector<std::string> command,
                              const std::vector<std::string>& more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

std::string stored(Shell& shell, const char* field) {
  return tests::json::serialize(object(shell.on_store({"export"}).out).at(field));
}

// What `client show` says in this row.
std::string row(Shell& shell, const std::string& name) {
  std::istringstream lines(shell.on_store({"client", "show", "K"}).out);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name + ' ', 0) != 0) continue;
    return line.substr(line.find_first_not_of(' ', name.size()));
  }
  return "no such row";
}

const std::vector<std::string> kAdd{"client", "add",     "--name", "n",       "--key",
                                    "K",      "--realm", "a",      "--realm", "b"};

}  // namespace

TEST_CASE("what a client has of its own is given, shown, changed and taken back") {
  for (const Case& c : cases()) {
    CAPTURE(c.field);
    Shell shell;
    REQUIRE(shell.on_store(kAdd).code == 0);
    CHECK(stored(shell, c.field) == c.by_default);
    CHECK(shell.on_store(with({"client", "update", "K"}, c.given)).out == "updated client K\n");
    CHECK(stored(shell, c.field) == c.stored);
    CHECK(row(shell, c.field) == c.shown);
    const auto shown = object(shell.on_store({"client", "show", "K", "--json"}).out);
    CHECK(tests::json::serialize(shown.at(c.field)) == c.stored);
    shell.on_store({"client", "update", "K", "--description", "d"});  // leaves it alone
    CHECK(stored(shell, c.field) == c.stored);
    CHECK(shell.on_store(with({"client", "update", "K"}, c.taken_back)).code == 0);
    CHECK(stored(shell, c.field) == c.by_default);

    Shell other;
    REQUIRE(other.on_store(with(kAdd, c.given)).code == 0);
    CHECK(stored(other, c.field) == c.stored);
    Shell copy;
    const auto file = copy.write("all.jsonl", other.on_store({"export"}).out);
    REQUIRE(copy.on_store({"import", file.string()}).code == 0);
    CHECK(copy.on_store({"export"}).out == other.on_store({"export"}).out);
  }
}

TEST_CASE("an extra field can't pass for one of the protocol, nor come in by import") {
  Shell shell;
  const Ran added = shell.on_store(with(kAdd, {"--extra", "oauth_token=T"}));
  CHECK(added.code == 1);
  CHECK(has(added.err, "must not begin with \"oauth_\", as \"oauth_token\" does"));
  REQUIRE(shell.on_store(with(kAdd, {"--extra", "xoauth_token=T", "--extra", "oauth=1"})).code ==
          0);
  const auto file = shell.write(
      "one.jsonl", R"({"type":"client","key":"L","secret":"S","extra":{"oauth_token_secret":""}})");
  const Ran imported = shell.on_store({"import", file.string()});
  CHECK(imported.code == 1);
  CHECK(has(imported.err, "\"oauth_token_secret\""));
}
