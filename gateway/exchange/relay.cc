#include "gateway/exchange/relay.h"

#include "gateway/exchange/body_frame.h"
#include "gateway/exchange/pace.h"

namespace gateway::exchange {
namespace {

// How the end of the body is told to this client. HTTP/1.0 knows no chunks (RFC 9112 6.1).
http::Framing framing_to_client(const Exchange& x) {
  http::Framing framing = x.scratch.response.framing;
  if (framing == http::Framing::None || framing == http::Framing::Length) return framing;
  return x.request.minor == 1 ? http::Framing::Chunked : http::Framing::UntilClose;
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
  relay.parse = http::Parse::Done;
  http::Error error;
  if (!relay.ended) {
    relay.parse =
        scratch.response_reader.read_body(scratch.up.view(), relay.used, scratch.pieces, error);
    if (relay.parse == http::Parse::Bad) x.detail = error.sentence;
  }
  x.bytes_out += frame_pieces(scratch, relay.framing, relay.parse == http::Parse::Done);
}

enum class More : std::uint8_t { Bytes, End, Broken };

// More of the response into scratch.up.
net::Task<More> read_more_answer(Exchange& x) {
  http::Buffer& up = x.scratch.up;
  up.compact();
  if (up.capacity() < kStreamBuffer) up.reserve(kStreamBuffer);
  x.upstream->set(x.config.settings.timeouts.upstream_response);
  auto [error, bytes] = co_await x.upstream->read_some(up.space(), up.space_size());
  if (!error) {
    up.filled(bytes);
    co_return More::Bytes;
  }
  bool proper = error == asio::error::eof &&
                x.scratch.response.framing == http::Framing::UntilClose &&
                x.scratch.response_reader.end_of_stream();
  co_return proper ? More::End : More::Broken;
}

// Writes `rest`, at least at the pace of a body.
net::Task<net::ErrorCode> write_slowly(Exchange& x, std::span<asio::const_buffer> rest,
                                       Pace& pace) {
  pace.start();
  for (;;) {
    std::span<const asio::const_buffer> pieces = rest;
    auto [error, bytes] = co_await x.connection.stream().write_some(pieces);
    pace.count(bytes);
    if (!error && !net::advance(rest, bytes)) continue;
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
  if (in_step) x.generation.upstream(x.route->upstream).release(std::move(x.upstream));
  x.upstream.reset();
  return x.relay.close ? Next::Close : Next::Keep;
}

void begin(Exchange& x) {
  Relay& relay = x.relay;
  relay.framing = framing_to_client(x);
  relay.close = !x.request.keep_alive || !x.request_read || x.worker.draining() ||
                relay.framing == http::Framing::UntilClose;
  upstream::DownstreamResponse downstream{.request_id = x.request_id,
                                          .close = relay.close,
                                          .client_minor = x.request.minor,
                                          .framing = relay.framing,
                                          .length = x.scratch.response.length,
                                          .bodiless = bodiless(x)};
  x.status = x.scratch.response.status;
  x.scratch.out.clear();
  upstream::write_response_head(x.scratch.response, downstream, x.scratch.out);
  x.scratch.up.consume(x.response_head_size);
  x.scratch.gathered.assign(1, asio::buffer(x.scratch.out));
}

}  // namespace

bool relay_at_hand(Exchange& x, Next& next) {
  begin(x);
  next_piece(x);
  x.relay.rest = x.scratch.gathered;
  net::ErrorCode error;
  bool written = x.connection.stream().write_now(x.relay.rest, error);
  if (error) {
    next = broken(x, "client_gone");
    return true;
  }
  if (!written || x.relay.parse != http::Parse::Done) return false;
  x.scratch.up.consume(x.relay.used);
  next = finished(x);
  return true;
}

net::Task<Next> relay_rest(Exchange& x) {
  Relay& relay = x.relay;
  Pace pace(x);
  for (;;) {
    net::ErrorCode error;
    bool written = relay.rest.empty() || x.connection.stream().write_now(relay.rest, error);
    if (!written) error = co_await write_slowly(x, relay.rest, pace);
    if (error) co_return broken(x, "client_gone");
    x.scratch.up.consume(relay.used);
    if (relay.parse == http::Parse::Done) co_return finished(x);
    if (relay.parse == http::Parse::Bad) co_return broken(x, "upstream_broken");
    More more = co_await read_more_answer(x);
    if (more == More::Broken) co_return broken(x, "upstream_broken");
    relay.ended = more == More::End;
    x.scratch.gathered.clear();
    next_piece(x);
    relay.rest = x.scratch.gathered;
  }
}

}  // namespace gateway::exchange
