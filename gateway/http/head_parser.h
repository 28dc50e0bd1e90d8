#pragma once

// Takes a whole head apart, as HeadScanner found it: the first line of it is followed by none that
// begins with white space, and the last one is empty (RFC 9112 3, 4, 5). Keeps views into the head.
// Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/framing.h"
#include "gateway/http/head_scanner.h"
#include "gateway/http/message.h"

namespace gateway::http {

struct RequestLine {
  std::string_view method, target;
  int version = 0;  // 10 or 11
};
// Takes the line and its CRLF off the front of `head`.
Parse parse_request_line(std::string_view& head, RequestLine& out, Error& error);

struct StatusLine {
  std::string_view reason;
  unsigned status = 0;  // 100 to 999
  int version = 0;
};
Parse parse_status_line(std::string_view& head, StatusLine& out, Gathered& gathered, Error& error);

// The field lines and the empty line that ends them.
Parse parse_fields(std::string_view lines, std::size_t max_fields, std::vector<Field>& fields,
                   std::vector<std::string_view>& connection, Gathered& gathered, Error& error);
// Of a response a field whose name is no token is left out: no client could use it.
Parse parse_response_fields(std::string_view lines, std::size_t max_fields,
                            std::vector<Field>& fields, std::vector<std::string_view>& connection,
                            Gathered& gathered, Error& error);

// Of a response's head that is untidy (see Gathered): folded lines become one (RFC 9112 5.2), and
// control bytes spaces (RFC 9110 5.5). It is to be parsed once more then.
void tidy(std::string& head);

// How many bytes at the front of `text` are those of a token (RFC 9110 5.6.2).
std::size_t token_length(std::string_view text);
// No control bytes but tabs.
bool is_text(std::string_view text);

}  // namespace gateway::http
