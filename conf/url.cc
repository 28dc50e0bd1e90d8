#include "conf/url.h"

#include <algorithm>
#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace conf {
namespace {

namespace urls = boost::urls;

urls::string_view foreign(std::string_view text) { return {text.data(), text.size()}; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

// Digits alone, with a value that fits: no sign, no space.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_ipv4(std::string_view text) { return urls::parse_ipv4_address(foreign(text)).has_value(); }
bool is_ipv6(std::string_view text) { return urls::parse_ipv6_address(foreign(text)).has_value(); }

// reg-name of RFC 3986 3.2.2, but not empty.
bool is_registered_name(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_digit(c) && !(lower(c) >= 'a' && lower(c) <= 'z') &&
               std::string_view("-._~!$&'()*+,;=").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return !text.empty();
}

bool is_uri_host(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    return is_ipv6(text.substr(1, text.size() - 2));
  }
  return is_registered_name(text);
}

// "a.example." and "%61.example" are a.example to some servers and another host to others.
bool has_one_spelling(std::string_view host) {
  return !host.ends_with('.') && host.find('%') == std::string_view::npos;
}

// Where the ':' before the port stands, or the end. The colons inside brackets don't count.
std::size_t end_of_host(std::string_view text) {
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return text.size();
  return std::min(text.find(':', bracket), text.size());
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const std::size_t colon = end_of_host(text);
  if (colon == text.size()) return std::nullopt;
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (is_ipv4(host)) return Address{std::string(host), *port};
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return std::nullopt;
  host = host.substr(1, host.size() - 2);
  const auto six = urls::parse_ipv6_address(foreign(host));
  if (!six.has_value()) return std::nullopt;
  return Address{std::string(six->to_string()), *port};
}

std::string Url::authority() const {
  const std::uint16_t usual = scheme == "https" ? 443 : 80;
  return port == usual ? host : host + ":" + std::to_string(port);
}

std::optional<Url> parse_url(std::string_view text) {
  const auto view = urls::parse_uri(foreign(text));
  if (!view.has_value() || view->has_userinfo() || view->has_fragment()) return std::nullopt;
  Url url;
  url.scheme = lowered({view->scheme().data(), view->scheme().size()});
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  const urls::pct_string_view host = view->encoded_host();
  url.host = lowered({host.data(), host.size()});
  if (!is_uri_host(url.host)) return std::nullopt;
  url.port = url.scheme == "https" ? 443 : 80;
  if (const urls::string_view written = view->port(); !written.empty()) {
    const auto port = parse_number<std::uint16_t>({written.data(), written.size()});
    if (!port || *port == 0) return std::nullopt;
    url.port = *port;
  }
  const urls::pct_string_view path = view->encoded_path();
  // Boost.URL takes what is wrong with a port for a path.
  if (!path.empty() && path.front() != '/') return std::nullopt;
  url.path.assign(path.data(), path.size());
  while (url.path.ends_with('/')) url.path.pop_back();
  const urls::pct_string_view query = view->encoded_query();
  url.query.assign(query.data(), query.size());
  url.has_query = view->has_query();
  return url;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  IpAddress address{};
  if (const auto four = urls::parse_ipv4_address(foreign(text)); four.has_value()) {
    const auto bytes = four->to_bytes();
    address[10] = address[11] = 0xff;
    std::copy(bytes.begin(), bytes.end(), address.begin() + 12);
    return address;
  }
  const auto six = urls::parse_ipv6_address(foreign(text));
  if (!six.has_value()) return std::nullopt;
  const auto bytes = six->to_bytes();
  std::copy(bytes.begin(), bytes.end(), address.begin());
  return address;
}

bool Cidr::contains(const IpAddress& address) const {
  const std::size_t whole = bits / 8;
  if (!std::equal(network.begin(), network.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.begin())) {
    return false;
  }
  if (whole == 16) return true;
  const unsigned mask = 0xffu << (8 - bits % 8) & 0xffu;
  return (network[whole] & mask) == (address[whole] & mask);
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view host = text.substr(0, slash);
  const auto address = parse_ip(host);
  if (!address) return std::nullopt;
  Cidr block{.network = *address};
  const std::uint8_t prefix = is_ipv4(host) ? 96 : 0;  // what stands before the written bits
  if (slash == text.size()) return block;
  const auto bits = parse_number<std::uint8_t>(text.substr(slash + 1));
  if (!bits || *bits > 128 - prefix) return std::nullopt;
  block.bits = static_cast<std::uint8_t>(prefix + *bits);
  // The bits past the prefix say nothing: without them, equal blocks compare equal.
  for (std::size_t i = 0; i < 16; ++i) {
    const int kept = std::clamp(static_cast<int>(block.bits) - static_cast<int>(i) * 8, 0, 8);
    block.network[i] = static_cast<std::uint8_t>(block.network[i] & (0xff00u >> kept));
  }
  return block;
}

HostPort split_authority(std::string_view authority) {
  const std::size_t colon = end_of_host(authority);
  return {authority.substr(0, colon), authority.substr(std::min(colon + 1, authority.size()))};
}

std::optional<std::string> parse_authority(std::string_view text) {
  const HostPort parts = split_authority(text);
  if (!is_uri_host(parts.host) || !has_one_spelling(parts.host)) return std::nullopt;
  std::string out = lowered(parts.host);
  if (parts.port.empty()) return out;  // or a ':' with nothing behind it
  const auto port = parse_number<std::uint16_t>(parts.port);
  if (!port) return std::nullopt;
  out += ':';
  out += std::to_string(*port);
  return out;
}

}  // namespace conf
