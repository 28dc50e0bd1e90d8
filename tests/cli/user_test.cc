// portcullis user.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/cli/harness.h"
#include "verify/password.h"

using tests::has;
using tests::object;
using tests::Ran;
using tests::Shell;

namespace {

std::string hash_of(Shell& shell) {
  const auto record = object(shell.on_store({"export"}).out);
  return std::string(record.at("password_hash").as_string());
}

}  // namespace

TEST_CASE("a user without a password owns tokens but can't sign in, and is told so") {
  Shell shell;
  const Ran ran = shell.on_store({"user", "add", "alice"});
  CHECK(ran.code == 0);
  CHECK(has(ran.out, "added user alice\n"));
  CHECK(has(ran.out, "no password"));
  CHECK(shell.on_store({"export"}).out ==
        "{\"type\":\"user\",\"name\":\"alice\",\"password_hash\":null,\"enabled\":true}\n");
}

TEST_CASE("a password comes from standard input, less one line end, and is stored as a hash") {
  Shell shell;
  const Ran ran = shell.on_store({"user", "add", "alice", "--password-stdin"}, "p w\n");
  CHECK(ran.code == 0);
  CHECK(ran.out == "added user alice\n");
  const std::string hash = hash_of(shell);
  CHECK(verify::check_password("p w", hash) == verify::PasswordCheck::Right);
  CHECK(shell.on_store({"user", "passwd", "alice"}, "other").out ==
        "changed the password of user alice\n");
  CHECK(verify::check_password("other", hash_of(shell)) == verify::PasswordCheck::Right);
}

TEST_CASE("an empty password is refused, and nothing is changed") {
  Shell shell;
  for (const std::string input : {"", "\n"}) {
    CHECK(shell.on_store({"user", "add", "alice", "--password-stdin"}, input).code == 1);
  }
  CHECK(!tests::fs::exists(shell.store()));
  shell.on_store({"user", "add", "alice"});
  CHECK(shell.on_store({"user", "passwd", "alice"}, "\n").code == 1);
  CHECK(object(shell.on_store({"export"}).out).at("password_hash").is_null());
}

TEST_CASE("a name is 1 to 255 bytes of UTF-8 without controls and outer spaces") {
  struct Case {
    std::string name;
    int code;
  };
  for (const Case& c :
       {Case{"J\xc3\xbcrgen M", 0}, Case{std::string(255, 'u'), 0}, Case{std::string(256, 'u'), 1},
        Case{"", 1}, Case{" u", 1}, Case{"u ", 1}, Case{"a\nb", 1}, Case{"\xff", 1}}) {
    Shell shell;
    CAPTURE(c.name);
    CHECK(shell.on_store({"user", "add", c.name}).code == c.code);
  }
}

TEST_CASE("a user is listed without the hash, disabled, enabled and removed with the tokens") {
  Shell shell;
  shell.on_store({"user", "add", "bob"});
  shell.on_store({"user", "add", "alice", "--password-stdin"}, "pw");
  CHECK(shell.on_store({"user", "add", "bob"}).code == 1);
  CHECK(shell.on_store({"user", "disable", "bob"}).out == "disabled user bob\n");
  CHECK(shell.on_store({"user", "list"}).out ==
        "NAME   PASSWORD  STATE\n"
        "alice  yes       enabled\n"
        "bob    no        disabled\n");
  CHECK(shell.on_store({"user", "enable", "bob"}).out == "enabled user bob\n");
  CHECK(shell.on_store({"user", "list", "--json"}).out ==
        "{\"type\":\"user\",\"name\":\"alice\",\"has_password\":true,\"enabled\":true}\n"
        "{\"type\":\"user\",\"name\":\"bob\",\"has_password\":false,\"enabled\":true}\n");
  shell.on_store({"client", "add", "--name", "n", "--key", "K"});
  shell.on_store({"token", "issue", "--client", "K", "--user", "bob"});
  CHECK(shell.on_store({"user", "remove", "bob"}).out == "removed user bob and 1 token\n");
  CHECK(shell.on_store({"token", "list", "--json"}).out.empty());
  for (const std::string command : {"passwd", "disable", "enable", "remove"}) {
    CAPTURE(command);
    CHECK(shell.on_store({"user", command, "bob"}, "pw").code == 1);
  }
}
