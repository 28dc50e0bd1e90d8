#include "gateway/exchange/respond.h"

#include <array>

#include "gateway/exchange/keep_refusal.h"

namespace gateway::exchange {
namespace {

// Whether the client's next request can be found: its body was read, or is whole in the buffer.
bool in_step(Exchange& x) {
  if (x.out_of_step) return false;
  if (x.request_read) return true;
  x.scratch.pieces.clear();
  std::size_t used = 0;
  http::Error error;
  http::Parse parse =
      x.scratch.request_reader.read_body(x.scratch.in.view(), used, x.scratch.pieces, error);
  if (parse != http::Parse::Done) return false;
  x.scratch.in.consume(used);
  x.request_read = true;
  return true;
}

// Who sends what is no HTTP may mean anything by the bytes that follow (RFC 9112 section 11.2).
bool garbled(reply::RefusalKind fault) {
  return fault == reply::RefusalKind::Malformed || fault == reply::RefusalKind::TargetMalformed ||
         fault == reply::RefusalKind::MethodNotImplemented;
}

// Sends scratch.out, which is a whole response of our own.
net::Task<Next> send_out(Exchange& x, bool keep) {
  x.connection.set(x.config.settings.timeouts.body);
  std::array<asio::const_buffer, 1> pieces{asio::buffer(x.scratch.out)};
  std::span<asio::const_buffer> all(pieces);
  net::ErrorCode error = co_await net::write_all(x.connection.stream(), all);
  if (error) co_return Next::Abort;
  x.bytes_out = x.scratch.out.size();
  co_return keep ? Next::Keep : Next::Close;
}

// x.own_response, as bytes.
std::string rendered_response(const Exchange& x, bool keep) {
  const reply::ResponseContext context{.request_id = x.request_id,
                                       .now = x.config.clock.unix_seconds(),
                                       .client_minor = x.request.minor,
                                       .close = !keep,
                                       .head = x.request.method == "HEAD"};
  return reply::render(*x.own_response, context);
}

std::string rendered_refusal(const Exchange& x, const reply::Refusal& refusal, bool keep) {
  const reply::RefusalContext context{
      .errors = x.route ? x.route->errors : conf::ErrorStyle::Accept,
      .accept = x.request.accept,
      .request_id = x.request_id,
      .now = x.config.clock.unix_seconds(),
      .floor = x.config.ledger.floor(),
      .client_minor = x.request.minor,
      .close = !keep,
      .head = x.request.method == "HEAD"};
  return reply::render(refusal, x.config.style, context);
}

}  // namespace

net::Task<Next> refuse(Exchange& x, const reply::Refusal& refusal) {
  const bool keep =
      !garbled(refusal.kind) && in_step(x) && x.request.keep_alive && !x.worker.draining();
  x.status = static_cast<unsigned>(reply::status_of(refusal, x.config.style));
  x.reason = reply::log_word(refusal);
  x.detail =
      refusal.kind == reply::RefusalKind::Verification ? refusal.reject.detail : refusal.detail;
  keep_refusal(x, refusal.kind);
  x.scratch.out = x.own_response ? rendered_response(x, keep) : rendered_refusal(x, refusal, keep);
  Next next = co_await send_out(x, keep);
  co_return next;
}

net::Task<Next> respond(Exchange& x) {
  const bool keep = in_step(x) && x.request.keep_alive && !x.worker.draining();
  x.status = static_cast<unsigned>(x.own_response->status);
  x.scratch.out = rendered_response(x, keep);
  Next next = co_await send_out(x, keep);
  co_return next;
}

}  // namespace gateway::exchange
