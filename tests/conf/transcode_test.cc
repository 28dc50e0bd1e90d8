#include "conf/transcode.h"

#include <string>

#include "tests/conf/mistakes.h"

namespace {

std::string screened(std::string_view text) {
  const auto result = conf::screen(text);
  const auto* mistake = std::get_if<conf::Error>(&result);
  return mistake ? conf::to_string("", *mistake).substr(1) : "";
}

const std::string kBare = " a character that can only stand in a quoted string or a comment: ";
const std::string kUtf8 = " a byte that is not UTF-8: ";
const std::string kControl = " a control character: ";

}  // namespace

TEST_CASE("non-ASCII characters stand in quoted strings and comments alone") {
  const std::pair<std::string, std::string> cases[] = {
      {"a = \"\u00e9\"", ""},
      {"a = '\u00e9'", ""},
      {"\"\u00e9\" = 1", ""},
      {"# \u00e9\n", ""},
      {"a = 1 # \u00e9", ""},
      {"a = \"\"\"\n\u00e9\n\"\"\"", ""},
      {"a = '''\n\u00e9'\n'''", ""},
      {"a = \"\\\"\u00e9\"", ""},
      {"a = '\\' # \u00e9", ""},
      {"a = \"#\"\n\u00e9", "2:1:" + kBare + "\\xc3\\xa9"},
      {"\u00e9 = 1", "1:1:" + kBare + "\\xc3\\xa9"},
      {"\u01b7 = 1", "1:1:" + kBare + "\\xc6\\xb7"},
      {"a = \u00e9", "1:5:" + kBare + "\\xc3\\xa9"},
      {"# c\n\u00e9", "2:1:" + kBare + "\\xc3\\xa9"},
      {"a = \"b\" \u2028", "1:9:" + kBare + "\\xe2\\x80\\xa8"},
      {"a = \"\u00e9\" \u00e9", "1:9:" + kBare + "\\xc3\\xa9"},
      {"a = \"\"\u00e9", "1:7:" + kBare + "\\xc3\\xa9"},
      {"a = \"\\\\\"\u00e9", "1:9:" + kBare + "\\xc3\\xa9"},
      {"a = '\\'\u00e9", "1:8:" + kBare + "\\xc3\\xa9"},
      {"a = \"b\n\u00e9", "2:1:" + kBare + "\\xc3\\xa9"},
      {"a = \"\"\"\"\"\"\u00e9", "1:11:" + kBare + "\\xc3\\xa9"},
      {"a = \"\"\"b\"\"\u00e9\"\"\"", ""},
      {"a = \"\"\"b\"\"\"\"\"\u00e9", "1:14:" + kBare + "\\xc3\\xa9"},
      {"a = '''b'''''\u00e9", "1:14:" + kBare + "\\xc3\\xa9"},
      {"a = \"\"\"b\\\"\"\"\u00e9", ""},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(screened(text) == expected);
  }
}

TEST_CASE("a backslash cannot escape a non-ASCII character") {
  CHECK(screened("a = \"\\\u00e9\"") == "1:7: a backslash before \\xc3\\xa9");
  CHECK(screened("a = \"\"\"\\\u00e9\"\"\"") == "1:9: a backslash before \\xc3\\xa9");
  CHECK(screened("a = \"\\\\\u00e9\"") == "");
  CHECK(screened("a = \"\\n\u00e9\"") == "");
  CHECK(screened("a = '\\\u00e9'") == "");
}

TEST_CASE("the parser sees ASCII alone, and what it finds leads back to the file") {
  const std::string text =
      "x = \"X0_0000c3a9 \u00e9\u20ac\" # \u00e9\n'\U0001f600' = '\u00e9'\n\"a\\u00e9\" = 1";
  const auto result = conf::screen(text);
  const auto* screened = std::get_if<conf::Transcoded>(&result);
  REQUIRE(screened);
  CHECK(screened->text() ==
        "x = \"X0_0000c3a9 X1_0000c3a9X1_00e282ac\" # ?\n'X1_f09f9880' = 'X1_0000c3a9'\n"
        "\"a\\u00e9\" = 1");
  CHECK(screened->restored("X1_f09f9880") == "\U0001f600");
  CHECK(screened->restored("XX1_X1_0000c3a9X1_00e282aca") == "XX1_\u00e9\u20aca");
  for (const std::string other : {"", "X1", "X1_", "X1_0000c3", "X1_000000c3", "X1_00000041",
                                  "X1_0000c3A9", "X1_00eda080", "X1_0000000g", "X1_c3a90000"}) {
    CAPTURE(other);
    CHECK(screened->restored(other) == other);
  }
  struct Case {
    conf::Position there;
    std::uint32_t column;
  };
  const Case cases[] = {
      {{1, 5}, 5}, {{1, 18}, 18}, {{1, 29}, 19}, {{1, 40}, 20}, {{1, 45}, 25}, {{2, 1}, 1},
      {{2, 2}, 2}, {{2, 13}, 3},  {{2, 17}, 7},  {{2, 29}, 9},  {{3, 1}, 1},   {{3, 40}, 40},
  };
  for (const auto& [there, column] : cases) {
    CAPTURE(there.line);
    CAPTURE(there.column);
    CHECK(screened->original(there).line == there.line);
    CHECK(screened->original(there).column == column);
  }
}

TEST_CASE("bytes that are not UTF-8 are refused everywhere") {
  const std::pair<std::string, std::string> cases[] = {
      {"\x80", "\\x80"},
      {"\xc2", "\\xc2"},
      {"\xc0\x80", "\\xc0"},
      {"\xc1\xbf", "\\xc1"},
      {"\xe0\x9f\xbf", "\\xe0"},
      {"\xe2\x82", "\\xe2"},
      {"\xed\xa0\x80", "\\xed"},
      {"\xf0\x8f\xbf\xbf", "\\xf0"},
      {"\xf4\x90\x80\x80", "\\xf4"},
      {"\xf5\x80\x80\x80", "\\xf5"},
      {"\xff", "\\xff"},
  };
  for (const auto& [bytes, shown] : cases) {
    CAPTURE(shown);
    CHECK(screened("# " + std::string(bytes)) == "1:3:" + kUtf8 + shown);
    CHECK(screened("a = \"" + std::string(bytes) + "\"") == "1:6:" + kUtf8 + shown);
  }
  for (const std::string text :
       {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(screened("# " + std::string(text)) == "");
  }
}

TEST_CASE("control characters but tab and the end of a line are refused everywhere") {
  for (int byte = 0; byte < 128; ++byte) {
    if ((byte >= ' ' && byte < 127) || byte == '\t' || byte == '\n') continue;
    CAPTURE(byte);
    const char* const digits = "0123456789abcdef";
    const std::string shown = std::string("\\x") + digits[byte / 16] + digits[byte % 16];
    CHECK(screened(std::string("# ") + static_cast<char>(byte)) == "1:3:" + kControl + shown);
    CHECK(screened(std::string("a='") + static_cast<char>(byte)) == "1:4:" + kControl + shown);
  }
  CHECK(screened("# a\tb\r\n\t\n") == "");
}

TEST_CASE("keys cannot be nested without end") {
  const auto dotted = [](int dots) {
    std::string text = "a";
    for (int i = 0; i < dots; ++i) text += ".a";
    return text + " = 1\n";
  };
  CHECK(screened(dotted(64) + dotted(64)) == "");
  CHECK(screened(dotted(65)) == "1:131: too many dots on one line");
  CHECK(screened("a = \"" + std::string(1000, '.') + "\" # " + std::string(1000, '.')) == "");
}
