#include "conf/restart_keys.h"

#include <doctest/doctest.h>

#include "conf/load.h"

using conf::Settings;

namespace {

Settings loaded(const std::string& toml) {
  const conf::Loaded result = conf::load(toml);
  const auto* settings = std::get_if<Settings>(&result);
  REQUIRE(settings != nullptr);
  return *settings;
}

const std::string kUpstream = "[[upstream]]\nname = \"api\"\nservers = [\"http://127.0.0.1:1\"]\n";

}  // namespace

TEST_CASE("keys that need a restart keep their values, and are named") {
  struct Case {
    std::string key, value;
  };
  for (const Case& one : std::vector<Case>{{"listen.address", "\"127.0.0.1:1\""},
                                           {"listen.threads", "7"},
                                           {"admin.address", "\"127.0.0.1:2\""},
                                           {"log.file", "\"/x\""},
                                           {"log.format", "\"json\""},
                                           {"log.refusals", "3"},
                                           {"store.path", "\"/elsewhere\""},
                                           {"store.map_size", "\"2GiB\""},
                                           {"store.ledger_size", "\"3MiB\""},
                                           {"store.ledger_client_share", "3"},
                                           {"store.temporary", "\"/tmp\""}}) {
    CAPTURE(one.key);
    const Settings running = loaded(kUpstream);
    Settings next = loaded(one.key + " = " + one.value + "\n" + kUpstream);
    REQUIRE_FALSE(next == running);
    CHECK(keep_restart_keys(running, next) == std::vector{one.key});
    CHECK(next == running);
  }
}

TEST_CASE("all others change, and a file that is the same names nothing") {
  const Settings running = loaded(kUpstream);
  const Settings wanted = loaded(
      "listen.external_url = \"https://a.test\"\nlisten.tls = { certificate = \"c\", key = \"k\" "
      "}\n"
      "log.level = \"debug\"\noauth.timestamp_window = { past = \"5s\", future = \"5s\" }\n"
      "headers.user = \"X-OAuth-Who\"\nlimits.headers = 50\ntimeouts.idle = \"5s\"\n"
      "[[upstream]]\nname = \"other\"\nservers = [\"http://127.0.0.1:2\"]\n"
      "[[route]]\npath = \"/x\"\nupstream = \"other\"\n");
  Settings next = wanted;
  CHECK(keep_restart_keys(running, next).empty());
  CHECK(next == wanted);
  next = running;
  CHECK(keep_restart_keys(running, next).empty());
}

TEST_CASE("several that differ are all named") {
  const Settings running = loaded(kUpstream);
  Settings next =
      loaded("listen.threads = 3\nlog.file = \"/x\"\nstore.path = \"/y\"\n" + kUpstream);
  CHECK(keep_restart_keys(running, next) ==
        std::vector<std::string>{"listen.threads", "log.file", "store.path"});
}
