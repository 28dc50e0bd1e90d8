// The four forms of a request target (RFC 9112 3.2), of which a gate takes origin-form,
// absolute-form and, for OPTIONS, asterisk-form.

#include "gateway/http/target.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "conf/quoting.h"
#include "conf/url.h"
#include "gateway/http/message.h"

namespace gateway::http {
namespace {

enum : std::uint8_t { kInPath = 1, kInQuery = 2, kHex = 4 };

// pchar and "/" of RFC 3986 3.3 for the path. Clients leave all kinds of visible bytes raw in a
// query, and what was signed must pass as it is.
constexpr std::array<std::uint8_t, 256> kClass = [] {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 0x21; c < 0x7f; ++c) table[c] = kInQuery;
  table['#'] = 0;
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] |= kInPath;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] |= kInPath;
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] |= kInPath | kHex;
  for (const unsigned char c : std::string_view("abcdefABCDEF")) table[c] |= kHex;
  for (const unsigned char c : std::string_view("-._~!$&'()*+,;=:@/%")) table[c] |= kInPath;
  return table;
}();

bool is(char c, std::uint8_t bit) { return (kClass[static_cast<unsigned char>(c)] & bit) != 0; }

bool refuse(std::string& why, std::string_view sentence, std::string_view bytes) {
  why = std::string(sentence) + ": " + conf::quoted(bytes);
  return false;
}

bool check_path(std::string_view path, std::string& why) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!is(path[i], kInPath)) {
      return refuse(why,
                    path[i] == '#' ? "a fragment in the target" : "a byte that no path can hold",
                    path.substr(i, 1));
    }
    if (path[i] != '%') continue;
    std::string_view escape = path.substr(i, 3);
    if (escape.size() < 3 || !is(escape[1], kHex) || !is(escape[2], kHex)) {
      return refuse(why, "a faulty percent-encoding in the path", escape);
    }
    if (escape == "%00") return refuse(why, "a NUL in the path", escape);
  }
  return true;
}

bool check_query(std::string_view query, std::string& why) {
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (is(query[i], kInQuery)) continue;
    return refuse(why,
                  query[i] == '#' ? "a fragment in the target" : "a byte that no query can hold",
                  query.substr(i, 1));
  }
  return true;
}

// Takes scheme and authority off an absolute-form.
bool take_authority(std::string_view target, Target& out, std::string_view& rest,
                    std::string& why) {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) {
    return refuse(why, "a target without a leading slash", target);
  }
  const std::string_view scheme = target.substr(0, colon);
  if (same_name(scheme, "http")) {
    out.scheme = "http";
  } else if (same_name(scheme, "https")) {
    out.scheme = "https";
  } else {
    return refuse(why, "a target of another scheme than http and https", scheme);
  }
  rest = target.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  out.authority = rest.substr(0, end);
  rest.remove_prefix(end);
  if (out.authority.find('@') != std::string_view::npos) {
    why = "user information in the target";  // it may hold a password, so it isn't shown
    return false;
  }
  if (out.authority.empty() || !conf::parse_authority(out.authority)) {
    return refuse(why, "a faulty authority in the target", out.authority);
  }
  return true;
}

}  // namespace

bool parse_target(std::string_view method, std::string_view target, Target& out, std::string& why) {
  out = Target{};
  std::string_view rest = target;
  const bool absolute = !target.starts_with('/') && target != "*";
  if (absolute && !take_authority(target, out, rest, why)) return false;
  if (target == "*" || (absolute && rest.empty() && method == "OPTIONS")) {
    if (method != "OPTIONS") return refuse(why, "a target for OPTIONS only", target);
    out.path = out.origin = "*";
    return true;
  }
  if (absolute && rest.empty()) rest = "/";
  if (!rest.starts_with('/')) return refuse(why, "a target without a path", target);
  const std::size_t mark = std::min(rest.find('?'), rest.size());
  out.path = rest.substr(0, mark);
  out.origin = rest;
  return check_path(out.path, why) &&
         check_query(rest.substr(std::min(mark + 1, rest.size())), why);
}

}  // namespace gateway::http
