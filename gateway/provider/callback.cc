#include "gateway/provider/callback.h"

#include <algorithm>
#include <array>

#include "conf/quoting.h"
#include "conf/url.h"
#include "verify/percent.h"

namespace gateway::provider {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool runs_in_a_browser(std::string_view scheme) {
  constexpr std::array<std::string_view, 8> kSchemes = {
      "javascript", "data", "vbscript", "blob", "file", "filesystem", "about", "view-source"};
  return std::find(kSchemes.begin(), kSchemes.end(), scheme) != kSchemes.end();
}

bool is_web(std::string_view scheme) { return scheme == "http" || scheme == "https"; }

// An http or https URL; what follows its host and port begins a path.
std::optional<conf::Url> web_url(std::string_view uri) {
  auto url = conf::parse_url(uri);
  if (!url || (!url->path.empty() && !url->path.starts_with('/'))) return std::nullopt;
  return url;
}

// host-part of CSP 2.3.1, which has neither IPv6 addresses nor much else of a URI's reg-name; a ';'
// in one would begin another directive.
bool is_policy_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

std::string scheme_of(std::string_view uri) { return lower(uri.substr(0, uri.find(':'))); }

bool is_loopback(std::string_view host) {
  const bool numbers = host.find_first_not_of("0123456789.") == host.npos;
  return host == "[::1]" || (numbers && host.starts_with("127."));
}

// A callback taken apart as far as matching goes. What stands before the path of a URI with a
// scheme of its own is its scheme.
struct Place {
  std::string origin;
  std::string_view path;
  std::string_view query;  // with its '?'
};

std::optional<Place> place_of(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  if (colon == uri.npos) return std::nullopt;
  const std::string scheme = scheme_of(uri);
  const std::size_t mark = std::min(uri.find('?'), uri.size());
  Place out{scheme + ":", uri.substr(colon + 1, mark - colon - 1), uri.substr(mark)};
  if (!is_web(scheme)) return out;
  const auto url = web_url(uri);
  if (!url) return std::nullopt;
  out.origin += "//" + (is_loopback(url->host) ? url->host : url->authority());
  const std::size_t slash = std::min(uri.find('/', colon + 3), mark);
  out.path = uri.substr(slash, mark - slash);
  return out;
}

// A segment that some server would take for "." or "..", which would leave the prefix.
bool climbs(std::string_view path) {
  if (path.find('\\') != path.npos) return true;
  std::string plain;
  if (!verify::percent_decode(path, plain)) return true;
  std::replace(plain.begin(), plain.end(), '\\', '/');
  for (std::size_t at = 0; at <= plain.size();) {
    const std::size_t end = std::min(plain.find('/', at), plain.size());
    const std::string_view segment = std::string_view(plain).substr(at, end - at);
    const std::string_view name = segment.substr(0, segment.find(';'));
    if (name == "." || name == ".." || name.find('%') != name.npos) return true;
    at = end + 1;
  }
  return false;
}

bool below(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix) || climbs(path)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

std::string_view or_root(std::string_view path) { return path.empty() ? "/" : path; }

bool matches(store::CallbackMatch how, std::string_view callback, std::string_view registered) {
  if (callback == registered) return true;
  if (how == store::CallbackMatch::Exact) return false;
  const auto asked = place_of(callback), known = place_of(registered);
  if (!asked || !known || asked->origin != known->origin) return false;
  const bool web = asked->origin.find("//") != std::string::npos;
  const std::string_view path = web ? or_root(asked->path) : asked->path;
  const std::string_view prefix = web ? or_root(known->path) : known->path;
  if (how == store::CallbackMatch::IgnoreQuery) return path == prefix;
  return below(path, prefix);
}

}  // namespace

std::optional<std::string> redirect_error(std::string_view uri) {
  const std::string shown = "the redirect URI " + conf::quoted(uri);
  if (uri == kOutOfBand) return shown + " is none: --allow-oob lets a client do without one";
  const std::size_t colon = uri.find(':');
  if (colon == uri.npos || !is_scheme(uri.substr(0, colon))) {
    return shown + " is not absolute: begin it with a scheme, as in https://app.example/callback";
  }
  const std::string scheme = scheme_of(uri);
  if (runs_in_a_browser(scheme)) return shown + " must not have the scheme " + scheme;
  for (const char c : uri) {
    if (c <= ' ' || c > '~' || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos) {
      return shown + " has a byte that no URI has: percent-encode it";
    }
  }
  if (uri.find('#') != uri.npos) return shown + " must not have a fragment";
  if (uri.size() == colon + 1) return shown + " has nothing after its scheme";
  if (is_web(scheme) && !web_url(uri)) {
    return shown + " needs a host, and no user information, after " + scheme + "://";
  }
  return std::nullopt;
}

bool may_call_back(const store::Client& client, std::string_view callback) {
  if (callback == kOutOfBand) return client.allow_oob;
  if (redirect_error(callback)) return false;
  if (client.callback_match == store::CallbackMatch::Any) return true;
  return std::any_of(client.redirect_uris.begin(), client.redirect_uris.end(),
                     [&](const std::string& registered) {
                       return matches(client.callback_match, callback, registered);
                     });
}

std::string with_parameters(std::string_view callback, const Parameters& parameters) {
  std::string out(callback);
  char separator = '?';
  if (callback.find('?') != callback.npos) separator = '&';
  if (callback.ends_with('?') || callback.ends_with('&')) separator = '\0';
  for (const auto& [name, value] : parameters) {
    if (separator != '\0') out += separator;
    separator = '&';
    verify::percent_encode(name, out);
    out += '=';
    verify::percent_encode(value, out);
  }
  return out;
}

std::string policy_source(std::string_view callback) {
  const auto url = web_url(callback);
  if (url && is_policy_host(url->host)) return url->scheme + "://" + url->authority();
  return scheme_of(callback) + ":";
}

std::string shown_host(std::string_view callback) {
  const auto url = web_url(callback);
  return url ? url->authority() : scheme_of(callback) + ":";
}

}  // namespace gateway::provider
