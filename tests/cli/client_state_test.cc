// Clients that are switched off and on, and removed.

#include <doctest/doctest.h>

#include "tests/cli/harness.h"

using tests::object;
using tests::Ran;
using tests::Shell;

TEST_CASE("disable and enable turn one switch, and may be said twice") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "n", "--key", "K"});
  const auto enabled = [&] {
    return object(shell.on_store({"client", "show", "K", "--json"}).out).at("enabled").as_bool();
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(shell.on_store({"client", "disable", "K"}).out == "disabled client K\n");
    CHECK(!enabled());
  }
  const Ran ran = shell.on_store({"client", "enable", "K", "--json"});
  CHECK(object(ran.out).at("enabled") == true);
  CHECK(enabled());
}

TEST_CASE("remove takes the client's tokens with it, and says how many") {
  Shell shell;
  shell.on_store({"client", "add", "--name", "n", "--key", "K"});
  shell.on_store({"client", "add", "--name", "n", "--key", "L"});
  shell.on_store({"user", "add", "u"});
  shell.on_store({"token", "issue", "--client", "K", "--user", "u"});
  shell.on_store({"token", "issue", "--client", "L", "--user", "u"});
  shell.on_store({"token", "issue", "--client", "L", "--user", "u"});
  CHECK(shell.on_store({"client", "remove", "K"}).out == "removed client K and 1 token\n");
  const auto record = object(shell.on_store({"client", "remove", "L", "--json"}).out);
  CHECK(record.at("tokens") == 2);
  CHECK(shell.on_store({"token", "list", "--json"}).out.empty());
  CHECK(shell.on_store({"client", "list", "--json"}).out.empty());
}
