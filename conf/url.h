#pragma once

// Addresses, URLs and CIDR blocks as plain values. Pure; url.cc is the door to Boost.URL.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conf {

struct Address {
  std::string host;  // IPv4 or IPv6 literal, without brackets
  std::uint16_t port = 0;
  friend bool operator==(const Address&, const Address&) = default;
};

// "127.0.0.1:8080", "[::1]:0". Names are not taken: a listener binds an address.
std::optional<Address> parse_address(std::string_view text);

struct Url {
  std::string scheme;      // "http" or "https"
  std::string host;        // lower case; IPv6 literals keep their brackets
  std::uint16_t port = 0;  // as written, or the scheme's default
  std::string path;        // "" or "/base", byte for byte, no trailing "/"
  std::string query;       // without "?", byte for byte
  bool has_query = false;
  // host, or host:port when the port is not the scheme's default
  std::string authority() const;
  friend bool operator==(const Url&, const Url&) = default;
};

// Absolute http or https URL without user information or fragment.
std::optional<Url> parse_url(std::string_view text);

using IpAddress = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

// An IPv4 or IPv6 literal, without brackets.
std::optional<IpAddress> parse_ip(std::string_view text);

struct Cidr {
  IpAddress network{};
  std::uint8_t bits = 128;  // of the 128
  bool contains(const IpAddress& address) const;
  friend bool operator==(const Cidr&, const Cidr&) = default;
};

std::optional<Cidr> parse_cidr(std::string_view text);  // "10.0.0.0/8", "::1"

// An authority's parts; the port is empty where there is none.
struct HostPort {
  std::string_view host;  // with the brackets of an IPv6 literal
  std::string_view port;
};
HostPort split_authority(std::string_view authority);

// uri-host [":" port] of a Host field (RFC 9110 7.2), lower-cased; nothing if it isn't one. Nor if
// it ends with a dot or has a percent-encoding: some servers would take it for the host without,
// and routes and signatures go by one spelling.
std::optional<std::string> parse_authority(std::string_view text);

}  // namespace conf
