// What the proxies in front of the gate say, and how much of it counts.

#include "gateway/routing/forwarded.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using gateway::http::Field;
using gateway::routing::kMaxHops;
using Fields = std::vector<Field>;

const std::vector<conf::Cidr> kTrusted{*conf::parse_cidr("10.0.0.0/8"),
                                       *conf::parse_cidr("fd00::/8")};

// "client scheme authority:port | chain", "-" for what nobody says; or the sentence of an error.
std::string told(const Fields& fields) {
  std::string chain = "left over";
  const auto read = gateway::routing::read_forwarded(fields, kTrusted, chain);
  if (!read) return read.error();
  const auto word = [](std::string_view text) { return text.empty() ? "-" : std::string(text); };
  std::string out = word(read->client) + ' ' + word(read->scheme) + ' ' + word(read->authority);
  if (read->port != 0) out += ':' + std::to_string(read->port);
  return out + " | " + chain;
}

Field forwarded_for(std::string_view value) { return {"X-Forwarded-For", value}; }
Field forwarded_proto(std::string_view value) { return {"X-Forwarded-Proto", value}; }
Field forwarded_host(std::string_view value) { return {"X-Forwarded-Host", value}; }
Field forwarded_port(std::string_view value) { return {"X-Forwarded-Port", value}; }
Field forwarded(std::string_view value) { return {"Forwarded", value}; }

struct Case {
  Fields fields;
  std::string expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    std::string lines;
    for (const Field& field : one.fields) {
      lines += std::string(field.name) + ": " + std::string(field.value) + '\n';
    }
    CAPTURE(lines);
    CHECK(told(one.fields) == one.expected);
  }
}

// "10.0.0.1, 10.0.0.1, ..."
std::string hops(std::size_t count, const std::string& one, const std::string& first) {
  std::string out = first;
  for (std::size_t i = 0; i < count; ++i) out += ", " + one;
  return out;
}

}  // namespace

TEST_CASE("an address is trusted if a block holds it, IPv4 in IPv6 too") {
  const auto trusted = [](const char* address) {
    return gateway::routing::is_trusted(kTrusted, *conf::parse_ip(address));
  };
  CHECK(trusted("10.255.0.1"));
  CHECK(trusted("::ffff:10.1.2.3"));
  CHECK(trusted("fd12::1"));
  CHECK_FALSE(trusted("11.0.0.1"));
  CHECK_FALSE(trusted("::1"));
  CHECK_FALSE(gateway::routing::is_trusted({}, *conf::parse_ip("10.0.0.1")));
}

TEST_CASE("a proxy that says nothing leaves everything as it is") {
  check({{{}, "- - - | "},
         {{{"X-Forwarded", "1.2.3.4"}, {"X_Forwarded_For", "1.2.3.4"}, {"Via", "x"}}, "- - - | "},
         {{forwarded_for(""), forwarded_proto(" , ,"), forwarded("")}, "- - - | "},
         {{forwarded("by=10.0.0.1;secret=x"), forwarded(";;,;")}, "- - - | "}});
}

TEST_CASE("one proxy says who, how and where") {
  check({
      {{forwarded_for("1.2.3.4"), forwarded_proto("https"), forwarded_host("a.example")},
       "1.2.3.4 https a.example | 1.2.3.4"},
      {{{"x-forwarded-PROTO", "HTTPS"}}, "- https - | "},
      {{forwarded_proto("http"), forwarded_host("a.example:8080")}, "- http a.example:8080 | "},
      {{forwarded_host("a.example"), forwarded_port("8443")}, "- - a.example:8443 | "},
      {{forwarded_port("443")}, "- - -:443 | "},
      {{forwarded_host("[2001:db8::1]:8443")}, "- - [2001:db8::1]:8443 | "},
      {{forwarded("for=1.2.3.4;proto=https;host=a.example;by=10.0.0.1")},
       "1.2.3.4 https a.example | 1.2.3.4"},
      {{forwarded(" For = 1.2.3.4")}, "Forwarded can't be read"},
      {{forwarded(" FOR=\"1.2.3.4\" ; Proto=Https ;; HOST=\"a.example:8443\" ")},
       "1.2.3.4 https a.example:8443 | 1.2.3.4"},
  });
}

TEST_CASE("an address may have a port, brackets, or be a word that hides it") {
  check({
      {{forwarded_for("1.2.3.4:5678")}, "1.2.3.4 - - | 1.2.3.4"},
      {{forwarded_for("2001:db8::1")}, "2001:db8::1 - - | 2001:db8::1"},
      {{forwarded_for("[2001:db8::1]")}, "2001:db8::1 - - | 2001:db8::1"},
      {{forwarded_for("[2001:db8::1]:5678")}, "2001:db8::1 - - | 2001:db8::1"},
      {{forwarded_for("::ffff:1.2.3.4")}, "1.2.3.4 - - | 1.2.3.4"},
      {{forwarded_for("::FFFF:102:304, ::ffff:10.0.0.2")}, "1.2.3.4 - - | 1.2.3.4, 10.0.0.2"},
      {{forwarded_for("[::ffff:1.2.3.4]:5678")}, "1.2.3.4 - - | 1.2.3.4"},
      {{forwarded_for("2001:DB8:0:0::1, FD00::0:5")}, "2001:db8::1 - - | 2001:db8::1, fd00::5"},
      {{forwarded("for=\"[::ffff:1.2.3.4]:_p\"")}, "1.2.3.4 - - | 1.2.3.4"},
      {{forwarded_for("unknown")}, "unknown - - | unknown"},
      {{forwarded("for=\"[2001:db8::1]:5678\"")}, "2001:db8::1 - - | 2001:db8::1"},
      {{forwarded("for=\"[2001:db8::1]:_p1\"")}, "2001:db8::1 - - | 2001:db8::1"},
      {{forwarded("for=Unknown")}, "Unknown - - | Unknown"},
      {{forwarded("for=_hidden.1-a_b")}, "_hidden.1-a_b - - | _hidden.1-a_b"},
  });
}

TEST_CASE("the client is the first stranger from the right") {
  check({
      {{forwarded_for("1.2.3.4, 10.0.0.2, 10.0.0.3")}, "1.2.3.4 - - | 1.2.3.4, 10.0.0.2, 10.0.0.3"},
      {{forwarded_for("6.6.6.6, 1.2.3.4, 10.0.0.2")}, "1.2.3.4 - - | 1.2.3.4, 10.0.0.2"},
      {{forwarded_for("6.6.6.6, 10.0.0.9, 1.2.3.4")}, "1.2.3.4 - - | 1.2.3.4"},
      {{forwarded_for("10.0.0.1,10.0.0.2")}, "10.0.0.1 - - | 10.0.0.1, 10.0.0.2"},
      {{forwarded_for("1.2.3.4,,fd00::5 ,\t")}, "1.2.3.4 - - | 1.2.3.4, fd00::5"},
      {{forwarded_for("<script>, 1.2.3.4")}, "1.2.3.4 - - | 1.2.3.4"},
      {{forwarded_for("1.2.3.4, unknown, 10.0.0.2")}, "unknown - - | unknown, 10.0.0.2"},
      {{forwarded_for("1.2.3.4"), {"Accept", "*/*"}, forwarded_for("10.0.0.2")},
       "1.2.3.4 - - | 1.2.3.4, 10.0.0.2"},
      {{forwarded("for=6.6.6.6, for=1.2.3.4, for=10.0.0.2")}, "1.2.3.4 - - | 1.2.3.4, 10.0.0.2"},
      {{forwarded("for=1.2.3.4"), forwarded("for=\"[fd00::2]\"")},
       "1.2.3.4 - - | 1.2.3.4, fd00::2"},
      {{forwarded("for=1.2.3.4, proto=https, for=10.0.0.2")}, "10.0.0.2 https - | 10.0.0.2"},
  });
}

TEST_CASE("of lists that grew with the addresses, the entry beside the client's counts") {
  check({
      {{forwarded_proto("https,http")}, "- http - | "},
      {{forwarded_for("1.2.3.4"), forwarded_proto("https,http")}, "1.2.3.4 http - | 1.2.3.4"},
      {{forwarded_for("1.2.3.4, 10.0.0.2"), forwarded_proto("https, http")},
       "1.2.3.4 https - | 1.2.3.4, 10.0.0.2"},
      {{forwarded_for("1.2.3.4, 10.0.0.2"), forwarded_proto("http, https, http")},
       "1.2.3.4 https - | 1.2.3.4, 10.0.0.2"},
      {{forwarded_for("6.6.6.6, 1.2.3.4, 10.0.0.2"), forwarded_proto("https, http, http"),
        forwarded_host("evil.example, a.example, inside")},
       "1.2.3.4 http a.example | 1.2.3.4, 10.0.0.2"},
      {{forwarded_for("1.2.3.4, 10.0.0.2, 10.0.0.3"), forwarded_proto("https"),
        forwarded_host("a.example, inside"), forwarded_port("8443, 80")},
       "1.2.3.4 https a.example:8443 | 1.2.3.4, 10.0.0.2, 10.0.0.3"},
      {{forwarded_for("1.2.3.4, 10.0.0.2"), forwarded_proto("https"), forwarded_proto("http")},
       "1.2.3.4 https - | 1.2.3.4, 10.0.0.2"},
      {{forwarded("for=1.2.3.4;proto=https;host=a.example, for=10.0.0.2;proto=http;host=inside")},
       "1.2.3.4 https a.example | 1.2.3.4, 10.0.0.2"},
      {{forwarded("for=6.6.6.6;proto=https;host=evil, for=1.2.3.4;proto=http;host=a.example")},
       "1.2.3.4 http a.example | 1.2.3.4"},
      {{forwarded("for=1.2.3.4, for=10.0.0.2;proto=https;host=a.example")},
       "1.2.3.4 https a.example | 1.2.3.4, 10.0.0.2"},
  });
}

TEST_CASE("what a trusted proxy can't have meant is an error") {
  check({
      {{forwarded_for("1.2.3.4, nonsense")}, "X-Forwarded-For names no address: nonsense"},
      {{forwarded_for("1.2.3.256")}, "X-Forwarded-For names no address: 1.2.3.256"},
      {{forwarded_for("1.2.3.4:0")}, "X-Forwarded-For names no address: 1.2.3.4:0"},
      {{forwarded_for("1.2.3.4:65536")}, "X-Forwarded-For names no address: 1.2.3.4:65536"},
      {{forwarded_for("[1.2.3.4]")}, "X-Forwarded-For names no address: [1.2.3.4]"},
      {{forwarded_for("[2001:db8::1")}, "X-Forwarded-For names no address: [2001:db8::1"},
      {{forwarded_for("[2001:db8::1]5")}, "X-Forwarded-For names no address: [2001:db8::1]5"},
      {{forwarded_for("fe80::1%eth0")}, "X-Forwarded-For names no address: fe80::1%eth0"},
      {{forwarded_for("10.0.0.0/8")}, "X-Forwarded-For names no address: 10.0.0.0/8"},
      {{forwarded_for("_")}, "X-Forwarded-For names no address: _"},
      {{forwarded_for("\"1.2.3.4\"")}, "X-Forwarded-For names no address: \"1.2.3.4\""},
      {{forwarded_proto("wss")}, "X-Forwarded-Proto is neither http nor https: wss"},
      {{forwarded_proto("https http")}, "X-Forwarded-Proto is neither http nor https: https http"},
      {{forwarded_host("a b")}, "X-Forwarded-Host names no host: a b"},
      {{forwarded_host("user@a")}, "X-Forwarded-Host names no host: user@a"},
      {{forwarded_host("https://a")}, "X-Forwarded-Host names no host: https://a"},
      {{forwarded_port("0")}, "X-Forwarded-Port is no port: 0"},
      {{forwarded_port("65536")}, "X-Forwarded-Port is no port: 65536"},
      {{forwarded_port("+80")}, "X-Forwarded-Port is no port: +80"},
      {{forwarded_port("80x")}, "X-Forwarded-Port is no port: 80x"},
      {{forwarded("for=nonsense")}, "Forwarded names no address: nonsense"},
      {{forwarded("for=\"\"")}, "Forwarded names no address: "},
      {{forwarded("proto=ftp")}, "Forwarded is neither http nor https: ftp"},
      {{forwarded("host=\"a b\"")}, "Forwarded names no host: a b"},
      {{forwarded_proto(
           std::string_view("ftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpft"
                            "pftpftpftpftpftp"))},
       "X-Forwarded-Proto is neither http nor https: "
       "ftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpftpf"},
  });
}

TEST_CASE("a Forwarded field that can be read in two ways is not read at all") {
  for (const char* value :
       {"for", "for=", "for=1.2.3.4 proto=https", "for=[2001:db8::1]", "for=\"1.2.3.4", "=x",
        "for=1.2.3.4;for=1.2.3.4", "proto=https;PROTO=https", "for=\"1.2.3\\.4\"", "for==1.2.3.4",
        "1.2.3.4", "for=1.2.3.4/8", "for=\"a\"b", "for=evil\", for=1.2.3.4",
        "for=\"evil, for=\"[2001:db8::1]\";proto=https"}) {
    CAPTURE(value);
    CHECK(told({forwarded(value)}) == "Forwarded can't be read");
    CHECK(told({forwarded(value), forwarded("for=1.2.3.4")}) == "Forwarded can't be read");
  }
}

TEST_CASE("Forwarded comes first, is completed by X-Forwarded-*, and can't contradict them") {
  check({
      {{forwarded("for=1.2.3.4;proto=https"), forwarded_host("a.example"), forwarded_port("444")},
       "1.2.3.4 https a.example:444 | 1.2.3.4"},
      {{forwarded("proto=https"), forwarded_for("1.2.3.4, 10.0.0.2")},
       "1.2.3.4 https - | 1.2.3.4, 10.0.0.2"},
      {{forwarded("for=\"[2001:DB8::1]\";proto=HTTPS;host=\"A.example:8080\""),
        forwarded_for("2001:db8:0::1"), forwarded_proto("https"), forwarded_host("a.example:8080"),
        forwarded_port("8080")},
       "2001:db8::1 https A.example:8080:8080 | 2001:db8::1"},
      {{forwarded("host=a.example"), forwarded_host("a.example:443")}, "- - a.example:443 | "},
      {{forwarded("host=\"a.example:443\""), forwarded_host("a.example")}, "- - a.example:443 | "},
      {{forwarded("host=a.example"), forwarded_port("8443")}, "- - a.example:8443 | "},
      {{forwarded("for=_x"), forwarded_for("_X")}, "_x - - | _x"},
      {{forwarded("for=6.6.6.6"), forwarded_for("1.2.3.4")},
       "Forwarded contradicts X-Forwarded-For"},
      {{forwarded("for=unknown"), forwarded_for("1.2.3.4")},
       "Forwarded contradicts X-Forwarded-For"},
      {{forwarded("for=1.2.3.4"), forwarded_for("unknown")},
       "Forwarded contradicts X-Forwarded-For"},
      {{forwarded("proto=https"), forwarded_proto("http")},
       "Forwarded contradicts X-Forwarded-Proto"},
      {{forwarded("host=evil.example"), forwarded_host("a.example")},
       "Forwarded contradicts X-Forwarded-Host"},
      {{forwarded("host=\"a.example:1\""), forwarded_host("a.example:2")},
       "Forwarded contradicts X-Forwarded-Host"},
  });
}

TEST_CASE("so many trusted proxies in a row are followed, and one more is an error") {
  const std::string most = hops(kMaxHops, "10.0.0.1", "1.2.3.4");
  const std::string more = hops(kMaxHops + 1, "10.0.0.1", "1.2.3.4");
  CHECK(told({forwarded_for(most)}) == "1.2.3.4 - - | " + most);
  CHECK(told({forwarded_for(more)}) == "X-Forwarded-For has more than 32 trusted proxies in a row");
  CHECK(told({forwarded(hops(kMaxHops, "for=10.0.0.1", "for=1.2.3.4"))}) ==
        "1.2.3.4 - - | " + most);
  CHECK(told({forwarded(hops(kMaxHops + 1, "for=10.0.0.1", "for=1.2.3.4"))}) ==
        "Forwarded has more than 32 trusted proxies in a row");
  // However long it is on the far side of a stranger.
  CHECK(told({forwarded_for(hops(1, "1.2.3.4", hops(1000, "10.0.0.1", "6.6.6.6")))}) ==
        "1.2.3.4 - - | 1.2.3.4");
  CHECK(told({forwarded(hops(1, "for=1.2.3.4", hops(1000, "for=10.0.0.1", "for=6.6.6.6")))}) ==
        "1.2.3.4 - - | 1.2.3.4");
}
