#pragma once

// The one cookie of the provider's pages: the session's id (RFC 6265). Pure.

#include <string>
#include <string_view>
#include <vector>

#include "gateway/message.h"

namespace gateway::provider {

// "__Host-portcullis" over https, where a browser takes it from this host alone; "portcullis" over
// http.
std::string_view cookie_name(bool https);

// The values of all cookies of that name, in the order received: other hosts of a domain may have
// planted more of them than ours.
std::vector<std::string_view> cookie_values(const RequestHead& head, std::string_view name);

// The browser's other cookies, as the value of one Cookie field: for somebody else. Empty if there
// are none.
std::string foreign_cookies(const RequestHead& head);

// The value of a Set-Cookie field. HttpOnly, SameSite=Lax, for the whole host, and gone with the
// browser.
std::string set_cookie(bool https, std::string_view value);
std::string clear_cookie(bool https);

}  // namespace gateway::provider
