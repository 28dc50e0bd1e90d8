#pragma once

// A request as it is kept for whoever asks later why it was refused: readable, and without what a
// reader could sign or sign in with. Pure.

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace gateway::log {

// What stands in place of a value that was taken out.
inline constexpr std::string_view kRemoved = "REMOVED";

struct KeptRequest {
  std::string dump;
  bool truncated = false;
  bool signed_removed = false;  // a signed parameter was taken out
};

struct KeptBytes {
  std::string_view body;   // without the framing of chunks; as far as it was read
  bool form = false;       // it is one
  bool plaintext = false;  // the signature is the secrets themselves, as its method says
};

// Request line, fields and body as received, cut at `bound` bytes. Taken out are the values
// - of fields that carry credentials: Cookie, Authorization of another scheme than OAuth, whatever
//   has "cookie", "auth", "token", "secret", "password", "session" or "key" in its name, and
//   Referer;
// - of parameters, wherever they stand: PLAINTEXT signatures, and what looks like one under
//   another method; those with "password", "passwd", "secret", "access_token" or "api_key" in their
//   names.
KeptRequest kept_request(const http::RequestHead& head, const KeptBytes& bytes, std::size_t bound);

}  // namespace gateway::log
