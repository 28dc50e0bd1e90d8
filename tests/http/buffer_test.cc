#include "gateway/http/buffer.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

using namespace gateway;

namespace {

void put(http::Buffer& buffer, std::string_view bytes) {
  REQUIRE(bytes.size() <= buffer.space_size());
  std::memcpy(buffer.space(), bytes.data(), bytes.size());
  buffer.filled(bytes.size());
}

}  // namespace

TEST_CASE("a buffer gives its bytes in the order they came") {
  http::Buffer buffer(8);
  CHECK(buffer.empty());
  CHECK(buffer.space_size() == 8);
  put(buffer, "abcdef");
  buffer.consume(2);
  CHECK(buffer.view() == "cdef");
  CHECK(buffer.size() == 4);
  CHECK(buffer.space_size() == 2);
  put(buffer, "gh");
  CHECK(buffer.space_size() == 0);
  CHECK(buffer.view() == "cdefgh");
}

TEST_CASE("a buffer that was consumed whole has all its room again") {
  http::Buffer buffer(4);
  put(buffer, "abcd");
  buffer.consume(4);
  CHECK(buffer.space_size() == 4);
  put(buffer, "ef");
  buffer.clear();
  CHECK(buffer.empty());
  CHECK(buffer.space_size() == 4);
}

TEST_CASE("consuming leaves views alone") {
  http::Buffer buffer(8);
  put(buffer, "abcdef");
  const std::string_view view = buffer.view().substr(3);
  buffer.consume(2);
  CHECK(view == "def");
  CHECK(view.data() == buffer.view().data() + 1);
}

TEST_CASE("compacting and growing keep the bytes") {
  http::Buffer buffer(8);
  put(buffer, "abcdefgh");
  buffer.consume(3);
  buffer.compact();
  CHECK(buffer.view() == "defgh");
  CHECK(buffer.space_size() == 3);
  buffer.consume(1);
  buffer.reserve(8);
  CHECK(buffer.capacity() == 8);
  CHECK(buffer.space_size() == 3);
  buffer.reserve(16);
  CHECK(buffer.capacity() == 16);
  CHECK(buffer.view() == "efgh");
  CHECK(buffer.space_size() == 12);
}
