#pragma once

// Where a user may be sent back to: what a callback must be at all, which of them a client may
// name, and the address with what is added to it (RFC 5849 2.1, 2.2). Pure.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/records.h"

namespace gateway::provider {

// For clients that can't be called back: the user types the code in.
inline constexpr std::string_view kOutOfBand = "oob";

// What keeps `uri` from being a callback, as a sentence; nothing for an absolute URI without
// fragment: http or https with a host, or an application's own scheme; none that a browser would
// run as script.
std::optional<std::string> redirect_error(std::string_view uri);

// Whether the client may be called back there:
//   exact         it is one of its redirect URIs, byte for byte
//   ignore_query  one of them, whatever stands behind '?'
//   prefix        below one of them: same origin, and its path's segments first
//   any           anywhere that redirect_error() has nothing against
// In all but exact, the port of a loopback address doesn't count (RFC 8252 7.3).
bool may_call_back(const store::Client& client, std::string_view callback);

// The callback with its own query first and these behind it, percent-encoded.
using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;
std::string with_parameters(std::string_view callback, const Parameters& parameters);

// What lets a page's form go there in a Content-Security-Policy: "https://app.example:8443", or the
// scheme alone ("myapp:") if it has no host, or one that such a policy has no words for ([::1]).
std::string policy_source(std::string_view callback);

// What people are shown of it: "app.example", or "myapp:".
std::string shown_host(std::string_view callback);

}  // namespace gateway::provider
