// Which external URL a request belongs to.

#include "gateway/routing/authority.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

// "scheme authority prefix", or "none".
std::string resolved(const conf::Listen& listen, std::string_view host, bool secure = false,
                     const gateway::routing::Forwarded& forwarded = {}) {
  const auto external = gateway::routing::Authorities(listen).resolve(host, secure, forwarded);
  if (!external) return "none";
  std::string text = external->scheme + ' ' + external->authority;
  if (!external->path_prefix.empty()) text += ' ' + external->path_prefix;
  return text;
}

conf::Listen with_urls(const std::vector<std::string>& urls) {
  conf::Listen listen;
  for (const std::string& url : urls) listen.external_url.push_back(conf::parse_url(url).value());
  return listen;
}

gateway::routing::Forwarded told(std::string_view scheme, std::string_view authority = {},
                                 std::uint16_t port = 0) {
  return {.client = {}, .scheme = scheme, .authority = authority, .port = port};
}

conf::Listen with_hosts(const std::vector<std::string>& hosts) {
  conf::Listen listen;
  listen.hosts = hosts;
  return listen;
}

}  // namespace

TEST_CASE("without settings the Host and the connection decide") {
  const conf::Listen any;
  CHECK(resolved(any, "a.example") == "http a.example");
  CHECK(resolved(any, "A.Example") == "http a.example");
  CHECK(resolved(any, "a.example", true) == "https a.example");
  CHECK(resolved(any, "a.example:80") == "http a.example");
  CHECK(resolved(any, "a.example:80", true) == "https a.example:80");
  CHECK(resolved(any, "a.example:443", true) == "https a.example");
  CHECK(resolved(any, "a.example:443") == "http a.example:443");
  CHECK(resolved(any, "a.example:8080") == "http a.example:8080");
  CHECK(resolved(any, "[::1]:80") == "http [::1]");
  CHECK(resolved(any, "[::1]") == "http [::1]");
}

TEST_CASE("what is no host is none of ours") {
  const conf::Listen any;
  for (const char* host : {"a b", "a/b", "user@a", "a:b", "a:99999", "[::1", "a\x01", "a.example.",
                           "a.example.:80", "%61.example", "a%2Eexample"}) {
    CAPTURE(host);
    CHECK(resolved(any, host) == "none");
  }
}

TEST_CASE("with external URLs the Host must be one of theirs, whatever the connection is") {
  const conf::Listen one = with_urls({"https://api.example.com/base"});
  CHECK(resolved(one, "api.example.com") == "https api.example.com /base");
  CHECK(resolved(one, "API.example.com:443") == "https api.example.com /base");
  CHECK(resolved(one, "api.example.com:80") == "none");
  CHECK(resolved(one, "api.example.com:8443") == "none");
  CHECK(resolved(one, "other.example.com") == "none");
  CHECK(resolved(one, "xapi.example.com") == "none");
  CHECK(resolved(one, "") == "none");
  const conf::Listen port = with_urls({"http://localhost:8080"});
  CHECK(resolved(port, "localhost:8080") == "http localhost:8080");
  CHECK(resolved(port, "localhost") == "none");
}

TEST_CASE("of two URLs with the same authority the one with the connection's scheme is taken") {
  const conf::Listen both = with_urls({"http://a.example/h", "https://a.example/s"});
  CHECK(resolved(both, "a.example", false) == "http a.example /h");
  CHECK(resolved(both, "a.example", true) == "https a.example /s");
  CHECK(resolved(both, "a.example:443", false) == "https a.example /s");
}

TEST_CASE("with hosts the Host must be listed, with its port or for all ports") {
  const conf::Listen hosts = with_hosts({"a.example", "b.example:8080", "c.example:80", "[::1]"});
  CHECK(resolved(hosts, "a.example") == "http a.example");
  CHECK(resolved(hosts, "A.EXAMPLE:99") == "http a.example:99");
  CHECK(resolved(hosts, "b.example:8080") == "http b.example:8080");
  CHECK(resolved(hosts, "b.example") == "none");
  CHECK(resolved(hosts, "b.example:8081") == "none");
  CHECK(resolved(hosts, "c.example") == "http c.example");
  CHECK(resolved(hosts, "c.example:80") == "http c.example");
  CHECK(resolved(hosts, "c.example", true) == "none");
  CHECK(resolved(hosts, "[::1]:8080") == "http [::1]:8080");
  CHECK(resolved(hosts, "d.example") == "none");
  CHECK(resolved(hosts, "") == "none");
}

TEST_CASE("without external URLs a trusted proxy's word comes before Host and connection") {
  const conf::Listen any;
  CHECK(resolved(any, "inside:81", false, told("https")) == "https inside:81");
  CHECK(resolved(any, "inside:81", false, told("https", "A.example")) == "https a.example");
  CHECK(resolved(any, "inside:81", true, told("http", "a.example")) == "http a.example");
  CHECK(resolved(any, "inside:81", true, told("", "a.example")) == "https a.example");
  CHECK(resolved(any, "a.example:443", false, told("https")) == "https a.example");
  CHECK(resolved(any, "a.example:80", false, told("https")) == "https a.example:80");
  CHECK(resolved(any, "", false, told("https", "a.example:443")) == "https a.example");
  CHECK(resolved(any, "b", false, told("https", "[2001:DB8::1]:443")) == "https [2001:db8::1]");
  CHECK(resolved(any, "b", false, told("https", "a b")) == "none");
  CHECK(resolved(any, "a b", false, told("https", "a.example")) == "none");
  CHECK(resolved(any, "b", false, told("https", "a.example.")) == "none");
  CHECK(resolved(any, "b.", false, told("https", "a.example")) == "none");
  CHECK(resolved(any, "b", false, told("https", "a.ex%61mple")) == "none");
}

TEST_CASE(
    "a port that a proxy names comes before Host's, and behind that of the authority it names") {
  const conf::Listen any;
  CHECK(resolved(any, "inside", false, told("https", "a.example", 8443)) == "https a.example:8443");
  CHECK(resolved(any, "inside", false, told("https", "a.example", 443)) == "https a.example");
  CHECK(resolved(any, "inside", false, told("https", "a.example:1", 8443)) == "https a.example:1");
  CHECK(resolved(any, "inside", false, told("https", {}, 8443)) == "https inside:8443");
  CHECK(resolved(any, "inside:81", false, told("https", {}, 8443)) == "https inside:8443");
  CHECK(resolved(any, "inside:81", false, told("https", {}, 443)) == "https inside");
  CHECK(resolved(any, "inside:81", false, told("", {}, 80)) == "http inside");
  CHECK(resolved(any, "inside:81", false, told("", {}, 443)) == "http inside:443");
  CHECK(resolved(any, "inside:443", true, told("", {}, 80)) == "https inside:80");
  CHECK(resolved(any, "inside:", false, told("https", {}, 8443)) == "https inside:8443");
  CHECK(resolved(any, "[::1]:81", false, told("", {}, 8080)) == "http [::1]:8080");
  CHECK(resolved(any, "inside:81", false, told("https", "a.example:443", 8443)) ==
        "https a.example");
  CHECK(resolved(any, "[::1]", false, told("", {}, 8080)) == "http [::1]:8080");
  CHECK(resolved(any, "", false, told("https", {}, 8443)) == "https ");
}

TEST_CASE("a proxy's word chooses among external URLs and never adds one") {
  const conf::Listen one = with_urls({"https://a.example/base"});
  CHECK(resolved(one, "a.example", false, told("http")) == "https a.example /base");
  CHECK(resolved(one, "inside", false, told("http", "a.example")) == "https a.example /base");
  CHECK(resolved(one, "a.example", false, told("http", "evil")) == "https a.example /base");
  CHECK(resolved(one, "a.example", false, told("", {}, 8443)) == "https a.example /base");
  CHECK(resolved(one, "a.example:443", false, told("", {}, 8443)) == "https a.example /base");
  CHECK(resolved(one, "inside", false, told("https", "evil")) == "none");
  const conf::Listen both = with_urls({"http://a.example/h", "https://a.example/s"});
  CHECK(resolved(both, "a.example", false, told("https")) == "https a.example /s");
  CHECK(resolved(both, "a.example", true, told("http")) == "http a.example /h");
  const conf::Listen two = with_urls({"https://a.example", "https://b.example"});
  CHECK(resolved(two, "a.example", false, told("", "b.example")) == "https b.example");
}

TEST_CASE("hosts limits what a proxy may name") {
  const conf::Listen hosts = with_hosts({"a.example", "b.example:8443"});
  CHECK(resolved(hosts, "inside", false, told("https", "a.example")) == "https a.example");
  CHECK(resolved(hosts, "inside", false, told("https", "b.example", 8443)) ==
        "https b.example:8443");
  CHECK(resolved(hosts, "inside", false, told("https", "b.example")) == "none");
  CHECK(resolved(hosts, "a.example", false, told("https", "evil")) == "none");
}

TEST_CASE("the answer that a connection keeps is only for who asks the same") {
  const conf::Listen any;
  const gateway::routing::Authorities authorities(any);
  gateway::routing::ResolvedAuthority kept;
  struct Case {
    std::string host;
    gateway::routing::Forwarded forwarded;
    std::string expected;
  };
  const std::vector<Case> cases{
      {"a", {}, "http a"},
      {"b", {}, "http b"},
      {"b", told("https"), "https b"},
      {"b", told("https", "c"), "https c"},
      {"b", told("https", "d"), "https d"},
      {"b", told("https", "d", 444), "https d:444"},
      {"b", told("https", "d", 445), "https d:445"},
      {"b", told("http", "d", 445), "http d:445"},
      {"b", {}, "http b"},
  };
  for (int round = 0; round < 2; ++round) {
    for (const Case& one : cases) {
      for (int again = 0; again < 2; ++again) {
        const auto* external = kept.resolve(authorities, one.host, false, one.forwarded);
        REQUIRE(external);
        CHECK(external->scheme + ' ' + external->authority == one.expected);
      }
      CHECK(kept.resolve(authorities, "a b", false, one.forwarded) == nullptr);
    }
  }
}
