#pragma once

// The target of a request. Pure.

#include <string>
#include <string_view>

namespace gateway::http {

// The request target taken apart (RFC 9112 3.2), views into it.
struct Target {
  std::string_view path;       // of origin-form; "*" for asterisk-form
  std::string_view origin;     // path and query as they are signed and forwarded
  std::string_view authority;  // of absolute-form; empty otherwise
  std::string_view scheme;     // of absolute-form, "http" or "https"
};

// False for what a gate must refuse: authority-form, asterisk-form without OPTIONS, user
// information, a fragment, no leading slash, bytes outside the URI grammar except the visible ones
// that real clients leave raw in a query (`[ ] { } < > " | ^ ` \`), invalid or %00
// percent-encodings in the path. `why` gets a sentence.
bool parse_target(std::string_view method, std::string_view target, Target& out, std::string& why);

}  // namespace gateway::http
