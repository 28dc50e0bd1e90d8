// Answers of a backend, read as strictly as requests.

#include <doctest/doctest.h>

#include "tests/gateway/support/reading.h"

using namespace gateway;
using namespace gateway::testing;

namespace {

std::string ok(const std::string& lines, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + lines + "\r\n" + body;
}
const std::string kOk = "HTTP/1.1 200 OK ";

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(response(row.bytes) == row.expected);
  }
}

}  // namespace

TEST_CASE("the end of an answer is known by its length, its chunks, or the close") {
  check({
      {ok("Content-Length: 5\r\n", "hello"), kOk + "{Content-Length: 5} length=5 keep \"hello\""},
      {ok("Content-Length: 0\r\n"), kOk + "{Content-Length: 0} length=0 keep"},
      {ok("Content-Length: 5\r\n", "hello!"),
       kOk + "{Content-Length: 5} length=5 keep \"hello\" +!"},
      {ok("Content-Length: 5\r\n", "hell"), kOk + "{Content-Length: 5} length=5 keep \"hell\" cut"},
      {ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
       kOk + "{Transfer-Encoding: chunked} chunked keep \"hello\""},
      {ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"),
       kOk + "{Transfer-Encoding: chunked} chunked keep \"hello\" cut"},
      {ok("", "hello"), kOk + "until-close close \"hello\""},
      {ok("Connection: keep-alive\r\n", "hello"),
       kOk + "{Connection: keep-alive} until-close close \"hello\""},
  });
}

TEST_CASE("1xx, 204, 304 and answers to HEAD have no body, whatever they say") {
  check({
      {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue none keep"},
      {"HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1",
       "HTTP/1.1 103 Early {A: b} none keep +HTTP/1.1"},
      {"HTTP/1.1 204 No\r\n\r\n", "HTTP/1.1 204 No none keep"},
      {"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello",
       "HTTP/1.1 204 No {Content-Length: 5} none keep +hello"},
      {"HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n",
       "HTTP/1.1 304 Same {Content-Length: 5} none keep"},
      {"HTTP/1.1 304 Same\r\nTransfer-Encoding: chunked\r\n\r\n0",
       "HTTP/1.1 304 Same {Transfer-Encoding: chunked} none keep +0"},
  });
  CHECK(response_to_head(ok("Content-Length: 5\r\n")) == kOk + "{Content-Length: 5} none keep");
  CHECK(response_to_head(ok("Content-Length: 5\r\n", "hello")) ==
        kOk + "{Content-Length: 5} none keep +hello");
  CHECK(response_to_head(ok("Transfer-Encoding: chunked\r\n")) ==
        kOk + "{Transfer-Encoding: chunked} none keep");
  CHECK(response_to_head(ok("")) == kOk + "none keep");
}

TEST_CASE("an answer whose length is in doubt is refused") {
  for (const char* lines : {
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 5, 5\r\n",
           "Content-Length: -5\r\n",
           "Content-Length: \r\n",
           "Content-Length: 9223372036854775808\r\n",
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding: xchunked\r\n",
       }) {
    CAPTURE(lines);
    const std::string line = response(ok(lines, "hello"));
    CHECK((line == "malformed_request" || line == "transfer_coding_unknown"));
  }
  CHECK(response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
        "malformed_request");
}

TEST_CASE("a status line is a version, three digits and a reason") {
  check({
      {"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 OK until-close close \"\""},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 200  {Content-Length: 0} length=0 keep"},
      {"HTTP/1.1 599 Odd One\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 599 Odd One {Content-Length: 0} length=0 keep"},
      {"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "upstream_broken"},
      {"HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", "upstream_broken"},
      {"HTTP/1.1 99 OK\r\nContent-Length: 0\r\n\r\n", "malformed_request"},
      {"HTTP/1.1 1000 OK\r\nContent-Length: 0\r\n\r\n", "malformed_request"},
      {"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "malformed_request"},
      {"HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n", "malformed_request"},
      {"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n", "malformed_request"},
      {"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "malformed_request"},
      {"HTTQ/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "malformed_request"},
      {"200 OK\r\n\r\n", "malformed_request"},
      {"hello\r\n\r\n", "malformed_request"},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", "malformed_request"},
      {"HTTP/1.1 200 O\x01K\r\n\r\n", "malformed_request"},
      {"HTTP/1.1 200 O\rK\r\n\r\n", "malformed_request"},
  });
}

TEST_CASE("the fields of an answer are read strictly") {
  for (const char* lines : {"X : y\r\n", "X\r\n", ": y\r\n", "X: a\x01\r\n", "X: a\rb\r\n",
                            "X: a\nY: b\r\n", "X: a\r\n b\r\n", "X\xc3: y\r\n"}) {
    CAPTURE(lines);
    CHECK(response(ok(lines)) == "malformed_request");
  }
  CHECK(response(ok("Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n")) ==
        kOk + "{Set-Cookie: a} {Set-Cookie: b} {Content-Length: 0} length=0 keep");
}

TEST_CASE("a connection is kept if the answer lets it") {
  const std::string length = "Content-Length: 0\r\n";
  const std::string read = "{Content-Length: 0} length=0 ";
  check({
      {ok(length + "Connection: close\r\n"),
       kOk + "{Content-Length: 0} {Connection: close} length=0 close"},
      {"HTTP/1.0 200 OK\r\n" + length + "\r\n", "HTTP/1.0 200 OK " + read + "close"},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length + "\r\n",
       "HTTP/1.0 200 OK {Connection: keep-alive} " + read + "keep"},
  });
}
