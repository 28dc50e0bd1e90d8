#include "gateway/provider/counted_address.h"

#include <doctest/doctest.h>

#include <string>

using namespace gateway;
using namespace gateway::provider;

namespace {

struct Case {
  const char* what;
  const char* peer;
  bool secure;
  const char* scheme;
  const char* authority;
  std::vector<http::Field> fields;
  const char* client;  // of trusted proxies
  const char* counted;
};

std::vector<conf::Cidr> proxies() {
  return {*conf::parse_cidr("192.0.2.0/24"), *conf::parse_cidr("2001:db8:1::/48")};
}

}  // namespace

TEST_CASE("a failure counts against an address only where that says something about who failed") {
  const http::Field xff{"X-Forwarded-For", "203.0.113.7"};
  const Case cases[] = {
      {"a client over TLS", "203.0.113.7", true, "https", "a.test", {}, "", "203.0.113.7"},
      {"a client over HTTP", "203.0.113.7", false, "http", "a.test", {}, "", "203.0.113.7"},
      {"an IPv6 client", "2001:db8::7", true, "https", "a.test", {}, "", "2001:db8::7"},
      {"a client of the local network", "10.0.0.7", true, "https", "a.test", {}, "", "10.0.0.7"},
      {"somebody on this machine", "127.0.0.1", false, "http", "127.0.0.1:80", {}, "", "127.0.0.1"},
      {"likewise", "::1", true, "https", "[::1]", {}, "", "::1"},
      {"likewise", "127.0.0.9", false, "http", "localhost:8080", {}, "", "127.0.0.9"},

      {"a TLS terminator near", "127.0.0.1", false, "https", "a.test", {}, "", ""},
      {"one far away", "203.0.113.1", false, "https", "a.test", {}, "", ""},
      {"one that asks for this machine", "127.0.0.1", false, "https", "localhost", {}, "", ""},
      {"a relay of connections", "127.0.0.1", true, "https", "a.test", {}, "", ""},
      {"likewise", "::1", false, "http", "192.168.0.1", {}, "", ""},
      {"a proxy near", "127.0.0.1", false, "http", "127.0.0.1", {xff}, "", ""},
      {"one in the local network", "172.17.0.1", true, "https", "a.test", {xff}, "", ""},
      {"likewise", "fd00::1", false, "http", "a.test", {{"forwarded", "for=_x"}}, "", ""},
      {"likewise", "100.64.0.1", false, "http", "a.test", {{"X-REAL-IP", "1.2.3.4"}}, "", ""},
      {"likewise",
       "::ffff:10.0.0.1",
       false,
       "http",
       "a.test",
       {{"x-forwarded-proto", "https"}},
       "",
       ""},
      {"a client that plays the proxy",
       "203.0.113.7",
       true,
       "https",
       "a.test",
       {xff},
       "",
       "203.0.113.7"},

      {"the client of a trusted proxy",
       "192.0.2.1",
       false,
       "https",
       "a.test",
       {xff},
       "203.0.113.7",
       "203.0.113.7"},
      {"likewise", "2001:db8:1::1", true, "https", "a.test", {}, "2001:db8::9", "2001:db8::9"},
      {"a trusted proxy that names nobody", "192.0.2.1", false, "http", "a.test", {}, "", ""},
      {"one that hides whom", "192.0.2.1", false, "https", "a.test", {}, "_hidden", ""},
      {"one that does not know", "192.0.2.1", false, "https", "a.test", {}, "unknown", ""},
      {"one behind another that names nobody",
       "192.0.2.1",
       false,
       "https",
       "a.test",
       {},
       "192.0.2.2",
       ""},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    CAPTURE(one.peer);
    const Arrival arrival{
        one.peer, *conf::parse_ip(one.peer), one.secure, one.scheme, one.authority, one.client};
    CHECK(std::string(counted_address(arrival, one.fields, proxies())) == one.counted);
  }
}
