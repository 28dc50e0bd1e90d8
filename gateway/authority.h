#pragma once

// Which of the URLs clients sign a request belongs to: decided by its Host and the settings, never
// by a field that a stranger can set. Immutable; any thread. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"

namespace gateway {

struct External {
  std::string scheme;     // "http" or "https"
  std::string authority;  // lower case, without the scheme's default port
  std::string
      path_prefix;  // path of the external URL, stands before the request's path when signing
};

class Authorities {
 public:
  // `listen` must outlive it.
  explicit Authorities(const conf::Listen& listen) : listen_(listen) {}

  // Nothing: the Host isn't one of ours (421). `host` as received; `secure`: the connection is TLS.
  std::optional<External> resolve(std::string_view host, bool secure) const;

 private:
  bool accepted(std::string_view authority, std::string_view scheme) const;
  const conf::Listen& listen_;
};

}  // namespace gateway
