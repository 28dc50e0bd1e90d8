#include "bench/upstream.h"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("heads are counted alike however the stream is cut") {
  const std::string stream = "GET / HTTP/1.1\r\nA: b\r\n\r\nGET /x HTTP/1.1\r\nB: c\r\n\r\n";
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      bench::HeadCounter counter;
      unsigned found = counter.count(stream.substr(0, first));
      found += counter.count(stream.substr(first, second - first));
      found += counter.count(stream.substr(second));
      REQUIRE(found == 2);
    }
  }
}

TEST_CASE("only a whole empty line ends a head") {
  const struct {
    const char* stream;
    unsigned heads;
  } cases[] = {{"", 0},           {"\r\n\r", 0},         {"\r\n\r\n", 1},  {"\n\n", 0},
               {"\r\r\n\r\n", 1}, {"\r\n\r\r\n\r\n", 1}, {"\r\nx\r\n", 0}, {"\r\n\r\n\r\n\r\n", 2}};
  for (const auto& c : cases) {
    CAPTURE(c.stream);
    CHECK(bench::HeadCounter().count(c.stream) == c.heads);
  }
}
