#pragma once

// The cookies of the provider's pages (RFC 6265): the session's id, and the ids by which a browser
// is known to be one in which somebody signed in before. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/message.h"

namespace gateway::provider {

inline constexpr std::size_t kCookieLength = 27;  // of an id in a cookie: 160 bits
bool is_cookie_id(std::string_view text);

// "__Host-portcullis" over https, where a browser takes it from this host alone; "portcullis" over
// http.
std::string_view cookie_name(bool https);

// The values of all cookies of that name, in the order received: other hosts of a domain may have
// planted more of them than ours.
std::vector<std::string_view> cookie_values(const http::RequestHead& head, std::string_view name);

// The browser's other cookies, as the value of one Cookie field: for somebody else. Empty if there
// are none.
std::string foreign_cookies(const http::RequestHead& head);

// The value of a Set-Cookie field. HttpOnly, SameSite=Lax, for the whole host, and gone with the
// browser.
std::string set_cookie(bool https, std::string_view value);
std::string clear_cookie(bool https);

// For the sign-in page at `path` alone, and kept by the browser for as long as the ids are good. A
// browser that several people use has an id for each, the latest first.
inline constexpr std::size_t kMostKnownIds = 8;
std::string_view known_cookie_name(bool https);
std::string set_known_cookie(bool https, std::string_view path,
                             const std::vector<std::string>& ids);
// Of all cookies of that name, at most twice kMostKnownIds.
std::vector<std::string> known_ids(const http::RequestHead& head, bool https);

}  // namespace gateway::provider
