#include "gateway/upstream/header_filter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"

namespace {

using gateway::http::Field;
using gateway::http::Framing;

const conf::Headers kHeaders;
const gateway::upstream::HeaderFilter kHygiene{kHeaders};

gateway::upstream::UpstreamRequest upstream() {
  gateway::upstream::UpstreamRequest upstream;
  upstream.target = "/a%2Fb?x=1";
  upstream.host = "api.example";
  upstream.request_id = "ID";
  upstream.forwarded_for = "10.0.0.9";
  upstream.scheme = "https";
  upstream.authority = "api.example";
  return upstream;
}

// The fields that came through, "Name: value" each; without those that every request gets.
std::vector<std::string> passed(const std::vector<Field>& fields,
                                const gateway::upstream::UpstreamRequest& upstream,
                                const std::vector<std::string_view>& connection = {},
                                const gateway::upstream::HeaderFilter& header_filter = kHygiene) {
  gateway::http::RequestHead head;
  head.method = "GET";
  head.fields = fields;
  head.connection = connection;
  std::string out;
  gateway::upstream::write_request_head(head, upstream, header_filter, out);
  const std::string begin = "GET /a%2Fb?x=1 HTTP/1.1\r\nHost: api.example\r\n";
  const std::string end =
      "X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: "
      "api.example\r\nX-Request-Id: ID\r\n" +
      std::string(upstream.identity_lines) + "\r\n";
  REQUIRE(out.starts_with(begin));
  REQUIRE(out.ends_with(end));
  REQUIRE(out.size() >= begin.size() + end.size());
  std::string rest = out.substr(begin.size(), out.size() - begin.size() - end.size());
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < rest.size();) {
    const std::size_t stop = rest.find("\r\n", at);
    REQUIRE(stop != std::string::npos);
    lines.push_back(rest.substr(at, stop - at));
    at = stop + 2;
  }
  return lines;
}

bool passes(std::string_view name, std::string_view value = "v") {
  return !passed({{name, value}}, upstream()).empty();
}

std::string response(const gateway::http::ResponseHead& head,
                     const gateway::upstream::DownstreamResponse& downstream) {
  std::string out;
  gateway::upstream::write_response_head(head, downstream, out);
  return out;
}

}  // namespace

TEST_CASE("names compare without case, and as a whole") {
  CHECK(gateway::http::same_name("Content-Type", "cONTENT-tYPE"));
  CHECK(gateway::http::same_name("", ""));
  CHECK_FALSE(gateway::http::same_name("Content-Type", "Content-Typ"));
  CHECK_FALSE(gateway::http::same_name("a_b", "a-b"));
  CHECK_FALSE(gateway::http::same_name("[", "{"));  // letters alone have a case
}

TEST_CASE("a request goes on as it came, with our own fields behind it") {
  const std::vector<std::string> lines =
      passed({{"Accept", "*/*"}, {"X-Custom-Name", "a"}, {"X-Custom-Name", "b"}, {"Empty", ""}},
             upstream());
  CHECK(lines ==
        std::vector<std::string>{"Accept: */*", "X-Custom-Name: a", "X-Custom-Name: b", "Empty: "});
}

TEST_CASE("output is appended") {
  std::string out = "before";
  gateway::upstream::write_request_head({}, upstream(), kHygiene, out);
  CHECK(out.starts_with("before /a%2Fb?x=1 HTTP/1.1\r\n"));
  CHECK(out.ends_with("X-Request-Id: ID\r\n\r\n"));
  out = "before";
  gateway::upstream::write_response_head({}, {}, out);
  CHECK(out.starts_with("beforeHTTP/1.1 "));
}

TEST_CASE("fields that end at the gate, and their twins, don't pass") {
  for (const char* name : {"Host",
                           "Connection",
                           "Keep-Alive",
                           "Proxy-Connection",
                           "Proxy-Authenticate",
                           "Proxy-Authorization",
                           "TE",
                           "Trailer",
                           "Transfer-Encoding",
                           "Content-Length",
                           "Upgrade",
                           "HTTP2-Settings",
                           "Expect",
                           "X-Request-Id",
                           "Forwarded",
                           "X-Forwarded-For",
                           "X-Forwarded-Proto",
                           "X-Forwarded-Anything",
                           "X-Forwarded",
                           "X-OAuth-User",
                           "X-OAuth-Anything",
                           "X-OAuth-",
                           "X-Original-URL",
                           "X-Rewrite-URL",
                           "Script-Name",
                           "Path-Info",
                           "X-Script-Name",
                           "X-Original-URI",
                           "X-Envoy-Original-Path",
                           "X-HTTP-Method-Override",
                           "X-HTTP-Method",
                           "X-Method-Override",
                           "X-Host",
                           "Client-IP",
                           "True-Client-IP",
                           "CF-Connecting-IP",
                           "Remote-User",
                           "HTTP-Client-IP",
                           "HTTP-X-OAuth-User",
                           "HTTP-X-Forwarded-For"}) {
    CAPTURE(name);
    CHECK_FALSE(passes(name));
    std::string twin(name);
    std::replace(twin.begin(), twin.end(), '-', '_');
    CHECK_FALSE(passes(twin));
    std::replace(twin.begin(), twin.end(), '_', '.');
    for (char& c : twin) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK_FALSE(passes(twin));
  }
  for (const char* name : {"Content_Type", "content.type", "x_OAUTH.user"}) {
    CAPTURE(name);
    CHECK_FALSE(passes(name));
  }
}

TEST_CASE("fields that only resemble those pass") {
  for (const char* name :
       {"Content-Type", "content-type", "Hosts", "Hos", "X-OAuth", "X-OAut-User", "Content-Lengths",
        "TE-X", "T", "Xforwarded-For", "X-Forward", "Content-Encoding", "Upgrades", "Via",
        "X-HTTP-Methods", "X-Original-URIs", "Proxy-Connections", "HTTP-Referer", "Scripts-Name"}) {
    CAPTURE(name);
    CHECK(passes(name));
  }
}

TEST_CASE("names other than of letters, digits and '-' don't pass unless they are allowed") {
  for (int byte = 0x21; byte < 0x7f; ++byte) {
    const char c = static_cast<char>(byte);
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
    CAPTURE(c);
    CHECK(passes(std::string("X") + c + "Trace") == plain);
    CHECK(passes(std::string("X") + c + "OAuth-User") == (plain && c != '-'));
    CHECK(passes(std::string("Script") + c + "Name") == (plain && c != '-'));
  }
  conf::Headers headers;
  headers.allow_names = {"X_Trace.Id", "a~"};
  const gateway::upstream::HeaderFilter header_filter(headers);
  CHECK(passed({{"x_trace.ID", "1"}, {"X_Trace_Id", "2"}, {"A~", "3"}, {"X-OAuth_User", "4"}},
               upstream(), {},
               header_filter) == std::vector<std::string>{"x_trace.ID: 1", "A~: 3"});
  CHECK(passed({{"x_trace.ID", "1"}}, upstream(), {"X_TRACE.id"}, header_filter).empty());
}

TEST_CASE("login.header passes only from who may say it, and in no other spelling") {
  conf::Login login;
  for (const char* header : {"X-Who", "X-Forwarded-User", "Remote-User", "X_Who"}) {
    CAPTURE(header);
    login.header = header;
    const gateway::upstream::HeaderFilter header_filter(kHeaders, login);
    const std::string http = "HTTP-" + std::string(header);
    const std::vector<Field> fields = {{header, "bob"}, {http, "eve"}, {"x~who", "eve"}};
    CHECK(passed(fields, upstream(), {}, header_filter).empty());
    gateway::upstream::UpstreamRequest trusted = upstream();
    trusted.pass_login_user = true;
    CHECK(passed(fields, trusted, {}, header_filter) ==
          std::vector<std::string>{std::string(header) + ": bob"});
  }
  login.header = "X-OAuth-User";  // identity is written by the gate alone
  gateway::upstream::UpstreamRequest trusted = upstream();
  trusted.pass_login_user = true;
  CHECK(passed({{"X-OAuth-User", "bob"}}, trusted, {},
               gateway::upstream::HeaderFilter(kHeaders, login))
            .empty());
}

TEST_CASE("Connection takes away what it names, but not what a request rests on") {
  const std::vector<Field> fields = {
      {"Connection", "x"},         {"X-Hop", "1"},        {"x-hop", "2"},
      {"Cookie", "c=1"},           {"Content-Type", "t"}, {"X-Stay", "3"},
      {"Authorization", "Basic b"}};
  gateway::upstream::UpstreamRequest proven = upstream();
  proven.identity_lines = "X-OAuth-User: alice\r\n";
  const std::vector<std::string> lines =
      passed(fields, proven,
             {"close", "x-HOP", "cookie", "content-type", "authorization", "host", "x-oauth-user",
              "x-request-id", "x-forwarded-for", "content-length"});
  CHECK(lines ==
        std::vector<std::string>{"Content-Type: t", "X-Stay: 3", "Authorization: Basic b"});
}

TEST_CASE("Authorization passes unless its scheme is OAuth, or the route wants that too") {
  struct Case {
    std::string value;
    bool passes;
  };
  for (const Case& c : std::vector<Case>{{"OAuth realm=\"\"", false},
                                         {"oauth a=b", false},
                                         {"OAUTH", false},
                                         {"OAuth,a=b", false},
                                         {"OAuth\ta=b", false},
                                         {" OAuth a", false},
                                         {"OAuth2 token", true},
                                         {"Basic OAuth", true},
                                         {"Bearer t", true},
                                         {"", true}}) {
    CAPTURE(c.value);
    CHECK(passes("authorization", c.value) == c.passes);
    gateway::upstream::UpstreamRequest all = upstream();
    all.pass_authorization = true;
    CHECK(passed({{"Authorization", c.value}}, all).size() == 1);
  }
}

TEST_CASE("the gate's own cookies stay here, and the others pass byte for byte") {
  struct Case {
    std::string value, expected;
  };
  for (const Case& c : std::vector<Case>{{"a=1; b=2", "Cookie: a=1; b=2"},
                                         {"a=1;; b;", "Cookie: a=1;; b;"},
                                         {"a=portcullis", "Cookie: a=portcullis"},
                                         {"portcullis2=x", "Cookie: portcullis2=x"},
                                         {"portcullis=s", ""},
                                         {"portcullis=s; a=1; b=2", "Cookie: a=1; b=2"},
                                         {"a=1; __Host-portcullis=s; b=2", "Cookie: a=1; b=2"},
                                         {"a=1; b=2; portcullis=s", "Cookie: a=1; b=2"},
                                         {"a=1;portcullis=s;portcullis=t;b=2", "Cookie: a=1;b=2"},
                                         {"a=1; portcullis ; PORTCULLIS=x", "Cookie: a=1"}}) {
    CAPTURE(c.value);
    const std::vector<std::string> lines = passed({{"Cookie", c.value}}, upstream());
    CHECK((lines.empty() ? "" : lines[0]) == c.expected);
  }
}

TEST_CASE("framing is written by the gate") {
  struct Case {
    std::string method;
    Framing framing;
    std::uint64_t length;
    std::string expected;
  };
  for (const Case& c : std::vector<Case>{
           {"GET", Framing::None, 0, "ID\r\n\r\n"},
           {"DELETE", Framing::None, 0, "ID\r\n\r\n"},
           {"POST", Framing::None, 7, "ID\r\nContent-Length: 0\r\n\r\n"},
           {"PUT", Framing::None, 0, "ID\r\nContent-Length: 0\r\n\r\n"},
           {"PATCH", Framing::None, 0, "ID\r\nContent-Length: 0\r\n\r\n"},
           {"GET", Framing::Length, 5, "ID\r\nContent-Length: 5\r\n\r\n"},
           {"PUT", Framing::Length, ~std::uint64_t{0},
            "ID\r\nContent-Length: 18446744073709551615\r\n\r\n"},
           {"POST", Framing::Chunked, 5, "ID\r\nTransfer-Encoding: chunked\r\n\r\n"}}) {
    CAPTURE(c.method);
    CAPTURE(c.expected);
    gateway::http::RequestHead head;
    head.method = c.method;
    head.fields = {{"Content-Length", "99"}, {"Transfer-Encoding", "gzip"}};
    gateway::upstream::UpstreamRequest to = upstream();
    to.framing = c.framing;
    to.length = c.length;
    std::string out;
    gateway::upstream::write_request_head(head, to, kHygiene, out);
    CHECK(out.ends_with(c.expected));
    CHECK(out.find("99") == std::string::npos);
    CHECK(out.find("gzip") == std::string::npos);
  }
}

TEST_CASE("configured identity names are stripped in every spelling, beside the prefix") {
  conf::Headers headers;
  headers.user = "Remote-User";
  headers.strip_prefix = "X_Id.";
  const gateway::upstream::HeaderFilter header_filter(headers);
  for (const char* name : {"remote-user", "REMOTE_USER", "Remote.User", "X-Id-", "x_id_a", "X.ID.B",
                           "X-OAuth-Client", "x-oauth_realms"}) {
    CAPTURE(name);
    CHECK(header_filter.forged(name));
  }
  for (const char* name : {"Remote-Users", "Remote-Use", "X-Id", "X-OAuth-Other", ""}) {
    CAPTURE(name);
    CHECK_FALSE(header_filter.forged(name));
  }
  headers.strip_prefix = "";
  CHECK_FALSE(gateway::upstream::HeaderFilter(headers).forged("Accept"));
}

TEST_CASE("an answer goes on without what ends here") {
  gateway::http::ResponseHead head;
  head.status = 200;
  head.reason = "Fine";
  head.fields = {{"Server", "s"},           {"Set-Cookie", "a=1"},
                 {"Connection", "x-hop"},   {"X-Hop", "1"},
                 {"Keep-Alive", "5"},       {"Transfer-Encoding", "chunked"},
                 {"Trailer", "T"},          {"Upgrade", "h2c"},
                 {"Proxy-Connection", "p"}, {"Proxy-Authenticate", "Basic"},
                 {"HTTP2-Settings", "A"},   {"X-Request-Id", "theirs"},
                 {"Set-Cookie", "b=2"},     {"Content-Type", "t"},
                 {"Content-Length", "99"},  {"Date", "d"}};
  head.connection = {"x-hop", "content-type"};
  CHECK(response(head, {.request_id = "ID", .framing = Framing::Length, .length = 3}) ==
        "HTTP/1.1 200 Fine\r\nServer: s\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        "Content-Type: t\r\nDate: d\r\nX-Request-Id: ID\r\nContent-Length: 3\r\n\r\n");
}

TEST_CASE("an answer sets no cookie of ours") {
  gateway::http::ResponseHead head;
  head.status = 200;
  head.fields = {{"Set-Cookie", "portcullis=x; Path=/"}, {"set-cookie", "__Host-portcullis=x"},
                 {"Set-Cookie", "=portcullis=x"},        {"Set-Cookie", " PORTCULLIS =x"},
                 {"Set-Cookie", "portcullis"},           {"Set-Cookie", "my=portcullis=x"}};
  const std::string out = response(head, {.framing = Framing::Chunked});
  CHECK(out ==
        "HTTP/1.1 200 \r\nSet-Cookie: my=portcullis=x\r\nX-Request-Id: \r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("the framing of an answer suits its status and its client") {
  struct Case {
    unsigned status;
    gateway::upstream::DownstreamResponse downstream;
    std::string expected;  // after X-Request-Id and before the empty line, or the field before it
  };
  using gateway::upstream::DownstreamResponse;
  for (const Case& c : std::vector<Case>{
           {200, {.framing = Framing::Length, .length = 0}, "ID\r\nContent-Length: 0\r\n\r\n"},
           {200, {.framing = Framing::None}, "ID\r\nContent-Length: 0\r\n\r\n"},
           {200, {.framing = Framing::UntilClose}, "ID\r\n\r\n"},
           {200,
            {.close = true, .framing = Framing::UntilClose},
            "ID\r\nConnection: close\r\n\r\n"},
           {200,
            {.close = true, .client_minor = 0, .framing = Framing::Length, .length = 1},
            "ID\r\nContent-Length: 1\r\nConnection: close\r\n\r\n"},
           {200,
            {.client_minor = 0, .framing = Framing::Length, .length = 1},
            "ID\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n"},
           {200,
            {.framing = Framing::Length, .length = 5, .bodiless = true},
            "Content-Length: 42\r\nX-Request-Id: ID\r\n\r\n"},
           {304, {.bodiless = true}, "Content-Length: 42\r\nX-Request-Id: ID\r\n\r\n"},
           {204,
            {.framing = Framing::Length, .bodiless = true},
            "204 \r\nX-Request-Id: ID\r\n\r\n"},
           {204, {.framing = Framing::Length}, "204 \r\nX-Request-Id: ID\r\n\r\n"},
           {103, {.framing = Framing::Length}, "103 \r\nX-Request-Id: ID\r\n\r\n"}}) {
    CAPTURE(c.status);
    CAPTURE(c.expected);
    gateway::http::ResponseHead head;
    head.status = c.status;
    head.fields = {{"Content-Length", "42"}};
    head.told = 42;
    head.connection = {"content-length"};
    DownstreamResponse downstream = c.downstream;
    downstream.request_id = "ID";
    const std::string out = response(head, downstream);
    CHECK(out.ends_with(c.expected));
    CHECK((out.find("42") != std::string::npos) == (c.expected.find("42") != std::string::npos));
  }
}
