#pragma once

// A response of the gate itself, where no backend is asked: status, fields, body. All of them are
// rendered here: refusals, the pages and replies of the provider. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::reply {

struct Response {
  int status = 200;
  std::string_view content_type;  // empty: no body
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> fields;  // more of them, in this order
};

// What the response needs to know of the request.
struct ResponseContext {
  std::string_view request_id;
  std::int64_t now = 0;  // Unix seconds, for Date
  unsigned client_minor = 1;
  bool close = false;  // say Connection: close
  bool head = false;   // to HEAD: no body
};

// Head and body, ready to be sent: with Date, Content-Length, Cache-Control: no-store, X-Request-Id
// and what Connection has to say. No value can bring a line end with it: CR, LF and NUL are left
// out.
std::string render(const Response& response, const ResponseContext& context);

std::string_view reason_phrase(int status);

// IMF-fixdate (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::int64_t unix_seconds);

}  // namespace gateway::reply
