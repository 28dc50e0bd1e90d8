#pragma once

// A client without a socket: what it sends comes in the pieces that a test cuts, any of its
// operations can fail, and what it was sent is kept. One event loop.

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gateway/net/stream.h"

namespace gateway::testing {

inline constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

struct Piece {
  std::string bytes;
  std::string after{};  // sent once this was received; empty: at once
};

struct Client {
  std::vector<Piece> pieces;
  bool then_ends = true;     // behind the last piece the client closes its side; or is silent
  bool then_drips = false;   // or sends a byte now and then, forever
  std::string ends_after{};  // closes its side once this was received, whatever it had yet to send
  bool ends_when_cancelled = true;  // a cancelled read is the last that is silent
  std::size_t window = kNone;       // bytes that one write takes
  std::size_t takes = kNone;        // bytes that it takes at all, then it stops reading
  std::size_t fails_at = kNone;     // the number of the operation that fails, and all behind it
};

// What became of it; outlives the stream.
struct Record {
  std::string received;
  std::size_t operations = 0;
  bool closed = false;
  bool reset = false;
  bool finished = false;
  std::function<void()> wake;  // looks again whether the next piece may be sent
};

std::unique_ptr<net::Stream> mem_stream(asio::io_context& context, Client client,
                                        std::shared_ptr<Record> record);

}  // namespace gateway::testing
