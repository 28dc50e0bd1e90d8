#pragma once

// Content negotiation for refusals (RFC 9110 12.5.1). Pure.

#include <string_view>

namespace gateway::reply {

// Whether Accept prefers JSON, as application/problem+json or application/json, to a form-encoded
// body, which is the default: without Accept, with wildcards alone, and in a tie of both named.
// Reads at most 32 elements.
bool prefers_json(std::string_view accept);

}  // namespace gateway::reply
