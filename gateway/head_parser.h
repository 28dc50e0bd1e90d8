#pragma once

// Takes a whole head apart, as HeadScanner found it: every line of it ends in CRLF, none begins
// with white space, the last one is empty (RFC 9112 3, 4, 5). Strict; keeps views into the head.
// Pure.

#include <cstddef>
#include <string_view>
#include <vector>

#include "gateway/framing.h"
#include "gateway/head_scanner.h"
#include "gateway/message.h"

namespace gateway {

struct RequestLine {
  std::string_view method, target;
  int version = 0;  // 10 or 11
};
// Takes the line and its CRLF off the front of `head`.
Parse parse_request_line(std::string_view& head, RequestLine& out, Flaw& flaw);

struct StatusLine {
  std::string_view reason;
  unsigned status = 0;  // 100 to 599
  int version = 0;
};
Parse parse_status_line(std::string_view& head, StatusLine& out, Flaw& flaw);

// The field lines and the empty line that ends them.
Parse parse_fields(std::string_view lines, std::size_t max_fields, std::vector<Field>& fields,
                   std::vector<std::string_view>& connection, Gathered& gathered, Flaw& flaw);

}  // namespace gateway
