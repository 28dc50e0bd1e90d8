// Points in time as people write them.

#include "gateway/cli/time_text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace cli = gateway::cli;

TEST_CASE("a time in UTC is read to the second and written the same") {
  struct Case {
    std::string text;
    std::int64_t seconds;
  };
  const std::vector<Case> cases{
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59Z", -1},
      {"2000-02-29T12:34:56Z", 951827696},
      {"2030-03-17T17:46:40Z", 1900000000},
      {"2038-01-19T03:14:08Z", 2147483648},
      {"9999-12-31T23:59:59Z", 253402300799},
      {"0000-01-01T00:00:00Z", -62167219200},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(cli::parse_time(c.text) == c.seconds);
    CHECK(cli::format_time(c.seconds) == c.text);
  }
}

TEST_CASE("other spellings of UTC are read, and a fraction is dropped") {
  for (const std::string text :
       {"2030-03-17t17:46:40z", "2030-03-17T17:46:40+00:00", "2030-03-17T17:46:40-00:00",
        "2030-03-17T17:46:40.9Z", "2030-03-17T17:46:40.123456+00:00"}) {
    CAPTURE(text);
    CHECK(cli::parse_time(text) == 1900000000);
  }
}

TEST_CASE("what is no time in UTC is refused") {
  for (const std::string text : {"",
                                 "2030-03-17",
                                 "2030-03-17T17:46:40",
                                 "2030-03-17 17:46:40Z",
                                 "2030-03-17T17:46Z",
                                 "2030-3-17T17:46:40Z",
                                 "2030-02-29T00:00:00Z",
                                 "2030-13-01T00:00:00Z",
                                 "2030-00-01T00:00:00Z",
                                 "2030-01-00T00:00:00Z",
                                 "2030-04-31T00:00:00Z",
                                 "2030-03-17T24:00:00Z",
                                 "2030-03-17T00:60:00Z",
                                 "2030-03-17T00:00:60Z",
                                 "2030-03-17T17:46:40+01:00",
                                 "2030-03-17T17:46:40.Z",
                                 "2030-03-17T17:46:40Zx",
                                 "+030-03-17T17:46:40Z",
                                 "12030-03-17T17:46:40Z",
                                 " 2030-03-17T17:46:40Z",
                                 "30d"}) {
    CAPTURE(text);
    CHECK(!cli::parse_time(text));
  }
}

TEST_CASE("a deadline is a time, or so long from now, rounded up to a second") {
  CHECK(cli::parse_deadline("2030-03-17T17:46:40Z", 5) == 1900000000);
  CHECK(cli::parse_deadline("30d", 100) == 100 + 30 * 86400);
  CHECK(cli::parse_deadline("0s", 100) == 100);
  CHECK(cli::parse_deadline("1ms", 100) == 101);
  CHECK(cli::parse_deadline("1000ms", 100) == 101);
  CHECK(cli::parse_deadline("1001ms", 100) == 102);
  CHECK(!cli::parse_deadline("soon", 100));
  CHECK(!cli::parse_deadline("", 100));
}
