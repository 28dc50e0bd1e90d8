#include "conf/values.h"

#include <doctest/doctest.h>

#include <vector>

TEST_CASE("a duration is digits and a unit") {
  const std::pair<std::string, long long> cases[] = {
      {"0s", 0},
      {"500ms", 500},
      {"60s", 60'000},
      {"10m", 600'000},
      {"2h", 7'200'000},
      {"30d", 2'592'000'000},
      {"3650d", 315'360'000'000},
      {"315360000000ms", 315'360'000'000},
  };
  for (const auto& [text, milliseconds] : cases) {
    CAPTURE(text);
    REQUIRE(conf::parse_duration(text));
    CHECK(conf::parse_duration(text)->count() == milliseconds);
  }
  for (const std::string text :
       {"", "s", "60", "60 s", " 60s", "60s ", "-1s", "+1s", "1.5s", "1h30m", "1w", "1S", "1M",
        "3651d", "315360000001ms", "18446744073709551615ms", "18446744073709551616s",
        "99999999999999999999999d", "0x1s"}) {
    CAPTURE(text);
    CHECK_FALSE(conf::parse_duration(text));
  }
}

TEST_CASE("a size is digits and a unit, a rate a size a second") {
  const std::pair<std::string, unsigned long long> cases[] = {
      {"0B", 0},         {"256B", 256},        {"32KiB", 32768},
      {"1MiB", 1048576}, {"1GiB", 1073741824}, {"64TiB", 70368744177664},
  };
  for (const auto& [text, bytes] : cases) {
    CAPTURE(text);
    CHECK(conf::parse_size(text) == bytes);
    CHECK(conf::parse_rate(std::string(text) + "/s") == bytes);
    CHECK_FALSE(conf::parse_rate(text));
  }
  for (const std::string text : {"", "B", "32", "32K", "32KB", "32kib", "1.5GiB", "-1B", "65TiB",
                                 "70368744177665B", "18446744073709551616B", "none", "1B/s"}) {
    CAPTURE(text);
    CHECK_FALSE(conf::parse_size(text));
  }
  for (const std::string text : {"", "/s", "256/s", "256B", "256B/m", "256B/s/s"}) {
    CAPTURE(text);
    CHECK_FALSE(conf::parse_rate(text));
  }
}

TEST_CASE("each kind of name takes exactly its characters") {
  struct Kind {
    bool (*test)(std::string_view);
    std::string_view
        allowed;  // of the printable ASCII characters that are neither letter nor digit
    bool lower;
  };
  const Kind kinds[] = {
      {conf::is_token, "!#$%&'*+-.^_`|~", true},
      {conf::is_method, "!#$%&'*+-.^_`|~", false},
      {conf::is_scope_token, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", true},
      {conf::is_realm_name, " !#$%&'()*+,-./:;<=>?@[]^_`{|}~", true},
  };
  for (const Kind& kind : kinds) {
    CHECK_FALSE(kind.test(""));
    for (int byte = 0; byte < 256; ++byte) {
      CAPTURE(byte);
      const char c = static_cast<char>(byte);
      const bool digit_or_upper = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
      const bool expected = digit_or_upper || (kind.lower && c >= 'a' && c <= 'z') ||
                            kind.allowed.find(c) != std::string_view::npos;
      CHECK(kind.test(std::string(1, c)) == expected);
      CHECK(kind.test(std::string("A") + c) == expected);
    }
  }
}

TEST_CASE("text has no control characters") {
  CHECK(conf::is_text("/etc/portcullis/key.pem"));
  CHECK(conf::is_text("\xc3\xa9"));
  CHECK_FALSE(conf::is_text(""));
  CHECK_FALSE(conf::is_text("a\n"));
  CHECK_FALSE(conf::is_text("a\x7f"));
  CHECK_FALSE(conf::is_text(std::string_view("a\0", 2)));
}

TEST_CASE("a plain path has neither captures nor '*' nor query") {
  CHECK(conf::is_plain_path("/"));
  CHECK(conf::is_plain_path("/oauth/authorize"));
  for (const std::string text : {"", "oauth", "/{x}", "/*", "/a?b", "/a//b", "//a", "/a b"}) {
    CAPTURE(text);
    CHECK_FALSE(conf::is_plain_path(text));
  }
}
