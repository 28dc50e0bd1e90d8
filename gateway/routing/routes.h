#pragma once

// Which route a request belongs to. Immutable after construction, hence safe from any thread. Pure.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"

namespace gateway::routing {

struct Match {
  enum class Kind {
    Found,
    NoRoute,           // 404
    MethodNotAllowed,  // 405, with `allow`
    Ambiguous,         // 400: interpretations of the path lead to different routes
  };
  Kind kind = Kind::NoRoute;
  const conf::Route* route = nullptr;  // of the settings given; set when Found
  std::string allow;                   // "GET, HEAD"
};

// What tells a route from others, across starts of the program: its hosts, path and methods.
std::string route_name(const conf::Route& route);

class RouteTable {
 public:
  // `settings` must outlive the table.
  explicit RouteTable(const conf::Settings& settings);

  // `authority` lower-cased without the scheme's default port. Routes that name it come before
  // those for all hosts. Every interpretation of the path that a server might choose
  // (gateway/routing/path_interpretations.h) must lead to the same route. Case, a '/' at the end,
  // and what else some servers don't look at (gateway/routing/spelling.h) count where they lead to
  // a more exact route than the path itself, and that one decides otherwise. The provider's own
  // addresses count as routes here, but are not found. A plain path costs no allocation.
  Match match(std::string_view authority, std::string_view method, std::string_view path) const;

  // In matching order, for `portcullis check`.
  const std::vector<const conf::Route*>& in_order() const { return ordered_; }

 private:
  struct Tables;
  std::vector<const conf::Route*> ordered_;
  std::shared_ptr<const Tables> tables_;
};

}  // namespace gateway::routing
