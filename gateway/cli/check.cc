#include "gateway/cli/check.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "conf/load.h"
#include "conf/review.h"
#include "gateway/cli/client_print.h"
#include "gateway/cli/text.h"
#include "gateway/net/json.h"
#include "gateway/pages/pages.h"
#include "gateway/routing/routes.h"

namespace gateway::cli {
namespace {

struct CheckReport {
  std::vector<const conf::Route*> routes;   // of the settings
  std::vector<store::Count> other_schemes;  // of the routes, where that is asked and known
  std::vector<std::string> waiting, warnings;
  std::vector<Trial> trials;
};

std::string_view name(conf::Auth auth) {
  switch (auth) {
    case conf::Auth::Token:
      return "token";
    case conf::Auth::Client:
      return "client";
    case conf::Auth::Optional:
      return "optional";
    case conf::Auth::None:
      return "none";
  }
  return "token";
}

std::string_view name(conf::ErrorStyle style) {
  switch (style) {
    case conf::ErrorStyle::Accept:
      return "accept";
    case conf::ErrorStyle::Form:
      return "form";
    case conf::ErrorStyle::Json:
      return "json";
    case conf::ErrorStyle::ProblemReporting:
      return "problem_reporting";
    case conf::ErrorStyle::Flask:
      return "flask";
  }
  return "accept";
}

std::string_view name(conf::BodyHash hash) {
  return hash == conf::BodyHash::Required ? "required" : "verified";
}

std::vector<std::string> names(const conf::Places& places) {
  std::vector<std::string> out;
  if (places.header) out.emplace_back("header");
  if (places.query) out.emplace_back("query");
  if (places.form) out.emplace_back("form");
  return out;
}

std::string_view name(conf::HostSent host) {
  return host == conf::HostSent::Upstream ? "upstream" : "received";
}

json::array strings(const std::vector<std::string>& words) {
  return json::array(words.begin(), words.end());
}

void print_mistakes(const std::string& file, const std::vector<conf::Error>& mistakes, bool json,
                    Console& console) {
  json::array list;
  for (const conf::Error& mistake : mistakes) {
    console.err << conf::to_string(file, mistake) << '\n';
    list.push_back({{"line", mistake.where.line},
                    {"column", mistake.where.column},
                    {"sentence", mistake.sentence}});
  }
  if (json) print({{"ok", false}, {"mistakes", std::move(list)}}, console.out);
}

// How often the route accepted another scheme's signature, if that is asked and known.
const store::Count* other_scheme(const CheckReport& report, std::size_t route) {
  return report.other_schemes.empty() ? nullptr : &report.other_schemes[route];
}

json::object route_json(const conf::Route& route, const store::Count* other_scheme) {
  json::object out;
  out["hosts"] = strings(route.hosts);
  out["path"] = route.path.text;
  out["methods"] = strings(route.methods);
  out["auth"] = name(route.auth);
  out[route.any_realm ? "realms_any" : "realms"] = strings(route.realms);
  out["upstream"] = route.upstream;
  out["host"] = name(route.host);
  out["signature_methods"] = strings(route.signature_methods);
  out["accept_schemes"] = strings(route.accept_schemes);
  if (other_scheme != nullptr && !route.accept_schemes.empty()) {
    out["other_scheme"] = to_json(*other_scheme);
  }
  out["credentials"] = strings(names(route.credentials));
  out["body_hash"] = name(route.body_hash);
  out["errors"] = name(route.errors);
  out["quirks"] = strings(route.quirks);
  out["header_realm"] = route.header_realm;
  out["pass_authorization"] = route.pass_authorization;
  out["line"] = route.where.line;
  return out;
}

void print_json(const CheckReport& report, bool ok, std::ostream& out) {
  json::object all;
  all["ok"] = ok;
  json::array routes;
  for (std::size_t i = 0; i < report.routes.size(); ++i) {
    routes.push_back(route_json(*report.routes[i], other_scheme(report, i)));
  }
  all["routes"] = std::move(routes);
  all["not_yet_in_effect"] = strings(report.waiting);
  all["warnings"] = strings(report.warnings);
  if (!report.trials.empty()) {
    json::array trials;
    for (const Trial& trial : report.trials) {
      trials.push_back({{"what", trial.what}, {"ok", trial.good}, {"sentence", trial.sentence}});
    }
    all["live"] = std::move(trials);
  }
  print(all, out);
}

std::string realms_text(const conf::Route& route) {
  if (route.realms.size() < 2) return joined(route.realms);
  return (route.any_realm ? "any of " : "all of ") + joined(route.realms);
}

// What else the route says: its keys that are not at their defaults.
std::string settings_text(const conf::Route& route, const store::Count* other_scheme) {
  const conf::Route usual;
  std::string out;
  const auto add = [&out](std::string_view key, std::string_view value) {
    if (!out.empty()) out += ' ';
    out += key;
    out += '=';
    out += value;
  };
  const auto list = [&add](std::string_view key, const std::vector<std::string>& words) {
    std::string value;
    for (const std::string& word : words) value += (value.empty() ? "" : ",") + word;
    if (!words.empty()) add(key, value);
  };
  if (route.host != usual.host) add("host", name(route.host));
  list("signature_methods", route.signature_methods);
  list("accept_schemes", route.accept_schemes);
  if (other_scheme != nullptr && !route.accept_schemes.empty()) {
    out += " (needed " + times_text(*other_scheme) + ')';
  }
  if (route.credentials != usual.credentials) list("credentials", names(route.credentials));
  if (route.body_hash != usual.body_hash) add("body_hash", name(route.body_hash));
  if (route.errors != usual.errors) add("errors", name(route.errors));
  list("quirks", route.quirks);
  if (!route.header_realm.empty()) add("header_realm", '"' + route.header_realm + '"');
  if (route.pass_authorization) add("pass_authorization", "true");
  return out.empty() ? "-" : out;
}

void print_list(std::string_view title, const std::vector<std::string>& lines, std::ostream& out) {
  if (lines.empty()) return;
  out << '\n' << title << ":\n";
  for (const std::string& line : lines) out << "  " << printable(line) << '\n';
}

void print_text(const CheckReport& report, std::ostream& out) {
  Table table({"HOSTS", "PATH", "METHODS", "AUTH", "REALMS", "UPSTREAM", "SETTINGS"});
  for (std::size_t i = 0; i < report.routes.size(); ++i) {
    const conf::Route& route = *report.routes[i];
    table.add({joined(route.hosts, "any"), printable(route.path.text), joined(route.methods, "any"),
               std::string(name(route.auth)), realms_text(route), printable(route.upstream),
               settings_text(route, other_scheme(report, i))});
  }
  table.print(out);
  print_list("Not yet in effect", report.waiting, out);
  print_list("Warnings", report.warnings, out);
  if (report.trials.empty()) return;
  out << "\nLive:\n";
  Table trials({});
  for (const Trial& trial : report.trials) {
    trials.add(
        {trial.good ? "  ok" : "  FAILED", printable(trial.what), printable(trial.sentence)});
  }
  trials.print(out);
}

// Of the operator's own pages, which are read with the configuration.
std::optional<conf::Error> mistake_in_pages(const conf::Provider& provider) {
  const auto pages =
      pages::Pages::load(provider.templates.value_or(""), provider.texts.value_or(""));
  if (pages) return std::nullopt;
  return conf::Error{.where = {}, .sentence = pages.error()};
}

}  // namespace

Outcome<Done> check(const Check& options, Console& console, const net::Clock& clock) {
  const conf::Loaded loaded = conf::load_file(options.config);
  if (const auto* mistakes = std::get_if<std::vector<conf::Error>>(&loaded)) {
    print_mistakes(options.config, *mistakes, options.json, console);
    return Failure(Error{});
  }
  const auto& settings = std::get<conf::Settings>(loaded);
  if (auto mistake = mistake_in_pages(settings.provider)) {
    print_mistakes(options.config, {*std::move(mistake)}, options.json, console);
    return Failure(Error{});
  }
  CheckReport report;
  const routing::RouteTable table(settings);
  report.routes = table.in_order();
  report.waiting = conf::not_yet_in_effect(settings);
  report.warnings = conf::warnings(settings);
  if (options.live) {
    report.trials = try_out(settings, clock.unix_seconds());
    report.other_schemes = other_schemes(settings, report.routes, console);
  }
  const auto failed = std::find_if(report.trials.begin(), report.trials.end(),
                                   [](const Trial& trial) { return !trial.good; });
  const bool ok = failed == report.trials.end();
  if (options.json) {
    print_json(report, ok, console.out);
  } else {
    print_text(report, console.out);
  }
  if (!ok) return refused(failed->what + ": " + failed->sentence);
  return Done{};
}

}  // namespace gateway::cli
