#include "conf/url.h"

#include <doctest/doctest.h>

#include <ostream>
#include <vector>

namespace {

std::string show(const std::optional<conf::Address>& address) {
  return address ? address->host + " " + std::to_string(address->port) : "none";
}

std::string show(const std::optional<conf::Url>& url) {
  if (!url) return "none";
  return url->scheme + " " + url->host + " " + std::to_string(url->port) + " " + url->path +
         (url->has_query ? "?" + url->query : "");
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::array<std::uint8_t, 16> ipv6(std::string_view text) { return conf::parse_cidr(text)->network; }

}  // namespace

TEST_CASE("an address is an IP literal and a port") {
  const Pairs cases = {
      {"127.0.0.1:8080", "127.0.0.1 8080"},
      {"0.0.0.0:0", "0.0.0.0 0"},
      {"[::1]:0", "::1 0"},
      {"[0:0::1]:80", "::1 80"},
      {"[::]:65535", ":: 65535"},
      {"1.2.3.4:65536", "none"},
      {"localhost:80", "none"},
      {"1.2.3.4", "none"},
      {"1.2.3.4:", "none"},
      {":80", "none"},
      {"", "none"},
      {"[::1]", "none"},
      {"[::1]:", "none"},
      {"[::1:80", "none"},
      {"::1:80", "none"},
      {"[1.2.3.4]:80", "none"},
      {"1.2.3.4:+80", "none"},
      {"1.2.3.4: 80", "none"},
      {"1.2.3.4:80 ", "none"},
      {"1.2.3.256:80", "none"},
      {"01.2.3.4:80", "none"},
      {"1.2.3.4:80:80", "none"},
      {"[::1]x:80", "none"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(show(conf::parse_address(text)) == expected);
  }
}

TEST_CASE("a URL is http or https, with what it stands for made plain") {
  const Pairs cases = {
      {"http://a", "http a 80 "},
      {"https://a", "https a 443 "},
      {"HTTPS://A.Example/Base", "https a.example 443 /Base"},
      {"http://a:8080/", "http a 8080 "},
      {"http://a:/", "http a 80 "},
      {"http://a/b/", "http a 80 /b"},
      {"http://a/b//", "http a 80 /b"},
      {"http://a/%7eb/C%2f", "http a 80 /%7eb/C%2f"},
      {"http://a/b?x=%20&y", "http a 80 /b?x=%20&y"},
      {"http://a?", "http a 80 ?"},
      {"http://[::1]:9000", "http [::1] 9000 "},
      {"http://[2001:DB8::1]", "http [2001:db8::1] 80 "},
      {"http://127.0.0.1:65535", "http 127.0.0.1 65535 "},
      {"http://a:65536", "none"},
      {"http://a:0", "none"},
      {"http://a:x/", "none"},
      {"http://a:9x", "none"},
      {"http://u@a", "none"},
      {"http://u:p@a", "none"},
      {"http://@a", "none"},
      {"http://a#f", "none"},
      {"http://a/#", "none"},
      {"http://", "none"},
      {"http:///x", "none"},
      {"http:a", "none"},
      {"//a", "none"},
      {"/a", "none"},
      {"", "none"},
      {"ftp://a", "none"},
      {"http://a b", "none"},
      {"http://[v1.x]", "none"},
      {"http://[::1", "none"},
      {"http://a/\xc3\xa9", "none"},
      {"http://a/%zz", "none"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(show(conf::parse_url(text)) == expected);
  }
}

TEST_CASE("the authority of a URL leaves out the usual port alone") {
  const Pairs cases = {
      {"http://a", "a"},         {"http://a:80", "a"},     {"https://a:443", "a"},
      {"http://a:443", "a:443"}, {"https://a:80", "a:80"}, {"https://[::1]:8443", "[::1]:8443"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(conf::parse_url(text)->authority() == expected);
  }
}

TEST_CASE("an authority is a host and perhaps a port, in lower case") {
  const Pairs cases = {
      {"Example.COM", "example.com"},
      {"example.com:8080", "example.com:8080"},
      {"example.com:", "example.com"},
      {"example.com:0443", "example.com:443"},
      {"[::1]", "[::1]"},
      {"[2001:DB8::A]:80", "[2001:db8::a]:80"},
      {"1.2.3.4:80", "1.2.3.4:80"},
      {"a_b-c~d!$&'()*+,;=e", "a_b-c~d!$&'()*+,;=e"},
      {"a%2Db", ""},
      {"a%2db:80", ""},
      {"%61", ""},
      {"a.", ""},
      {"a.example.", ""},
      {"A.EXAMPLE..:80", ""},
      {"1.2.3.4.", ""},
      {"a%2e", ""},
      {"a:65535", "a:65535"},
      {"a:65536", ""},
      {"a:x", ""},
      {"a:80:80", ""},
      {"a:-1", ""},
      {"", ""},
      {":80", ""},
      {"[]", ""},
      {"[::1", ""},
      {"[::1]x", ""},
      {"[::1]x:80", ""},
      {"[zz]", ""},
      {"::1", ""},
      {"a b", ""},
      {"a/b", ""},
      {"u@a", ""},
      {"a%2", ""},
      {"a%", ""},
      {"a%zz", ""},
      {"a\xc3\xa9", ""},
      {"a\\b", ""},
      {"a\"", ""},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(conf::parse_authority(text).value_or("") == expected);
  }
  CHECK_FALSE(conf::parse_authority(std::string_view("a\0b", 3)));
}

TEST_CASE("a block contains the addresses that share its bits") {
  struct Case {
    std::string block;
    std::string address;
    bool inside;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.255.255", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/8", "9.255.255.255", false},
      {"10.1.2.3/8", "10.9.9.9", true},
      {"10.0.0.0/9", "10.127.0.1", true},
      {"10.0.0.0/9", "10.128.0.0", false},
      {"1.2.3.4", "1.2.3.4", true},
      {"1.2.3.4", "1.2.3.5", false},
      {"1.2.3.4/31", "1.2.3.5", true},
      {"1.2.3.4/31", "1.2.3.6", false},
      {"0.0.0.0/0", "255.1.2.3", true},
      {"0.0.0.0/0", "::1", false},
      {"::/0", "::1", true},
      {"::/0", "1.2.3.4", true},
      {"::1", "::1", true},
      {"::1", "::2", false},
      {"2001:db8::/33", "2001:db8:7fff::", true},
      {"2001:db8::/33", "2001:db8:8000::", false},
      {"::ffff:10.0.0.0/104", "10.1.1.1", true},
  };
  for (const auto& [block, address, inside] : cases) {
    CAPTURE(block);
    CAPTURE(address);
    CHECK(conf::parse_cidr(block)->contains(ipv6(address)) == inside);
  }
}

TEST_CASE("a block is an address and at most as many bits as it has") {
  for (const std::string text :
       {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "/8", "", "10.0.0/8",
        "a/8", "[::1]/128", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/256",
        "10.0.0.0/999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(conf::parse_cidr(text));
  }
  CHECK(conf::parse_cidr("10.0.0.0/32"));
  CHECK(conf::parse_cidr("::/128"));
}

TEST_CASE("blocks that contain the same addresses are equal") {
  CHECK(conf::parse_cidr("10.1.2.3/8") == conf::parse_cidr("10.0.0.0/8"));
  CHECK(conf::parse_cidr("10.0.0.0/8") == conf::parse_cidr("::ffff:10.0.0.0/104"));
  CHECK(conf::parse_cidr("2001:db8::5/64") == conf::parse_cidr("2001:db8::/64"));
  CHECK_FALSE(conf::parse_cidr("10.0.0.0/8") == conf::parse_cidr("10.0.0.0/9"));
}
