#include "conf/review.h"

#include <ostream>

#include "tests/conf/mistakes.h"

namespace {

using Lines = std::vector<std::string>;

const std::string kHosts =
    "neither listen.external_url nor listen.hosts is set: whatever Host a client sends is believed";
const std::string kTls =
    "oauth.enforce_tls is on, but no request can come over https: set listen.tls, an https "
    "listen.external_url or listen.trusted_proxies";
const std::string kAdmin =
    "admin.address is not a loopback address: metrics and health are open to others";
const std::string kPlaintext =
    "oauth.signature_methods has \"PLAINTEXT\" and oauth.enforce_tls is off: secrets travel as "
    "they "
    "are over plain HTTP";
const std::string kUpstream = "[[upstream]]\nname = \"api\"\nservers = [\"http://a\"]\n";
const std::string kRoute = kUpstream + "[[route]]\npath = \"/*\"\nupstream = \"api\"\n";
const std::string kPlain = "[oauth]\nenforce_tls = false\n";

const std::string kApp =
    "[login]\nmode = \"app\"\ncheck_url = \"http://a/me\"\nuser = \"json:/u\"\nsign_in_url = ";
const std::string kPageHost = "[provider]\nhost = \"auth.test\"\n";
const std::string kSignIn =
    "login.sign_in_url is a path, and at provider.host there is nothing but the gate's own pages: "
    "give it as a whole URL";

const std::string kUncounted =
    ", and listen.trusted_proxies does not name it: failed sign-ins are counted by user name "
    "alone, "
    "and the log has its address for everybody's";
const std::string kTerminator =
    "listen.external_url is https and listen.tls is absent, so that something in front ends TLS" +
    kUncounted;
const std::string kRelay =
    "listen.address is a loopback address and listen.external_url another machine's, so that "
    "something on this machine passes requests on" +
    kUncounted;

const std::string kTlsTable = "[listen.tls]\ncertificate = \"c\"\nkey = \"k\"";

std::string schemes(const std::string& scheme) {
  return "the route on line 4 has accept_schemes \"" + scheme +
         "\", which all requests have already";
}

struct Case {
  std::string toml;
  Lines lines;
};

}  // namespace

TEST_CASE("what an operator probably does not want is warned of") {
  const Case cases[] = {
      {kRoute, {kTls}},
      {kRoute + kPlain, {}},
      {kPlain, {"there is no [[route]]: every request gets 404"}},
      {kRoute + kPlain + "[listen]\naddress = \"0.0.0.0:80\"", {kHosts}},
      {kRoute + kPlain + "[listen]\naddress = \"[::]:80\"", {kHosts}},
      {kRoute + kPlain + "[listen]\naddress = \"128.0.0.1:80\"", {kHosts}},
      {kRoute + kPlain + "[listen]\naddress = \"127.9.9.9:80\"", {}},
      {kRoute + kPlain + "[listen]\naddress = \"[::1]:80\"", {}},
      {kRoute + kPlain + "[listen]\naddress = \"0.0.0.0:80\"\nhosts = [\"a\"]", {}},
      {kRoute + kPlain + "[listen]\naddress = \"0.0.0.0:80\"\nexternal_url = \"http://a\"", {}},
      {kRoute + kPlain + "[listen]\nhosts = [\"a\"]\nexternal_url = \"http://a\"",
       {"listen.hosts has no effect beside listen.external_url", kRelay}},
      {kRoute + "[listen]\nexternal_url = \"http://a\"", {kTls, kRelay}},
      {kRoute + "[listen]\nexternal_url = [\"http://a\", \"https://a\"]", {kTerminator}},
      {kRoute + "[listen]\naddress = \"192.0.2.1:80\"\nexternal_url = \"https://a\"",
       {kTerminator}},
      {kRoute + "[listen]\nexternal_url = \"https://127.0.0.1\"", {kTerminator}},
      {kRoute + "[listen]\nexternal_url = \"https://a\"\n" + kTlsTable, {kRelay}},
      {kRoute + "[listen]\nexternal_url = \"https://[::1]\"\n" + kTlsTable, {}},
      {kRoute + "[listen]\nexternal_url = \"https://localhost\"\n" + kTlsTable, {}},
      {kRoute + "[listen]\naddress = \"192.0.2.1:443\"\nexternal_url = \"https://a\"\n" + kTlsTable,
       {}},
      {kRoute + "[listen]\nexternal_url = \"https://a\"\ntrusted_proxies = [\"::1\"]", {}},
      {kRoute + "[listen]\nexternal_url = \"https://a\"\n[provider]\nenabled = false", {}},
      {kRoute + "[listen]\nexternal_url = \"https://a\"\n" + kApp + "\"/login\"", {}},
      {kRoute + "[listen]\ntrusted_proxies = [\"::1\"]", {kHosts}},
      {kRoute + "[listen]\ntrusted_proxies = [\"::1\"]\nhosts = [\"a\"]", {}},
      {kRoute + "accept_schemes = [\"https\"]\n" + kPlain, {}},
      {kRoute + "accept_schemes = [\"http\"]\n" + kPlain, {schemes("http")}},
      {kRoute + "accept_schemes = [\"http\", \"https\"]\n" + kTlsTable, {schemes("https")}},
      {kRoute + "accept_schemes = [\"http\"]\n" + kTlsTable, {}},
      {kRoute + "accept_schemes = [\"http\"]\n" + kPlain +
           "[listen]\nhosts = [\"a\"]\ntrusted_proxies = [\"::1\"]",
       {}},
      {kRoute + "accept_schemes = [\"https\"]\n[listen]\nexternal_url = \"https://a\"\n"
                "trusted_proxies = [\"::1\"]",
       {schemes("https")}},
      {kRoute + "accept_schemes = [\"https\"]\n[listen]\nexternal_url = [\"https://a\", "
                "\"http://a\"]",
       {kTerminator}},
      {kRoute + "[listen.tls]\ncertificate = \"c\"\nkey = \"k\"", {}},
      {kRoute + "[listen]\nhosts = [\"a\"]\ntrusted_proxies = [\"0.0.0.0/0\", \"::/0\", "
                "\"0.0.0.0/1\", \"::/1\"]",
       {"listen.trusted_proxies has \"0.0.0.0/0\": every client can say what it likes about itself",
        "listen.trusted_proxies has \"::/0\": every client can say what it likes about itself"}},
      {kRoute + kPlain + "signature_methods = [\"PLAINTEXT\"]", {kPlaintext}},
      {kRoute + "[oauth]\nsignature_methods = [\"PLAINTEXT\"]\n[listen]\nhosts = [\"a\"]\n"
                "trusted_proxies = [\"::1\"]",
       {}},
      {kRoute + kPlain + "[admin]\naddress = \"10.0.0.1:9180\"", {kAdmin}},
      {kRoute + kPlain + "[admin]\naddress = \"[::1]:9180\"", {}},
      {kRoute + "hosts = [\"b\", \"c\"]\n" + kPlain + "[listen]\nhosts = [\"b\"]",
       {"the route on line 4 waits for host \"c\", which listen.hosts does not let in"}},
      {kRoute + "hosts = [\"b\", \"a:81\"]\n" + kPlain + "[listen]\nexternal_url = \"http://a:81\"",
       {kRelay,
        "the route on line 4 waits for host \"b\", which listen.external_url does not let in"}},
      {kRoute + "hosts = [\"b\"]\n" + kPlain, {}},
      {kRoute + kPlain + kApp + "\"/login\"\n", {}},
      {kRoute + kPlain + kApp + "\"/login\"\n" + kPageHost, {kSignIn}},
      {kRoute + kPlain + kApp + "\"https://a/login\"\n" + kPageHost, {}},
      {kRoute + kPlain + "[login]\nsign_in_url = \"/login\"\n" + kPageHost, {}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.toml);
    CHECK(conf::warnings(settings_of(one.toml)) == one.lines);
  }
}

TEST_CASE("a client's route that takes bodies nobody signed is warned of") {
  const std::string warning =
      "the route on line 4 has auth \"client\" and takes bodies that nobody signed: say with "
      "credentials = \"form\" or \"header\" where its clients send theirs, or set body_hash = "
      "\"required\"";
  const std::pair<std::string, bool> cases[] = {
      {"", true},
      {"methods = [\"POST\"]", true},
      {"methods = [\"GET\", \"DELETE\"]", true},
      {"methods = [\"GET\"]", false},
      {"methods = [\"GET\", \"HEAD\", \"OPTIONS\"]", false},
      {"body_hash = \"verified\"", true},
      {"body_hash = \"required\"", false},
      {"credentials = \"any\"", true},
      {"credentials = \"form\"", false},
      {"credentials = \"header\"", false},
      {"credentials = \"query\"", true},
      {"credentials = [\"form\"]", false},
      {"credentials = [\"form\", \"query\"]", true},
      {"credentials = [\"form\", \"header\"]", true},
      {"credentials = [\"form\", \"header\"]\nbody_hash = \"required\"", false}};
  for (const auto& [lines, warned] : cases) {
    CAPTURE(lines);
    CHECK(conf::warnings(settings_of(kRoute + "auth = \"client\"\n" + lines + "\n" + kPlain)) ==
          (warned ? Lines{warning} : Lines{}));
    for (const std::string auth : {"token", "optional"}) {
      CHECK(conf::warnings(settings_of(kRoute + "auth = \"" + auth + "\"\n" + lines + "\n" +
                                       kPlain)) == Lines{});
    }
  }
}

TEST_CASE("what is set but not yet in effect is named") {
  const Case cases[] = {
      {"", {}},
      {"[oauth]\nsignature_methods = [\"HMAC-SHA1\", \"PLAINTEXT\"]", {}},
      {"[listen]\ntrusted_proxies = [\"::1\"]", {}},
      {"[admin]\naddress = \"127.0.0.1:1\"", {"admin.address"}},
      {"[provider]\nhost = \"a\"", {}},
      {kUpstream + "[[upstream]]\nname = \"b\"\nservers = [\"https://b:444\"]",
       {"upstream.servers \"https://b:444\""}},
      {R"([oauth]
request_token_lifetime = "1m"
access_token_lifetime = "1d"
error_uri = "/e"
refusal_to = "error_uri"
request_token_path = "/r"
authorize_path = "/a"
access_token_path = "/t"
token_methods = ["GET"]
request_token_extra = { a = "b" }
access_token_extra = { a = "b" }
reply_realms = false
split_parameters = false
)",
       {}},
      {R"([login]
mode = "app"
check_url = "https://a"
user = "json:/a"
sign_in_url = "/a"
)",
       {"login.check_url \"https://a\""}},
      {kRoute + R"([oauth]
enforce_tls = false
realms = ["a"]
realm_name = "x"
key_length = [16, 16]
timestamp_window = { past = "1m", future = "1m" }
realm_failure_status = 403
verbose_errors = true
[listen]
external_url = "https://a"
[listen.tls]
certificate = "c"
key = "k"
[limits]
headers = 1
[timeouts]
idle = "1s"
)",
       {}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.toml);
    CHECK(conf::not_yet_in_effect(settings_of(one.toml)) == one.lines);
  }
}
