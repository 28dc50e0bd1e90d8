// Returns of a backend: strict in what could be read two ways, lenient in what nginx, curl and
// browsers read in one.

#include <doctest/doctest.h>

#include "tests/http/reading.h"

using namespace gateway;
using namespace gateway::http;
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
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 5\r\nContent-Length: 05\r\n",
           "Content-Length: 5, 6\r\n",
           "Content-Length: 5,\r\n",
           "Content-Length: ,\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: -5\r\n",
           "Content-Length: 5x\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length: 5 5\r\n",
           "Content-Length: \r\n",
           "Content-Length: 9223372036854775808\r\n",
           "Content-Length:\r\n 5\r\n",
           "Content-Length : 5\r\n",
           "Content-Length: x\r\nTransfer-Encoding: chunked\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunked;q=1\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding:\r\n chunked\r\n",
           "Connection:\r\n close\r\n",
       }) {
    CAPTURE(lines);
    const std::string line = response(ok(lines, "hello"));
    CHECK((line == "malformed_request" || line == "transfer_coding_unknown"));
  }
  CHECK(response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
        "malformed_request");
}

TEST_CASE("a length that is told oddly and has one meaning is taken, and the connection not kept") {
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  const std::string te = "Transfer-Encoding: ", cl = "Content-Length: ";
  check({
      {ok(cl + "5\r\n" + cl + "5\r\n", "hello"),
       kOk + "{" + cl + "5} {" + cl + "5} length=5 close \"hello\""},
      {ok(cl + "5, 5 ,5\r\n", "hello"), kOk + "{" + cl + "5, 5 ,5} length=5 close \"hello\""},
      {ok(cl + "4\r\n" + te + "chunked\r\n", chunks),
       kOk + "{" + cl + "4} {" + te + "chunked} chunked close \"hello\""},
      {ok(te + "chunked\r\n" + cl + "99\r\n", chunks),
       kOk + "{" + te + "chunked} {" + cl + "99} chunked close \"hello\""},
      {ok(te + "chunked\r\n" + te + "chunked\r\n", chunks),
       kOk + "{" + te + "chunked} {" + te + "chunked} chunked close \"hello\""},
      {ok(te + "chunked, chunked\r\n", chunks),
       kOk + "{" + te + "chunked, chunked} chunked close \"hello\""},
      {ok(te + "identity\r\n" + cl + "5\r\n", "hello"),
       kOk + "{" + te + "identity} {" + cl + "5} length=5 close \"hello\""},
      {ok(te + "identity\r\n", "hello"), kOk + "{" + te + "identity} until-close close \"hello\""},
      // What is odd in its spelling alone.
      {ok(te + "Chunked,\r\n", chunks), kOk + "{" + te + "Chunked,} chunked keep \"hello\""},
      {ok(te + "identity, chunked\r\n", chunks),
       kOk + "{" + te + "identity, chunked} chunked keep \"hello\""},
  });
}

TEST_CASE("a status line is a version, three digits and a reason that may be missing") {
  const std::string length = "\r\nContent-Length: 0\r\n\r\n";
  const std::string read = " {Content-Length: 0} length=0 keep";
  check({
      {"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.0 200 OK until-close close \"\""},
      {"HTTP/1.1 200 " + length, "HTTP/1.1 200 " + read},
      {"HTTP/1.1 200" + length, "HTTP/1.1 200 " + read},
      {"HTTP/1.1  200  OK" + length, "HTTP/1.1 200 OK" + read},
      {"HTTP/1.1 200\tOK" + length, "HTTP/1.1 200 OK" + read},
      {"HTTP/1.1 404.2 No" + length, "HTTP/1.1 404 .2 No" + read},
      {"http/1.1 200 OK" + length, "HTTP/1.1 200 OK" + read},
      {"HTTP/1.2 200 OK" + length, "HTTP/1.1 200 OK" + read},
      {"HTTP/1.1 200 O\x01K\x7f" + length, "HTTP/1.1 200 O K" + read},
      {"HTTP/1.1 200 Sch\xf6n" + length, "HTTP/1.1 200 Sch\xf6n" + read},
      {"HTTP/1.1 599 Odd One" + length, "HTTP/1.1 599 Odd One" + read},
      {"HTTP/1.1 600 OK" + length, "HTTP/1.1 600 OK" + read},
      {"HTTP/1.1 999 Denied" + length, "HTTP/1.1 999 Denied" + read},
      {"HTTP/1.1 099 OK" + length, "malformed_request"},
      {"HTTP/1.1 000 OK" + length, "malformed_request"},
      {"HTTP/1.1 99 OK" + length, "malformed_request"},
      {"HTTP/1.1 1000 OK" + length, "malformed_request"},
      {"HTTP/1.1 2x0 OK" + length, "malformed_request"},
      {"HTTP/1.1 200OK" + length, "malformed_request"},
      {"HTTP/1.1 -20 OK" + length, "malformed_request"},
      {"HTTP/1.1\t200 OK" + length, "malformed_request"},
      {"HTTP/1.1200 OK" + length, "malformed_request"},
      {"HTTP/1.1 OK" + length, "malformed_request"},
      {"HTTP/1.1" + length, "malformed_request"},
      {"HTTP/1.1 " + length, "malformed_request"},
      {"HTTP/1 200 OK" + length, "malformed_request"},
      {"HTTP/11 200 OK" + length, "malformed_request"},
      {"HTTP/1.11 200 OK" + length, "malformed_request"},
      {"HTTP/2.0 200 OK" + length, "malformed_request"},
      {"HTTP/0.9 200 OK" + length, "malformed_request"},
      {"HTTQ/1.1 200 OK" + length, "malformed_request"},
      {"ICY 200 OK" + length, "malformed_request"},
      {"200 OK\r\n\r\n", "malformed_request"},
      {"hello\r\n\r\n", "malformed_request"},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", "malformed_request"},
      {" HTTP/1.1 200 OK\r\n\r\n", "malformed_request"},
      {"HTTP/1.1 200 O\rK\r\n\r\n", "malformed_request"},
      {std::string("HTTP/1.1 200 O\0K\r\n\r\n", 20), "malformed_request"},
  });
}

TEST_CASE("the fields of an answer are read strictly where they could be read two ways") {
  for (const char* lines :
       {"X Y: y\r\n", "X\r\n", "some words\r\n", ": y\r\n", " : y\r\n", "X: a\rb\r\n", "X: a\r\r\n",
        "\r\r\n", "X\x01: y\r\n", "X\x7f: y\r\n", "X\r: y\r\n", " X: y\r\n",
        "X: a\r\n \r\nY: b\r\n", "X: a\r\n\t \nY: b\r\n", "X: a\r\n b\rc\r\n",
        "HTTP/1.1 200 OK\r\n", "X\xc3 : y\r\nX Y: z\r\n",
        // control bytes beside the length
        "Content-Length: \x16 5\r\n", "Content-Length: 5\x0b\r\n", "Content-Length: 5\x7f\r\n",
        "Transfer-Encoding: \x0b chunked\r\n", "Transfer-Encoding: chunked\x0c\r\n"}) {
    CAPTURE(lines);
    CHECK(response(ok(lines)) == "malformed_request");
  }
  CHECK(response(ok(std::string("X: a\0b\r\n", 8))) == "malformed_request");
  CHECK(response(ok(std::string("X\0: b\r\n", 7))) == "malformed_request");
  CHECK(response(ok(std::string("X: a\r\n b\0\r\n", 11))) == "malformed_request");
  CHECK(response(ok("Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n")) ==
        kOk + "{Set-Cookie: a} {Set-Cookie: b} {Content-Length: 0} length=0 keep");
}

TEST_CASE("fields that have one meaning are taken, and made clean") {
  const std::string length = "Content-Length: 0\r\n", read = "{Content-Length: 0} length=0 keep";
  check({
      // white space before the colon; names that are no tokens, which no client could use
      {ok("X : y\r\n" + length), kOk + "{X: y} " + read},
      {ok("X\t :y\r\n" + length), kOk + "{X: y} " + read},
      {ok("X\xc3\xa4: y\r\nX(Y): z\r\nA@B: c\r\n" + length), kOk + read},
      {ok("X/Y: z\r\n fold\r\n" + length), kOk + read},
      // control bytes, folded lines
      {ok("X: a\x01\x0b"
          "b\x7f\r\n" +
          length),
       kOk + "{X: a  b} " + read},
      {ok("X: a\r\n b\r\n" + length), kOk + "{X: a   b} " + read},
      {ok("Connection: \x01 close\r\n" + length),
       kOk + "{Connection: close} {Content-Length: 0} length=0 close"},
      {ok("X:\r\n\tb\r\n  c\r\n" + length), kOk + "{X: b    c} " + read},
      {ok("X: a\n b\n" + length), kOk + "{X: a  b} " + read},
      {ok("X: a\r\n Content-Length: 5\r\n" + length), kOk + "{X: a   Content-Length: 5} " + read},
      {ok("X: a\r\n \x02 b\r\n" + length), kOk + "{X: a     b} " + read},
      // bare LF
      {"HTTP/1.1 200 OK\nX: a\nContent-Length: 2\n\nok",
       kOk + "{X: a} {Content-Length: 2} length=2 keep \"ok\""},
      {"HTTP/1.1 200 OK\nContent-Length: 2\n\r\nok",
       kOk + "{Content-Length: 2} length=2 keep \"ok\""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\n\nok",
       kOk + "{Content-Length: 3} length=3 keep \"\nok\""},
      {"HTTP/1.1 103\nA: b\n\nHTTP/1.1", "HTTP/1.1 103  {A: b} none keep +HTTP/1.1"},
  });
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
