#pragma once

// Turns received bytes into heads and bodies of HTTP/1.1 messages (RFC 9112): what two readers
// could take for different messages is refused. Does no I/O; one message at a time; one thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/head_scanner.h"
#include "gateway/http/message.h"

namespace gateway::http {

class RequestReader {
 public:
  RequestReader();
  ~RequestReader();

  // `head` is a whole head as HeadScanner found it; views in `out` point into it.
  Parse read_head(std::string_view head, const HeadBounds& bounds, RequestHead& out, Error& error);

  // Payload of the body in `bytes`: views are appended to `pieces`, `used` says how many bytes
  // went. Done: the body is complete (`used` may be less than all). Trailers are read strictly and
  // dropped.
  Parse read_body(std::string_view bytes, std::size_t& used, std::vector<std::string_view>& pieces,
                  Error& error);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// How large the head and the trailer of a response may be: as browsers take them, or as requests
// where the operator has set that higher.
inline constexpr std::size_t kResponseHeadBytes = 256 << 10;
inline constexpr std::size_t kResponseFields = 5000;
HeadBounds response_bounds(const HeadBounds& requests);

class ResponseReader {
 public:
  ResponseReader();
  ~ResponseReader();

  // As above. `bodiless`: the response to HEAD. Views may point into the reader instead, and live
  // as long as those into `head`. A connection whose response says its length oddly is not kept
  // alive.
  Parse read_head(std::string_view head, const HeadBounds& bounds, bool bodiless, ResponseHead& out,
                  Error& error);
  Parse read_body(std::string_view bytes, std::size_t& used, std::vector<std::string_view>& pieces,
                  Error& error);
  // The upstream closed: true if that is a proper end of the body.
  bool end_of_stream();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway::http
