#include "conf/text_file.h"

#include <doctest/doctest.h>

#include <vector>

namespace conf {

using namespace std::string_literals;

TEST_CASE("byte order marks of UTF-8 are no part of a text, however many") {
  const std::string mark = "\xef\xbb\xbf";
  for (const std::string& text : {""s, "x"s, "{}\r\n"s, "\xef\xbb"s, "\xc3\xa9"s}) {
    CAPTURE(text);
    for (const std::string& before : {""s, mark, mark + mark}) {
      std::string bytes = before + text;
      CHECK(mark_size(bytes) == before.size());
      CHECK(to_text(bytes).empty());
      CHECK(bytes == text);
    }
  }
}

TEST_CASE("text in UTF-16 and UTF-32 is named, with its mark and without") {
  struct Case {
    std::string bytes, says;
  };
  for (const Case& c : std::vector<Case>{{"\xff\xfe"s, "is UTF-16 (little-endian)"},
                                         {"\xff\xfe{\0"s, "is UTF-16 (little-endian)"},
                                         {"{\0\"\0"s, "is UTF-16 (little-endian)"},
                                         {"\xfe\xff\0{"s, "is UTF-16 (big-endian)"},
                                         {"\0{\0\""s, "is UTF-16 (big-endian)"},
                                         {"\xff\xfe\0\0{\0\0\0"s, "is UTF-32 (little-endian)"},
                                         {"{\0\0\0"s, "is UTF-32 (little-endian)"},
                                         {"\0\0\xfe\xff\0\0\0{"s, "is UTF-32 (big-endian)"},
                                         {"\0\0\0{"s, "is UTF-32 (big-endian)"}}) {
    std::string bytes = c.bytes;
    CHECK(to_text(bytes) == c.says + ": save it as UTF-8");
    CHECK(bytes == c.bytes);
  }
}

}  // namespace conf
