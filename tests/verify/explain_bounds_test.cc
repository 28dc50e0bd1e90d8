// How far explain searches.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/verify/explain.h"
#include "verify/explain_search.h"
#include "verify/explain_slips.h"

using namespace verify;
using namespace verify::testing;

TEST_CASE("two changes are tried up to a length, and beyond it that is said") {
  for (const bool beyond : {false, true}) {
    const std::string start = "POST&http%3A%2F%2Fapi.example.com%2F&" + kOwn + "%26q%3D";
    const std::string here = "POST&" + kHost + "%2F&a%3D1%26" + kOwn + "%26q%3D";
    const std::string value(kMaxPairedBytes - here.size() + (beyond ? 1 : 0), 'x');
    const Case c{.request = {.method = "POST",
                             .target = "/?q=" + value,
                             .authorization = kField,
                             .form = "a=1"},
                 .base = start + value};
    Rules rules = usual_rules();
    if (!beyond) rules.most_work = kMaxWork;
    const Explanation explanation =
        explained(c, signed_with(c.request, percent_encode(signature_of(c))), known_keys(),
                  known_secrets(), rules);
    CHECK(explanation.base_string.size() == kMaxPairedBytes + (beyond ? 1 : 0));
    CHECK(named(explanation) == (beyond ? "nothing" : "http, form_left_out"));
    const auto too_long = [](const std::string& remark) {
      return remark == "The request is too long to try two changes at a time.";
    };
    CHECK(std::count_if(explanation.remarks.begin(), explanation.remarks.end(), too_long) ==
          (beyond ? 1 : 0));
    CHECK(explanation.remarks.empty() == !beyond);
  }
}

TEST_CASE(
    "of a long request one change is looked for up to a bound of work, and beyond it that is "
    "said") {
  const std::string value(kMaxPairedBytes, 'x');
  const Case c{.request = {.method = "POST", .authorization = kField, .form = "q=" + value},
               .base = "POST&" + kHost + "%2F&" + kOwn};
  const Request request = signed_with(c.request, percent_encode(signature_of(c)));
  const auto with = [&](std::size_t work) {
    Rules rules = usual_rules();
    rules.most_work = work;
    return explained(c, request, known_keys(), known_secrets(), rules);
  };
  std::size_t too_little = 0, enough = kMaxWork / 32;
  REQUIRE(named(with(enough)) == "form_left_out");
  while (enough - too_little > 1) {
    const std::size_t middle = too_little + (enough - too_little) / 2;
    (named(with(middle)) == "form_left_out" ? enough : too_little) = middle;
  }
  CHECK(with(enough).remarks.empty());
  const Explanation cut = with(too_little);
  CHECK(named(cut) == "nothing");
  REQUIRE_FALSE(cut.remarks.empty());
  CHECK(cut.remarks.front().find("The search was ended") == 0);
}

TEST_CASE("what one stage had no room to make, the next one makes") {
  const Request request{.target = "/a?b=c&d=e", .authorization = kField};
  const Evidence evidence{.request = request.view()};
  const Recipe right = right_recipe(evidence.request, {});
  std::vector<std::string> made;
  Search whole(right, slips_of(evidence, right, {}), true, kMaxWork);
  whole.find(1, [&made](const std::string& base) {
    made.push_back(base);
    return false;
  });
  REQUIRE_FALSE(whole.cut_short());
  REQUIRE(made.size() > 1);
  std::size_t found_later = 0;
  for (std::size_t work = kMaxWork; work > 1000; work -= work / 8) {
    CAPTURE(work);
    Search search(right, slips_of(evidence, right, {}), true, work);
    const auto find = [&] {
      search.begin_stage();
      return search.find(1, [&made](const std::string& base) { return base == made.back(); });
    };
    const bool at_once = find().has_value();
    const bool cut = search.cut_short();
    const bool later = find().has_value();
    CHECK((at_once || cut));
    CHECK((later || !at_once));
    if (!at_once && later) ++found_later;
  }
  CHECK(found_later > 0);
}

TEST_CASE("parameters are left out one by one up to a bound") {
  std::string query, base;
  for (std::size_t i = 0; i <= kMaxLeftOut; ++i) {
    const std::string name = "p" + std::to_string(100 + i);
    query += (i == 0 ? "" : "&") + name + "=" + std::to_string(i);
  }
  // The five of the header come first.
  for (const std::size_t left_out : {kMaxLeftOut - 6, kMaxLeftOut - 5}) {
    base.clear();
    for (std::size_t i = 0; i <= kMaxLeftOut; ++i) {
      if (i != left_out) base += "%26p" + std::to_string(100 + i) + "%3D" + std::to_string(i);
    }
    const Case c{.request = {.target = "/?" + query, .authorization = kField},
                 .base = "GET&" + kHost + "%2F&" + kOwn + base};
    CHECK(named(explained(c)) == (left_out == kMaxLeftOut - 6 ? "parameter_left_out" : "nothing"));
  }
}
