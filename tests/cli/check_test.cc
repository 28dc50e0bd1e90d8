// portcullis check.

#include "gateway/cli/check.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/cli/harness.h"

namespace cli = gateway::cli;
using tests::has;
using tests::object;
using tests::Ran;
using tests::Shell;

namespace {

// A loopback port that is taken as long as the object lives.
class TakenPort {
 public:
  TakenPort() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    void* const any = &address;
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd_, static_cast<sockaddr*>(any), size) == 0);
    REQUIRE(::listen(fd_, 1) == 0);
    REQUIRE(::getsockname(fd_, static_cast<sockaddr*>(any), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~TakenPort() { ::close(fd_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

const std::string kRoutes = R"(realms = ["email", "address"]
default_callback = true
[[upstream]]
name = "api"
servers = ["http://127.0.0.1:9000"]
[[route]]
path = "/api/*"
realms_any = ["email", "address"]
upstream = "api"
[[route]]
path = "/api/email"
methods = ["GET", "POST"]
realms = ["email"]
upstream = "api"
[[route]]
path = "/public/*"
auth = "none"
errors = "flask"
upstream = "api"
)";
const std::string kWaiting = "[admin]\naddress = \"127.0.0.1:9999\"\n";  // not yet in effect

std::vector<std::string> first_lines(const std::string& text, std::size_t count) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; out.size() < count && std::getline(in, line);) out.push_back(line);
  return out;
}

}  // namespace

TEST_CASE("check prints the routes in the order in which they match") {
  Shell shell;
  const Ran ran = shell.run({"check", "--config", shell.config(kRoutes + kWaiting)});
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(ran.err.empty());
  const auto lines = first_lines(ran.out, 4);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] ==
        "HOSTS  PATH        METHODS    AUTH   REALMS                 UPSTREAM  SETTINGS");
  CHECK(lines[1] == "any    /api/email  GET, POST  token  email                  api       -");
  CHECK(has(ran.out, "any    /api/*      any        token  any of email, address  api       -\n"));
  CHECK(
      has(ran.out,
          "any    /public/*   any        none   -                      api       errors=flask\n"));
  CHECK(has(ran.out, "\nNot yet in effect:\n  "));
  CHECK(has(ran.out, "\nWarnings:\n  "));
  CHECK(!has(ran.out, "Live:"));
}

TEST_CASE("check prints what else a route says by its keys") {
  Shell shell;
  const std::string config = shell.config(R"([[upstream]]
name = "api"
servers = ["http://127.0.0.1:9000"]
[[route]]
path = "/*"
host = "upstream"
signature_methods = ["HMAC-SHA1", "HMAC-SHA256"]
accept_schemes = ["https"]
credentials = ["form", "header"]
body_hash = "required"
errors = "problem_reporting"
quirks = ["unencoded_key", "milliseconds"]
header_realm = "Schoology API"
pass_authorization = true
upstream = "api"
)");
  const Ran ran = shell.run({"check", "--config", config});
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(has(
      ran.out,
      "  api       host=upstream signature_methods=HMAC-SHA1,HMAC-SHA256 "
      "accept_schemes=https credentials=header,form body_hash=required errors=problem_reporting "
      "quirks=unencoded_key,milliseconds header_realm=\"Schoology API\" "
      "pass_authorization=true\n"));
  const auto route = object(shell.run({"check", "--json", "--config", config}).out)
                         .at("routes")
                         .as_array()[0]
                         .as_object();
  CHECK(route.at("host") == "upstream");
  CHECK(tests::json::serialize(route.at("accept_schemes")) == R"(["https"])");
  CHECK(tests::json::serialize(route.at("quirks")) == R"(["unencoded_key","milliseconds"])");
  CHECK(tests::json::serialize(route.at("credentials")) == R"(["header","form"])");
  CHECK(route.at("header_realm") == "Schoology API");
  CHECK(route.at("pass_authorization") == true);
}

TEST_CASE("check --json says the same in one object") {
  Shell shell;
  const Ran ran = shell.run({"check", "--json", "--config", shell.config(kRoutes + kWaiting)});
  REQUIRE(ran.code == 0);
  const auto all = object(ran.out);
  CHECK(all.at("ok") == true);
  const auto& routes = all.at("routes").as_array();
  REQUIRE(routes.size() == 3);
  CHECK(
      tests::json::serialize(routes[0]) ==
      R"({"hosts":[],"path":"/api/email","methods":["GET","POST"],"auth":"token",)"
      R"("realms":["email"],"upstream":"api","host":"received","signature_methods":[],)"
      R"("accept_schemes":[],"credentials":["header","query","form"],"body_hash":"verified","errors":"accept","quirks":[],)"
      R"("header_realm":"","pass_authorization":false,"line":15})");
  CHECK(routes[2].at("errors") == "flask");
  CHECK(all.at("not_yet_in_effect").as_array().size() > 0);
  CHECK(all.at("warnings").as_array().size() > 0);
  CHECK(!all.contains("live"));
}

TEST_CASE("every mistake is printed at its place, and check exits 1") {
  Shell shell;
  const std::string config = shell.config("verbose_erors = true\nrealm_failure_status = 402\n");
  const Ran ran = shell.run({"check", "--config", config});
  CHECK(ran.code == 1);
  CHECK(ran.out.empty());
  const auto lines = first_lines(ran.err, 9);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with(config + ":6:1: "));
  CHECK(lines[1].starts_with(config + ":7:24: "));
  const auto all = object(shell.run({"check", "--json", "--config", config}).out);
  CHECK(all.at("ok") == false);
  CHECK(all.at("mistakes").as_array().size() == 2);
  CHECK(all.at("mistakes").as_array()[0].at("line") == 6);
}

TEST_CASE("check of a file that isn't there exits 1") {
  CHECK(Shell().run({"check", "--config", "/nowhere/x.toml"}).code == 1);
}

TEST_CASE("without --live nothing is touched") {
  Shell shell;
  CHECK(shell.run({"check", "--config", shell.config("")}).code == 0);
  CHECK(!tests::fs::exists(shell.store()));
}

TEST_CASE("--live tries the store, the addresses and the certificate") {
  const TakenPort taken;
  struct Case {
    std::string what;
    conf::Settings settings;
    bool good;
  };
  Shell shell;
  conf::Settings good;
  good.store.path = shell.store();
  good.listen.address.port = 0;
  good.admin.address.port = 0;
  conf::Settings busy = good;
  busy.listen.address.port = taken.port();
  conf::Settings admin = good;
  admin.admin.address.port = taken.port();
  conf::Settings v6 = good;
  v6.listen.address = {"2001:db8::1", 0};  // not an address of this machine
  conf::Settings tls = good;
  tls.listen.tls = conf::Tls{shell.path("none.pem").string(), shell.path("none.key").string()};
  conf::Settings nowhere = good;
  nowhere.store.path = (shell.write("file", "") / "store").string();
  const std::vector<Case> cases{
      {"store.path", good, true},      {"listen.address", good, true},
      {"admin.address", good, true},   {"listen.address", busy, false},
      {"admin.address", admin, false}, {"listen.address", v6, false},
      {"listen.tls", tls, false},      {"store.path", nowhere, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    bool found = false;
    for (const cli::Trial& trial : cli::try_out(c.settings, 1000)) {
      if (trial.what != c.what) continue;
      found = true;
      CAPTURE(trial.sentence);
      CHECK(trial.good == c.good);
    }
    CHECK(found);
  }
  CHECK(!tests::fs::exists(shell.store()));
  shell.on_store({"user", "add", "alice"});
  CHECK(has(cli::try_out(good, 1000)[0].sentence, "opens"));
}

TEST_CASE("check --live exits 1 with the first thing that failed") {
  Shell shell;
  const TakenPort taken;
  const std::string config =
      shell.config("[listen]\naddress = \"127.0.0.1:" + std::to_string(taken.port()) +
                   "\"\n[admin]\naddress = \"127.0.0.1:0\"\n");
  const Ran ran = shell.run({"check", "--live", "--config", config});
  CHECK(ran.code == 1);
  CHECK(has(ran.out, "  FAILED  listen.address"));
  CHECK(has(ran.out, "  ok      admin.address"));
  CHECK(has(ran.err, "is in use"));
  const Ran json = shell.run({"check", "--live", "--json", "--config", config});
  CHECK(json.code == 1);
  CHECK(object(json.out).at("ok") == false);
  CHECK(object(json.out).at("live").as_array().size() == 3);
}

TEST_CASE("a route that accepts another scheme says so, and live how often that was needed") {
  Shell shell;
  std::string routes = kRoutes;
  routes.replace(routes.find("upstream = \"api\"\n[[route]]"), 16,
                 "accept_schemes = [\"http\"]\nupstream = \"api\"");
  const std::string config = shell.config(routes + "[listen]\naddress = \"127.0.0.1:0\"\n" +
                                          "[admin]\naddress = \"127.0.0.1:0\"\n");
  const auto check = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"check", "--config", config});
    const Ran ran = shell.run(more);
    CAPTURE(ran.err);
    CHECK(ran.code == 0);
    return ran.out;
  };
  CHECK(has(check({}), "  accept_schemes=http\n"));
  CHECK(has(check({"--live"}), "  accept_schemes=http (needed never)\n"));
  shell.on_store({"user", "add", "alice"});
  {
    std::string note;
    const auto usage = store::Usage::open_or_make(shell.store(), note);
    REQUIRE(usage.ok());
    const store::RouteUse use{"/api/*", {1234, tests::kNow}};
    REQUIRE((*usage)->add({}, std::vector{use}).ok());
  }
  CHECK(has(check({"--live"}), " (needed 1,234 times, last 2030-03-17T17:46:40Z)\n"));
  CHECK(!has(check({"--json"}), "other_scheme"));
  CHECK(has(check({"--json", "--live"}),
            R"("other_scheme":{"matched":1234,"last_matched":"2030-03-17T17:46:40Z"})"));
}
