// Bodies in chunks: what requests may do with them, and answers besides.

#include <doctest/doctest.h>

#include "gateway/http/chunked.h"
#include "tests/http/reading.h"

using namespace gateway;
using namespace gateway::http;
using namespace gateway::testing;

namespace {

const std::string kHead = "PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kRead = "PUT /p HTTP/1.1 {Host: a} {Transfer-Encoding: chunked} chunked keep ";
const std::string kAnswer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

// The payload in a request, or what was wrong.
std::string chunked(const std::string& body) {
  std::string line = request(kHead + body);
  REQUIRE(line.starts_with(kRead.substr(0, kRead.size() - 1)));
  line.erase(0, std::min(kRead.size(), line.size()));
  return line;
}

// The same in an answer.
std::string answered(const std::string& body) {
  const std::string prefix = "HTTP/1.1 200 OK {Transfer-Encoding: chunked} chunked keep ";
  std::string line = response(kAnswer + body);
  REQUIRE(line.starts_with(prefix.substr(0, prefix.size() - 1)));
  line.erase(0, std::min(prefix.size(), line.size()));
  return line;
}

// Both read it alike.
void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(chunked(row.bytes) == row.expected);
    std::string cut = row.expected;
    if (cut.ends_with("more")) cut.replace(cut.size() - 4, 4, "cut");
    CHECK(answered(row.bytes) == cut);
  }
}

// A request's is faulty, an answer's is read so.
void check_lenient(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(chunked(row.bytes) == "malformed_request");
    CHECK(answered(row.bytes) == row.expected);
  }
}

const std::string kEnd = "0\r\n\r\n";

// A chunk of one byte with an extension of this many bytes, ';' included.
std::string extended(std::size_t size) { return "1;" + repeat(size - 1, "e") + "\r\nx\r\n"; }

}  // namespace

TEST_CASE("chunks are joined, and what follows the last one is left alone") {
  check({
      {kEnd, ""},
      {"5\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5\r\nhello\r\n6\r\n world\r\n" + kEnd, "\"hello world\""},
      {"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n" + kEnd, "\"abc\""},
      {"00005\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5\r\nhello\r\n000\r\n\r\n", "\"hello\""},
      {"A\r\n0123456789\r\n" + kEnd, "\"0123456789\""},
      {"a\r\n0123456789\r\n" + kEnd + "GET /", "\"0123456789\" +GET /"},
      {"2\r\n\r\n\r\n" + kEnd, "\"\r\n\""},
      {"5\r\n0\r\n\r\n\r\n" + kEnd, "\"0\r\n\r\n\""},
  });
}

TEST_CASE("a body in chunks isn't over before its last line") {
  const std::string body = "5\r\nhello\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t size = 0; size < body.size(); ++size) {
    CAPTURE(size);
    CHECK(chunked(body.substr(0, size)).ends_with("more"));
  }
  CHECK(chunked(body) == "\"hello\"");
}

TEST_CASE("a chunk is hex digits, CR LF, as many bytes, CR LF") {
  check({
      {"\r\nhello\r\n" + kEnd, "malformed_request"},
      {"g\r\nhello\r\n" + kEnd, "malformed_request"},
      {"0x5\r\nhello\r\n" + kEnd, "malformed_request"},
      {"+5\r\nhello\r\n" + kEnd, "malformed_request"},
      {"-5\r\nhello\r\n" + kEnd, "malformed_request"},
      {" 5\r\nhello\r\n" + kEnd, "malformed_request"},
      {"5 5\r\nhello\r\n" + kEnd, "malformed_request"},
      {"5x\r\nhello\r\n" + kEnd, "malformed_request"},
      {"5\rhello\r\n" + kEnd, "malformed_request"},
      {"5\r\r\nhello\r\n" + kEnd, "malformed_request"},
      {"5\r\nhello" + kEnd, "malformed_request"},
      {"5\r\nhello!\r\n" + kEnd, "malformed_request"},
      {"5\r\nhello\r\r\n" + kEnd, "malformed_request"},
      {"7\r\nhello\r\n" + kEnd, "malformed_request"},
      {"5\r\nhello\r\n\r\n" + kEnd, "malformed_request"},
      {std::string("5\0\r\nhello\r\n", 11) + kEnd, "malformed_request"},
  });
}

TEST_CASE("answers may end lines among chunks in LF, and pad sizes, as every client reads them") {
  check_lenient({
      {"5\nhello\r\n" + kEnd, "\"hello\""},
      {"5\r\nhello\n" + kEnd, "\"hello\""},
      {"6\r\nhello\r\n" + kEnd, "\"hello\r\""},
      {"5\nhello\n0\n\nGET", "\"hello\" +GET"},
      {"5\r\nhello\r\n0\n\r\n", "\"hello\""},
      {"5\r\nhello\r\n0\r\n\n\r\n\r\n", "\"hello\" +\r\n\r\n"},
      {"5\r\nhello\r\n0\r\nX: y\n\n", "\"hello\""},
      {"5 \r\nhello\r\n" + kEnd, "\"hello\""},
      {"5\t  \r\nhello\r\n0   \r\n\r\n", "\"hello\""},
  });
}

TEST_CASE("a body whose last line is missing was cut") {
  for (const std::string end : {"", "0", "0\r", "0\r\n", "0\r\nX: y\r\n", "0\r\n\r"}) {
    CAPTURE(end);
    CHECK(answered("5\r\nhello\r\n" + end) == "\"hello\" cut");
  }
}

TEST_CASE("a chunk's size is checked for overflow before it is used") {
  check({
      {"10000000000000000\r\nx", "malformed_request"},
      {"10000000000000005\r\nhello\r\n" + kEnd, "malformed_request"},
      {"fffffffffffffffff\r\nx", "malformed_request"},
      {"8000000000000000\r\nx", "malformed_request"},
      {"7fffffffffffffff\r\nx", "\"x\" more"},
      {repeat(kMaxChunkDigits - 1, "0") + "1\r\nx\r\n" + kEnd, "\"x\""},
      {repeat(kMaxChunkDigits, "0") + "1\r\nx\r\n" + kEnd, "malformed_request"},
  });
}

TEST_CASE("chunk extensions are dropped, and in requests refused if they are faulty") {
  check({
      {"5;a\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5 ; a = b\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a=b;c=\"d e\"\r\nhello\r\n0;z\r\n\r\n", "\"hello\""},
      {"5;a=\"b\\\"c;\"\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a\rb\r\nhello\r\n" + kEnd, "malformed_request"},
      {"5;a\nb\r\nhello\r\n" + kEnd, "malformed_request"},
  });
  check_lenient({
      {"5;\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a \r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a=\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a b\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a=\"b\\\"\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a=\"b\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a=\"b\x01\"\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a=\"\\\x7f\"\r\nhello\r\n" + kEnd, "\"hello\""},
      {std::string("5;a") + '\0' + "\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a\x01\r\nhello\r\n" + kEnd, "\"hello\""},
      {"5;a\nhello\r\n" + kEnd, "\"hello\""},
  });
}

TEST_CASE(
    "chunk extensions have at most 4096 bytes in one request, and behind one size in an answer") {
  const auto read = [](const std::string& body) {
    const std::string line = read_request(whole(kHead + body));
    return line.substr(std::min(kRead.size(), line.size()));
  };
  CHECK(read(extended(4096) + kEnd) == "\"x\"");
  CHECK(read(extended(4097) + kEnd) == "malformed_request");
  CHECK(read(extended(9999).substr(0, 9999) + kEnd) == "malformed_request");
  CHECK(read(extended(2000) + extended(2096) + kEnd) == "\"xx\"");
  CHECK(read(extended(2000) + extended(2097) + kEnd) == "malformed_request");
  CHECK(read(extended(2000) + extended(2000) + "0;" + repeat(95, "e") + "\r\n\r\n") == "\"xx\"");
  CHECK(read(extended(2000) + extended(2000) + "0;" + repeat(96, "e") + "\r\n\r\n") ==
        "malformed_request");
  const auto answer = [](const std::string& body) { return read_response(whole(kAnswer + body)); };
  CHECK(answer(extended(4096) + extended(4096) + kEnd).ends_with("\"xx\""));
  CHECK(answer(extended(4097) + kEnd).ends_with("malformed_request"));
}

TEST_CASE("the trailers of a request are read strictly and dropped") {
  check({
      {"1\r\nx\r\n0\r\nX: y\r\n\r\n", "\"x\""},
      {"1\r\nx\r\n0\r\nX: y\r\nAuthorization: z\r\nHost: b\r\n\r\nGET", "\"x\" +GET"},
      {"1\r\nx\r\n0\r\nX: a\rb\r\n\r\n", "malformed_request"},
      {"1\r\nx\r\n0\r\nX: a\r\r\n\r\n", "malformed_request"},
  });
}

TEST_CASE("the trailers of an answer are dropped, whatever they say") {
  check_lenient({
      {"1\r\nx\r\n0\r\nX : y\r\n\r\n", "\"x\""},
      {"1\r\nx\r\n0\r\nX y\r\n\r\n", "\"x\""},
      {"1\r\nx\r\n0\r\n: y\r\n\r\n", "\"x\""},
      {"1\r\nx\r\n0\r\nX: a\x01\r\n\r\n", "\"x\""},
      {std::string("1\r\nx\r\n0\r\nX: a") + '\0' + "\r\n\r\n", "\"x\""},
      {"1\r\nx\r\n0\r\nX: a\nY: b\r\n\r\n", "\"x\""},
      {"1\r\nx\r\n0\r\nX: a\r\n Y: b\r\n\r\nGET", "\"x\" +GET"},
      {"1\r\nx\r\n0\r\n X: a\r\n\r\n", "\"x\""},
      {"1\r\nx\r\n0\r\nContent-Length: 5\r\n\r\n", "\"x\""},
      {"1\r\nx\r\n0\r\ncontent-LENGTH: x\r\n\r\nGET", "\"x\" +GET"},
      {"1\r\nx\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", "\"x\""},
  });
}

TEST_CASE("a trailer is bounded like a head") {
  const HeadBounds bounds{.head_bytes = 200, .target_bytes = 100, .fields = 3};
  const auto read = [&bounds](const std::string& trailer) {
    const std::string line = read_request(whole(kHead + "1\r\nx\r\n0\r\n" + trailer), bounds);
    return line.substr(std::min(kRead.size(), line.size()));
  };
  CHECK(read(repeat(3, "X: y\r\n") + "\r\n") == "\"x\"");
  CHECK(read(repeat(4, "X: y\r\n") + "\r\n") == "malformed_request");
  // 200 bytes and no more, in one line or in several.
  CHECK(read("X: " + repeat(195, "y") + "\r\n\r\n") == "\"x\"");
  CHECK(read("X: " + repeat(196, "y") + "\r\n\r\n") == "malformed_request");
  CHECK(read("X: " + repeat(95, "y") + "\r\nX: " + repeat(95, "y") + "\r\n\r\n") == "\"x\"");
  CHECK(read("X: " + repeat(95, "y") + "\r\nX: " + repeat(96, "y") + "\r\n\r\n") ==
        "malformed_request");
  CHECK(read("X: " + repeat(999, "y")) == "malformed_request");
}

TEST_CASE("payload is handed over as views into the bytes given") {
  RequestReader reader;
  RequestHead out;
  Error error;
  REQUIRE(reader.read_head(kHead, HeadBounds{}, out, error) == Parse::Done);
  const std::string body = "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n";
  std::vector<std::string_view> pieces;
  std::size_t used = 0;
  REQUIRE(reader.read_body(body, used, pieces, error) == Parse::Done);
  CHECK(used == body.size());
  REQUIRE(pieces == std::vector<std::string_view>{"hello", "!"});
  CHECK(pieces[0].data() == body.data() + 3);
  used = 99;
  CHECK(reader.read_body("GET /", used, pieces, error) == Parse::Done);
  CHECK(used == 0);
  CHECK(pieces.size() == 2);
}
