// Any bytes as a body in chunks, behind two that say where it is cut: whole, in two pieces and byte
// by byte it has the same payload and end, or is refused each time. Of a request less is taken than
// of a response, and nothing otherwise. The payload in chunks of any sizes is the same payload.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "gateway/http/chunked.h"
#include "tests/fuzzing/message_feed.h"

namespace {

using namespace gateway::http;
using fuzz::must;
using fuzz::Outcome;

Outcome decode(MessageKind kind, const HeadBounds& bounds, const fuzz::Pieces& pieces) {
  ChunkDecoder decoder(kind, bounds);
  Outcome out;
  const auto read = [&decoder](std::string_view bytes, std::size_t& used, fuzz::Pieces& views,
                               Error& error) { return decoder.read(bytes, used, views, error); };
  fuzz::feed_body("", pieces, 0, read, out);
  return out;
}

Outcome however_it_arrives(MessageKind kind, const HeadBounds& bounds, const std::uint8_t* data,
                           std::size_t size) {
  const std::string_view whole(reinterpret_cast<const char*>(data + 2), size - 2);
  Outcome out = decode(kind, bounds, {whole});
  must(decode(kind, bounds, fuzz::cut_by_number(data, size)) == out);
  if (whole.size() <= 1024) must(decode(kind, bounds, fuzz::byte_by_byte(whole)) == out);
  return out;
}

// In chunks as long as the bytes of `sizes` say, the last one for all that is left.
std::string in_chunks(std::string_view payload, std::string_view sizes) {
  std::string out;
  while (!payload.empty()) {
    std::size_t size = payload.size();
    if (!sizes.empty()) {
      size = std::min<std::size_t>(size, static_cast<unsigned char>(sizes[0]) + 1u);
      sizes.remove_prefix(1);
    }
    std::array<char, 24> line{};
    std::snprintf(line.data(), line.size(), "%zX\r\n", size);
    out += std::string(line.data()) + std::string(payload.substr(0, size)) + "\r\n";
    payload.remove_prefix(size);
  }
  return out + "0\r\n\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const HeadBounds bounds = fuzz::bounds_of(data[0] & 1);
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const Outcome request = however_it_arrives(MessageKind::Request, bounds, data, size);
  const Outcome response = however_it_arrives(MessageKind::Response, bounds, data, size);
  if (request.end != Outcome::End::Bad) must(request == response);
  if (response.end == Outcome::End::Bad) return 0;
  must(bytes.ends_with(response.rest));
  must(response.payload.size() <= bytes.size());
  const std::string anew = in_chunks(response.payload, bytes) + "next";
  for (const MessageKind kind : {MessageKind::Request, MessageKind::Response}) {
    const Outcome again = decode(kind, HeadBounds{}, {anew});
    must(again.end == Outcome::End::Done && again.payload == response.payload);
    must(again.rest == "next");
  }
  return 0;
}
