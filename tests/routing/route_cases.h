#pragma once

// Tables of routes, and what a table of paths leads to in them.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/routing/routes.h"

namespace route_cases {

using gateway::routing::Match;
using Kind = gateway::routing::Match::Kind;

struct Given {
  std::string path;
  std::vector<std::string> methods = {};
  std::vector<std::string> hosts = {};
  std::string upstream = {};  // its own, unless given: no two routes decide alike
};

inline conf::Settings settings_of(const std::vector<Given>& routes) {
  conf::Settings settings;
  for (const Given& given : routes) {
    conf::Route route;
    std::string why;
    auto pattern = conf::parse_pattern(given.path, why);
    REQUIRE_MESSAGE(pattern, why);
    route.path = *pattern;
    route.methods = given.methods;
    route.hosts = given.hosts;
    route.upstream = given.upstream.empty() ? "of " + given.path : given.upstream;
    settings.routes.push_back(route);
  }
  return settings;
}

// The pattern found, or how there is none.
inline std::string told(const Match& match) {
  switch (match.kind) {
    case Kind::Found:
      return match.route->path.text;
    case Kind::NoRoute:
      return "none";
    case Kind::MethodNotAllowed:
      return "405 " + match.allow;
    case Kind::Ambiguous:
      return "ambiguous";
  }
  return "?";
}

struct Case {
  std::string path, expected;
};

inline std::vector<Given> alike(std::vector<Given> routes) {
  for (Given& given : routes) given.upstream = "the same";
  return routes;
}

inline void check(const std::vector<Given>& routes, const std::vector<Case>& cases) {
  const conf::Settings settings = settings_of(routes);
  const gateway::routing::RouteTable table(settings);
  for (const Case& c : cases) {
    CAPTURE(c.path);
    CHECK(told(table.match("h", "GET", c.path)) == c.expected);
  }
}

}  // namespace route_cases
