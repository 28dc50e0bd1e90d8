#include "bench/response_reader.h"

#include <doctest/doctest.h>

#include <string>

using bench::ResponseReader;
using State = bench::ResponseReader::State;

TEST_CASE("a response is read alike however it is cut, and no further than its end") {
  const std::string response = "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  5 \r\n\r\nhello";
  const std::string next = "HTTP/1.1 500 ";
  for (std::size_t cut = 0; cut <= response.size(); ++cut) {
    CAPTURE(cut);
    ResponseReader reader;
    CHECK_FALSE(reader.begun());
    CHECK(reader.feed(response.substr(0, cut)) == cut);
    CHECK((reader.state() == State::Done) == (cut == response.size()));
    CHECK(reader.begun() == (cut > 0));
    CHECK(reader.feed(response.substr(cut) + next) == response.size() - cut);
    CHECK(reader.state() == State::Done);
    CHECK(reader.status() == 200);
    CHECK(reader.stays_open());
  }
}

TEST_CASE("a response is read alike byte by byte") {
  const std::string response =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno";
  ResponseReader reader;
  for (const char c : response) {
    REQUIRE(reader.state() != State::Done);
    REQUIRE(reader.feed(std::string_view(&c, 1)) == 1);
  }
  CHECK(reader.state() == State::Done);
  CHECK(reader.status() == 401);
}

TEST_CASE("status, framing and persistence follow the head") {
  const struct {
    const char* bytes;
    State state;
    int status;
    bool stays_open;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", State::Done, 200, true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", State::Body, 200, true},
      {"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", State::Done, 204, true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n", State::Done, 304, true},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", State::Done, 200, false},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", State::Done, 200,
       true},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", State::Done, 200, false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.bytes);
    ResponseReader reader;
    reader.feed(c.bytes);
    CHECK(reader.state() == c.state);
    CHECK(reader.status() == c.status);
    CHECK(reader.stays_open() == c.stays_open);
  }
}

TEST_CASE("what can't be read is broken") {
  const char* const cases[] = {
      "nonsense\r\n\r\n",
      "HTTP/1.1\r\n\r\n",
      "HTTP/1.1 2x0 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n",
  };
  for (const char* bytes : cases) {
    CAPTURE(bytes);
    ResponseReader reader;
    reader.feed(bytes);
    CHECK(reader.state() == State::Broken);
  }
}

TEST_CASE("a head may have as many bytes as its bound, and no more") {
  for (const std::size_t over : {0, 1}) {
    const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
    const std::string end = "\r\n\r\n";
    const std::size_t fill = ResponseReader::kMaxHead + over - start.size() - end.size();
    const std::string head = start + std::string(fill, 'x') + end;
    ResponseReader reader;
    reader.feed(std::string_view(head).substr(0, head.size() - 1));
    reader.feed(std::string_view(head).substr(head.size() - 1));
    CHECK((reader.state() == State::Done) == (over == 0));
    CHECK((reader.state() == State::Broken) == (over == 1));
  }
}

TEST_CASE("after a reset the next response is read") {
  ResponseReader reader;
  reader.feed("HTTP/1.1 500 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  reader.reset();
  CHECK(reader.state() == State::Head);
  reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(reader.status() == 200);
  CHECK(reader.stays_open());
}
