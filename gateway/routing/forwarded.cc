#include "gateway/routing/forwarded.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "conf/url.h"

namespace gateway::routing {
namespace {

// A sentence about what is wrong; absent: nothing is.
using Flawed = std::optional<std::string>;

constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 5.6.2

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_token_char(char c) {
  return is_alphanumeric(c) || kTokenMarks.find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::string faulty(std::string_view field, const char* why, std::string_view value) {
  return std::string(field) + ' ' + why + ": " + std::string(value.substr(0, 64));
}

// ---- One value

struct Node {
  std::string_view host;                   // as written, without brackets
  std::optional<conf::IpAddress> address;  // absent: its speaker doesn't know or doesn't tell
};

// One address has one spelling from here on: it is compared as text, in logs and in limits.
std::string text_of(const conf::IpAddress& address) {
  constexpr conf::IpAddress kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool mapped = std::equal(kMapped.begin(), kMapped.begin() + 12, address.begin());
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(mapped ? AF_INET : AF_INET6, address.data() + (mapped ? 12 : 0), text.data(),
              text.size());
  return text.data();
}

// "_" and what a proxy likes (RFC 7239 6.3).
bool is_obfuscated(std::string_view text) {
  return text.size() > 1 && text[0] == '_' && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
         });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

// Section 6 of RFC 7239, and IPv6 without brackets, as X-Forwarded-For has it.
std::optional<Node> parse_node(std::string_view text) {
  std::string_view host = text, port;
  const bool bracketed = text.starts_with('[');
  if (bracketed) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (const std::size_t colon = text.find(':'); colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(std::min(colon, text.size()));
  }
  if (!port.empty() &&
      (port[0] != ':' || (!parse_port(port.substr(1)) && !is_obfuscated(port.substr(1))))) {
    return std::nullopt;
  }
  if (bracketed && host.find(':') == std::string_view::npos) return std::nullopt;
  Node node{host, conf::parse_ip(host)};
  if (!node.address && !http::same_name(host, "unknown") && !is_obfuscated(host))
    return std::nullopt;
  return node;
}

// Empty if it is neither.
std::string_view scheme_of(std::string_view text) {
  if (http::same_name(text, "https")) return "https";
  return http::same_name(text, "http") ? "http" : "";
}

constexpr const char* kNoNode = "names no address";
constexpr const char* kNoScheme = "is neither http nor https";
constexpr const char* kNoHost = "names no host";

// The way from the client to the sender of the request.
class Way {
 public:
  explicit Way(const std::vector<conf::Cidr>& trusted) : trusted_(trusted) {}

  // Goes on to the next one further out, which `field` has. `ended`: that is a stranger, or nobody
  // who is known.
  Flawed add(std::string_view field, std::string_view text, bool& ended) {
    const auto node = parse_node(text);
    if (!node) return faulty(field, kNoNode, text);
    if (size_ == nodes_.size()) {
      return std::string(field) + " has more than " + std::to_string(kMaxHops) +
             " trusted proxies in a row";
    }
    nodes_[size_++] = *node;
    ended = !node->address || !is_trusted(trusted_, *node->address);
    return std::nullopt;
  }
  std::size_t size() const { return size_; }
  const Node& client() const { return nodes_[size_ - 1]; }

  void write(std::string& chain) const {
    chain.clear();
    for (std::size_t i = size_; i-- > 0;) {
      if (nodes_[i].address) {
        chain += text_of(*nodes_[i].address);
      } else {
        chain += nodes_[i].host;
      }
      if (i > 0) chain += ", ";
    }
  }

 private:
  const std::vector<conf::Cidr>& trusted_;
  std::array<Node, kMaxHops + 1> nodes_;  // and the client
  std::size_t size_ = 0;
};

// ---- X-Forwarded-*

// The elements of a list, the last one first, over all its lines (RFC 9110 5.3). Empty ones don't
// count.
class FromRight {
 public:
  FromRight(const std::vector<http::Field>& fields, std::string_view name)
      : field_(fields.rbegin()), end_(fields.rend()), name_(name) {}

  bool next(std::string_view& element) {
    for (;;) {
      while (rest_.empty()) {
        field_ = std::find_if(field_, end_, [this](const http::Field& field) {
          return http::same_name(field.name, name_);
        });
        if (field_ == end_) return false;
        rest_ = (field_++)->value;
      }
      const std::size_t comma = rest_.rfind(',');
      const bool last = comma == std::string_view::npos;
      element = trimmed(last ? rest_ : rest_.substr(comma + 1));
      rest_ = last ? std::string_view() : rest_.substr(0, comma);
      if (!element.empty()) return true;
    }
  }

 private:
  std::vector<http::Field>::const_reverse_iterator field_, end_;
  std::string_view name_;
  std::string_view rest_;
};

// What the proxy `hops` further out than the sender said. Fewer elements than proxies: some passed
// the list on as it was, and the first element is what the outermost said.
std::string_view said(const std::vector<http::Field>& fields, std::string_view name,
                      std::size_t hops) {
  FromRight list(fields, name);
  std::string_view element, found;
  while (list.next(element)) {
    found = element;
    if (hops-- == 0) break;
  }
  return found;
}

Flawed read_usual(const std::vector<http::Field>& fields, Way& way, Forwarded& out) {
  FromRight list(fields, "X-Forwarded-For");
  bool ended = false;
  for (std::string_view element; !ended && list.next(element);) {
    if (Flawed flaw = way.add("X-Forwarded-For", element, ended)) return flaw;
  }
  const std::size_t hops = way.size() > 0 ? way.size() - 1 : 0;
  const std::string_view scheme = said(fields, "X-Forwarded-Proto", hops);
  out.scheme = scheme_of(scheme);
  if (!scheme.empty() && out.scheme.empty()) return faulty("X-Forwarded-Proto", kNoScheme, scheme);
  out.authority = said(fields, "X-Forwarded-Host", hops);
  if (!out.authority.empty() && !conf::parse_authority(out.authority)) {
    return faulty("X-Forwarded-Host", kNoHost, out.authority);
  }
  const std::string_view port = said(fields, "X-Forwarded-Port", hops);
  out.port = parse_port(port).value_or(0);
  if (!port.empty() && out.port == 0) return faulty("X-Forwarded-Port", "is no port", port);
  return std::nullopt;
}

// ---- Forwarded

// What one proxy said; views without quotes.
struct Element {
  std::optional<std::string_view> client, scheme, authority;
};

// Reads the lines of the field strictly: of a list that can be read in two ways no end is certain.
class Grammar {
 public:
  explicit Grammar(std::string_view text) : rest_(text) {}

  // False at the end of the line, or with fault(). An empty element gives none of the three.
  bool next(Element& out) {
    out = {};
    if (fault_ || ended_) return false;
    for (;;) {
      skip_space();
      if (!rest_.empty() && is_token_char(rest_[0])) take_pair(out);
      skip_space();
      if (fault_) return false;
      if (rest_.empty()) return ended_ = true;
      const char mark = rest_[0];
      rest_.remove_prefix(1);
      if (mark == ',') return true;
      if (mark != ';') return !(fault_ = true);
    }
  }
  bool fault() const { return fault_; }

 private:
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view take_token() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_char);
    const std::string_view token = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(token.size());
    return token;
  }

  // None of the values that have a meaning here needs a backslash.
  std::string_view take_quoted() {
    const std::size_t end = rest_.find_first_of("\"\\", 1);
    if (end == std::string_view::npos || rest_[end] == '\\') {
      fault_ = true;
      return {};
    }
    const std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return inside;
  }

  void take_pair(Element& out) {
    const std::string_view name = take_token();
    if (!rest_.starts_with('=')) {
      fault_ = true;
      return;
    }
    rest_.remove_prefix(1);
    const bool quoted = rest_.starts_with('"');
    const std::string_view value = quoted ? take_quoted() : take_token();
    if (!quoted && value.empty()) fault_ = true;
    std::optional<std::string_view> other;
    std::optional<std::string_view>& place = http::same_name(name, "for")     ? out.client
                                             : http::same_name(name, "proto") ? out.scheme
                                             : http::same_name(name, "host")  ? out.authority
                                                                              : other;
    if (place) fault_ = true;  // none may stand twice in an element
    place = value;
  }

  std::string_view rest_;
  bool ended_ = false;
  bool fault_ = false;
};

// The last elements, more than can count, in their order. Absent: the field can't be read.
std::optional<std::vector<Element>> elements_of(const std::vector<http::Field>& fields) {
  std::vector<Element> out;
  for (const http::Field& field : fields) {
    if (!http::same_name(field.name, "Forwarded")) continue;
    Grammar grammar(field.value);
    for (Element element; grammar.next(element);) {
      if (!element.client && !element.scheme && !element.authority) continue;
      if (out.size() == kMaxHops + 2) out.erase(out.begin());
      out.push_back(element);
    }
    if (grammar.fault()) return std::nullopt;
  }
  return out;
}

Flawed read_standard(const std::vector<Element>& elements, Way& way, Forwarded& out) {
  bool ended = false;
  for (std::size_t i = elements.size(); i-- > 0 && !ended;) {
    const Element& element = elements[i];
    if (element.scheme) {
      out.scheme = scheme_of(*element.scheme);
      if (out.scheme.empty()) return faulty("Forwarded", kNoScheme, *element.scheme);
    }
    if (element.authority) {
      out.authority = *element.authority;
      if (!conf::parse_authority(out.authority)) return faulty("Forwarded", kNoHost, out.authority);
    }
    if (!element.client) break;
    if (Flawed flaw = way.add("Forwarded", *element.client, ended)) return flaw;
  }
  return std::nullopt;
}

// ---- Both

bool differ(const Way& a, const Way& b) {
  if (a.size() == 0 || b.size() == 0) return false;
  if (a.client().address) return a.client().address != b.client().address;
  return b.client().address || !http::same_name(a.client().host, b.client().host);
}

bool differ(std::string_view a, std::string_view b) { return !a.empty() && !b.empty() && a != b; }

// One of them may leave the port away.
bool other_authority(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return false;
  const conf::HostPort one = conf::split_authority(a), other = conf::split_authority(b);
  return !http::same_name(one.host, other.host) || differ(one.port, other.port);
}

bool portless(std::string_view authority) { return conf::split_authority(authority).port.empty(); }

}  // namespace

bool is_trusted(const std::vector<conf::Cidr>& trusted, const conf::IpAddress& address) {
  return std::any_of(trusted.begin(), trusted.end(),
                     [&](const conf::Cidr& block) { return block.contains(address); });
}

verify::Result<Forwarded, std::string> read_forwarded(const std::vector<http::Field>& fields,
                                                      const std::vector<conf::Cidr>& trusted,
                                                      std::string& chain) {
  const auto elements = elements_of(fields);
  if (!elements) return verify::Failure(std::string("Forwarded can't be read"));
  Way way(trusted), usual_way(trusted);
  Forwarded out, usual;
  Flawed flaw = read_standard(*elements, way, out);
  if (!flaw) flaw = read_usual(fields, usual_way, usual);
  if (flaw) return verify::Failure(std::move(*flaw));
  const char* const contradicted = differ(way, usual_way)             ? "X-Forwarded-For"
                                   : differ(out.scheme, usual.scheme) ? "X-Forwarded-Proto"
                                   : other_authority(out.authority, usual.authority)
                                       ? "X-Forwarded-Host"
                                       : nullptr;
  if (contradicted) return verify::Failure(std::string("Forwarded contradicts ") + contradicted);
  const Way& whole = way.size() > 0 ? way : usual_way;
  whole.write(chain);
  out.client = std::string_view(chain).substr(0, chain.find(','));
  if (out.scheme.empty()) out.scheme = usual.scheme;
  // The same host: the one that says more of it counts.
  if (out.authority.empty() || portless(out.authority)) {
    if (!usual.authority.empty()) out.authority = usual.authority;
  }
  out.port = usual.port;
  return out;
}

}  // namespace gateway::routing
