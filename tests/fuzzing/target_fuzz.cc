// Any bytes as the target of a request: what is taken keeps its bytes, has nothing that ends a line
// or begins a fragment, and is read the same in origin-form, as it goes onward.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "conf/url.h"
#include "gateway/http/message.h"
#include "gateway/http/target.h"

namespace {

using gateway::http::parse_target;
using gateway::http::Target;

void must(bool good) {
  if (!good) std::abort();
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void check_path(std::string_view path) {
  constexpr std::string_view kNever("\"<>\\^`{|}[]?#\0", 14);
  must(path.starts_with('/'));
  must(path.find_first_of(kNever) == path.npos);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') continue;
    must(i + 2 < path.size() && is_hex(path[i + 1]) && is_hex(path[i + 2]));
    must(path.substr(i, 3) != "%00");
  }
}

// What was taken apart is all of the text: an absolute-form without a path has "/".
void check_parts(std::string_view text, const Target& target) {
  std::string_view rest = text;
  if (!target.scheme.empty()) {
    must(target.scheme == "http" || target.scheme == "https");
    must(gateway::http::same_name(rest.substr(0, target.scheme.size()), target.scheme));
    rest.remove_prefix(target.scheme.size());
    must(rest.starts_with("://"));
    rest.remove_prefix(3);
    must(rest.starts_with(target.authority) && conf::parse_authority(target.authority));
    must(target.authority.find('@') == target.authority.npos);
    rest.remove_prefix(target.authority.size());
  } else {
    must(target.authority.empty());
  }
  must(rest == target.origin || (rest.empty() && !target.scheme.empty()));
}

void check(std::string_view method, std::string_view text) {
  Target target;
  std::string why;
  if (!parse_target(method, text, target, why)) {
    must(!why.empty());
    for (const char c : why) must(c >= ' ' && c <= '~');
    return;
  }
  for (const char c : target.origin) must(c > ' ' && c <= '~' && c != '#');
  check_parts(text, target);
  if (target.origin == "*") {
    must(method == "OPTIONS" && target.path == "*");
  } else {
    check_path(target.path);
    must(target.origin.starts_with(target.path));
    const std::string_view query = target.origin.substr(target.path.size());
    must(query.empty() || query.starts_with('?'));
  }
  Target again;
  must(parse_target(method, target.origin, again, why));
  must(again.path == target.path && again.origin == target.origin);
  must(again.scheme.empty() && again.authority.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view method : {"GET", "OPTIONS"}) check(method, text);
  return 0;
}
