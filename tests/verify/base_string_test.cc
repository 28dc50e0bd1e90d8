// The signature base string, habit by habit of the clients that make it.

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/verify/support.h"
#include "verify/percent.h"

using namespace verify;
using namespace verify::testing;

namespace {

// The part of the base string between the first and the last '&', decoded once.
std::string uri_of(const Request& request) {
  const std::string base = base_of(request);
  const std::size_t first = base.find('&');
  const std::size_t last = base.rfind('&');
  REQUIRE(first != last);
  std::string out;
  REQUIRE(percent_decode(base.substr(first + 1, last - first - 1), out));
  return out;
}

// The part after the last '&', decoded once, without the protocol parameters.
std::string parameters_of(const Request& request) {
  const std::string base = base_of(request);
  std::string all;
  REQUIRE(percent_decode(base.substr(base.rfind('&') + 1), all));
  std::string out;
  std::size_t at = 0;
  while (at <= all.size()) {
    const std::size_t end = std::min(all.find('&', at), all.size());
    const std::string pair = all.substr(at, end - at);
    if (!pair.starts_with("oauth_")) out += (out.empty() ? "" : "&") + pair;
    at = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE("the example of RFC 5849 section 3.4.1.1 has the base string printed there") {
  const Request request{
      .method = "POST",
      .scheme = "http",
      .authority = "example.com",
      .target = "/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
      .authorization = R"(OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2",)"
                       R"( oauth_token="kkk9d7dh3k39sjv7", oauth_signature_method="HMAC-SHA1",)"
                       R"( oauth_timestamp="137131201", oauth_nonce="7d8f3e4a",)"
                       R"( oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D")",
      .form = "c2&a3=2+q"};
  CHECK(base_of(request) ==
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%"
        "25253D"
        "%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
        "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201"
        "%26oauth_token%3Dkkk9d7dh3k39sjv7");
  // 3.4.1.3.2.
  CHECK(parameters_of(request) == "a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=");
}

TEST_CASE("the base string URI has scheme and host in lower case and no default port") {
  struct Row {
    std::string scheme, authority, prefix, target, uri;
  };
  const Row rows[] = {
      {"http", "EXAMPLE.COM:80", "", "/r%20v/X?id=123", "http://example.com/r%20v/X"},  // 3.4.1.2
      {"https", "www.example.net:8080", "", "/?q=1", "https://www.example.net:8080/"},  // 3.4.1.2
      {"HTTPS", "Api.Example.Com:443", "", "/", "https://api.example.com/"},
      {"http", "h:443", "", "/", "http://h:443/"},
      {"https", "h:80", "", "/", "https://h:80/"},
      {"https", "h:", "", "/", "https://h/"},
      {"https", "h:4430", "", "/", "https://h:4430/"},
      {"http", "[2001:DB8::80]", "", "/", "http://[2001:db8::80]/"},
      {"http", "[::1]:80", "", "/", "http://[::1]/"},
      {"http", "[::1]:8080", "", "/", "http://[::1]:8080/"},
      {"https", "h", "/base", "/x?y", "https://h/base/x"},
      {"https", "h", "/Ba%2fse", "/", "https://h/Ba%2fse/"},
      {"https", "h", "", "?a=b", "https://h/"},
      {"https", "h", "", "", "https://h/"},
      {"https", "h", "/base", "?a", "https://h/base"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.authority);
    CHECK(uri_of({.scheme = row.scheme,
                  .authority = row.authority,
                  .path_prefix = row.prefix,
                  .target = row.target,
                  .authorization = kHeader}) == row.uri);
  }
}

TEST_CASE("path octets are taken exactly as on the request line") {
  for (const std::string path :
       {"/%20",    "/%2F",  "/%2f",    "/a;b=c", "/a,b",   "/a@b",          "/~a",
        "/%7Ea",   "/a//b", "/a/../b", "/./",    "/+",     "/a%zz",         "/\xc3\xa9",
        "/%c3%a9", "/a b",  "/*'()!",  "/a:b",   "/a=b&c", "/[x]{y}\"|\\^`"}) {
    CAPTURE(path);
    CHECK(uri_of({.target = path, .authorization = kHeader}) == "https://api.example.com" + path);
    CHECK(uri_of({.target = path + "?a=/b", .authorization = kHeader}) ==
          "https://api.example.com" + path);
  }
}

TEST_CASE("every byte of a path is encoded on its own") {
  for (int i = 1; i < 256; ++i) {
    if (i == '?') continue;
    const std::string path = std::string("/") + static_cast<char>(i);
    CHECK(base_of({.target = path, .authorization = kHeader})
              .find("%2F" + percent_encode(path.substr(1)) + "&") != std::string::npos);
  }
}

TEST_CASE("the method stands in upper case") {
  CHECK(base_of({.method = "GET", .authorization = kHeader}).starts_with("GET&"));
  CHECK(base_of({.method = "pAtch", .authorization = kHeader}).starts_with("PATCH&"));
  CHECK(base_of({.method = "M-SEARCH", .authorization = kHeader}).starts_with("M-SEARCH&"));
  CHECK(base_of({.method = "A!B", .authorization = kHeader}).starts_with("A%21B&"));
}

TEST_CASE("query and form are decoded as forms, encoded anew, and sorted") {
  struct Row {
    std::string text, normal;
  };
  const Row rows[] = {
      {"", ""},
      {"a", "a="},
      {"a=", "a="},
      {"flag&d=1", "d=1&flag="},
      {"=", "="},
      {"=v", "=v"},
      {"a=b=c", "a=b%3Dc"},
      {"&&a=1&&", "a=1"},
      {"b=1&a=1", "a=1&b=1"},
      {"a=2&a=1&a=2", "a=1&a=2&a=2"},
      {"a=1+1", "a=1%201"},
      {"a=1%201", "a=1%201"},
      {"a=1%2B1", "a=1%2B1"},
      {"a+b=c", "a%20b=c"},
      {"a=%c3%a9", "a=%C3%A9"},
      {"a=\xc3\xa9", "a=%C3%A9"},
      {"%61=%62", "a=b"},
      {"%7e=~", "~=~"},
      {"a=()*'!~@:;,$[]", "a=%28%29%2A%27%21~%40%3A%3B%2C%24%5B%5D"},
      {"a[]=1&a[0]=2", "a%5B%5D=1&a%5B0%5D=2"},
      {"x={\"y\"}", "x=%7B%22y%22%7D"},
      {"a b=c d", "a%20b=c%20d"},
      {"a=\xff%fe", "a=%FF%FE"},
      {"a=1;b=2", "a=1%3Bb%3D2"},
      {"a?b=c?d/e", "a%3Fb=c%3Fd%2Fe"},
      {"a=%00", "a=%00"},
      {"a=%25", "a=%25"},
      {"a=%2525", "a=%2525"},
      // Sorted after encoding: '%' comes before every letter and digit.
      {"a1&a.b&a%20z&A&%c3%a9", "%C3%A9=&A=&a%20z=&a.b=&a1="},
      {"a=~&a=z&a=%7B", "a=%7B&a=z&a=~"},
      // A name that begins another comes first, whatever the values are.
      {"abcdefghi=1&abcdefgh=2&abcdefg=3", "abcdefg=3&abcdefgh=2&abcdefghi=1"},
      {"ab=1&a=z&a-=0", "a=z&a-=0&ab=1"},
      {"oauth=1&oauti=2&oaut", "oaut=&oauth=1&oauti=2"},
      {"realm=r", "realm=r"},
      {"a=%0D%0A", "a=%0D%0A"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parameters_of({.target = "/?" + row.text, .authorization = kHeader}) == row.normal);
    CHECK(parameters_of({.authorization = kHeader, .form = row.text}) == row.normal);
  }
  CHECK(parameters_of({.target = "/?b=1&a=1", .authorization = kHeader, .form = "b=0&a=2"}) ==
        "a=1&a=2&b=0&b=1");
}

TEST_CASE("in the header '+' is itself, a realm is left out, and strangers are signed") {
  const std::string base =
      base_of({.authorization = kHeader + R"(, realm="r", x="a+b%20c", oauth_y="~")"});
  CHECK(base.ends_with("%26oauth_y%3D~%26x%3Da%252Bb%2520c"));
  CHECK(base.find("realm") == std::string::npos);
}

TEST_CASE("an empty token is signed as such, and the signature is not signed") {
  const std::string with = base_of({.authorization = replaced(kHeader, "\"t\"", "\"\"")});
  CHECK(with.ends_with("%26oauth_token%3D"));
  const std::string without =
      base_of({.authorization = replaced(kHeader, "oauth_token=\"t\"", "")});
  CHECK(without.ends_with("%26oauth_timestamp%3D1000"));
  CHECK(with.find("oauth_signature%3D") == std::string::npos);
}

TEST_CASE("header, query and form give one base string for the same parameters") {
  const std::string header = base_of({.authorization = kHeader});
  CHECK(base_of({.target = "/?" + kForm}) == header);
  CHECK(base_of({.form = kForm}) == header);
}

TEST_CASE("many parameters sort like few") {
  std::mt19937 random(7);
  for (const std::size_t count : {15u, 16u, 17u, 18u, 19u, 20u, 30u, 300u}) {
    std::vector<std::string> pairs;
    for (std::size_t i = 0; i < count; ++i) {
      std::string name = "commonprefix";
      name.resize(8 + random() % 4);
      pairs.push_back(name + static_cast<char>('a' + random() % 26) + "=" +
                      std::to_string(random() % 100));
    }
    std::string query = "/?";
    for (const std::string& pair : pairs) query += pair + "&";
    // No name here holds a byte below '=': the pairs sort as their halves do.
    std::sort(pairs.begin(), pairs.end());
    std::string wanted;
    for (const std::string& pair : pairs) wanted += (wanted.empty() ? "" : "&") + pair;
    CHECK(parameters_of({.target = query, .authorization = kHeader}) == wanted);
  }
}
