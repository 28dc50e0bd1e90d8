#pragma once

// What the proxies in front of the gate say of a request, in Forwarded (RFC 7239) and in
// X-Forwarded-For, -Proto, -Host and -Port. Each proxy adds what it saw at the right end of a list,
// or writes the list anew. So lists are read from the right, as far as trusted proxies wrote them;
// what stands further left came from a stranger and means nothing. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"
#include "gateway/http/message.h"
#include "verify/result.h"

namespace gateway::routing {

inline constexpr std::size_t kMaxHops = 32;  // trusted proxies in a row

// Of the proxy that the client spoke to, or of the nearest to it that says anything. Views into the
// fields, and into the chain of addresses; empty: nobody says.
struct Forwarded {
  std::string_view client;     // address; or a word like "unknown", "_hidden"
  std::string_view scheme;     // "http" or "https"
  std::string_view authority;  // host, perhaps with a port
  std::uint16_t port = 0;      // for an authority without one, and for Host; 0: nobody says
};

bool is_trusted(const std::vector<conf::Cidr>& trusted, const conf::IpAddress& address);

// For a request that a trusted proxy sent. What stands in Forwarded comes before its counterpart,
// and must not contradict it: else anybody could speak through a proxy that knows one kind of
// fields alone. The error is a sentence. `chain` becomes "client, proxy", the addresses passed on
// the way up to the one who sent the request, for X-Forwarded-For.
verify::Result<Forwarded, std::string> read_forwarded(const std::vector<http::Field>& fields,
                                                      const std::vector<conf::Cidr>& trusted,
                                                      std::string& chain);

}  // namespace gateway::routing
