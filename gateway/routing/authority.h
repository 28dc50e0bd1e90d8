#pragma once

// Which of the URLs clients sign a request belongs to: decided by the settings, by what trusted
// proxies say, and by Host and the connection; never by a field that a stranger can set. Immutable;
// any thread. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"
#include "gateway/routing/forwarded.h"

namespace gateway::routing {

struct External {
  std::string scheme;     // "http" or "https"
  std::string authority;  // lower case, without the scheme's default port
  std::string
      path_prefix;  // path of the external URL, stands before the request's path when signing
  bool pages_only = false;  // the host of the provider's pages and of nothing else
};

class Authorities {
 public:
  // Both must outlive it. `provider`: null if its host is none of ours.
  explicit Authorities(const conf::Listen& listen, const conf::Provider* provider = nullptr)
      : listen_(listen), provider_(provider) {}

  // Nothing: the host isn't one of ours (421). `host` as received; `secure`: the connection is TLS;
  // `forwarded`: of trusted proxies, whose word comes before both. It never comes before
  // external_url, among whose entries it chooses. The provider's own host is one of ours, over
  // https wherever the others are.
  std::optional<External> resolve(std::string_view host, bool secure,
                                  const Forwarded& forwarded = {}) const;

 private:
  const conf::Url* external_url(std::string_view authority, std::string_view scheme) const;
  bool accepted(std::string_view authority, std::string_view scheme) const;
  bool is_page_host(std::string_view authority, std::string_view scheme) const;
  const conf::Listen& listen_;
  const conf::Provider* provider_;
};

// resolve() for one connection, whose requests mostly have all the same to say: the last response
// is kept. One thread.
class ResolvedAuthority {
 public:
  // nullptr: nothing. Valid until the next call.
  const External* resolve(const Authorities& authorities, std::string_view host, bool secure,
                          const Forwarded& forwarded);

 private:
  std::string host_, scheme_, authority_;  // what was asked
  std::uint16_t port_ = 0;
  std::optional<External> external_;
};

}  // namespace gateway::routing
