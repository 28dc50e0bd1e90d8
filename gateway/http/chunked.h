#pragma once

// Takes bodies in chunks apart (RFC 9112 7.1). Extensions and trailers are dropped: no part of them
// goes on. Pure; one body at a time; one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/head_scanner.h"

namespace gateway::http {

inline constexpr std::size_t kMaxChunkDigits = 32;  // of one size, zeros in front included
// Bytes of extensions in all of a request, or behind one size in a response.
inline constexpr std::size_t kMaxChunkExtensions = 4096;

class ChunkDecoder {
 public:
  // `bounds` are those of the message's head; the trailer keeps within them too.
  ChunkDecoder(MessageKind kind, const HeadBounds& bounds)
      : kind_(kind), most_trailers_(bounds.fields), trailer_left_(bounds.head_bytes) {}

  // Appends the payload in `bytes` to `pieces`, as views; `used` says how many bytes went, which is
  // all of them unless the body ends before. Nothing is called after Done or Bad.
  Parse read(std::string_view bytes, std::size_t& used, std::vector<std::string_view>& pieces,
             Error& error);

 private:
  enum class At : std::uint8_t { Size, Payload, PayloadEnd, Trailer };

  // Each returns Done at the end of the body, NeedMore before it.
  Parse end_line(Error& error);
  Parse read_size(std::string_view line, Error& error);
  Parse read_trailer(std::string_view line, Error& error);
  std::size_t room() const;

  const MessageKind kind_;
  At at_ = At::Size;
  std::uint64_t left_ = 0;  // payload bytes of this chunk to come
  std::size_t extension_bytes_ = 0;
  std::size_t trailers_ = 0;  // fields
  const std::size_t most_trailers_;
  std::size_t trailer_left_;  // bytes
  std::string line_;          // as far as it has come
};

}  // namespace gateway::http
