#include "conf/review.h"

#include <algorithm>

#include "conf/quoting.h"

namespace conf {
namespace {

bool is_loopback(const Address& address) {
  return address.host.starts_with("127.") || address.host == "::1" ||
         address.host.starts_with("::ffff:127.");
}

bool has_https_url(const Listen& listen) {
  return std::any_of(listen.external_url.begin(), listen.external_url.end(),
                     [](const Url& url) { return url.scheme == "https"; });
}

// The authorities that are accepted at all; empty: any.
std::vector<std::string> accepted(const Listen& listen) {
  if (listen.external_url.empty()) return listen.hosts;
  std::vector<std::string> out;
  for (const Url& url : listen.external_url) out.push_back(url.authority());
  return out;
}

void review_listen(const Settings& settings, std::vector<std::string>& out) {
  const Listen& listen = settings.listen;
  const bool reached = !is_loopback(listen.address) || !listen.trusted_proxies.empty();
  if (listen.external_url.empty() && listen.hosts.empty() && reached) {
    out.emplace_back(
        "neither listen.external_url nor listen.hosts is set: whatever Host a client sends is "
        "believed");
  }
  if (!listen.external_url.empty() && !listen.hosts.empty()) {
    out.emplace_back("listen.hosts has no effect beside listen.external_url");
  }
  if (settings.oauth.enforce_tls && !listen.tls && !has_https_url(listen) &&
      listen.trusted_proxies.empty()) {
    out.emplace_back(
        "oauth.enforce_tls is on, but no request can come over https: set listen.tls, an https "
        "listen.external_url or listen.trusted_proxies");
  }
  const std::vector<std::string>& methods = settings.oauth.signature_methods;
  if (!settings.oauth.enforce_tls &&
      std::find(methods.begin(), methods.end(), "PLAINTEXT") != methods.end()) {
    out.emplace_back(
        "oauth.signature_methods has \"PLAINTEXT\" and oauth.enforce_tls is off: secrets travel "
        "as they are over plain HTTP");
  }
  for (const Cidr& block : listen.trusted_proxies) {
    const bool every_ipv4 = block == parse_cidr("0.0.0.0/0");
    if (block.bits != 0 && !every_ipv4) continue;
    out.push_back("listen.trusted_proxies has " + quoted(every_ipv4 ? "0.0.0.0/0" : "::/0") +
                  ": every client can say what it likes about itself");
  }
  if (!is_loopback(settings.admin.address)) {
    out.emplace_back(
        "admin.address is not a loopback address: metrics and health are open to others");
  }
}

bool is_this_machine(const Url& url) {
  return url.host == "localhost" || url.host.starts_with("127.") || url.host == "[::1]";
}

// Whose failed sign-ins are counted by address must be told apart by it.
void review_addresses(const Settings& settings, std::vector<std::string>& out) {
  const Listen& listen = settings.listen;
  const bool signs_in = settings.provider.enabled && settings.login.mode == LoginMode::Local;
  if (!signs_in || !listen.trusted_proxies.empty()) return;
  const bool named = std::any_of(listen.external_url.begin(), listen.external_url.end(),
                                 [](const Url& url) { return !is_this_machine(url); });
  std::string why;
  if (has_https_url(listen) && !listen.tls) {
    why =
        "listen.external_url is https and listen.tls is absent, so that something in front ends "
        "TLS";
  } else if (named && is_loopback(listen.address)) {
    why =
        "listen.address is a loopback address and listen.external_url another machine's, so that "
        "something on this machine passes requests on";
  } else {
    return;
  }
  out.push_back(why +
                ", and listen.trusted_proxies does not name it: failed sign-ins are counted by "
                "user name alone, and the log has its address for everybody's");
}

void review_login(const Settings& settings, std::vector<std::string>& out) {
  const auto& sign_in = settings.login.sign_in_url;
  if (settings.login.mode != LoginMode::App || !settings.provider.host) return;
  if (!sign_in || !sign_in->starts_with('/')) return;
  out.push_back(
      "login.sign_in_url is a path, and at provider.host there is nothing but the gate's "
      "own pages: give it as a whole URL");
}

// The schemes that the external URL of a request can have.
std::vector<std::string> possible_schemes(const Listen& listen) {
  std::vector<std::string> out;
  for (const Url& url : listen.external_url) out.push_back(url.scheme);
  if (!out.empty()) return out;
  if (!listen.trusted_proxies.empty()) return {"http", "https"};
  return {listen.tls ? "https" : "http"};
}

void review_schemes(const Route& route, const std::vector<std::string>& possible,
                    std::vector<std::string>& out) {
  for (const std::string& scheme : route.accept_schemes) {
    if (std::any_of(possible.begin(), possible.end(),
                    [&](const std::string& other) { return other != scheme; })) {
      continue;
    }
    out.push_back("the route on line " + std::to_string(route.where.line) + " has accept_schemes " +
                  quoted(scheme) + ", which all requests have already");
  }
}

// Whoever is given a signed form to send, as browsers are by learning platforms, can send its
// fields as a query, with credentials and all, and a body of his own beside it.
void review_bodies(const Route& route, std::vector<std::string>& out) {
  if (route.auth != Auth::Client || route.body_hash == BodyHash::Required) return;
  const Places& places = route.credentials;
  const bool one_place = places.header + places.query + places.form == 1;
  if (one_place && !places.query) return;
  const auto bodiless = [](const std::string& method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
  };
  const auto& methods = route.methods;
  if (!methods.empty() && std::all_of(methods.begin(), methods.end(), bodiless)) return;
  out.push_back("the route on line " + std::to_string(route.where.line) +
                " has auth \"client\" and takes bodies that nobody signed: say with credentials = "
                "\"form\" or \"header\" where its clients send theirs, or set body_hash = "
                "\"required\"");
}

void review_routes(const Settings& settings, std::vector<std::string>& out) {
  if (settings.routes.empty()) out.emplace_back("there is no [[route]]: every request gets 404");
  const std::vector<std::string> hosts = accepted(settings.listen);
  const std::vector<std::string> schemes = possible_schemes(settings.listen);
  for (const Route& route : settings.routes) {
    review_schemes(route, schemes, out);
    review_bodies(route, out);
    for (const std::string& host : route.hosts) {
      if (hosts.empty() || std::find(hosts.begin(), hosts.end(), host) != hosts.end()) continue;
      out.push_back(
          "the route on line " + std::to_string(route.where.line) + " waits for host " +
          quoted(host) + ", which " +
          (settings.listen.external_url.empty() ? "listen.hosts" : "listen.external_url") +
          " does not let in");
    }
  }
}

// One line per key that waits for its feature; it goes when the feature comes. `d` are the
// defaults.
struct Waiting {
  const char* key;
  bool (*is_set)(const Settings& s, const Settings& d);
};

#define WAITING(key, member)                                                          \
  {                                                                                   \
    key, [](const Settings& s, const Settings& d) { return !(s.member == d.member); } \
  }
constexpr Waiting kWaiting[] = {
    WAITING("admin.address", admin.address),
};
#undef WAITING

}  // namespace

std::vector<std::string> warnings(const Settings& settings) {
  std::vector<std::string> out;
  review_listen(settings, out);
  review_addresses(settings, out);
  review_login(settings, out);
  review_routes(settings, out);
  return out;
}

std::vector<std::string> not_yet_in_effect(const Settings& settings) {
  std::vector<std::string> out;
  const Settings defaults;
  for (const Waiting& waiting : kWaiting) {
    if (waiting.is_set(settings, defaults)) out.emplace_back(waiting.key);
  }
  for (const Upstream& upstream : settings.upstreams) {
    for (const Url& server : upstream.servers) {
      if (server.scheme != "https") continue;
      out.push_back("upstream.servers " + quoted("https://" + server.authority()));
    }
  }
  const auto& check_url = settings.login.check_url;
  if (check_url && check_url->starts_with("https:")) {
    out.push_back("login.check_url " + quoted(*check_url));
  }
  return out;
}

}  // namespace conf
