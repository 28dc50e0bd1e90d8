#include "gateway/exchange/body_frame.h"

namespace gateway::exchange {

void chunk_head(std::size_t size, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char digits[16];
  int count = 0;
  do {
    digits[count++] = kDigits[size & 15];
    size >>= 4;
  } while (size != 0);
  while (count > 0) out += digits[--count];
  out += "\r\n";
}

std::size_t frame_pieces(Scratch& scratch, http::Framing framing, bool last) {
  std::size_t size = 0;
  for (std::string_view piece : scratch.pieces) size += piece.size();
  const bool chunked = framing == http::Framing::Chunked;
  scratch.frame.clear();
  if (chunked && size > 0) {
    chunk_head(size, scratch.frame);
    scratch.gathered.push_back(asio::buffer(scratch.frame));
  }
  for (std::string_view piece : scratch.pieces) {
    scratch.gathered.push_back(asio::buffer(piece.data(), piece.size()));
  }
  if (chunked) {
    std::string_view end = size > 0 ? (last ? "\r\n0\r\n\r\n" : "\r\n") : (last ? "0\r\n\r\n" : "");
    scratch.gathered.push_back(asio::buffer(end.data(), end.size()));
  }
  return size;
}

}  // namespace gateway::exchange
