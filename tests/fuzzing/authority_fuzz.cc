// Lines for Host and for what a trusted proxy says of host, scheme and port: whichever URL a
// request is taken to belong to is one of the gate's own, spelt in the one way that routes and
// signatures go by; and the memory of a connection changes nothing.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"
#include "conf/url.h"
#include "gateway/routing/authority.h"

namespace {

using namespace gateway::routing;

void must(bool good) {
  if (!good) std::abort();
}

conf::Listen listen_of(const std::vector<std::string_view>& urls,
                       const std::vector<std::string>& hosts) {
  conf::Listen listen;
  for (const std::string_view url : urls) listen.external_url.push_back(*conf::parse_url(url));
  listen.hosts = hosts;
  return listen;
}

// For all hosts, for some, and for fixed URLs.
const std::vector<conf::Listen>& listeners() {
  static const std::vector<conf::Listen> all = {
      listen_of({}, {}), listen_of({}, {"api.example", "b.example:8443", "[::1]"}),
      listen_of({"https://api.example/v1", "http://api.example", "https://b.example:8443"}, {})};
  return all;
}

const conf::Provider& provider() {
  static const conf::Provider pages = [] {
    conf::Provider out;
    out.enabled = true;
    out.host = "pages.example";
    return out;
  }();
  return pages;
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  return line;
}

// Upper bound of what the gate is: no host that isn't listed comes out.
bool is_listed(const conf::Listen& listen, const External& external) {
  if (external.pages_only) return conf::split_authority(external.authority).host == "pages.example";
  for (const conf::Url& url : listen.external_url) {
    if (url.scheme == external.scheme && url.authority() == external.authority) return true;
  }
  if (!listen.external_url.empty()) return false;
  for (const std::string& host : listen.hosts) {
    if (host == external.authority) return true;
    if (host == conf::split_authority(external.authority).host) return true;
  }
  return listen.hosts.empty();
}

void check(const conf::Listen& listen, std::string_view host, bool secure,
           const Forwarded& forwarded, ResolvedAuthority& kept) {
  const Authorities authorities(listen, &provider());
  const std::optional<External> found = authorities.resolve(host, secure, forwarded);
  const External* again = kept.resolve(authorities, host, secure, forwarded);
  must(found.has_value() == (again != nullptr));
  if (!found) return;
  must(found->scheme == again->scheme && found->authority == again->authority);
  must(found->path_prefix == again->path_prefix && found->pages_only == again->pages_only);
  must(found->scheme == "http" || found->scheme == "https");
  if (found->authority.empty()) {
    must(listen.external_url.empty() && listen.hosts.empty());
    return;
  }
  must(conf::parse_authority(found->authority) == found->authority);
  must(!found->authority.ends_with(found->scheme == "https" ? ":443" : ":80"));
  must(!found->authority.ends_with(':'));
  must(is_listed(listen, *found));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view host = take_line(text), said = take_line(text), port = take_line(text);
  Forwarded forwarded;
  // read_forwarded() gives nothing else.
  if (conf::parse_authority(said)) forwarded.authority = said;
  for (const char c : port.substr(0, 4)) {
    if (c >= '0' && c <= '9') {
      forwarded.port = static_cast<std::uint16_t>(forwarded.port * 10 + (c - '0'));
    }
  }
  for (const conf::Listen& listen : listeners()) {
    for (const bool secure : {false, true}) {
      ResolvedAuthority kept;
      for (const std::string_view scheme : {"", "http", "https"}) {
        forwarded.scheme = scheme;
        check(listen, host, secure, forwarded, kept);
        check(listen, "other.example", secure, {}, kept);
        check(listen, host, secure, forwarded, kept);
      }
    }
  }
  return 0;
}
