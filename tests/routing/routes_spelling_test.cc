// Paths that careless servers take for those of other routes.

#include <random>
#include <string>
#include <vector>

#include "gateway/routing/path_interpretations.h"
#include "tests/routing/route_cases.h"

using namespace route_cases;

TEST_CASE("text that was encoded twice counts like what it decodes to") {
  check({{"/pub/*"}, {"/x"}, {"/pub/secret"}, {"/files/{name}/admin"}, {"/files/*"}},
        {{"/pub/%252e%252e/x", "ambiguous"},
         {"/pub/%252E%252e%252fx", "ambiguous"},
         {"/pub/%25%32%65%25%32%65/x", "ambiguous"},
         {"/pub/%25252e%25252e/x", "/pub/*"},
         {"/pub/%2573ecret", "ambiguous"},
         {"/pub/secret%253bx", "ambiguous"},
         {"/pub/secret%2500.png", "ambiguous"},
         {"/pub/other%2500.png", "/pub/*"},
         {"/pub/100%2525", "/pub/*"},
         {"/pub/a%252Fb", "/pub/*"},
         {"/files/a%2fb/admin", "ambiguous"},
         {"/files/a%2fb/%61dmin", "ambiguous"},
         {"/files/a%2fb/c", "/files/*"}});
}

TEST_CASE(
    "a decoded '?' or '#' may end the path, as where a proxy decodes it and parses it again") {
  check({{"/api/*"}, {"/api/email"}, {"/"}, {"/*"}, {"/wiki/*"}, {"/wiki/Q%3FA"}},
        {{"/api/email%3Fx", "ambiguous"},
         {"/api/email%3f", "ambiguous"},
         {"/api/email%23/x", "ambiguous"},
         {"/api/email%253Fx", "ambiguous"},
         {"/api/Email%2523", "ambiguous"},
         {"/api/email/%3F", "ambiguous"},
         {"/api/x/..%2femail%3Fx", "ambiguous"},
         {"/api/email%25253Fx", "/api/*"},
         {"/api/other%3Fx", "/api/*"},
         {"/api/%3Fx", "/api/*"},
         {"/%3Fx", "ambiguous"},
         {"/wiki/What%3F", "/wiki/*"},
         {"/wiki/C%23", "/wiki/*"},
         {"/wiki/Q%3FA", "ambiguous"}});
}

TEST_CASE("case and a slash at the end count where they lead to a more exact route") {
  check({{"/api/*"},
         {"/api/email"},
         {"/api/dir/"},
         {"/api/photos/*"},
         {"/api/users/{id}"},
         {"/api/users/me"},
         {"/API/upper"},
         {"/api/caf%C3%A9"}},
        {
            {"/api/", "/api/*"},
            {"/api/email", "/api/email"},
            {"/api/email/", "ambiguous"},
            {"/api/Email", "ambiguous"},
            {"/api/EMAIL/", "ambiguous"},
            {"/api/emails", "/api/*"},
            {"/api/Emails/", "/api/*"},
            {"/api/email//", "ambiguous"},
            {"/api/email/x", "/api/*"},
            {"/api/email;x/", "ambiguous"},
            {"/api/%45mail/", "ambiguous"},
            {"/api/%2545mail", "ambiguous"},
            {"/api/x/../Email", "ambiguous"},
            {"/api/email%2f", "ambiguous"},
            {"/api/Email%2F%2e", "ambiguous"},
            {"/api/dir/", "/api/dir/"},
            {"/api/dir", "ambiguous"},
            {"/api/Dir/", "ambiguous"},
            {"/api/photos/1", "/api/photos/*"},
            {"/api/Photos/1", "ambiguous"},
            {"/api/photos", "ambiguous"},
            {"/api/users/7", "/api/users/{id}"},
            {"/api/users/Bob", "/api/users/{id}"},
            {"/api/users/7/", "ambiguous"},
            {"/api/users/me", "/api/users/me"},
            {"/api/users/Me", "ambiguous"},
            {"/api/USERS/7", "ambiguous"},
            {"/API/upper", "/API/upper"},
            {"/api/upper", "ambiguous"},
            {"/API/email", "none"},
            {"/Api/", "none"},
            // what Windows drops, and what patterns with '$' overlook
            {"/api/email.", "ambiguous"},
            {"/api/email%20", "ambiguous"},
            {"/api/email%0A", "ambiguous"},
            {"/api/Email..%20/", "ambiguous"},
            {"/api/e.mail", "/api/*"},
            {"/api/email.json", "/api/*"},
            // letters beyond ASCII
            {"/api/caf%C3%A9", "/api/caf%C3%A9"},
            {"/api/caf%C3%89", "ambiguous"},
            {"/api/CAF%c3%89/", "ambiguous"},
            {"/api/caf%C3%A8", "/api/*"},
            {"/api/ema%C4%B1l", "ambiguous"},
            {"/api/u%C5%BFers/7", "ambiguous"},
        });
}

TEST_CASE("spelling doesn't count where the routes decide alike, or both are as exact") {
  check({{"/api", {}, {}, "u"},
         {"/api/*", {}, {}, "u"},
         {"/Twin"},
         {"/twin"},
         {"/dir"},
         {"/dir/"},
         {"/n/{a}"},
         {"/n/{a}/"},
         {"/n/{a}/*"}},
        {{"/api", "/api"},
         {"/api/", "/api/*"},
         {"/Twin", "/Twin"},
         {"/twin", "/twin"},
         {"/TWIN", "none"},
         {"/dir", "/dir"},
         {"/dir/", "/dir/"},
         {"/n/1", "/n/{a}"},
         {"/n/1/", "/n/{a}/"},
         {"/n/1/2", "/n/{a}/*"}});
  // The same decision, but not for this method.
  const conf::Settings settings =
      settings_of({{"/a/*", {}, {}, "u"}, {"/a/b", {"POST"}, {}, "u"}, {"/a/b", {"PUT"}}});
  const gateway::routing::RouteTable table(settings);
  CHECK(told(table.match("h", "GET", "/a/B")) == "ambiguous");
  CHECK(told(table.match("h", "POST", "/a/B")) == "/a/*");
  CHECK(told(table.match("h", "PUT", "/a/B")) == "ambiguous");
}

TEST_CASE("another spelling is looked for among the routes of the host, and those for all") {
  const conf::Settings settings = settings_of(
      {{"/*"}, {"/x/*", {}, {"a.example"}}, {"/x/y", {}, {"a.example"}}, {"/x/y", {}, {}, "all"}});
  const gateway::routing::RouteTable table(settings);
  CHECK(told(table.match("a.example", "GET", "/x/Y")) == "ambiguous");
  CHECK(told(table.match("a.example", "GET", "/X/z")) == "ambiguous");
  CHECK(told(table.match("a.example:81", "GET", "/x/y/")) == "ambiguous");
  CHECK(told(table.match("b.example", "GET", "/x/Y")) == "ambiguous");
  CHECK(told(table.match("b.example", "GET", "/X/z")) == "/*");
}

TEST_CASE("a path that some server reads as an address of the provider is refused") {
  conf::Settings settings = settings_of({{"/*"}, {"/*", {}, {"a.example"}}});
  for (const char* path : {"/oauth/authorize/", "/OAuth/Authorize", "/oauth/%61uthorize",
                           "//oauth/authorize", "/oauth/access_token;x", "/x/../oauth/sign_in"}) {
    CAPTURE(path);
    for (const char* host : {"a.example", "b.example"}) {
      settings.provider.enabled = true;
      CHECK(told(gateway::routing::RouteTable(settings).match(host, "GET", path)) == "ambiguous");
      settings.provider.enabled = false;
      CHECK(told(gateway::routing::RouteTable(settings).match(host, "GET", path)) == "/*");
    }
  }
  settings.provider.enabled = true;
  settings.provider.host = "login.example";  // the pages are there, and the API's host has none
  const gateway::routing::RouteTable table(settings);
  CHECK(told(table.match("a.example", "GET", "/oauth/authorize/")) == "/*");
  CHECK(told(table.match("a.example", "GET", "/oauth/access_token/")) == "ambiguous");
}

TEST_CASE("a path is small if no letter is large and no segment ends in what spelling cuts") {
  for (const char* path : {"/a", "/a/b.c/-_~1", "/.a"}) {
    CAPTURE(path);
    CHECK(gateway::routing::form_of(path) == gateway::routing::PathForm::Small);
  }
  for (const char* path : {"/", "/a/", "/A", "/a/bC/d", "/a./b", "/a/b.", "/...", "/Z"}) {
    CAPTURE(path);
    CHECK(gateway::routing::form_of(path) == gateway::routing::PathForm::Plain);
  }
}

// By definition: whatever a server takes for the same path is looked up as if it had been sent.
TEST_CASE("no path leads past a more exact route that another spelling of it leads to") {
  std::mt19937 random(11);
  const auto pick = [&random](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
  };
  const std::vector<std::string> pieces = {"/a", "/A", "/b", "/{x}"};
  const std::vector<std::string> ends = {"", "", "/", "/*"};
  std::vector<std::string> paths = {""};
  for (std::size_t i = 0; i < paths.size() && paths[i].size() < 6; ++i) {
    for (const char* piece : {"/a", "/A", "/b"}) paths.push_back(paths[i] + piece);
  }
  paths.erase(paths.begin());
  const auto without_slash = [](conf::Pattern pattern) {
    if (!pattern.segments.empty() && pattern.segments.back() == conf::Pattern::Segment{}) {
      pattern.segments.pop_back();
    }
    return pattern;
  };
  std::size_t refused = 0, found = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<Given> given;
    for (int n = 0; n < 6; ++n) {
      std::string text;
      for (std::size_t depth = pick(3) + 1; depth > 0; --depth) {
        std::string piece = pieces[pick(pieces.size())];
        if (piece[1] == '{') piece.insert(3, std::to_string(depth));
        text += piece;
      }
      given.push_back({text + ends[pick(ends.size())], {}, {}, std::to_string(n)});
    }
    const conf::Settings settings = settings_of(given);
    const gateway::routing::RouteTable table(settings);
    const auto best = [&table](const std::string& path) -> const conf::Route* {
      for (const conf::Route* route : table.in_order()) {
        if (conf::matches(route->path, path)) return route;
      }
      return nullptr;
    };
    for (const std::string& path : paths) {
      for (const std::string& sent : {path, path + "/"}) {
        const Match match = table.match("h", "GET", sent);
        ++(match.kind == Kind::Ambiguous ? refused : found);
        if (match.kind != Kind::Found) continue;
        for (unsigned flips = 0; flips < 1u << path.size(); ++flips) {
          std::string other = path;
          for (std::size_t i = 0; i < other.size(); ++i) {
            if (flips >> i & 1u && other[i] != '/') other[i] = static_cast<char>(other[i] ^ 0x20);
          }
          for (const std::string& variant : {other, other + "/"}) {
            const conf::Route* route = best(variant);
            if (!route || route == match.route) continue;
            CAPTURE(sent);
            CAPTURE(variant);
            CHECK(conf::compare(without_slash(route->path), without_slash(match.route->path)) >= 0);
          }
        }
      }
    }
  }
  CHECK(refused > 500);
  CHECK(found > 500);
}
