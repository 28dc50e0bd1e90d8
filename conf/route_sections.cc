#include <algorithm>
#include <iterator>

#include "conf/provider_paths.h"
#include "conf/quoting.h"
#include "conf/sections.h"
#include "conf/values.h"

namespace conf {
namespace {

constexpr std::string_view kServer =
    "an http or https URL without path, such as \"http://127.0.0.1:9000\"";
constexpr std::string_view kRealm = "a realm: printable ASCII without spaces, '\"' and '\\'";

std::optional<Url> parse_server(std::string_view text) {
  auto url = parse_url(text);
  return url && url->path.empty() && !url->has_query ? url : std::nullopt;
}

// The tables of [[key]]; anything else under it is a mistake.
std::vector<const Node*> tables(Reader& root, std::string_view key) {
  std::vector<const Node*> out;
  const std::string expected = "tables, each headed [[" + std::string(key) + "]]";
  const Node* list = root.take(key, Node::Kind::Array, expected);
  if (!list) return out;
  for (const Node& item : list->items) {
    if (item.kind == Node::Kind::Table) {
      out.push_back(&item);
    } else {
      root.wrong_item(key, item, "a table headed [[" + std::string(key) + "]]");
    }
  }
  return out;
}

// False if it has no name that a route could use.
bool read_upstream(const Node& node, Settings& settings, Mistakes& mistakes) {
  Reader in(node, "upstream", mistakes);
  Upstream out;
  out.where = node.where;
  in.require("name");
  in.require("servers");
  in.parsed("name", out.name, only(is_token), "a name of letters, digits, '-' and '_'");
  in.parsed_list("servers", out.servers, parse_server, kServer);
  in.not_empty("servers");
  in.finish();
  for (const Upstream& other : settings.upstreams) {
    if (out.name.empty() || other.name != out.name) continue;
    mistakes.add(in.where("name"), "upstream " + quoted(out.name) + " is already on line " +
                                       std::to_string(other.where.line));
    return true;
  }
  settings.upstreams.push_back(out);
  return !out.name.empty();
}

// A route as far as it could be read, and what is certain about it.
struct Draft {
  Route route;
  Position path;          // of the path's value
  bool complete = false;  // hosts, path and methods are as written
};

void read_path(Reader& in, Draft& draft) {
  in.require("path");
  const Node* node = in.take("path", Node::Kind::String, "a path such as \"/api/*\"");
  if (!node) return;
  draft.path = node->where;
  std::string why;
  if (auto pattern = parse_pattern(node->text, why)) {
    draft.route.path = std::move(*pattern);
  } else {
    in.mistakes().add(node->where,
                      in.name("path") + " " + quoted(node->text) + " is no path pattern: " + why);
  }
}

// Each realm must be one that the provider has.
void check_realms(Reader& in, std::string_view key, const std::vector<Realm>& known) {
  const Node* list = in.take(key);
  if (!list) return;
  std::vector<std::string_view> names;
  names.reserve(known.size());
  for (const Realm& realm : known) names.push_back(realm.name);
  for (const Node& item : list->items) {
    if (item.kind != Node::Kind::String || !is_scope_token(item.text) ||
        std::find(names.begin(), names.end(), item.text) != names.end()) {
      continue;
    }
    in.mistakes().add(item.where, in.name(key) + " has " + quoted(item.text) +
                                      ", which oauth.realms lacks" + suggestion(item.text, names));
  }
}

void read_route_realms(Reader& in, Route& out, const Settings& settings, bool realms_are_known) {
  const Node* any = in.take("realms_any");
  const Node* all = in.take("realms");
  in.parsed_list("realms", out.realms, only(is_scope_token), kRealm);
  if (any) {
    out.any_realm = true;
    in.parsed_list("realms_any", out.realms, only(is_scope_token), kRealm);
    in.not_empty("realms_any");
  }
  if (all && any) {
    in.mistakes().add(any->where, "a route has realms or realms_any, not both");
  }
  if (out.auth == Auth::None && !out.realms.empty()) {
    in.mistakes().add((any ? any : all)->where,
                      "a route with auth = \"none\" can't ask for realms");
  }
  if (!realms_are_known) return;
  check_realms(in, "realms", settings.oauth.realms);
  check_realms(in, "realms_any", settings.oauth.realms);
}

void read_route_upstream(Reader& in, Route& out, const Settings& settings,
                         bool upstreams_are_known) {
  in.require("upstream");
  in.parsed("upstream", out.upstream, only(is_token), "the name of an [[upstream]]");
  if (out.upstream.empty() || !upstreams_are_known) return;
  std::vector<std::string_view> names;
  for (const Upstream& upstream : settings.upstreams) names.push_back(upstream.name);
  if (std::find(names.begin(), names.end(), out.upstream) != names.end()) return;
  in.mistakes().add(in.where("upstream"), "no [[upstream]] has the name " + quoted(out.upstream) +
                                              suggestion(out.upstream, names));
}

bool is_place(std::string_view text) {
  return text == "header" || text == "query" || text == "form";
}

void read_credentials(Reader& in, Places& out) {
  constexpr std::string_view kKey = "credentials";
  const Node* node = in.take(kKey);
  if (!node || (node->kind == Node::Kind::String && node->text == "any")) return;
  std::vector<std::string> places;
  if (node->kind == Node::Kind::Array) {
    in.read_items(kKey, *node, places, only(is_place), "\"header\", \"query\" or \"form\"");
    in.not_empty(kKey);
  } else if (node->kind == Node::Kind::String && is_place(node->text)) {
    places.push_back(node->text);
  } else {
    in.wrong(kKey, "\"any\", \"header\", \"query\", \"form\", or a list of the last three");
  }
  const auto has = [&](std::string_view place) {
    return std::find(places.begin(), places.end(), place) != places.end();
  };
  out = {.header = has("header"), .query = has("query"), .form = has("form")};
}

void read_route_verification(Reader& in, Route& out, const OAuth& oauth) {
  in.parsed_list("signature_methods", out.signature_methods, only(is_signature_method),
                 kSignatureMethod);
  in.not_empty("signature_methods");
  for (const std::string& method : out.signature_methods) {
    const auto& all = oauth.signature_methods;
    if (std::find(all.begin(), all.end(), method) != all.end()) continue;
    in.mistakes().add(in.where("signature_methods"), in.name("signature_methods") + " has " +
                                                         quoted(method) +
                                                         ", which oauth.signature_methods lacks");
  }
  in.parsed_list("accept_schemes", out.accept_schemes,
                 only([](std::string_view text) { return text == "http" || text == "https"; }),
                 "\"http\" or \"https\"");
  read_credentials(in, out.credentials);
  in.choice<BodyHash>("body_hash", out.body_hash,
                      {{"verified", BodyHash::Verified}, {"required", BodyHash::Required}});
  in.choice<ErrorStyle>("errors", out.errors,
                        {{"accept", ErrorStyle::Accept},
                         {"form", ErrorStyle::Form},
                         {"json", ErrorStyle::Json},
                         {"problem_reporting", ErrorStyle::ProblemReporting},
                         {"flask", ErrorStyle::Flask}});
  in.parsed_list("quirks", out.quirks, only(is_quirk), kQuirk);
  in.parsed("header_realm", out.header_realm, only(is_realm_name),
            "printable ASCII without '\"' and '\\'");
  if (out.auth != Auth::None) return;
  for (const std::string_view key : {"signature_methods", "accept_schemes", "credentials",
                                     "body_hash", "quirks", "header_realm"}) {
    if (in.take(key)) {
      in.mistakes().add(in.where(key),
                        in.name(key) + " means nothing on a route with auth = \"none\"");
    }
  }
}

Draft read_route(const Node& node, const Settings& settings, bool realms_are_known,
                 bool upstreams_are_known, Mistakes& mistakes) {
  Reader in(node, "route", mistakes);
  Draft draft;
  Route& out = draft.route;
  out.where = node.where;
  const std::size_t before = mistakes.size();
  read_path(in, draft);
  in.parsed_list("hosts", out.hosts, parse_authority,
                 "a host name or address, with a port if clients send one");
  in.parsed_list("methods", out.methods, only(is_method),
                 "an HTTP method in capitals such as \"GET\"");
  draft.complete = mistakes.size() == before;
  in.choice<Auth>("auth", out.auth,
                  {{"token", Auth::Token},
                   {"client", Auth::Client},
                   {"optional", Auth::Optional},
                   {"none", Auth::None}});
  read_route_realms(in, out, settings, realms_are_known);
  read_route_upstream(in, out, settings, upstreams_are_known);
  in.choice<HostSent>("host", out.host,
                      {{"received", HostSent::Received}, {"upstream", HostSent::Upstream}});
  read_route_verification(in, out, settings.oauth);
  in.flag("pass_authorization", out.pass_authorization);
  in.finish();
  return draft;
}

void check_provider(const Draft& draft, const Settings& settings, Mistakes& mistakes) {
  if (!settings.provider.enabled) return;
  for (const auto& [key, path] : provider_paths(settings)) {
    // A route with captures or '*' comes after the provider's exact path, and is let through.
    if (draft.route.path.text != path) continue;
    mistakes.add(draft.path,
                 "route.path " + quoted(path) + " is the provider's own, " + std::string(key));
  }
}

bool hosts_overlap(const Route& a, const Route& b) {
  if (a.hosts.empty() || b.hosts.empty()) return a.hosts.empty() && b.hosts.empty();
  return std::any_of(a.hosts.begin(), a.hosts.end(), [&](const std::string& host) {
    return std::find(b.hosts.begin(), b.hosts.end(), host) != b.hosts.end();
  });
}

bool allows(const Route& route, std::string_view method) {
  const auto has = [&](std::string_view one) {
    return std::find(route.methods.begin(), route.methods.end(), one) != route.methods.end();
  };
  return route.methods.empty() || has(method) || (method == "HEAD" && has("GET"));
}

bool methods_overlap(const Route& a, const Route& b) {
  const auto shares = [](const Route& from, const Route& with) {
    return std::any_of(from.methods.begin(), from.methods.end(),
                       [&](const std::string& method) { return allows(with, method); });
  };
  return (a.methods.empty() && b.methods.empty()) || shares(a, b) || shares(b, a);
}

void check_ties(const std::vector<Draft>& drafts, Mistakes& mistakes) {
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Route& later = drafts[i].route;
      const Route& earlier = drafts[j].route;
      if (!drafts[i].complete || !drafts[j].complete || !tie(later.path, earlier.path) ||
          !hosts_overlap(later, earlier) || !methods_overlap(later, earlier)) {
        continue;
      }
      mistakes.add(drafts[i].path, "route.path " + quoted(later.path.text) + " ties with " +
                                       quoted(earlier.path.text) + " on line " +
                                       std::to_string(drafts[j].path.line) +
                                       ": some requests fit both, and neither is more exact");
      break;
    }
  }
}

}  // namespace

void read_routes(Reader& root, Settings& settings, bool realms_are_known) {
  Mistakes& mistakes = root.mistakes();
  bool upstreams_are_known = true;
  for (const Node* node : tables(root, "upstream")) {
    upstreams_are_known = read_upstream(*node, settings, mistakes) && upstreams_are_known;
  }
  std::vector<Draft> drafts;
  for (const Node* node : tables(root, "route")) {
    drafts.push_back(read_route(*node, settings, realms_are_known, upstreams_are_known, mistakes));
    if (drafts.back().complete) check_provider(drafts.back(), settings, mistakes);
  }
  check_ties(drafts, mistakes);
  for (Draft& draft : drafts) settings.routes.push_back(std::move(draft.route));
}

}  // namespace conf
