#include "gateway/routing/spelling.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace {

std::string spelled(std::string_view segment) {
  return std::string(gateway::routing::Spelling(segment).text());
}

}  // namespace

TEST_CASE("segments that careless servers take for one are spelt alike") {
  const std::pair<std::string, std::string> cases[] = {
      {"email", "EMAIL"},
      {"a[b", "A[B"},
      {"email", "email. . "},
      {"email", "email\n"},
      {"caf\u00e9", "CAF\u00c9"},
      {"\u00fe\u00f8", "\u00de\u00d8"},
      {"\u0161\u017e\u0142", "\u0160\u017d\u0141"},
      {"\u03b1\u03c3", "\u0391\u03c2"},
      {"\u0436\u0451", "\u0416\u0401"},
      {"\u0561", "\u0531"},
      {"\u1ea1", "\u1ea0"},
      {"kisa", "\u212aI\u017fa"},
      {"iii", "I\u0130\u0131"},
      {"\uff41", "\uff21"},
  };
  for (const auto& [small, other] : cases) {
    CAPTURE(other);
    CHECK(spelled(small) == small);
    CHECK(spelled(other) == small);
  }
}

TEST_CASE("others are not") {
  for (const char* text : {"", ".", "..", "...", "a.b", " a", "a-b_c", "\u00d7", "\u00f7", "\u4e00",
                           "\xff\xfe", "\xc3", "\xe2\x84", "\xf0\x9f\x98\x80"}) {
    CAPTURE(text);
    CHECK(spelled(text) == text);
  }
  CHECK(spelled(std::string_view("A\0B", 3)) == std::string("a\0b", 3));
}
