#include "verify/percent.h"

#include <doctest/doctest.h>

#include <cctype>
#include <string>
#include <vector>

using namespace verify;

TEST_CASE("only letters, digits and - . _ ~ are unreserved") {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool wanted =
        i < 128 && (std::isalnum(i) != 0 || c == '-' || c == '.' || c == '_' || c == '~');
    CAPTURE(i);
    CHECK(is_unreserved(c) == wanted);
  }
}

TEST_CASE("encoding escapes all but unreserved bytes, in upper-case hex") {
  struct Row {
    std::string bytes, encoded;
  };
  const Row rows[] = {
      {"", ""},
      {"abcABC123", "abcABC123"},
      {"-._~", "-._~"},
      {"%", "%25"},
      {"+", "%2B"},
      {"&=*", "%26%3D%2A"},
      {" \n\x7f", "%20%0A%7F"},
      {"\xe3\x80\x81", "%E3%80%81"},
      {std::string("\0\xff", 2), "%00%FF"},
      {"!'()*~", "%21%27%28%29%2A~"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    CHECK(percent_encode(row.bytes) == row.encoded);
    std::string appended = "x";
    percent_encode(row.bytes, appended);
    CHECK(appended == "x" + row.encoded);
  }
}

TEST_CASE("decoding takes both cases of hex, and '+' is a space in forms alone") {
  struct Row {
    std::string text, value, form;
  };
  const Row rows[] = {
      {"", "", ""},
      {"a+b", "a+b", "a b"},
      {"%2B+%2b",
       "++"
       "+",
       "+ +"},
      {"%c3%A9", "\xc3\xa9", "\xc3\xa9"},
      {"%25%32%35", "%25", "%25"},
      {"()*'!~@:;,$[]", "()*'!~@:;,$[]", "()*'!~@:;,$[]"},
      {"a%00b", std::string("a\0b", 3), std::string("a\0b", 3)},
      {"\xe9", "\xe9", "\xe9"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    std::string value = "x";
    CHECK(percent_decode(row.text, value));
    CHECK(value == "x" + row.value);
    std::string form = "x";
    CHECK(form_decode(row.text, form));
    CHECK(form == "x" + row.form);
  }
}

TEST_CASE("a '%' without two hex digits is refused wherever it stands") {
  for (const std::string text : {"%", "%2", "%zz", "%2z", "%z2", "a%", "a%4", "%%41", "%4%41",
                                 "ok%20%", "% 1", "%+1", "%-1"}) {
    CAPTURE(text);
    std::string out;
    CHECK_FALSE(percent_decode(text, out));
    CHECK_FALSE(form_decode(text, out));
    std::vector<char> room(3 * text.size());
    CHECK(percent_recode(text, Plus::Space, room.data()) == nullptr);
  }
}

TEST_CASE("recoding gives what decoding and then encoding gives, for every pair of bytes") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      for (const Plus plus : {Plus::Literal, Plus::Space}) {
        std::string decoded;
        const bool good =
            plus == Plus::Space ? form_decode(text, decoded) : percent_decode(text, decoded);
        char room[6];
        char* const end = percent_recode(text, plus, room);
        REQUIRE((end != nullptr) == good);
        if (good) REQUIRE(std::string(&room[0], end) == percent_encode(decoded));
      }
    }
  }
}
