#pragma once

// Which address a failed sign-in counts against. One that many people share says nothing about any
// of them, and must not lock them out: that of a proxy the gate was not told to trust, above all.
// Pure.
//
// What is known: a trusted proxy names its client, or the address says nothing. Another peer stands
// for many if it must be a TLS terminator (the URL is https, the connection is not), if it is on
// this machine and the URL is another one's, or if its address is a private one and it sends the
// fields of a proxy. From a public address those fields may be the client's own doing, who would
// like not to be counted.

#include <string_view>
#include <vector>

#include "conf/settings.h"
#include "gateway/http/message.h"
#include "gateway/routing/forwarded.h"

namespace gateway::provider {

struct Arrival {
  std::string_view peer;       // its address as text
  conf::IpAddress peer_ip{};   // and as bytes
  bool secure = false;         // over TLS that ends here
  std::string_view scheme;     // of the URL that was asked for
  std::string_view authority;  // of that URL
  std::string_view client;     // as trusted proxies say (Forwarded::client)
};

// Empty: none.
std::string_view counted_address(const Arrival& arrival, const std::vector<http::Field>& fields,
                                 const std::vector<conf::Cidr>& trusted);

}  // namespace gateway::provider
