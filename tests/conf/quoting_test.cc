#include "conf/quoting.h"

#include <doctest/doctest.h>

TEST_CASE("what is quoted stays on its line and within its quotes") {
  CHECK(conf::quoted("a b") == "\"a b\"");
  CHECK(conf::quoted("a\"\\") == "\"a\\\"\\\\\"");
  CHECK(conf::quoted("\x1b\n\x7f\xc3\xa9") == "\"\\x1b\\x0a\\x7f\\xc3\\xa9\"");
  CHECK(conf::quoted(std::string(80, 'x')) == "\"" + std::string(80, 'x') + "\"");
  CHECK(conf::quoted(std::string(81, 'x')) == "\"" + std::string(80, 'x') + "...\"");
  CHECK(conf::escaped("a\"\\\t") == "a\"\\\\x09");
}

TEST_CASE("the nearest word is suggested if it is near") {
  const std::vector<std::string_view> known = {"address", "threads", "hosts", "tls"};
  CHECK(conf::nearest("adress", known) == "address");
  CHECK(conf::nearest("theads", known) == "threads");
  CHECK(conf::nearest("htosts", known) == "hosts");
  CHECK(conf::nearest("lts", known) == "tls");
  CHECK(conf::nearest("tsl", known) == "tls");
  CHECK(conf::nearest("x", known) == "");
  CHECK(conf::nearest("", known) == "");
  CHECK(conf::nearest("workers", known) == "");
  CHECK(conf::nearest(std::string(100'000, 'a'), known) == "");
  CHECK(conf::nearest("a", {}) == "");
  CHECK(conf::suggestion("adress", known) == "; did you mean \"address\"?");
  CHECK(conf::suggestion("x", known) == "");
}
