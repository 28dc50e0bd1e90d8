// Each bound on a head, at n and n+1.

#include <doctest/doctest.h>

#include "tests/http/reading.h"

using namespace gateway;
using namespace gateway::http;
using namespace gateway::testing;

namespace {

constexpr HeadBounds kSmall{.head_bytes = 400, .target_bytes = 100, .fields = 5};

std::string request_within(std::string_view bytes, const HeadBounds& bounds) {
  const std::string line = however_it_arrives(
      bytes, [&bounds](const Pieces& pieces) { return read_request(pieces, bounds); });
  return line.substr(0, line.find(' '));
}

std::string response_within(std::string_view bytes, const HeadBounds& bounds) {
  const std::string line = however_it_arrives(
      bytes, [&bounds](const Pieces& pieces) { return read_response(pieces, false, bounds); });
  return line.substr(0, line.find(' '));
}

// A head of exactly this many bytes.
std::string head_of(std::size_t size, std::string head) {
  const std::string end = "\r\n\r\n";
  head += "X: ";
  return head + repeat(size - head.size() - end.size(), "x") + end;
}

std::string with_target_of(std::size_t size) {
  return "GET /" + repeat(size - 1, "t") + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

}  // namespace

TEST_CASE("a head may have as many bytes as the bound says, and no more") {
  const std::string begin = "GET /p HTTP/1.1\r\nHost: a\r\n";
  CHECK(request_within(head_of(400, begin), kSmall) == "GET");
  CHECK(request_within(head_of(401, begin), kSmall) == "head_too_large");
  CHECK(request_within(head_of(4000, begin), kSmall) == "head_too_large");
  CHECK(request_within(head_of(401, begin).substr(0, 400), kSmall) == "more");
  CHECK(response_within(head_of(400, "HTTP/1.1 204 No\r\n"), kSmall) == "HTTP/1.1");
  CHECK(response_within(head_of(401, "HTTP/1.1 204 No\r\n"), kSmall) == "head_too_large");
}

TEST_CASE("empty lines before a request don't count") {
  const std::string head = head_of(400, "GET /p HTTP/1.1\r\nHost: a\r\n");
  CHECK(request_within("\r\n\r\n" + head, kSmall) == "GET");
}

TEST_CASE("a target may have as many bytes as the bound says, and no more") {
  CHECK(request_within(with_target_of(100), kSmall) == "GET");
  CHECK(request_within(with_target_of(101), kSmall) == "target_too_long");
  CHECK(request_within(with_target_of(150), kSmall) == "target_too_long");
  CHECK(request_within(with_target_of(390), kSmall) == "target_too_long");
  CHECK(request_within(with_target_of(4000), kSmall) == "target_too_long");
  CHECK(request_within(std::string("GET /") + repeat(4000, "t"), kSmall) == "target_too_long");
}

TEST_CASE("the default bounds let pass what real clients send") {
  CHECK(read_request(whole(with_target_of(8000))).starts_with("GET"));
  CHECK(read_request(whole(with_target_of(16 << 10))).starts_with("GET"));
  CHECK(read_request(whole(with_target_of((16 << 10) + 1))) == "target_too_long");
  const std::string begin = "GET /p HTTP/1.1\r\nHost: a\r\n";
  CHECK(read_request(whole(head_of(32 << 10, begin))).starts_with("GET"));
  CHECK(read_request(whole(head_of((32 << 10) + 1, begin))) == "head_too_large");
  CHECK(read_request(whole(begin + repeat(99, "X: 1\r\n") + "\r\n")).starts_with("GET"));
  CHECK(read_request(whole(begin + repeat(100, "X: 1\r\n") + "\r\n")) == "head_too_large");
}

TEST_CASE("a head may have as many fields as the bound says, and no more") {
  const std::string begin = "GET /p HTTP/1.1\r\nHost: a\r\n";
  CHECK(request_within(begin + repeat(4, "X: 1\r\n") + "\r\n", kSmall) == "GET");
  CHECK(request_within(begin + repeat(5, "X: 1\r\n") + "\r\n", kSmall) == "head_too_large");
  const std::string answer = "HTTP/1.1 204 No\r\n";
  CHECK(response_within(answer + repeat(5, "X: 1\r\n") + "\r\n", kSmall) == "HTTP/1.1");
  CHECK(response_within(answer + repeat(6, "X: 1\r\n") + "\r\n", kSmall) == "head_too_large");
}

TEST_CASE("a method has at most 32 bytes") {
  const std::string rest = " / HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(request_within(repeat(32, "M") + rest, kSmall) == repeat(32, "M"));
  CHECK(request_within(repeat(33, "M") + rest, kSmall) == "malformed_request");
}

TEST_CASE("an answer may be larger than a request, and has bounds of its own") {
  const HeadBounds bounds = response_bounds(kSmall);
  const std::string begin = "HTTP/1.1 204 No\r\n";
  const auto read = [](const std::string& bytes, const HeadBounds& within) {
    return read_response(whole(bytes), false, within).substr(0, 8);
  };
  CHECK(read(head_of(kResponseHeadBytes, begin), bounds) == "HTTP/1.1");
  CHECK(read(head_of(kResponseHeadBytes + 1, begin), bounds) == "head_too");
  CHECK(read(begin + repeat(kResponseFields, "X: 1\n") + "\n", bounds) == "HTTP/1.1");
  CHECK(read(begin + repeat(kResponseFields + 1, "X: 1\n") + "\n", bounds) == "head_too");
  CHECK(read("HTTP/1.1 200 " + repeat(200000, "x") + "\r\n\r\n", bounds) == "HTTP/1.1");
  const HeadBounds higher{.head_bytes = 1 << 20, .target_bytes = 100, .fields = 9000};
  CHECK(response_bounds(higher).head_bytes == 1 << 20);
  CHECK(response_bounds(higher).fields == 9000);
}
