#include "gateway/provider/cookie.h"

#include <algorithm>

#include "gateway/upstream/header_filter.h"
#include "store/sessions.h"
#include "verify/percent.h"

namespace gateway::provider {
namespace {

std::string attributes(bool https) {
  return std::string("; Path=/; HttpOnly; SameSite=Lax") + (https ? "; Secure" : "");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls each("name=value") for what stands between the semicolons of all Cookie fields.
template <class Each>
void each_cookie(const http::RequestHead& head, Each each) {
  for (const http::Field& field : head.fields) {
    if (!http::same_name(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      each(trimmed(rest.substr(0, rest.find(';'))));
      rest.remove_prefix(std::min(rest.find(';'), rest.size() - 1) + 1);
    }
  }
}

}  // namespace

bool is_cookie_id(std::string_view text) {
  return text.size() == kCookieLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return verify::is_unreserved(c); });
}

std::string_view cookie_name(bool https) { return https ? "__Host-portcullis" : "portcullis"; }

std::vector<std::string_view> cookie_values(const http::RequestHead& head, std::string_view name) {
  std::vector<std::string_view> out;
  each_cookie(head, [&](std::string_view pair) {
    const std::size_t equals = pair.find('=');
    if (equals != pair.npos && pair.substr(0, equals) == name)
      out.push_back(pair.substr(equals + 1));
  });
  return out;
}

std::string foreign_cookies(const http::RequestHead& head) {
  std::string out;
  each_cookie(head, [&](std::string_view pair) {
    if (pair.empty() || upstream::is_own_cookie(pair)) return;
    if (!out.empty()) out += "; ";
    out += pair;
  });
  return out;
}

std::string set_cookie(bool https, std::string_view value) {
  return std::string(cookie_name(https)) + "=" + std::string(value) + attributes(https);
}

std::string clear_cookie(bool https) {
  return std::string(cookie_name(https)) + "=; Max-Age=0" + attributes(https);
}

std::string_view known_cookie_name(bool https) {
  return https ? "__Secure-portcullis-known" : "portcullis-known";
}

std::string set_known_cookie(bool https, std::string_view path,
                             const std::vector<std::string>& ids) {
  std::string out(known_cookie_name(https));
  for (std::size_t i = 0; i < std::min(ids.size(), kMostKnownIds); ++i)
    out += (i == 0 ? "=" : ".") + ids[i];
  out += "; Path=" + std::string(path) + "; Max-Age=" + std::to_string(store::kKnownFor_s);
  return out + "; HttpOnly; SameSite=Lax" + (https ? "; Secure" : "");
}

std::vector<std::string> known_ids(const http::RequestHead& head, bool https) {
  std::vector<std::string> out;
  for (std::string_view rest : cookie_values(head, known_cookie_name(https))) {
    while (!rest.empty() && out.size() < 2 * kMostKnownIds) {
      const std::string_view id = rest.substr(0, rest.find('.'));
      rest.remove_prefix(std::min(id.size() + 1, rest.size()));
      if (is_cookie_id(id)) out.emplace_back(id);
    }
  }
  return out;
}

}  // namespace gateway::provider
