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

// What a Content-Type says of a body. A form is signed (RFC 5849 section 3.4.1.3.1), anything else
// is not. Unclear: some backends take it for a form and others don't, or they find other pairs in
// it than the ones that are signed. Such a body must not go on with an identity.
enum class BodyKind : std::uint8_t { Other, Form, Unclear };

BodyKind body_kind(std::string_view content_type);
inline bool is_form(std::string_view content_type) {
  return body_kind(content_type) == BodyKind::Form;
}

// Where a parameter stands (RFC 5849 section 3.5).
enum class Source : std::uint8_t { Header, Query, Form };

struct Places {
  bool header = true, query = true, form = true;
  bool has(Source source) const {
    return source == Source::Header ? header : source == Source::Query ? query : form;
  }
};

// How a request's parameters may come: limits on hostile input, which the gateway sets from
// [limits], and where they may stand.
struct Bounds {
  std::uint32_t parameters = 1000;  // header, query and form together
  Places credentials;               // where the OAuth parameters may stand
  // The Authorization field reaches whoever acts on the request. Else it may have no parameters but
  // OAuth's and the realm: they would be signed and then lost.
  bool authorization_passed_on = false;
  // oauth_callback, oauth_verifier and oauth_session_handle may stand in the query or form beside
  // an Authorization field that has the rest, as some clients send them to the token endpoints.
  bool split_callback_and_verifier = false;
};

}  // namespace verify
