#include "conf/screen.h"

#include <string>

#include "tests/conf/mistakes.h"

namespace {

std::string screened(std::string_view text) {
  const auto mistake = conf::screen(text);
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
