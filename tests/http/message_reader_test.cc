// Requests: their heads and what they say about framing and the connection.

#include <doctest/doctest.h>

#include "tests/http/reading.h"

using namespace gateway;
using namespace gateway::http;
using namespace gateway::testing;

namespace {

constexpr char kNul[] = {'\0', 0};

// A request whose head has these field lines besides Host.
std::string get(const std::string& lines) {
  return "GET /p HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}
std::string post(const std::string& lines, const std::string& body = "") {
  return "POST /p HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + body;
}
const std::string kGot = "GET /p HTTP/1.1 {Host: a} ";
const std::string kPosted = "POST /p HTTP/1.1 {Host: a} ";

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(request(row.bytes) == row.expected);
  }
}

void check_lines(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(request(get(row.bytes)) == row.expected);
  }
}

}  // namespace

TEST_CASE("a request line is method, target and version with single spaces") {
  check({
      {get(""), kGot + "none keep"},
      {"get /p HTTP/1.1\r\nHost: a\r\n\r\n", "get /p HTTP/1.1 {Host: a} none keep"},
      {"M-SEARCH * HTTP/1.1\r\nHost: a\r\n\r\n", "M-SEARCH * HTTP/1.1 {Host: a} none keep"},
      {"GET http://a/p HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a/p HTTP/1.1 {Host: a} none keep"},
      {"GET  /p HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p  HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1 \r\nHost: a\r\n\r\n", "malformed_request"},
      {" GET /p HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET\t/p\tHTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {std::string("GET /p") + std::string(1, '\0') + " HTTP/1.1\r\nHost: a\r\n\r\n",
       "malformed_request"},
      {"GET /p\x7f HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"G(T /p HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"G\xc3\xa4T /p HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {" /p HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET HTTP/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p\r\n\r\n", "malformed_request"},
  });
}

TEST_CASE("only HTTP/1.0 and HTTP/1.1 are spoken") {
  check({
      {"GET /p HTTP/1.0\r\n\r\n", "GET /p HTTP/1.0 none close"},
      {"GET /p HTTP/1.2\r\nHost: a\r\n\r\n", "version_not_supported"},
      {"GET /p HTTP/2.0\r\nHost: a\r\n\r\n", "version_not_supported"},
      {"GET /p HTTP/0.9\r\nHost: a\r\n\r\n", "version_not_supported"},
      {"GET /p HTTP/9.9\r\nHost: a\r\n\r\n", "version_not_supported"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "version_not_supported"},
      {"GET /p HTTP/1.10\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/01.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p http/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTQ/1.1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1,1\r\nHost: a\r\n\r\n", "malformed_request"},
      {"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET /p HTTP/1.1\r\nHost: a\r\n\r\n",
       "malformed_request"},
      {std::string("\x16\x03\x01\x02") + kNul + "\n", "malformed_request"},
  });
}

TEST_CASE("up to two empty lines before a request are skipped") {
  check({
      {"\r\n" + get(""), kGot + "none keep"},
      {"\r\n\r\n" + get(""), kGot + "none keep"},
      {"\r\n\r\n\r\n" + get(""), "malformed_request"},
      {"\n" + get(""), "malformed_request"},
      {"\r\n\n" + get(""), "malformed_request"},
      {"\r\r\n" + get(""), "malformed_request"},
      {" \r\n" + get(""), "malformed_request"},
  });
}

TEST_CASE("lines end in CR LF, and none is folded") {
  check({
      {"GET /p HTTP/1.1\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1\r\nHost: a\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1\r\nHost: a\r\n\n", "malformed_request"},
      {"GET /p HTTP/1.1\rHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1\r\nHost: a\r\n\tX: b\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1\r\n Host: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1\r\n\tHost: a\r\n\r\n", "malformed_request"},
      {get("X: a\r b\r\n"), "malformed_request"},
      {get("X: a\r\r\n"), "malformed_request"},
      {get("X: a\n\r\n"), "malformed_request"},
  });
}

TEST_CASE("field names are tokens, and values hold no control byte but tab") {
  check_lines({
      {"X: 1\r\n", kGot + "{X: 1} none keep"},
      {"X:1\r\n", kGot + "{X: 1} none keep"},
      {"X:\r\n", kGot + "{X: } none keep"},
      {"X: \t 1\t2 \t\r\n", kGot + "{X: 1\t2} none keep"},
      {"X: \xc3\xa4\xff\r\n", kGot + "{X: \xc3\xa4\xff} none keep"},
      {"x_Y.z!#$%&'*+-^`|~09: v\r\n", kGot + "{x_Y.z!#$%&'*+-^`|~09: v} none keep"},
      {"A: 1\r\na: 2\r\n", kGot + "{A: 1} {a: 2} none keep"},
      {"X : 1\r\n", "malformed_request"},
      {"X\t: 1\r\n", "malformed_request"},
      {"X 1\r\n", "malformed_request"},
      {"X\r\n", "malformed_request"},
      {": 1\r\n", "malformed_request"},
      {"X Y: 1\r\n", "malformed_request"},
      {"X(: 1\r\n", "malformed_request"},
      {"X\"Y: 1\r\n", "malformed_request"},
      {"X\xc3\xa4: 1\r\n", "malformed_request"},
      {std::string("X\0: 1\r\n", 7), "malformed_request"},
      {std::string("X: a\0b\r\n", 8), "malformed_request"},
      {"X: a\x01\r\n", "malformed_request"},
      {"X: a\x0b\r\n", "malformed_request"},
      {"X: a\x1f\r\n", "malformed_request"},
      {"X: a\x7f\r\n", "malformed_request"},
  });
}

TEST_CASE("Host stands once in HTTP/1.1, and at most once before it") {
  check({
      {"GET /p HTTP/1.1\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1\r\nHost:\r\n\r\n", "GET /p HTTP/1.1 {Host: } none keep"},
      {"GET /p HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "malformed_request"},
      {"GET /p HTTP/1.0\r\nHost: a\r\n\r\n", "GET /p HTTP/1.0 {Host: a} none close"},
  });
}

TEST_CASE("fields that decide what is verified stand once") {
  check_lines({
      {"Authorization: OAuth a\r\n", kGot + "{Authorization: OAuth a} none keep"},
      {"Authorization: OAuth a\r\nauthorization: OAuth a\r\n", "malformed_request"},
      {"Content-Type: a/b\r\n", kGot + "{Content-Type: a/b} none keep"},
      {"Content-Type: a/b\r\nCONTENT-TYPE: a/b\r\n", "malformed_request"},
  });
}

TEST_CASE("the fields that the gate acts on are found in any case") {
  const std::string head =
      "GET /p HTTP/1.1\r\nhOsT: a:80\r\nAUTHORIZATION: OAuth x\r\ncontent-TYPE: a/b\r\n"
      "ACCEPT: c/d\r\naccept: e/f\r\nCONNECTION: x , y\r\nconnection: z\r\n\r\n";
  RequestReader reader;
  RequestHead out;
  Error error;
  REQUIRE(reader.read_head(head, HeadBounds{}, out, error) == Parse::Done);
  CHECK(out.host == "a:80");
  CHECK(out.has_authorization);
  CHECK(out.authorization == "OAuth x");
  CHECK(out.content_type == "a/b");
  CHECK(out.accept == "c/d");
  CHECK(out.connection == std::vector<std::string_view>{"x", "y", "z"});
  CHECK(body_done(reader));
}

TEST_CASE("a reader starts anew with each head") {
  RequestReader reader;
  RequestHead out;
  Error error;
  const std::string first = post(
      "Authorization: OAuth x\r\nContent-Type: a/b\r\nAccept: c\r\nConnection: close\r\n"
      "Expect: 100-continue\r\nContent-Length: 5\r\n");
  REQUIRE(reader.read_head(first, HeadBounds{}, out, error) == Parse::Done);
  CHECK_FALSE(body_done(reader));
  const std::string second = get("");
  REQUIRE(reader.read_head(second, HeadBounds{}, out, error) == Parse::Done);
  CHECK(told(out) == kGot + "none keep");
  CHECK_FALSE(out.has_authorization);
  CHECK(out.authorization.empty());
  CHECK(out.content_type.empty());
  CHECK(out.accept.empty());
  CHECK(out.connection.empty());
  CHECK(out.length == 0);
}

TEST_CASE("who may keep the connection") {
  check({
      {get("Connection: close\r\n"), kGot + "{Connection: close} none close"},
      {get("Connection: keep-alive, Close\r\n"),
       kGot + "{Connection: keep-alive, Close} none close"},
      {get("Connection: keep-alive\r\nConnection: close\r\n"),
       kGot + "{Connection: keep-alive} {Connection: close} none close"},
      {get("Connection: closed\r\n"), kGot + "{Connection: closed} none keep"},
      {get("Connection: ,,x\r\n"), kGot + "{Connection: ,,x} none keep"},
      {"GET /p HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
       "GET /p HTTP/1.0 {Connection: Keep-Alive} none keep"},
      {"GET /p HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
       "GET /p HTTP/1.0 {Connection: keep-alive, close} none close"},
  });
}

TEST_CASE("expectations are 100-continue or none") {
  check_lines({
      {"Expect: 100-Continue\r\n", kGot + "{Expect: 100-Continue} none keep 100-continue"},
      {"Expect: 100-continue, x\r\n", kGot + "{Expect: 100-continue, x} none keep expects"},
      {"Expect: tea\r\n", kGot + "{Expect: tea} none keep expects"},
      {"Expect: 100-continue\r\nExpect: tea\r\n",
       kGot + "{Expect: 100-continue} {Expect: tea} none keep 100-continue expects"},
  });
}

TEST_CASE("Content-Length is digits that fit 63 bits, once") {
  const std::string max = "9223372036854775807";
  check({
      {post("Content-Length: 5\r\n", "hello"),
       kPosted + "{Content-Length: 5} length=5 keep \"hello\""},
      {post("Content-Length: 005\r\n", "helloGET"),
       kPosted + "{Content-Length: 005} length=5 keep \"hello\" +GET"},
      {post("Content-Length: 0\r\n", "GET"), kPosted + "{Content-Length: 0} none keep +GET"},
      {post("Content-Length: 5\r\n", "hell"),
       kPosted + "{Content-Length: 5} length=5 keep \"hell\" more"},
      {post("Content-Length: " + max + "\r\n", "x"),
       kPosted + "{Content-Length: " + max + "} length=" + max + " keep \"x\" more"},
      {post("Content-Length: 9223372036854775808\r\n"), "malformed_request"},
      {post("Content-Length: 18446744073709551615\r\n"), "malformed_request"},
      {post("Content-Length: 18446744073709551616\r\n"), "malformed_request"},
      {post("Content-Length: 99999999999999999999\r\n"), "malformed_request"},
      {post("Content-Length: 00000000000000000005\r\n"), "malformed_request"},
      {post("Content-Length:\r\n"), "malformed_request"},
      {post("Content-Length: +5\r\n", "hello"), "malformed_request"},
      {post("Content-Length: -5\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 0x5\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 5 5\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 5,\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 5, 5\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 5, 6\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 5.0\r\n", "hello"), "malformed_request"},
      {post("Content-Length: five\r\n", "hello"), "malformed_request"},
      {post("Content-Length: \"5\"\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), "malformed_request"},
      {post("Content-Length: 5\r\ncontent-length: 0\r\n", "hello"), "malformed_request"},
  });
}

TEST_CASE("Transfer-Encoding is chunked and nothing else") {
  const std::string body = "5\r\nhello\r\n0\r\n\r\n";
  const std::string te = "Transfer-Encoding: ";
  check({
      {post(te + "chunked\r\n", body), kPosted + "{" + te + "chunked} chunked keep \"hello\""},
      {post(te + "ChUnKeD\r\n", body + "GET"),
       kPosted + "{" + te + "ChUnKeD} chunked keep \"hello\" +GET"},
      {post(te + "gzip\r\n", body), "transfer_coding_unknown"},
      {post(te + "gzip, chunked\r\n", body), "transfer_coding_unknown"},
      {post(te + "xchunked\r\n", body), "transfer_coding_unknown"},
      {post(te + "identity\r\n", body), "transfer_coding_unknown"},
      {post(te + "chunked, gzip\r\n", body), "malformed_request"},
      {post(te + "chunked, chunked\r\n", body), "malformed_request"},
      {post(te + "chunked,\r\n", body), "malformed_request"},
      {post(te + ",chunked\r\n", body), "malformed_request"},
      {post(te + "\r\n", body), "malformed_request"},
      {post(te + "chunked\r\n" + te + "chunked\r\n", body), "malformed_request"},
      {post(te + "gzip\r\n" + te + "chunked\r\n", body), "malformed_request"},
      {post(te + "chunked\r\nContent-Length: 5\r\n", body), "malformed_request"},
      {post("Content-Length: 5\r\n" + te + "chunked\r\n", body), "malformed_request"},
      {"POST /p HTTP/1.0\r\nHost: a\r\n" + te + "chunked\r\n\r\n" + body, "malformed_request"},
      {"POST /p HTTP/1.0\r\nHost: a\r\n" + te + "gzip\r\n\r\n" + body, "malformed_request"},
      {post("Transfer_Encoding: chunked\r\n", body),
       kPosted + "{Transfer_Encoding: chunked} none keep +" + body},
  });
}

TEST_CASE("what is shown of a faulty request is bounded") {
  RequestReader reader;
  RequestHead out;
  Error error;
  const std::string head = post("Content-Length: " + repeat(1000, "x") + "\r\n");
  REQUIRE(reader.read_head(head, HeadBounds{}, out, error) == Parse::Bad);
  CHECK(error.sentence.size() < 200);
}
