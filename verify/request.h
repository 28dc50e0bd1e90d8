#pragma once

// What a signature covers, as views into the bytes received. The caller keeps them alive and
// unchanged while anything of verify works on them.

#include <cstdint>
#include <optional>
#include <string_view>

namespace verify {

struct RequestView {
  std::string_view method;     // as on the request line, "GET"
  std::string_view scheme;     // external: "http" or "https"
  std::string_view authority;  // external host[:port], any case, port as written (default ports are
                               // dropped here)
  std::string_view path_prefix;  // path of external_url, stands before the path; empty or "/base"
  std::string_view target;       // origin-form: path and query, byte for byte
  std::optional<std::string_view> authorization;  // the value of the one Authorization field
  std::optional<std::string_view>
      form;  // the body if its media type is application/x-www-form-urlencoded
};

// Whether a body of this Content-Type is a form (RFC 5849 section 3.4.1.3.1): cut where lenient
// backends cut, so that what one of them takes for a form is signed as a form.
bool is_form(std::string_view content_type);

// How a request's parameters may come: limits on hostile input, which the gateway sets from
// [limits], and where they may stand.
struct Bounds {
  std::uint32_t parameters = 1000;  // header, query and form together
  // oauth_callback, oauth_verifier and oauth_session_handle may stand in the query or form beside
  // an Authorization field that has the rest, as some clients send them to the token endpoints.
  bool split_callback_and_verifier = false;
};

}  // namespace verify
