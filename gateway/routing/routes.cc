#include "gateway/routing/routes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "conf/provider_paths.h"
#include "gateway/routing/path_interpretations.h"
#include "gateway/routing/spelling.h"

// Patterns lie in a tree with one level per segment. Walking it literal before capture meets the
// patterns in the order of conf::compare(), and a lookup costs what the path is long, however many
// routes there are. A second tree has them as Spelling has their literals.

namespace gateway::routing {
namespace {

// Whether a path of a route may be, in another spelling, one of a more exact route.
enum class Misread : std::uint8_t {
  Never,
  BySpelling,  // but if it is PathForm::Small already, it is what it is
  BySlash,     // also by one more at its end
};

// A route, and what is to be known of it before requests come.
struct Known {
  const conf::Route* route = nullptr;
  conf::Pattern spelled;     // its path without what spelling can change
  bool own = false;          // an address of the provider, which comes before all routes
  std::size_t decision = 0;  // equal: what is done to a request of either is the same
  std::size_t rank = 0;      // less: more exact; equal if only spelling tells the two apart
  Misread misread = Misread::Never;
};
using Routes = std::vector<const Known*>;

struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> capture;
  Routes exact;     // of the pattern that ends here
  Routes wildcard;  // of the pattern that goes on with "*"
};

struct Deepest {
  const Routes* routes = nullptr;
  std::size_t depth = 0;
};

// `rest` is what follows the slash. Returns the first exact pattern; notes the longest "*" met
// until then.
const Routes* walk(const Node& node, std::string_view rest, std::size_t depth, Deepest& deepest) {
  if (!node.wildcard.empty() && (!deepest.routes || depth > deepest.depth)) {
    deepest = {&node.wildcard, depth};
  }
  const std::size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  const auto literal = node.literals.find(segment);
  for (const Node* child : {literal == node.literals.end() ? nullptr : literal->second.get(),
                            segment.empty() ? nullptr : node.capture.get()}) {
    if (!child) continue;
    if (slash == std::string_view::npos) {
      if (!child->exact.empty()) return &child->exact;
    } else if (const Routes* found = walk(*child, rest.substr(slash + 1), depth + 1, deepest)) {
      return found;
    }
  }
  return nullptr;
}

const Routes* lookup(const Node& root, std::string_view path) {
  if (!path.starts_with('/')) return nullptr;
  Deepest deepest;
  const Routes* exact = walk(root, path.substr(1), 0, deepest);
  return exact ? exact : deepest.routes;
}

// The segments of a pattern after `changes`; decoded, a literal may fall into several.
std::vector<conf::Pattern::Segment> segments_of(const conf::Pattern& pattern, unsigned changes) {
  std::vector<conf::Pattern::Segment> out;
  for (const conf::Pattern::Segment& segment : pattern.segments) {
    const std::string text = changed(segment.text, segment.capture ? 0 : changes);
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('/', begin), text.size());
      out.push_back({segment.capture, text.substr(begin, end - begin)});
      begin = end + 1;
    }
  }
  return out;
}

// The same without what spelling can change.
std::vector<conf::Pattern::Segment> spelled_segments(const conf::Pattern& pattern,
                                                     unsigned changes) {
  std::vector<conf::Pattern::Segment> out = segments_of(pattern, changes);
  if (!out.empty() && !out.back().capture && out.back().text.empty()) out.pop_back();
  for (conf::Pattern::Segment& segment : out) {
    if (!segment.capture) segment.text = std::string(Spelling(segment.text).text());
  }
  return out;
}

void insert(Node& root, const Known& known, const std::vector<conf::Pattern::Segment>& segments) {
  Node* node = &root;
  for (const conf::Pattern::Segment& segment : segments) {
    std::unique_ptr<Node>& child = segment.capture ? node->capture : node->literals[segment.text];
    if (!child) child = std::make_unique<Node>();
    node = child.get();
  }
  (known.route->path.wildcard ? node->wildcard : node->exact).push_back(&known);
}

bool names(const std::vector<std::string>& methods, std::string_view method) {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool allows(const conf::Route& route, std::string_view method) {
  return route.methods.empty() || names(route.methods, method) ||
         (method == "HEAD" && names(route.methods, "GET"));
}

std::string allow_of(const Routes& routes) {
  std::vector<std::string> all;
  auto add = [&all](const std::string& method) {
    if (!names(all, method)) all.push_back(method);
  };
  for (const Known* known : routes) {
    for (const std::string& method : known->route->methods) {
      add(method);
      if (method == "GET") add("HEAD");
    }
  }
  std::string out;
  for (const std::string& method : all) {
    if (!out.empty()) out += ", ";
    out += method;
  }
  return out;
}

// Where one interpretation leads.
struct Lead {
  const Routes* routes = nullptr;  // of the best pattern; nullptr: none fits
  const Known* route = nullptr;    // that allows the method; nullptr: none does
  // Patterns that only decoding makes equal share a place: the first of them tells whose it is.
  bool same_as(const Lead& other) const {
    if (!routes || !other.routes) return routes == other.routes;
    return route == other.route && routes->front() == other.routes->front();
  }
};

// Whether one of `routes` is more exact than `sent` and would do something else.
bool decide_otherwise(const Routes& routes, std::string_view method, const Known& sent) {
  bool more_exact = false, allowed = false;
  for (const Known* known : routes) {
    if (known->rank >= sent.rank) continue;
    more_exact = true;
    if (!allows(*known->route, method)) continue;
    allowed = true;
    if (known->decision != sent.decision) return true;
  }
  return more_exact && !allowed;
}

// Looks through all patterns of a tree of spellings that fit. `rest` is what follows the slash;
// nothing: all segments were taken.
bool misreads(const Node& node, std::optional<std::string_view> rest, std::string_view method,
              const Known& sent) {
  if (decide_otherwise(node.wildcard, method, sent)) return true;
  if (!rest) return decide_otherwise(node.exact, method, sent);
  const std::size_t slash = rest->find('/');
  const std::string_view segment = rest->substr(0, slash);
  rest = slash == std::string_view::npos ? std::nullopt : std::optional(rest->substr(slash + 1));
  const Spelling spelling(segment);
  const auto literal = node.literals.find(spelling.text());
  if (literal != node.literals.end() && misreads(*literal->second, rest, method, sent)) return true;
  return node.capture && !segment.empty() && misreads(*node.capture, rest, method, sent);
}

bool misreads(const Node& root, std::string_view path, std::string_view method, const Known& sent) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  if (path.empty()) return misreads(root, std::nullopt, method, sent);
  if (path.ends_with('/')) path.remove_suffix(1);
  return misreads(root, std::optional(path), method, sent);
}

// The routes of one host, or those for all.
struct Trees {
  Node as_written, as_spelled;
  void add(const Known& known, unsigned changes) {
    insert(as_written, known, segments_of(known.route->path, changes));
    insert(as_spelled, known, spelled_segments(known.route->path, changes));
  }
};

// The patterns after one kind of changes.
struct Index {
  std::map<std::string, Trees, std::less<>> by_host;
  Trees all_hosts;

  const Trees* of_host(std::string_view authority) const {
    auto host = by_host.find(authority);
    // A host that is listed without a port is meant with any.
    if (host == by_host.end()) host = by_host.find(authority.substr(0, authority.rfind(':')));
    return host == by_host.end() ? nullptr : &host->second;
  }

  Lead lead(std::string_view authority, std::string_view method, std::string_view path) const {
    Lead lead;
    const Trees* host = of_host(authority);
    if (host) lead.routes = lookup(host->as_written, path);
    if (!lead.routes) lead.routes = lookup(all_hosts.as_written, path);
    if (!lead.routes) return lead;
    for (const Known* known : *lead.routes) {
      if (!allows(*known->route, method)) continue;
      lead.route = known;
      break;
    }
    return lead;
  }

  bool misread(std::string_view authority, std::string_view method, std::string_view path,
               const Known& sent) const {
    const Trees* host = of_host(authority);
    if (host && misreads(host->as_spelled, path, method, sent)) return true;
    return misreads(all_hosts.as_spelled, path, method, sent);
  }
};

// Routes alike but for where they are.
conf::Route decision_of(conf::Route route) {
  route.path = {};
  route.hosts.clear();
  route.methods.clear();
  return route;
}

// The order of the routes, by what spelling leaves of their patterns.
bool more_exact(const Known& a, const Known& b) {
  if (a.own != b.own) return a.own;
  if (a.route->hosts.empty() != b.route->hosts.empty()) return b.route->hosts.empty();
  return conf::compare(a.spelled, b.spelled) < 0;
}

// Some path fits both, if spelling doesn't count.
bool overlap(const conf::Pattern& a, const conf::Pattern& b) {
  const std::size_t common = std::min(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto &one = a.segments[i], &other = b.segments[i];
    if (!one.capture && !other.capture && one.text != other.text) return false;
  }
  if (a.segments.size() == b.segments.size()) return true;
  return a.segments.size() < b.segments.size() ? a.wildcard : b.wildcard;
}

}  // namespace

std::string route_name(const conf::Route& route) {
  std::string name;
  for (const std::string& host : route.hosts) name += host + ' ';
  name += route.path.text;
  for (const std::string& method : route.methods) name += ' ' + method;
  return name;
}

struct RouteTable::Tables {
  std::vector<conf::Route> own;
  std::vector<Known> all;
  std::array<std::shared_ptr<const Index>, kAllChanges>
      index;  // by the changes of an interpretation

  explicit Tables(const conf::Settings& settings) {
    add_own(settings);
    for (const conf::Route& route : own) all.push_back({.route = &route, .own = true});
    for (const conf::Route& route : settings.routes) all.push_back({.route = &route});
    judge();
    for (unsigned changes = 0; changes < kAllChanges; ++changes) add_index(changes);
  }

  // Where the provider has a host for its pages, those are not addresses of the API's host.
  void add_own(const conf::Settings& settings) {
    if (!settings.provider.enabled) return;
    const conf::OAuth& oauth = settings.oauth;
    for (const auto& [key, path] : conf::provider_paths(settings)) {
      const bool is_signed = path == oauth.request_token_path || path == oauth.access_token_path ||
                             path == settings.provider.revoke_path;
      std::string why;
      auto pattern = conf::parse_pattern(path, why);
      if (!pattern || (settings.provider.host && !is_signed)) continue;
      own.emplace_back().path = *std::move(pattern);
    }
  }

  void judge() {
    std::vector<conf::Route> decisions;
    std::vector<Known*> ordered;
    for (Known& known : all) {
      known.spelled = {.segments = spelled_segments(known.route->path, 0),
                       .wildcard = known.route->path.wildcard};
      const conf::Route decision = decision_of(*known.route);
      const auto found = std::find(decisions.begin(), decisions.end(), decision);
      known.decision = static_cast<std::size_t>(found - decisions.begin());
      if (found == decisions.end()) decisions.push_back(decision);
      ordered.push_back(&known);
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const Known* a, const Known* b) { return more_exact(*a, *b); });
    for (std::size_t i = 1; i < ordered.size(); ++i) {
      const std::size_t before = ordered[i - 1]->rank;
      ordered[i]->rank = more_exact(*ordered[i - 1], *ordered[i]) ? before + 1 : before;
    }
    for (Known& known : all) {
      for (const Known& other : all) known.misread = std::max(known.misread, misread(known, other));
    }
  }

  static Misread misread(const Known& known, const Known& other) {
    const bool differs = other.decision != known.decision || !other.route->methods.empty();
    if (other.rank >= known.rank || !differs || !overlap(known.spelled, other.spelled)) {
      return Misread::Never;
    }
    // The other's paths are Small themselves: one that is would have led to it at once.
    const bool small =
        !other.spelled.wildcard && other.spelled.segments == segments_of(other.route->path, 0);
    return small ? Misread::BySpelling : Misread::BySlash;
  }

  void add_index(unsigned changes) {
    const auto changes_it = [changes](const Known& known) {
      return changed(known.route->path.text, changes) != known.route->path.text;
    };
    if (changes && std::none_of(all.begin(), all.end(), changes_it)) {
      index[changes] = index[0];
      return;
    }
    auto made = std::make_shared<Index>();
    for (const Known& known : all) {
      for (const std::string& host : known.route->hosts) made->by_host[host];
    }
    for (const bool pass : {false, true}) {  // patterns that are so by themselves go first
      for (const Known& known : all) {
        if (changes_it(known) == pass) add(*made, known, changes);
      }
    }
    index[changes] = std::move(made);
  }

  static void add(Index& to, const Known& known, unsigned changes) {
    if (known.route->hosts.empty()) to.all_hosts.add(known, changes);
    for (const std::string& host : known.route->hosts) to.by_host[host].add(known, changes);
    if (!known.own) return;
    for (auto& [host, trees] : to.by_host) trees.add(known, changes);
  }
};

RouteTable::RouteTable(const conf::Settings& settings)
    : tables_(std::make_shared<Tables>(settings)) {
  for (const conf::Route& route : settings.routes) ordered_.push_back(&route);
  std::stable_sort(ordered_.begin(), ordered_.end(), [](const auto* a, const auto* b) {
    if (a->hosts.empty() != b->hosts.empty()) return b->hosts.empty();
    return conf::compare(a->path, b->path) < 0;
  });
}

Match RouteTable::match(std::string_view authority, std::string_view method,
                        std::string_view path) const {
  const auto& index = tables_->index;
  const Lead sent = index[0]->lead(authority, method, path);
  const auto ambiguous = [] { return Match{Match::Kind::Ambiguous, nullptr, {}}; };
  const PathForm form = form_of(path);
  if (form == PathForm::Knotty) {
    PathInterpretations readings(path);
    while (const PathInterpretation* reading = readings.next()) {
      const Index& read = *index[reading->changes];
      if (!read.lead(authority, method, reading->path).same_as(sent)) return ambiguous();
      if (sent.route && read.misread(authority, method, reading->path, *sent.route)) {
        return ambiguous();
      }
    }
    if (readings.too_many()) return ambiguous();
  } else if (sent.route && sent.route->misread != Misread::Never &&
             (form == PathForm::Plain || sent.route->misread == Misread::BySlash) &&
             index[0]->misread(authority, method, path, *sent.route)) {
    return ambiguous();
  }
  if (!sent.routes || sent.routes->front()->own) return {Match::Kind::NoRoute, nullptr, {}};
  if (!sent.route) return {Match::Kind::MethodNotAllowed, nullptr, allow_of(*sent.routes)};
  return {Match::Kind::Found, sent.route->route, {}};
}

}  // namespace gateway::routing
