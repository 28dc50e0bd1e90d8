#include "gateway/routes.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "gateway/readings.h"

// Patterns lie in a tree with one level per segment. Walking it literal before capture meets the
// patterns in the order of conf::compare(), and a lookup costs what the path is long, however many
// routes there are.

namespace gateway {
namespace {

using Routes = std::vector<const conf::Route*>;

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

// `rest` is what follows the slash. Answers the first exact pattern; notes the longest "*" met
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

std::unique_ptr<Node>& child_of(Node& node, const conf::Pattern::Segment& segment,
                                std::string text) {
  return segment.capture ? node.capture : node.literals[std::move(text)];
}

void insert(Node& root, const conf::Route& route, unsigned changes) {
  Node* node = &root;
  for (const conf::Pattern::Segment& segment : route.path.segments) {
    // Decoded, a literal may fall into several segments.
    std::string text = changed(segment.text, segment.capture ? 0 : changes);
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('/', begin), text.size());
      std::unique_ptr<Node>& child = child_of(*node, segment, text.substr(begin, end - begin));
      if (!child) child = std::make_unique<Node>();
      node = child.get();
      begin = end + 1;
    }
  }
  (route.path.wildcard ? node->wildcard : node->exact).push_back(&route);
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
  for (const conf::Route* route : routes) {
    for (const std::string& method : route->methods) {
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

// Where one reading leads.
struct Lead {
  const Routes* routes = nullptr;      // of the best pattern; nullptr: none fits
  const conf::Route* route = nullptr;  // that allows the method; nullptr: none does
  // Patterns that only decoding makes equal share a place: the first of them tells whose it is.
  bool same_as(const Lead& other) const {
    if (!routes || !other.routes) return routes == other.routes;
    return route == other.route && routes->front() == other.routes->front();
  }
};

}  // namespace

std::string route_name(const conf::Route& route) {
  std::string name;
  for (const std::string& host : route.hosts) name += host + ' ';
  name += route.path.text;
  for (const std::string& method : route.methods) name += ' ' + method;
  return name;
}

struct RouteTable::Index {
  std::map<std::string, Node, std::less<>> by_host;
  Node all_hosts;

  void add(const conf::Route& route, unsigned changes) {
    if (route.hosts.empty()) insert(all_hosts, route, changes);
    for (const std::string& host : route.hosts) insert(by_host[host], route, changes);
  }

  Lead lead(std::string_view authority, std::string_view method, std::string_view path) const {
    Lead lead;
    auto host = by_host.find(authority);
    // A host that is listed without a port is meant with any.
    if (host == by_host.end()) host = by_host.find(authority.substr(0, authority.rfind(':')));
    if (host != by_host.end()) lead.routes = lookup(host->second, path);
    if (!lead.routes) lead.routes = lookup(all_hosts, path);
    if (!lead.routes) return lead;
    for (const conf::Route* route : *lead.routes) {
      if (!allows(*route, method)) continue;
      lead.route = route;
      break;
    }
    return lead;
  }
};

RouteTable::RouteTable(const conf::Settings& settings) {
  for (const conf::Route& route : settings.routes) ordered_.push_back(&route);
  std::stable_sort(ordered_.begin(), ordered_.end(), [](const auto* a, const auto* b) {
    if (a->hosts.empty() != b->hosts.empty()) return b->hosts.empty();
    return conf::compare(a->path, b->path) < 0;
  });
  for (unsigned changes = 0; changes < index_.size(); ++changes) {
    auto changes_it = [changes](const conf::Route& route) {
      return changed(route.path.text, changes) != route.path.text;
    };
    if (changes && std::none_of(settings.routes.begin(), settings.routes.end(), changes_it)) {
      index_[changes] = index_[0];
      continue;
    }
    auto index = std::make_shared<Index>();
    for (bool pass : {false, true}) {  // patterns that are so by themselves go first
      for (const conf::Route& route : settings.routes) {
        if (changes_it(route) == pass) index->add(route, changes);
      }
    }
    index_[changes] = std::move(index);
  }
}

Match RouteTable::match(std::string_view authority, std::string_view method,
                        std::string_view path) const {
  const Lead sent = index_[0]->lead(authority, method, path);
  if (!reads_plainly(path)) {
    Readings readings(path);
    while (const PathReading* reading = readings.next()) {
      const Lead other = index_[reading->changes]->lead(authority, method, reading->path);
      if (!other.same_as(sent)) return {Match::Kind::Ambiguous, nullptr, {}};
    }
    if (readings.too_many()) return {Match::Kind::Ambiguous, nullptr, {}};
  }
  if (!sent.routes) return {Match::Kind::NoRoute, nullptr, {}};
  if (!sent.route) return {Match::Kind::MethodNotAllowed, nullptr, allow_of(*sent.routes)};
  return {Match::Kind::Found, sent.route, {}};
}

}  // namespace gateway
