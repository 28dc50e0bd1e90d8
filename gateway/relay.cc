// The answer goes to the client as it comes: what was read is written before more is read.

#include "gateway/exchange.h"

namespace gateway {
namespace {

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

// The next piece of the body, from what is in scratch.up, framed behind what already stands in
// scratch.gathered.
void next_piece(Exchange& x) {
  Relay& relay = x.relay;
  Scratch& scratch = x.scratch;
  scratch.pieces.clear();
  relay.used = 0;
  relay.parse = Parse::Done;
  Flaw flaw;
  if (!relay.ended) {
    relay.parse =
        scratch.response_reader.read_body(scratch.up.view(), relay.used, scratch.pieces, flaw);
    if (relay.parse == Parse::Bad) x.detail = flaw.sentence;
  }
  x.bytes_out += frame_pieces(scratch, relay.framing, relay.parse == Parse::Done);
}

enum class More : std::uint8_t { Bytes, End, Broken };

// More of the answer into scratch.up.
Task<More> read_more_answer(Exchange& x) {
  Buffer& up = x.scratch.up;
  up.compact();
  if (up.capacity() < kStreamBuffer) up.reserve(kStreamBuffer);
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

Next broken(Exchange& x, std::string_view reason) {
  x.reason = reason;
  x.upstream.reset();
  return Next::Abort;
}

// Both sides are in step: the upstream's connection may carry another request.
Next finished(Exchange& x) {
  bool in_step = x.scratch.response.keep_alive && x.request_sent && x.scratch.up.empty();
  if (in_step) x.shift.upstream(x.route->upstream).release(std::move(x.upstream));
  x.upstream.reset();
  return x.relay.close ? Next::Close : Next::Keep;
}

void begin(Exchange& x) {
  Relay& relay = x.relay;
  relay.framing = framing_to_client(x);
  relay.close = !x.request.keep_alive || !x.request_read || x.worker.draining() ||
                relay.framing == Framing::UntilClose;
  Returned returned{.request_id = x.request_id,
                    .close = relay.close,
                    .client_minor = x.request.minor,
                    .framing = relay.framing,
                    .length = x.scratch.response.length,
                    .bodiless = bodiless(x)};
  x.status = x.scratch.response.status;
  x.scratch.out.clear();
  write_response_head(x.scratch.response, returned, x.scratch.out);
  x.scratch.up.consume(x.answer_head_size);
  x.scratch.gathered.assign(1, asio::buffer(x.scratch.out));
}

}  // namespace

bool relay_at_hand(Exchange& x, Next& next) {
  begin(x);
  next_piece(x);
  x.relay.rest = x.scratch.gathered;
  ErrorCode error;
  bool written = x.connection.stream().write_now(x.relay.rest, error);
  if (error) {
    next = broken(x, "client_gone");
    return true;
  }
  if (!written || x.relay.parse != Parse::Done) return false;
  x.scratch.up.consume(x.relay.used);
  next = finished(x);
  return true;
}

Task<Next> relay_rest(Exchange& x) {
  Relay& relay = x.relay;
  Pace pace(x);
  for (;;) {
    ErrorCode error;
    bool written = relay.rest.empty() || x.connection.stream().write_now(relay.rest, error);
    if (!written) error = co_await write_slowly(x, relay.rest, pace);
    if (error) co_return broken(x, "client_gone");
    x.scratch.up.consume(relay.used);
    if (relay.parse == Parse::Done) co_return finished(x);
    if (relay.parse == Parse::Bad) co_return broken(x, "upstream_broken");
    More more = co_await read_more_answer(x);
    if (more == More::Broken) co_return broken(x, "upstream_broken");
    relay.ended = more == More::End;
    x.scratch.gathered.clear();
    next_piece(x);
    relay.rest = x.scratch.gathered;
  }
}

}  // namespace gateway
