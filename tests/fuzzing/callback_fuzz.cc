// A line as a registered redirect URI and another as the callback that a client asks for: what is
// taken is an absolute URI that a browser is sent to without surprises, at the registered place;
// and what is written of it into a Location or a policy is one word.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "conf/url.h"
#include "gateway/provider/callback.h"
#include "gateway/provider/form.h"

namespace {

using namespace gateway::provider;
using store::CallbackMatch;

void must(bool good) {
  if (!good) std::abort();
}

void check_uri(std::string_view uri) {
  for (const char c : uri) must(c > ' ' && c <= '~' && c != '"');
  must(uri.find('#') == uri.npos && uri.find('\\') == uri.npos);
  std::string scheme(uri.substr(0, uri.find(':')));
  for (char& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  must(!scheme.empty() && scheme != "javascript" && scheme != "data" && scheme != "vbscript");
  if (scheme == "http" || scheme == "https") {
    const auto url = conf::parse_url(uri);
    must(url && !url->host.empty());
    const std::string_view rest = uri.substr(uri.find("://") + 3);
    must(rest.substr(0, rest.find_first_of("/?")).find('@') == rest.npos);
  }
  const std::string source = policy_source(uri);
  must(!source.empty() && source.find_first_of(" ;,'\"*\r\n") == source.npos);
  must(!shown_host(uri).empty());
  const std::string there = with_parameters(uri, {{"oauth_token", "a&b=c"}, {"\r\nx", "y#z"}});
  must(there.starts_with(uri) && !redirect_error(there));
  // The fields are there, behind the callback's own.
  const std::string_view added = std::string_view(there).substr(uri.size());
  const auto form = Form::parse(added.substr(added.find_first_not_of("?&")));
  must(form && form->value("oauth_token") == "a&b=c" && form->value("\r\nx") == "y#z");
}

bool may(CallbackMatch how, std::string_view registered, std::string_view callback) {
  store::Client client;
  client.callback_match = how;
  client.redirect_uris = {std::string(registered)};
  return may_call_back(client, callback);
}

// Scheme, host and, but for loopback addresses, port.
void check_same_origin(std::string_view registered, std::string_view callback) {
  const auto a = conf::parse_url(registered), b = conf::parse_url(callback);
  must(a.has_value() == b.has_value());
  if (!a) {
    must(registered.find(':') == callback.find(':'));
    return;
  }
  must(a->scheme == b->scheme && a->host == b->host);
  const bool loopback = a->host == "[::1]" || a->host.starts_with("127.");
  must(a->port == b->port || loopback);
}

void check_below(std::string_view registered, std::string_view callback) {
  const auto a = conf::parse_url(registered), b = conf::parse_url(callback);
  if (!a || registered == callback) return;
  must(b->path.starts_with(a->path) || a->path == "/");
  must(b->path.find("/../") == b->path.npos && !b->path.ends_with("/.."));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view registered = text.substr(0, text.find('\n'));
  const std::string_view callback =
      registered.size() < text.size() ? text.substr(registered.size() + 1) : registered;
  if (redirect_error(registered)) return 0;
  check_uri(registered);
  must(may(CallbackMatch::Exact, registered, registered));
  const auto error = redirect_error(callback);
  const bool exact = may(CallbackMatch::Exact, registered, callback);
  const bool ignoring = may(CallbackMatch::IgnoreQuery, registered, callback);
  const bool prefix = may(CallbackMatch::Prefix, registered, callback);
  const bool any = may(CallbackMatch::Any, registered, callback);
  if (error) {
    must(!error->empty() && !exact && !ignoring && !prefix && !any);
    return 0;
  }
  check_uri(callback);
  must(any && exact == (registered == callback));
  must(!exact || (ignoring && prefix));
  if (ignoring || prefix) check_same_origin(registered, callback);
  if (prefix) check_below(registered, callback);
  return 0;
}
