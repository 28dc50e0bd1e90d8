#include "gateway/routing/routes.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "gateway/routing/path_interpretations.h"
#include "tests/routing/route_cases.h"

using namespace route_cases;

TEST_CASE("exact comes before captures, and captures before the longest wildcard") {
  check(alike({{"/*"},
               {"/api/*"},
               {"/api/{x}"},
               {"/api/email"},
               {"/api/{x}/mail"},
               {"/api/me/{y}"},
               {"/{a}/{b}/deep/*"},
               {"/api/{b}/deep/*"},
               {"/dir/"}}),
        {{"/api/email", "/api/email"},
         {"/api/other", "/api/{x}"},
         {"/api/", "/api/*"},
         {"/api", "/*"},
         {"/api/me/mail", "/api/me/{y}"},
         {"/api/you/mail", "/api/{x}/mail"},
         {"/api/you/male", "/api/*"},
         {"/api/you/deep/er", "/api/{b}/deep/*"},
         {"/one/two/deep/", "/{a}/{b}/deep/*"},
         {"/one/two/deep", "/*"},
         {"/dir/", "/dir/"},
         {"/dir", "/*"},
         {"/", "/*"},
         {"*", "none"}});
}

TEST_CASE("a path that no pattern fits leads nowhere") {
  check({{"/"}, {"/a/{x}"}, {"/b/*"}},
        {{"/", "/"}, {"/a/", "none"}, {"/a", "none"}, {"/a/b/c", "none"}, {"/b", "none"}});
}

TEST_CASE("routes that name the host come before those for all hosts, whatever their paths") {
  const conf::Settings settings = settings_of({{"/api/email", {}, {}},
                                               {"/api/*", {"GET"}, {"a.example", "b.example:8443"}},
                                               {"/only", {}, {"b.example:8443"}}});
  const gateway::routing::RouteTable table(settings);
  CHECK(told(table.match("a.example", "GET", "/api/email")) == "/api/*");
  CHECK(told(table.match("a.example", "POST", "/api/email")) == "405 GET, HEAD");
  CHECK(told(table.match("b.example:8443", "GET", "/api/email")) == "/api/*");
  CHECK(told(table.match("b.example", "GET", "/api/email")) == "/api/email");
  CHECK(told(table.match("b.example:8443", "GET", "/only")) == "/only");
  CHECK(told(table.match("a.example", "GET", "/only")) == "none");
  REQUIRE(table.in_order().size() == 3);
  CHECK(table.in_order()[0]->path.text == "/only");
  CHECK(table.in_order()[2]->path.text == "/api/email");
}

TEST_CASE("a method that the best pattern doesn't allow is never served by a lesser one") {
  const conf::Settings settings = settings_of({{"/a/b", {"GET"}},
                                               {"/a/b", {"DELETE", "PUT"}},
                                               {"/a/{x}", {"POST", "HEAD"}},
                                               {"/a/{y}", {"PUT"}},
                                               {"/*"}});
  const gateway::routing::RouteTable table(settings);
  struct MethodCase {
    std::string method, path;
    Kind kind;
    std::size_t route;
    std::string allow;
  };
  const std::vector<MethodCase> cases = {
      {"GET", "/a/b", Kind::Found, 0, ""},
      {"HEAD", "/a/b", Kind::Found, 0, ""},
      {"PUT", "/a/b", Kind::Found, 1, ""},
      {"POST", "/a/b", Kind::MethodNotAllowed, 0, "GET, HEAD, DELETE, PUT"},
      {"get", "/a/b", Kind::MethodNotAllowed, 0, "GET, HEAD, DELETE, PUT"},
      {"HEAD", "/a/c", Kind::Found, 2, ""},
      {"PUT", "/a/c", Kind::Found, 3, ""},
      {"GET", "/a/c", Kind::MethodNotAllowed, 0, "POST, HEAD, PUT"},
      {"BREW", "/pot", Kind::Found, 4, ""},
  };
  for (const MethodCase& c : cases) {
    CAPTURE(c.method);
    CAPTURE(c.path);
    const Match match = table.match("h", c.method, c.path);
    CHECK(match.kind == c.kind);
    CHECK(match.allow == c.allow);
    if (c.kind == Kind::Found) CHECK(match.route == &settings.routes[c.route]);
  }
}

TEST_CASE("a path is taken if all its readings lead to the same route, else refused") {
  check({{"/api/*"}, {"/api/admin"}, {"/users/{id}"}, {"/users/{id}/mail"}, {"/~joe/*"}},
        {
            {"/api/a%2Fb", "/api/*"},
            {"/api/a%2fb;v=1//c/./d", "/api/*"},
            {"/api/%E2%82%AC%20x", "/api/*"},
            {"/api/100%25", "/api/*"},
            {"/api/..x/.well-known/...", "/api/*"},
            {"/api/x/../y", "/api/*"},
            {"/api/../admin", "ambiguous"},
            {"/api/..", "ambiguous"},
            {"/api/.", "/api/*"},
            {"/api/x/../../", "ambiguous"},
            {"/api/%2e%2e/admin", "ambiguous"},
            {"/api/.%2E%2Fadmin", "ambiguous"},
            {"/api/x%2F..%2f..%2fadmin", "ambiguous"},
            {"/api/..;/admin", "ambiguous"},
            {"/api/..;a=b/x", "ambiguous"},
            {"/api/%2e%2e%3bx/admin", "ambiguous"},
            {"/api/..%5Cadmin", "ambiguous"},
            {"/api/x%5c..%5cadmin", "ambiguous"},
            {"/api/admin", "/api/admin"},
            {"/api//admin", "ambiguous"},
            {"/api/./admin", "ambiguous"},
            {"/api/%61dmin", "ambiguous"},
            {"/api/admin;x", "ambiguous"},
            {"/api/admin%3Bx", "ambiguous"},
            {"/api/admin;x/", "ambiguous"},
            {"//api/admin", "ambiguous"},
            {"/%61pi/x", "ambiguous"},
            {"/users/a%20b", "/users/{id}"},
            {"/users/a;v", "/users/{id}"},
            {"/users/;v", "ambiguous"},
            {"/users/a%2Fmail", "ambiguous"},
            {"/users/a%252Fmail", "ambiguous"},
            {"/users/a%2Fb", "ambiguous"},
            {"/%7Ejoe/x", "ambiguous"},
            {"/nowhere/%20/..", "none"},
            {"/nowhere/../api/x", "ambiguous"},
        });
}

TEST_CASE("readings that differ only in the route for the method are refused too") {
  const conf::Settings settings = settings_of({{"/a/*", {"GET"}}, {"/a/b", {"POST"}}});
  const gateway::routing::RouteTable table(settings);
  CHECK(told(table.match("h", "GET", "/a/%62")) == "ambiguous");
  CHECK(told(table.match("h", "POST", "/a/%62")) == "ambiguous");
  CHECK(told(table.match("h", "PUT", "/a/%62")) == "ambiguous");
  CHECK(told(table.match("h", "PUT", "/a/%63")) == "405 GET, HEAD");
}

TEST_CASE("a pattern that only decoding makes equal to another doesn't borrow its methods") {
  const conf::Settings settings = settings_of({{"/twin%2Fx", {"POST"}}, {"/twin/x", {"GET"}}});
  const gateway::routing::RouteTable table(settings);
  CHECK(told(table.match("h", "POST", "/twin%2Fx")) == "ambiguous");
  CHECK(told(table.match("h", "POST", "/twin/x")) == "405 GET, HEAD");
}

TEST_CASE("patterns with percent-encodings or parameters of their own are found as written") {
  check({{"/caf%C3%A9/{x}"}, {"/a%2Fb"}, {"/m;v=1/x"}, {"/c%20d"}, {"/twin%2Fx"}, {"/twin/x"}},
        {{"/caf%C3%A9/x", "/caf%C3%A9/{x}"},
         {"/caf%C3%A9/x%20y", "/caf%C3%A9/{x}"},
         {"/caf%c3%a9/x", "ambiguous"},
         {"/a%2Fb", "/a%2Fb"},
         {"/a/b", "none"},
         {"/m;v=1/x", "/m;v=1/x"},
         {"/m/x", "none"},
         {"/m;v=2/x", "ambiguous"},
         {"/c%20d", "/c%20d"},
         {"/twin/x", "/twin/x"},
         {"/twin%2Fx", "ambiguous"}});
}

TEST_CASE("a path has one reading exactly when it is called plain") {
  for (const char* path : {"/", "/a", "/a/", "/a.b/..c/d../.e", "/a/...", "*", "/a:b@c,d=e"}) {
    CAPTURE(path);
    CHECK(gateway::routing::form_of(path) != gateway::routing::PathForm::Knotty);
    gateway::routing::PathInterpretations readings(path);
    REQUIRE(readings.next());
    if (std::string(path) != "*") CHECK_FALSE(readings.next());
  }
  for (const char* path : {"//", "/a//b", "/.", "/..", "/a/./b", "/a/../b", "/a/..", "/a;", "/a%41",
                           "/a\\b", "//a", "/a/."}) {
    CAPTURE(path);
    CHECK(gateway::routing::form_of(path) == gateway::routing::PathForm::Knotty);
    gateway::routing::PathInterpretations readings(path);
    CHECK(readings.next());
    CHECK(readings.next());
  }
}

TEST_CASE("readings come in every order and combination, each once") {
  struct ReadingCase {
    std::string path;
    std::vector<std::string> expected;  // sorted
  };
  const std::vector<ReadingCase> cases = {
      {"/a/../b", {"/a/../b", "/b"}},
      {"/a//../b", {"/a/../b", "/a//../b", "/a/b", "/b"}},
      {"/a/..;x/b", {"/a/../b", "/a/..;x/b", "/b"}},
      {"/%2e", {"/", "/%2e", "/."}},
      {"/a%5cb", {"/a%5cb", "/a/b", "/a\\b"}},
      {"/%2525", {"/%", "/%25", "/%2525"}},
      {"/%252525", {"/%25", "/%2525", "/%252525"}},
      {"/%2e%2Fb", {"/%2e%2Fb", "/.%2Fb", "/./b", "/b"}},
      {"/../..", {"/", "/../.."}},
      {"/a/./", {"/a/", "/a/./"}},
      {"/a%3Fb%23c", {"/a", "/a%3Fb%23c", "/a?b#c"}},
  };
  for (const ReadingCase& c : cases) {
    CAPTURE(c.path);
    std::vector<std::string> all;
    gateway::routing::PathInterpretations readings(c.path);
    while (const gateway::routing::PathInterpretation* reading = readings.next())
      all.push_back(reading->path);
    std::sort(all.begin(), all.end());
    CHECK(all == c.expected);
    CHECK_FALSE(readings.too_many());
  }
}

TEST_CASE("a path with more readings than are looked at is refused") {
  struct BoundCase {
    std::string knot;  // repeated until there are too many
    std::size_t length;
    std::size_t bound;
  };
  const std::string knot = "/x;a//..%3b/;/%2e%2e;b/%5c.;%2f/y;c/..;/";
  for (const BoundCase& c :
       {BoundCase{knot, gateway::routing::kLongPath, gateway::routing::kMaxInterpretations},
        BoundCase{knot, gateway::routing::kLongPath + 1,
                  gateway::routing::kMaxInterpretationsOfLong}}) {
    std::string path = "/api";
    while (path.size() < c.length) path += c.knot;
    path.resize(c.length, 'x');
    gateway::routing::PathInterpretations readings(path);
    std::size_t count = 0;
    while (readings.next()) ++count;
    CHECK(readings.too_many());
    CHECK(count == c.bound);
    const conf::Settings settings = settings_of({{"/*"}});
    CHECK(told(gateway::routing::RouteTable(settings).match("h", "GET", path)) == "ambiguous");
  }
}

TEST_CASE("a long path with escapes alone has two readings") {
  std::string path = "/api/";
  while (path.size() <= gateway::routing::kLongPath) path += "%20";
  check({{"/api/*"}}, {{path, "/api/*"}});
}

// The tree must agree with the plain definition: the first in conf::compare()'s order that matches.
TEST_CASE("the table finds what a search through the ordered patterns finds") {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"a", "b", "{x}", "a", "{y}"};
  const std::vector<std::string> ends = {"", "/", "/*", "/a"};
  auto pick = [&random](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  std::vector<std::string> paths = {""};
  for (std::size_t i = 0; i < paths.size() && paths[i].size() < 8; ++i) {
    for (const char* piece : {"/a", "/b", "/c", "/"}) paths.push_back(paths[i] + piece);
  }
  for (int round = 0; round < 200; ++round) {
    std::vector<Given> given;
    while (given.size() < 8) {
      std::string text;
      for (std::size_t n = pick(4); n > 0; --n) {
        std::string piece = pieces[pick(pieces.size())];
        if (piece[0] == '{') piece.insert(2, std::to_string(n));  // no name twice
        text += "/" + piece;
      }
      text += ends[pick(ends.size())];
      if (!text.empty()) given.push_back({text, {}, {}, "u"});  // spelling is not the matter here
    }
    const conf::Settings settings = settings_of(given);
    const gateway::routing::RouteTable table(settings);
    for (const std::string& path : paths) {
      if (path.empty() || gateway::routing::form_of(path) == gateway::routing::PathForm::Knotty)
        continue;
      auto first = std::find_if(table.in_order().begin(), table.in_order().end(),
                                [&](const conf::Route* r) { return conf::matches(r->path, path); });
      const conf::Route* expected = first == table.in_order().end() ? nullptr : *first;
      const conf::Route* found = table.match("h", "GET", path).route;
      CAPTURE(path);
      if (found != expected)
        FAIL_CHECK((found ? found->path.text : "none"), " but ",
                   (expected ? expected->path.text : "none"));
    }
  }
}
