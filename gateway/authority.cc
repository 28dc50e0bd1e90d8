#include "gateway/authority.h"

#include <algorithm>

namespace gateway {
namespace {

std::string without_default_port(std::string authority, std::string_view scheme) {
  std::string_view port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) authority.resize(authority.size() - port.size());
  if (authority.ends_with(':')) authority.pop_back();
  return authority;
}

std::string_view without_port(std::string_view authority) {
  std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) {
    return authority;
  }
  return authority.substr(0, colon);
}

}  // namespace

std::optional<External> Authorities::resolve(std::string_view host, bool secure) const {
  std::string received;
  if (!host.empty()) {
    auto parsed = conf::parse_authority(host);
    if (!parsed) return std::nullopt;
    received = std::move(*parsed);
  }
  std::string_view own_scheme = secure ? "https" : "http";
  if (!listen_.external_url.empty()) {
    const conf::Url* best = nullptr;
    for (const conf::Url& url : listen_.external_url) {
      if (url.authority() != without_default_port(received, url.scheme)) continue;
      if (best == nullptr || url.scheme == own_scheme) best = &url;
    }
    if (best == nullptr) return std::nullopt;
    return External{best->scheme, best->authority(), best->path};
  }
  std::string authority = without_default_port(std::move(received), own_scheme);
  if (!accepted(authority, own_scheme)) return std::nullopt;
  return External{std::string(own_scheme), std::move(authority), {}};
}

bool Authorities::accepted(std::string_view authority, std::string_view scheme) const {
  const auto& hosts = listen_.hosts;
  return hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
           return without_default_port(host, scheme) == authority ||
                  host == without_port(authority);
         });
}

}  // namespace gateway
