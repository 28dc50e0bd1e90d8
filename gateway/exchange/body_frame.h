#pragma once

// Bodies on their way out, as they are framed on the wire.

#include <cstddef>
#include <string>

#include "gateway/exchange/scratch.h"
#include "gateway/http/message.h"

namespace gateway::exchange {

inline constexpr std::size_t kStreamBuffer = 64 << 10;  // bytes moved at a time when a body streams

// Appends "SIZE CRLF" for a chunk to `out`.
void chunk_head(std::size_t size, std::string& out);

// Appends scratch.pieces to scratch.gathered, as one chunk if `framing` says so and with the end of
// chunks behind it if they are the last. Returns the size of the payload.
std::size_t frame_pieces(Scratch& scratch, http::Framing framing, bool last);

}  // namespace gateway::exchange
