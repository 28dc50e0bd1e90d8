#pragma once

// Turns received bytes into heads and bodies of HTTP/1.1 messages, strictly (RFC 9112): what two
// readers could take for different messages is refused. message_reader.cc is the door to Beast's
// parser. Does no I/O; one message at a time; one thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/message.h"
#include "gateway/refusal.h"

namespace gateway {

struct HeadBounds {
  std::size_t head_bytes = 32 << 10;  // request line and fields; also a trailer
  std::size_t target_bytes = 16 << 10;
  std::size_t fields = 100;
};

enum class Parse : std::uint8_t { NeedMore, Done, Bad };

// What was wrong: a fault to answer with (requests) and a sentence with the offending bytes.
struct Flaw {
  Fault fault = Fault::Malformed;
  std::string sentence;
};

// Finds the end of a head before anything is parsed, so that views into it are made once and stay.
// Refuses bare LF, folded lines, white space before the first field, and what exceeds the bounds.
class HeadScanner {
 public:
  void reset() { *this = HeadScanner(); }
  // `bytes` begins where the message begins (after skip()), and was longer or equal at each call.
  // Done: the head is the first `length()` bytes.
  Parse scan(std::string_view bytes, const HeadBounds& bounds, Flaw& flaw);
  std::size_t length() const { return line_; }

 private:
  std::size_t line_ = 0;   // begin of the line being looked at
  std::size_t seen_ = 0;   // bytes already looked at
  std::size_t lines_ = 0;  // complete lines
};

// Empty lines that a client may send before its request line (RFC 9112 2.2): how many bytes of
// `bytes` to skip. At most two lines in all.
std::size_t leading_empty_lines(std::string_view bytes, unsigned& lines_skipped);

class RequestReader {
 public:
  RequestReader();
  ~RequestReader();

  // `head` is a whole head as HeadScanner found it; views in `out` point into it.
  Parse read_head(std::string_view head, const HeadBounds& bounds, RequestHead& out, Flaw& flaw);

  // Payload of the body in `bytes`: views are appended to `pieces`, `used` says how many bytes
  // went. Done: the body is complete (`used` may be less than all). Trailers are read strictly and
  // dropped.
  Parse read_body(std::string_view bytes, std::size_t& used, std::vector<std::string_view>& pieces,
                  Flaw& flaw);
  bool body_done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class ResponseReader {
 public:
  ResponseReader();
  ~ResponseReader();

  // `bodiless`: the answer to HEAD.
  Parse read_head(std::string_view head, const HeadBounds& bounds, bool bodiless, ResponseHead& out,
                  Flaw& flaw);
  Parse read_body(std::string_view bytes, std::size_t& used, std::vector<std::string_view>& pieces,
                  Flaw& flaw);
  // The upstream closed: true if that is a proper end of the body.
  bool end_of_stream();
  bool body_done() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway
