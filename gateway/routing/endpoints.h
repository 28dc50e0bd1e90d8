#pragma once

// The addresses that the gate answers itself. Immutable; any thread. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/settings.h"

namespace gateway::routing {

enum class Endpoint : std::uint8_t {
  RequestToken,
  Authorize,
  AccessToken,
  Revoke,
  SignIn,
  SignOut,
  Grants,
  Errors
};

// Those that clients sign requests to; the others are pages for browsers.
bool is_signed(Endpoint endpoint);

class Endpoints {
 public:
  // `settings` must outlive it.
  explicit Endpoints(const conf::Settings& settings) : settings_(settings) {}

  // `path` as received; `page_host`: it was asked for at provider.host, where the pages are and
  // nothing else, if that is set.
  std::optional<Endpoint> find(bool page_host, std::string_view path) const;
  // "POST, GET" for an Allow field.
  std::string_view allowed(Endpoint endpoint) const;
  bool allows(Endpoint endpoint, std::string_view method) const;
  const std::string& path(Endpoint endpoint) const;

 private:
  const conf::Settings& settings_;
};

}  // namespace gateway::routing
