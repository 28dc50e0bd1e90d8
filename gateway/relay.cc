// The answer goes to the client as it comes: what was read is written before more is read.

#include "gateway/exchange.h"

namespace gateway {
namespace {

constexpr std::size_t kStreamBuffer = 64 << 10;

// How the end of the body is told to this client. HTTP/1.0 knows no chunks (RFC 9112 6.1).
Framing framing_to_client(const Exchange& x) {
  Framing framing = x.scratch.response.framing;
  if (framing == Framing::None || framing == Framing::Length) return framing;
  return x.request.minor == 1 ? Framing::Chunked : Framing::UntilClose;
}

bool bodiless(const Exchange& x) {
  unsigned status = x.scratch.response.status;
  return x.request.method == "HEAD" || status == 204 || status == 304;
}

// Frames the pieces behind what already stands in scratch.gathered.
void frame_answer(Exchange& x, Framing framing, bool last, std::string& frame) {
  std::size_t size = 0;
  for (std::string_view piece : x.scratch.pieces) size += piece.size();
  x.bytes_out += size;
  frame.clear();
  if (framing == Framing::Chunked && size > 0) {
    chunk_head(size, frame);
    x.scratch.gathered.push_back(asio::buffer(frame));
  }
  for (std::string_view piece : x.scratch.pieces) {
    x.scratch.gathered.push_back(asio::buffer(piece.data(), piece.size()));
  }
  if (framing != Framing::Chunked) return;
  std::string_view end = size > 0 ? (last ? "\r\n0\r\n\r\n" : "\r\n") : (last ? "0\r\n\r\n" : "");
  x.scratch.gathered.push_back(asio::buffer(end.data(), end.size()));
}

enum class More : std::uint8_t { Bytes, End, Broken };

// More of the answer into scratch.up.
Task<More> read_more_answer(Exchange& x) {
  Buffer& up = x.scratch.up;
  up.compact();
  if (up.capacity() < kStreamBuffer) up.reserve(kStreamBuffer);
  if (up.space_size() == 0) co_return More::Broken;  // an endless chunk head
  x.upstream->set(x.gate.settings.timeouts.upstream_response);
  auto [error, bytes] = co_await x.upstream->read_some(up.space(), up.space_size());
  if (!error) {
    up.filled(bytes);
    co_return More::Bytes;
  }
  bool proper = error == asio::error::eof && x.scratch.response.framing == Framing::UntilClose &&
                x.scratch.response_reader.end_of_stream();
  co_return proper ? More::End : More::Broken;
}

// Writes `rest`, at least at the pace of a body.
Task<ErrorCode> write_slowly(Exchange& x, std::span<asio::const_buffer> rest, Pace& pace) {
  pace.start();
  for (;;) {
    std::span<const asio::const_buffer> pieces = rest;
    auto [error, bytes] = co_await x.connection.stream().write_some(pieces);
    pace.count(bytes);
    if (!error && !advance(rest, bytes)) continue;
    pace.stop();
    co_return error;
  }
}

void broken(Exchange& x, std::string_view reason) {
  x.reason = reason;
  x.upstream.reset();
}

// Both sides are in step: the connection may carry another request.
void give_back_upstream(Exchange& x) {
  bool in_step = x.scratch.response.keep_alive && x.request_read && x.scratch.up.empty();
  if (in_step) x.worker.upstream(x.route->upstream).release(std::move(x.upstream));
  x.upstream.reset();
}

}  // namespace

Task<Next> relay_answer(Exchange& x) {
  Buffer& up = x.scratch.up;
  const Framing framing = framing_to_client(x);
  const bool close = !x.request.keep_alive || !x.request_read || x.worker.draining() ||
                     framing == Framing::UntilClose;
  Returned returned{.request_id = x.request_id,
                    .close = close,
                    .client_minor = x.request.minor,
                    .framing = framing,
                    .length = x.scratch.response.length,
                    .bodiless = bodiless(x)};
  x.status = x.scratch.response.status;
  x.scratch.out.clear();
  write_response_head(x.scratch.response, returned, x.scratch.out);
  up.consume(x.answer_head_size);
  x.scratch.gathered.assign(1, asio::buffer(x.scratch.out));
  Pace pace(x);
  Flaw flaw;
  std::string frame;
  bool ended = false;
  for (;;) {
    x.scratch.pieces.clear();
    std::size_t used = 0;
    Parse parse = Parse::Done;
    if (!ended)
      parse = x.scratch.response_reader.read_body(up.view(), used, x.scratch.pieces, flaw);
    if (parse == Parse::Bad) {
      broken(x, "upstream_broken");
      co_return Next::Abort;
    }
    frame_answer(x, framing, parse == Parse::Done, frame);
    std::span<asio::const_buffer> rest(x.scratch.gathered);
    ErrorCode error;
    bool done = x.connection.stream().write_now(rest, error);
    if (!done) error = co_await write_slowly(x, rest, pace);
    x.scratch.gathered.clear();
    up.consume(used);
    if (error) {
      broken(x, "client_gone");
      co_return Next::Abort;
    }
    if (parse == Parse::Done) break;
    More more = co_await read_more_answer(x);
    if (more == More::Broken) {
      broken(x, "upstream_broken");
      co_return Next::Abort;
    }
    ended = more == More::End;
  }
  give_back_upstream(x);
  co_return close ? Next::Close : Next::Keep;
}

}  // namespace gateway
