#include "gateway/provider/counted_address.h"

#include <algorithm>
#include <array>
#include <string>

#include "conf/url.h"

namespace gateway::provider {
namespace {

bool within(const conf::IpAddress& address, const std::vector<conf::Cidr>& blocks) {
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const conf::Cidr& block) { return block.contains(address); });
}

std::vector<conf::Cidr> blocks(std::initializer_list<const char*> texts) {
  std::vector<conf::Cidr> out;
  for (const char* text : texts) out.push_back(conf::parse_cidr(text).value());
  return out;
}

bool is_loopback(const conf::IpAddress& address) {
  static const std::vector<conf::Cidr> kLoopback = blocks({"127.0.0.0/8", "::1"});
  return within(address, kLoopback);
}

// Addresses that no packet from the public network has (RFC 1918, 3927, 4193, 4291, 6598).
bool is_private(const conf::IpAddress& address) {
  static const std::vector<conf::Cidr> kPrivate =
      blocks({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
              "fc00::/7", "fe80::/10"});
  return is_loopback(address) || within(address, kPrivate);
}

bool names_this_machine(std::string_view authority) {
  std::string_view host = conf::split_authority(authority).host;
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = conf::parse_ip(host);
  return address && is_loopback(*address);
}

bool is_of_proxies(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames{"forwarded",        "via",
                                                   "x-real-ip",        "x-client-ip",
                                                   "client-ip",        "true-client-ip",
                                                   "cf-connecting-ip", "x-cluster-client-ip"};
  constexpr std::string_view kPrefix = "x-forwarded-";
  return http::same_name(name.substr(0, kPrefix.size()), kPrefix) ||
         std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view one) { return http::same_name(name, one); });
}

bool stands_for_many(const Arrival& arrival, const std::vector<http::Field>& fields) {
  if (arrival.scheme == "https" && !arrival.secure) return true;
  if (is_loopback(arrival.peer_ip) && !names_this_machine(arrival.authority)) return true;
  return is_private(arrival.peer_ip) &&
         std::any_of(fields.begin(), fields.end(),
                     [](const http::Field& field) { return is_of_proxies(field.name); });
}

}  // namespace

std::string_view counted_address(const Arrival& arrival, const std::vector<http::Field>& fields,
                                 const std::vector<conf::Cidr>& trusted) {
  if (!routing::is_trusted(trusted, arrival.peer_ip))
    return stands_for_many(arrival, fields) ? std::string_view() : arrival.peer;
  const auto client = conf::parse_ip(arrival.client);
  return client && !routing::is_trusted(trusted, *client) ? arrival.client : std::string_view();
}

}  // namespace gateway::provider
