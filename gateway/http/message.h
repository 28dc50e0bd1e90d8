#pragma once

// Heads of HTTP/1.1 messages as views into the buffer they were read into (RFC 9112). Plain values
// that one connection reuses; the views live until that buffer is refilled.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gateway::http {

struct Field {
  std::string_view name;   // as received
  std::string_view value;  // without the white space around it
};

// How the end of a body is known (RFC 9112 6.3).
enum class Framing : std::uint8_t { None, Length, Chunked, UntilClose };

struct RequestHead {
  std::string_view method;
  std::string_view target;
  unsigned minor = 1;         // HTTP/1.minor, 0 or 1
  std::vector<Field> fields;  // in the order received

  // Found while reading:
  std::string_view host;  // of the one Host field; empty without one (HTTP/1.0) or when it is empty
  std::string_view authorization;  // of the one Authorization field
  bool has_authorization = false;
  std::string_view content_type;
  std::string_view accept;                   // first Accept field, for the form of a refusal
  std::vector<std::string_view> connection;  // options of Connection, as received
  Framing framing = Framing::None;
  std::uint64_t length = 0;  // with Framing::Length
  bool keep_alive = true;    // what the client wants
  bool expect_continue = false;
  bool expect_other = false;  // an expectation that isn't 100-continue
};

struct ResponseHead {
  unsigned minor = 1;
  unsigned status = 0;
  std::string_view reason;
  std::vector<Field> fields;
  std::vector<std::string_view> connection;
  Framing framing = Framing::UntilClose;
  std::uint64_t length = 0;
  std::optional<std::uint64_t> told;  // Content-Length, also of a response that has no body
  bool keep_alive = true;             // whether the upstream connection may carry another request
};

// Case-insensitive equality of ASCII.
bool same_name(std::string_view a, std::string_view b);

}  // namespace gateway::http
