// Lines as the Cookie fields of a request: no cookie of the gate's own reaches a backend, neither
// through the login page's check nor with a request, and every other one does; ids are of one
// shape, and bounded in number. The cookies that the gate sets are read as they were set.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/provider/cookie.h"
#include "gateway/upstream/header_filter.h"

namespace {

using namespace gateway::provider;
using gateway::http::RequestHead;

void must(bool good) {
  if (!good) std::abort();
}

RequestHead head_of(std::string_view lines) {
  RequestHead head;
  head.method = "GET";
  while (!lines.empty() && head.fields.size() < 100) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() < lines.size() ? line.size() + 1 : line.size());
    if (line.find('\r') != line.npos || line.find('\0') != line.npos) continue;
    head.fields.push_back({"Cookie", line});
  }
  return head;
}

// No name, in any spelling that a lenient server takes for one, by which the gate would know it.
bool has_own(const RequestHead& head) {
  for (const bool https : {false, true}) {
    if (!cookie_values(head, cookie_name(https)).empty()) return true;
    if (!cookie_values(head, known_cookie_name(https)).empty()) return true;
  }
  return false;
}

void check_written(const RequestHead& head) {
  const gateway::upstream::HeaderFilter filter{conf::Headers{}};
  gateway::upstream::UpstreamRequest upstream;
  upstream.target = "/";
  upstream.host = "h";
  std::string out;
  gateway::upstream::write_request_head(head, upstream, filter, out);
  std::string lines;
  for (std::size_t at = out.find("Cookie: "); at != out.npos; at = out.find("\nCookie: ", at)) {
    at = out.find(": ", at) + 2;
    lines += out.substr(at, out.find("\r\n", at) - at) + '\n';
  }
  must(!has_own(head_of(lines)));
  must(foreign_cookies(head_of(lines)) == foreign_cookies(head));
}

void check_ids(const RequestHead& head, bool https) {
  const std::vector<std::string> ids = known_ids(head, https);
  must(ids.size() <= 2 * kMostKnownIds);
  for (const std::string& id : ids) {
    must(is_cookie_id(id) && id.size() == kCookieLength);
    must(id.find_first_of(";, \t.=\"") == id.npos || id.find('.') != id.npos);
  }
  const std::vector<std::string> set(
      ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), kMostKnownIds)));
  if (set.empty()) return;
  const std::string field = set_known_cookie(https, "/oauth/sign-in", set);
  must(gateway::upstream::is_own_cookie(field));
  const std::string sent = field.substr(0, field.find(';'));
  const RequestHead back = head_of(sent);
  must(known_ids(back, https) == set && foreign_cookies(back).empty());
}

void check_set(std::string_view value, bool https) {
  if (!is_cookie_id(value)) return;
  const std::string field = set_cookie(https, value);
  must(gateway::upstream::is_own_cookie(field));
  must(gateway::upstream::is_own_cookie(clear_cookie(https)));
  const std::string sent = "a=b; " + field.substr(0, field.find(';')) + " ; c=d";
  const RequestHead back = head_of(sent);
  must(cookie_values(back, cookie_name(https)) == std::vector<std::string_view>{value});
  must(foreign_cookies(back) == "a=b; c=d");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const RequestHead head = head_of(text);
  const std::string foreign = foreign_cookies(head);
  const RequestHead others = head_of(foreign);
  must(!has_own(others) && foreign_cookies(others) == foreign);
  check_written(head);
  for (const bool https : {false, true}) {
    for (const std::string_view value : cookie_values(head, cookie_name(https))) {
      must(value.find_first_of(";\n") == value.npos);
      check_set(value, https);
    }
    check_ids(head, https);
  }
  return 0;
}
