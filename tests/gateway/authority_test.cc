// Which external URL a request belongs to.

#include "gateway/authority.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

// "scheme authority prefix", or "none".
std::string resolved(const conf::Listen& listen, std::string_view host, bool secure = false) {
  const auto external = gateway::Authorities(listen).resolve(host, secure);
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
  for (const char* host : {"a b", "a/b", "user@a", "a:b", "a:99999", "[::1", "a\x01"}) {
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
