#include "gateway/reply/accept.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_CASE("JSON is preferred when it is named and nothing is wanted more") {
  struct Case {
    std::string accept;
    bool json;
  };
  std::string many;
  for (int i = 0; i < 31; ++i) many += "a/b,";
  for (const Case& c :
       std::vector<Case>{{"", false},
                         {"*/*", false},
                         {"application/*", false},
                         {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false},
                         {"application/json", true},
                         {"Application/Problem+JSON", true},
                         {"application/json, text/plain, */*", true},
                         {"application/json;q=0.5, */*", false},
                         {"application/json;q=0.5, */*;q=0.4", true},
                         {"application/json;charset=utf-8;q=0.9, */*;q=0.8", true},
                         {"application/json;q=0", false},
                         {"application/json;Q=0.001", true},
                         {"application/json;q=0, application/problem+json;q=0.1", true},
                         {"application/x-www-form-urlencoded, application/json", false},
                         {"application/x-www-form-urlencoded;q=0.9, application/json", true},
                         {"application/x-www-form-urlencoded;q=0, */*", true},
                         {"application/*;q=0.5, application/json;q=0.4", false},
                         {"application/json;q=2", false},
                         {"application/json;q=1.0000", false},
                         {"application/json;q=0.x", false},
                         {"application/json;q=.5", false},
                         {"application/json;q=1.5, */*;q=1", false},
                         {"application/json ; q=1.000", true},
                         {",,;q=1,", false},
                         {"application/jsonp", false},
                         {many + "application/json", true},
                         {many + "a/b,application/json", false}}) {
    CAPTURE(c.accept);
    CHECK(gateway::reply::prefers_json(c.accept) == c.json);
  }
}
