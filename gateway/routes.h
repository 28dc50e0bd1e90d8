#pragma once

// Which route a request belongs to. Immutable after construction, hence safe from any thread. Pure.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"

namespace gateway {

// The request target taken apart (RFC 9112 3.2), views into it.
struct Target {
  std::string_view path;       // of origin-form; "*" for asterisk-form
  std::string_view origin;     // path and query as they are signed and forwarded
  std::string_view authority;  // of absolute-form; empty otherwise
  std::string_view scheme;     // of absolute-form, "http" or "https"
};

// False for what a gate must refuse: authority-form, asterisk-form without OPTIONS, user
// information, a fragment, no leading slash, bytes outside the URI grammar except the visible ones
// that real clients leave raw in a query (`[ ] { } < > " | ^ ` \`), invalid or %00
// percent-encodings in the path. `why` gets a sentence.
bool parse_target(std::string_view method, std::string_view target, Target& out, std::string& why);

struct Match {
  enum class Kind {
    Found,
    NoRoute,           // 404
    MethodNotAllowed,  // 405, with `allow`
    Ambiguous,         // 400: readings of the path lead to different routes
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
  // those for all hosts. Every reading of the path that a server might choose (gateway/readings.h)
  // must lead to the same route. Case, a '/' at the end, and what else some servers don't look at
  // (gateway/spelling.h) count where they lead to a more exact route than the path itself, and that
  // one decides otherwise. The provider's own addresses count as routes here, but are not found. A
  // plain path costs no allocation.
  Match match(std::string_view authority, std::string_view method, std::string_view path) const;

  // In matching order, for `portcullis check`.
  const std::vector<const conf::Route*>& in_order() const { return ordered_; }

 private:
  struct Tables;
  std::vector<const conf::Route*> ordered_;
  std::shared_ptr<const Tables> tables_;
};

}  // namespace gateway
