#include "gateway/reply/response.h"

#include <doctest/doctest.h>

using gateway::reply::render;
using gateway::reply::Response;
using gateway::reply::ResponseContext;

namespace {

const ResponseContext kContext{.request_id = "id", .now = 784111777};

}  // namespace

TEST_CASE("an answer has its date, its length, its request id, and is not to be kept") {
  const Response answer{.content_type = "text/plain", .body = "hello", .fields = {{"X", "y"}}};
  CHECK(render(answer, kContext) ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
        "Content-Length: 5\r\nCache-Control: no-store\r\nX-Request-Id: id\r\nX: y\r\n\r\nhello");
}

TEST_CASE("an answer to HEAD tells the length of the body that it leaves out") {
  ResponseContext context = kContext;
  context.head = true;
  const std::string text = render({.content_type = "text/plain", .body = "hello"}, context);
  CHECK(text.ends_with("\r\n\r\n"));
  CHECK(text.find("Content-Length: 5\r\n") != text.npos);
}

TEST_CASE("an answer says what becomes of the connection") {
  ResponseContext context = kContext;
  CHECK(render({}, context).find("Connection:") == std::string::npos);
  context.client_minor = 0;
  CHECK(render({}, context).find("Connection: keep-alive\r\n") != std::string::npos);
  context.close = true;
  CHECK(render({}, context).find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("a value cannot end its line") {
  const Response answer{.status = 303, .fields = {{"Location", "/a\r\nSet-Cookie: x=y\n\r"}}};
  const std::string text = render(answer, kContext);
  CHECK(text.find("Location: /aSet-Cookie: x=y\r\n") != text.npos);
  CHECK(text.find("\nSet-Cookie") == text.npos);
}
