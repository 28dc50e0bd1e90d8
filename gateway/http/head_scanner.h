#pragma once

// Finds the end of a message's head in what has been received, and refuses what two readers could
// take for different heads before anything is parsed (RFC 9112 2.2, 5). Pure; one message at a
// time; one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/error.h"

namespace gateway::http {

struct HeadBounds {
  std::size_t head_bytes = 32 << 10;  // request line and fields; also a trailer
  std::size_t target_bytes = 16 << 10;
  std::size_t fields = 100;
};

// Requests come from strangers, and are read strictly. Backends can't be changed: of a response,
// what all common clients read in the same way is taken too, such as lines that end in a bare LF.
// What goes on is written anew in either case.
enum class MessageKind : std::uint8_t { Request, Response };

inline constexpr std::size_t kMaxMethod = 32;  // bytes of a method name

// Finds the end of a head before anything is parsed, so that views into it are made once and stay.
// Refuses white space before the first field and what exceeds the bounds; in requests also bare LF
// and folded lines.
class HeadScanner {
 public:
  explicit HeadScanner(MessageKind kind = MessageKind::Request) : kind_(kind) {}
  void reset() { *this = HeadScanner(kind_); }
  // `bytes` begins where the message begins (behind leading_empty_lines()), and was longer or equal
  // at each call. Done: the head is the first `length()` bytes.
  Parse scan(std::string_view bytes, const HeadBounds& bounds, Error& error);
  std::size_t length() const { return line_; }

 private:
  MessageKind kind_;
  std::size_t line_ = 0;   // begin of the line being looked at
  std::size_t seen_ = 0;   // bytes already looked at
  std::size_t lines_ = 0;  // complete lines
};

// Empty lines that a client may send before its request line (RFC 9112 2.2): how many bytes of
// `bytes` to skip. At most two lines in all.
std::size_t leading_empty_lines(std::string_view bytes, unsigned& lines_skipped);

}  // namespace gateway::http
