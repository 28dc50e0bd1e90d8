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

// Limits on hostile input; the gateway sets them from [limits].
struct Bounds {
  std::uint32_t parameters = 1000;  // header, query and form together
};

}  // namespace verify
