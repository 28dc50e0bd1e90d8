#include "gateway/cli/explain.h"
#include "gateway/http/target.h"

#include <time.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "conf/quoting.h"
#include "gateway/auth/credential_cache.h"
#include "gateway/auth/policy.h"
#include "gateway/cli/text.h"
#include "gateway/net/json.h"
#include "gateway/reply/refusal.h"
#include "gateway/routing/routes.h"
#include "store/floor.h"
#include "verify/claim.h"

namespace gateway::cli {
namespace {

Outcome<Done> check_usage(const Explain& options) {
  if (options.http.has_value() + options.curl.has_value() + options.id.has_value() != 1) {
    return misused(
        "give one of --http FILE, --curl FILE and --id REQUEST-ID, to say which request");
  }
  const bool request_is_input = options.http == "-" || options.curl == "-";
  if (request_is_input && options.base_string == "-") {
    return misused("only one of the two can come from standard input; give the other as a file");
  }
  return Done{};
}

Outcome<Subject> read_subject(const Explain& options, const Place& place, Console& console) {
  if (options.id) return read_kept(*options.id, place);
  const std::string& file = options.http ? *options.http : *options.curl;
  auto text = read_text(file, console);
  if (!text) return text.failure();
  auto request = options.http ? read_http(*text) : read_curl(*text);
  if (!request) {
    return refused("what " + conf::quoted(file) + " holds can't be read: " + request.error());
  }
  Subject out;
  out.request = *std::move(request);
  return out;
}

// As clients print it: perhaps between quotes, and with a line end.
Outcome<std::string> read_base_string(const std::string& file, Console& console) {
  auto text = read_text(file, console);
  if (!text) return text;
  std::string out = *std::move(text);
  while (!out.empty() && std::string_view(" \t\r\n").find(out.back()) != std::string_view::npos) {
    out.pop_back();
  }
  out.erase(0, out.find_first_not_of(" \t\r\n"));
  const bool quoted = out.size() > 1 && (out[0] == '"' || out[0] == '\'') && out.back() == out[0];
  return quoted ? out.substr(1, out.size() - 2) : out;
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7).
std::optional<std::int64_t> parse_date(const std::string* text) {
  if (text == nullptr) return std::nullopt;
  tm parts{};
  const char* const end = strptime(text->c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return timegm(&parts);
}

// A Content-Encoding that a backend may undo, as the gate sees it; empty without one.
std::string_view coding_of(const RequestText& request) {
  for (const auto& [name, value] : request.fields) {
    if (http::same_name(name, "Content-Encoding") && !value.empty() &&
        !http::same_name(value, "identity")) {
      return value;
    }
  }
  return {};
}

// One look at one request, with the URL taken for the one that counts.
class Inspection {
 public:
  Inspection(const Subject& subject, UrlUsed url, const std::optional<std::string>& base_string,
             const Place& place, std::int64_t now)
      : place_(place), now_(now) {
    report_.request = subject.request;
    report_.url = std::move(url);
    report_.base_string = base_string;
    received_ = subject.received ? subject.received : parse_date(subject.request.field("Date"));
    kept_ = subject.kept;
  }

  Outcome<ExplainReport> run() && {
    if (report_.url.refused) {
      report_.causes.push_back(
          {"misdirected", *report_.url.refused + " The gate answers 421 or 400."});
    }
    for (const http::Error& flaw : report_.request.flaws) {
      const reply::Refusal refusal = reply::refusal_of(flaw);
      report_.causes.push_back(
          {std::string(log_word(refusal)), "The gate refuses this message with " +
                                               std::to_string(status_of(refusal, {})) + ": " +
                                               flaw.sentence + '.'});
    }
    find_rules();
    for (Cause& cause : size_causes(report_.request, place_.settings)) {
      report_.causes.push_back(std::move(cause));
    }
    make_evidence();
    check_form_is_clear();
    if (auto done = find_keys(); !done) return done.failure();
    report_.explanation = verify::explain(evidence_, keys_, secrets_, rules_);
    if (kept_) settle(*kept_, report_);
    hide(secrets_, report_);
    return std::move(report_);
  }

 private:
  void find_rules() {
    rules_.now = received_.value_or(now_);
    rules_.now_is_known = received_.has_value();
    http::Target target;
    const bool readable = read_target(target);
    if (!place_.settings) {
      for (int i = 0; i < verify::kMethodCount; ++i) {
        rules_.policy.methods.add(static_cast<verify::Method>(i));
      }
      rules_.policy.enforce_tls = false;
      rules_.requirement.token = false;
      rules_.bounds.authorization_passed_on = true;
      report_.request.remark(
          "Without --config the routes are not known: realms, methods allowed and quirks of routes "
          "were not looked at.");
      return;
    }
    rules_.policy = auth::policy_of(place_.settings->oauth);
    auto early = early_causes(*place_.settings, report_.request);
    std::move(early.begin(), early.end(), std::back_inserter(report_.causes));
    if (readable) find_route(*place_.settings, target);
  }

  bool read_target(http::Target& target) {
    std::string why;
    if (http::parse_target(report_.request.method, report_.url.target, target, why)) return true;
    report_.causes.push_back(
        {"malformed_target", "The gate refuses this target with 400: " + why + '.'});
    return false;
  }

  void find_route(const conf::Settings& settings, const http::Target& target) {
    const std::string& method = report_.request.method;
    if (find_endpoint(settings, target.path)) return;
    const routing::Match match =
        routing::RouteTable(settings).match(report_.url.external.authority, method, target.path);
    switch (match.kind) {
      case routing::Match::Kind::Found:
        return use_route(settings, *match.route);
      case routing::Match::Kind::NoRoute:
        return no_route();
      case routing::Match::Kind::MethodNotAllowed:
        return method_not_allowed("The routes of this path allow " + match.allow);
      case routing::Match::Kind::Ambiguous:
        report_.causes.push_back(
            {"ambiguous_target",
             "Servers could read this path as that of another route: the gate answers 400."});
        return;
    }
  }

  void no_route() {
    report_.causes.push_back({"no_route", "No route is for this path: the gate answers 404."});
  }

  void method_not_allowed(const std::string& which) {
    report_.causes.push_back({"method_not_allowed", which + ": the gate answers 405."});
  }

  // The provider's addresses come before the routes, and alone on the host of its pages.
  bool find_endpoint(const conf::Settings& settings, std::string_view path) {
    const bool pages_only = report_.url.external.pages_only;
    const routing::Endpoints endpoints(settings);
    const auto endpoint = endpoints.find(pages_only, path);
    if (!endpoint) {
      if (pages_only) no_route();
      return pages_only;
    }
    report_.route = "the provider's own, " + endpoints.path(*endpoint);
    if (!endpoints.allows(*endpoint, report_.request.method)) {
      method_not_allowed("This address allows " + std::string(endpoints.allowed(*endpoint)));
    }
    at_provider_ = {*endpoint, settings.oauth.default_callback, rules_.now};
    rules_.bounds = auth::provider_bounds(settings);
    rules_.requirement.token =
        routing::is_signed(*endpoint) && *endpoint != routing::Endpoint::RequestToken;
    if (!routing::is_signed(*endpoint)) {
      report_.request.remark("This is a page for browsers: the gate checks no signature there.");
    }
    return true;
  }

  void use_route(const conf::Settings& settings, const conf::Route& route) {
    route_ = *std::find(settings.routes.begin(), settings.routes.end(), route);
    report_.route = route.path.text + " (line " + std::to_string(route.where.line) + ")";
    rules_.requirement = auth::requirement_of(route_);
    rules_.bounds = auth::bounds_of(route_, settings.limits);
    if (route.auth == conf::Auth::None) {
      report_.request.remark("The route has auth = \"none\": the gate checks no signature there.");
    }
  }

  void make_evidence() {
    const RequestText& request = report_.request;
    const routing::External& external = report_.url.external;
    evidence_.request = {.method = request.method,
                         .scheme = external.scheme,
                         .authority = external.authority,
                         .path_prefix = external.path_prefix,
                         .target = report_.url.target};
    if (const std::string* field = request.field("Authorization")) {
      evidence_.request.authorization = *field;
    }
    if (verify::is_form(request.value_or_empty("Content-Type"))) {
      evidence_.request.form = request.body;
    }
    evidence_.host = request.value_or_empty("Host");
    evidence_.body = request.body;
    for (const char* name : {"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"}) {
      if (evidence_.other_method.empty()) evidence_.other_method = request.value_or_empty(name);
    }
    evidence_.fragment = request.fragment;
    evidence_.members = members_of(request.body);
    evidence_.more_members = more_members_of(request.body);
    evidence_.parts = parts_of(request.value_or_empty("Content-Type"), request.body);
    evidence_.other_urls = report_.url.others;
    if (report_.base_string) evidence_.base_string = *report_.base_string;
  }

  Outcome<Done> find_keys() {
    verify::Workspace workspace;
    const auto claim = verify::read_claim(evidence_.request, rules_.bounds, workspace);
    if (!claim) return Done{};
    report_.client = claim->client;
    report_.signature_method = name(claim->method);
    auto reader = place_.credentials->reader();
    if (!reader) return refused(reader.error());
    const std::string_view token = claim->token.value_or(std::string_view());
    const auto found =
        auth::CredentialCache::read(*reader, claim->client, token, kind_of_token(*claim));
    if (!found) return refused(found.error());
    keys_ = auth::prepare(*found, place_.credentials->dummy_client(), claim->client, token,
                          conf::Headers{}, nullptr)
                ->keys;
    if (found->client_known) {
      report_.client_name = found->client.name;
      for (const auto& one : found->client.secrets) {
        secrets_.client.push_back({one.secret, one.expires});
      }
    }
    if (found->token_known) {
      report_.token_id = store::token_id(token);
      report_.user = found->token.user;
      secrets_.token = found->token.secret;
    }
    check_body_hash_is_there(*claim);
    if (auto done = check_floor(*claim); !done) return done;
    if (!at_provider_ || !found->client_known) return Done{};
    auto causes = provider_causes(*at_provider_, *claim, found->client, *reader);
    if (!causes) return refused(causes.error());
    std::move(causes->begin(), causes->end(), std::back_inserter(report_.causes));
    return Done{};
  }

  auth::CredentialCache::TokenKind kind_of_token(const verify::Claim& claim) const {
    using enum auth::CredentialCache::TokenKind;
    if (!at_provider_ || at_provider_->endpoint != routing::Endpoint::AccessToken) return Access;
    return claim.renews() ? Renewed : Request;
  }

  // As the gate does before it looks at credentials.
  void check_form_is_clear() {
    const RequestText& request = report_.request;
    const std::string_view type = request.value_or_empty("Content-Type");
    const verify::BodyKind kind = verify::body_kind(type);
    if (request.body.empty() || kind == verify::BodyKind::Other) return;
    if (at_provider_ && !routing::is_signed(at_provider_->endpoint)) return;
    if (route_.auth == conf::Auth::None) return;
    std::string at_fault = "Content-Type " + conf::quoted(std::string(type));
    if (kind == verify::BodyKind::Form) {
      const std::string_view coding = coding_of(request);
      if (coding.empty()) return;
      at_fault = "Content-Encoding " + conf::quoted(std::string(coding));
    }
    const auto reason = verify::Reason::FormUnclear;
    report_.causes.push_back(
        {std::string(verify::name(reason)),
         std::string(verify::sentence(reason)) + " It has " + at_fault +
             ": send application/x-www-form-urlencoded, perhaps with a charset such as UTF-8, and "
             "the form as it is."});
  }

  void check_body_hash_is_there(const verify::Claim& claim) {
    if (route_.body_hash != conf::BodyHash::Required || claim.body_hash) return;
    if (evidence_.request.form || evidence_.body.empty()) return;
    const auto reason = verify::Reason::BodyHashAbsent;
    report_.causes.push_back({std::string(verify::name(reason)),
                              std::string(verify::sentence(reason)) +
                                  " Send and sign oauth_body_hash: the route has body_hash = "
                                  "\"required\"."});
  }

  // Of a kept refusal, the reason says whether it was that.
  Outcome<Done> check_floor(const verify::Claim& claim) {
    if (kept_ && kept_->word != verify::name(verify::Reason::TimestampRefused)) return Done{};
    const auto seen = store::see_floor(place_.folder);
    if (!seen) return refused(seen.error());
    auto cause = floor_cause(*seen, claim, now_, rules_.policy.window_past_s);
    if (cause) report_.causes.push_back(*std::move(cause));
    return Done{};
  }

  const Place& place_;
  std::int64_t now_;
  std::optional<KeptReason> kept_;
  std::optional<std::int64_t> received_;
  conf::Route route_;  // what rules_ points into
  std::optional<AtProvider> at_provider_;
  ExplainReport report_;
  verify::Evidence evidence_;
  verify::Keys keys_;
  verify::KnownSecrets secrets_;
  verify::Rules rules_;
};

}  // namespace

Outcome<Done> explain(const Explain& options, Console& console, const net::Clock& clock) {
  if (auto done = check_usage(options); !done) return done;
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  auto subject = read_subject(options, *place, console);
  if (!subject) return subject.failure();
  std::optional<std::string> base_string;
  if (options.base_string) {
    auto read = read_base_string(*options.base_string, console);
    if (!read) return read.failure();
    base_string = *std::move(read);
  }
  const auto look = [&](const UrlUsed& url) {
    return Inspection(*subject, url, base_string, *place, clock.unix_seconds()).run();
  };
  UrlUsed url = subject->url
                    ? *subject->url
                    : choose_url(subject->request, place->settings ? &*place->settings : nullptr);
  auto report = look(url);
  if (!report) return report.failure();
  if (url.scheme_is_a_guess && report->explanation.steps() > 0) {
    // Nothing speaks for either scheme, so that neither is blamed.
    url.external.scheme = "http";
    url.because = "the Host field names it, and http fits the signature better than https";
    auto other = look(url);
    if (!other) return other.failure();
    if (other->explanation.steps() < report->explanation.steps()) report = other;
  }
  if (options.json) {
    print_report_json(*report, console.out);
  } else {
    print_report(*report, console.out);
  }
  if (!report->cause_found()) return Failure(Error{kRefused, ""});
  return Done{};
}

}  // namespace gateway::cli
