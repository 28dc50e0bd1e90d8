// Text for terminals and shells.

#include "gateway/cli/text.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

namespace cli = gateway::cli;

TEST_CASE("what could steer a terminal is shown as bytes, all else as it is") {
  struct Case {
    std::string bytes, shown;
  };
  const std::vector<Case> cases{
      {"", ""},
      {"a b~", "a b~"},
      {"\x1f", "\\x1f"},
      {" ", " "},
      {"\x1b[2J", "\\x1b[2J"},
      {"a\nb", "a\\x0ab"},
      {"\x7f", "\\x7f"},
      {"\\x1b", "\\x5cx1b"},
      {"J\xc3\xbcrgen", "J\xc3\xbcrgen"},
      {"\xc2\x9b"
       "2J",
       "\\xc2\\x9b2J"},
      {"\xc2\xa0", "\xc2\xa0"},
      {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
      {"\xe2\x80\xaf", "\xe2\x80\xaf"},
      {"\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91"},
      {"\xff", "\\xff"},
      {"\xc0\xaf", "\\xc0\\xaf"},
      {"\xe0\x80\x80", "\\xe0\\x80\\x80"},
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
      {"\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd"},
      {"a\xc3", "a\\xc3"},
      {"\xe2\x82", "\\xe2\\x82"},
      {std::string("a\0b", 3), "a\\x00b"},
      {"\xc2\xad", "\\xc2\\xad"},
      {"\xe3\x85\xa4", "\\xe3\\x85\\xa4"},
      {"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"},
      {"\xef\xb8\x8f", "\\xef\\xb8\\x8f"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.shown);
    CHECK(cli::printable(c.bytes) == c.shown);
  }
}

TEST_CASE("columns are as wide as their longest text, counted in characters") {
  cli::Table table({"KEY", "NAME", "STATE"});
  table.add({"K", "J\xc3\xbcrgen", "enabled"});
  table.add({"longest", "x", "off"});
  std::ostringstream out;
  table.print(out);
  CHECK(out.str() ==
        "KEY      NAME    STATE\n"
        "K        J\xc3\xbcrgen  enabled\n"
        "longest  x       off\n");
}

TEST_CASE("what is too wide is cut, but for the last column and where there is no header") {
  const std::string widest(cli::Table::kWidestCell, 'x'), over = widest + 'x';
  const std::string accents = [] {
    std::string out;
    for (std::size_t i = 0; i <= cli::Table::kWidestCell; ++i) out += "\xc3\xa9";
    return out;
  }();
  const auto printed = [](std::vector<std::string> header, const std::vector<std::string>& row) {
    cli::Table table(std::move(header));
    table.add(row);
    std::ostringstream out;
    table.print(out);
    const std::string all = out.str();
    return all.substr(all.rfind('\n', all.size() - 2) + 1);
  };
  const std::string cut = widest.substr(3) + "...";
  CHECK(printed({"A", "B"}, {widest, over}) == widest + "  " + over + "\n");
  CHECK(printed({"A", "B"}, {over, "y"}) == cut + "  y\n");
  CHECK(printed({"A", "B"}, {accents.substr(2), "y"}) == accents.substr(2) + "  y\n");
  CHECK(printed({"A", "B"}, {accents, "y"}) == accents.substr(8) + "...  y\n");
  CHECK(printed({}, {over, "y"}) == over + "  y\n");
}

TEST_CASE("a table without header and rows prints nothing") {
  std::ostringstream out;
  cli::Table({}).print(out);
  CHECK(out.str().empty());
}

TEST_CASE("words are joined by commas, and none of them is a dash") {
  CHECK(cli::joined({}) == "-");
  CHECK(cli::joined({}, "any") == "any");
  CHECK(cli::joined({"a"}) == "a");
  CHECK(cli::joined({"a", "b\x01"}) == "a, b\\x01");
}

TEST_CASE("a shell reads back what was quoted for it") {
  struct Case {
    std::string bytes, quoted;
  };
  const std::vector<Case> cases{
      {"GET", "GET"},
      {"", "''"},
      {"a b", "'a b'"},
      {"http://127.0.0.1:1/a,b", "http://127.0.0.1:1/a,b"},
      {"http://h/?a=1&b=$(x)", "'http://h/?a=1&b=$(x)'"},
      {"it's", "'it'\\''s'"},
      {"~", "'~'"},
      {"a\nb", "'a\nb'"},
  };
  for (const Case& c : cases) CHECK(cli::shell_quoted(c.bytes) == c.quoted);
}
