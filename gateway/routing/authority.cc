#include "gateway/routing/authority.h"

#include <algorithm>

namespace gateway::routing {
namespace {

std::string without_default_port(std::string authority, std::string_view scheme) {
  std::string_view port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) authority.resize(authority.size() - port.size());
  if (authority.ends_with(':')) authority.pop_back();
  return authority;
}

// Of nothing, nothing: HTTP/1.0 does without Host.
std::optional<std::string> parsed(std::string_view authority) {
  return authority.empty() ? std::string() : conf::parse_authority(authority);
}

bool only_https(const std::vector<conf::Url>& urls) {
  return std::all_of(urls.begin(), urls.end(),
                     [](const conf::Url& url) { return url.scheme == "https"; });
}

}  // namespace

std::optional<External> Authorities::resolve(std::string_view host, bool secure,
                                             const Forwarded& forwarded) const {
  std::string_view scheme = secure ? "https" : "http";
  if (!forwarded.scheme.empty()) scheme = forwarded.scheme;
  const auto received = parsed(host);
  auto named = forwarded.authority.empty() ? received : parsed(forwarded.authority);
  if (!received || !named) return std::nullopt;
  if (forwarded.port != 0 && !named->empty()) {
    const conf::HostPort parts = conf::split_authority(*named);
    // What a proxy says of host and port in one breath counts before X-Forwarded-Port.
    if (forwarded.authority.empty() || parts.port.empty()) {
      named = std::string(parts.host) + ':' + std::to_string(forwarded.port);
    }
  }
  if (is_page_host(*named, scheme)) {
    const bool all_https = !listen_.external_url.empty() && only_https(listen_.external_url);
    if (all_https) scheme = "https";
    std::string authority = without_default_port(*std::move(named), scheme);
    return External{std::string(scheme), std::move(authority), {}, true};
  }
  if (!listen_.external_url.empty()) {
    const conf::Url* url = external_url(*named, scheme);
    if (!url) url = external_url(*received, scheme);
    if (!url) return std::nullopt;
    return External{url->scheme, url->authority(), url->path, false};
  }
  std::string authority = without_default_port(*std::move(named), scheme);
  if (!accepted(authority, scheme)) return std::nullopt;
  return External{std::string(scheme), std::move(authority), {}, false};
}

bool Authorities::is_page_host(std::string_view authority, std::string_view scheme) const {
  if (provider_ == nullptr || !provider_->enabled || !provider_->host) return false;
  return without_default_port(*provider_->host, scheme) ==
         without_default_port(std::string(authority), scheme);
}

// The one of this authority, and of this scheme if there are several.
const conf::Url* Authorities::external_url(std::string_view authority,
                                           std::string_view scheme) const {
  const conf::Url* best = nullptr;
  for (const conf::Url& url : listen_.external_url) {
    if (url.authority() != without_default_port(std::string(authority), url.scheme)) continue;
    if (best == nullptr || url.scheme == scheme) best = &url;
  }
  return best;
}

bool Authorities::accepted(std::string_view authority, std::string_view scheme) const {
  const auto& hosts = listen_.hosts;
  return hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
           return without_default_port(host, scheme) == authority ||
                  host == conf::split_authority(authority).host;
         });
}

const External* ResolvedAuthority::resolve(const Authorities& authorities, std::string_view host,
                                           bool secure, const Forwarded& forwarded) {
  const bool same = external_ && host_ == host && scheme_ == forwarded.scheme &&
                    authority_ == forwarded.authority && port_ == forwarded.port;
  if (!same) {
    host_ = host;
    scheme_ = forwarded.scheme;
    authority_ = forwarded.authority;
    port_ = forwarded.port;
    external_ = authorities.resolve(host, secure, forwarded);
  }
  return external_ ? &*external_ : nullptr;
}

}  // namespace gateway::routing
