#include "gateway/exchange/read_request.h"

#include "gateway/exchange/body_frame.h"
#include "gateway/exchange/prove.h"

namespace gateway::exchange {
namespace {

// What a browser sends from one of our pages is far shorter.
constexpr std::uint64_t kPageForm = 64 << 10;  // bytes

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

RefusalPtr malformed(Exchange& x, http::Error error) {
  x.out_of_step = true;
  return stop(reply::refusal_of(std::move(error)));
}

// The peer went away or was silent for too long. Nobody may be there to read the refusal; the log
// will.
RefusalPtr ended(Exchange& x, const net::ErrorCode& error) {
  x.out_of_step = true;
  if (x.connection.made_room()) {
    return stop({.kind = reply::RefusalKind::Overloaded,
                 .detail = "ended to make room for other addresses"});
  }
  if (x.connection.fired()) return stop({.kind = reply::RefusalKind::RequestTimeout});
  return stop({.kind = reply::RefusalKind::Malformed, .detail = "cut short: " + error.message()});
}

// Room for at least one more byte, up to `limit` bytes in the buffer.
bool make_room(http::Buffer& buffer, std::size_t limit) {
  if (buffer.space_size() > 0) return true;
  buffer.compact();
  if (buffer.space_size() > 0) return true;
  if (buffer.capacity() >= limit) return false;
  buffer.reserve(std::min(limit, buffer.capacity() * 2));
  return true;
}

reply::Refusal too_large(std::uint64_t limit) {
  return {.kind = reply::RefusalKind::BodyTooLarge,
          .detail = "body to be held is over " + std::to_string(limit) + " bytes"};
}

// What was read of the body, scratch.pieces, is kept.
RefusalPtr keep_pieces(Exchange& x, std::uint64_t limit, verify::Digester* digester) {
  upstream::HeldBody& held = x.scratch.held;
  for (std::string_view piece : x.scratch.pieces) {
    if (piece.size() > limit - held.size()) return stop(too_large(limit));
    if (digester != nullptr) digester->update(piece);
    if (auto wrong = held.append(piece)) return stop(reply::refusal_of(std::move(*wrong)));
  }
  return nullptr;
}

RefusalPtr took_too_long(Exchange& x) {
  x.out_of_step = true;
  return stop({.kind = reply::RefusalKind::RequestTimeout});
}

net::Task<RefusalPtr> hold_body(Exchange& x, std::uint64_t limit, Pace& pace,
                                verify::Digester* digester) {
  http::Buffer& in = x.scratch.in;
  upstream::HeldBody& held = x.scratch.held;
  held.begin(x.config.settings, x.network());
  if (x.request.framing == http::Framing::Length && x.request.length > limit) {
    co_return stop(too_large(limit));
  }
  http::Error error;
  for (;;) {
    x.scratch.pieces.clear();
    std::size_t used = 0;
    http::Parse parse =
        x.scratch.request_reader.read_body(in.view(), used, x.scratch.pieces, error);
    if (parse == http::Parse::Bad) co_return malformed(x, std::move(error));
    RefusalPtr stopped = keep_pieces(x, limit, digester);
    x.bytes_in = held.size();
    if (stopped) {
      x.out_of_step = true;
      co_return stopped;
    }
    in.consume(used);
    if (parse == http::Parse::Done) break;
    if (held.size() >= in.capacity()) {  // there is much of it
      in.compact();
      in.reserve(kStreamBuffer);
    }
    if (pace.over()) co_return took_too_long(x);
    stopped = co_await read_more_body(x, pace);
    if (stopped) co_return stopped;
  }
  x.request_read = true;
  auto wrong = held.flush();
  if (wrong) co_return stop(reply::refusal_of(std::move(*wrong)));
  x.body_held = true;
  co_return nullptr;
}

// A Content-Encoding that a backend may undo; empty without one. What is signed of a form are the
// bytes that came.
std::string_view coding_of(const http::RequestHead& request) {
  for (const http::Field& field : request.fields) {
    if (!http::same_name(field.name, "content-encoding")) continue;
    if (!field.value.empty() && !http::same_name(field.value, "identity")) return field.value;
  }
  return {};
}

}  // namespace

bool head_at_hand(Exchange& x, RefusalPtr& refusal) {
  http::Buffer& in = x.scratch.in;
  const http::HeadBounds& bounds = x.config.head_bounds;
  if (x.scanner.length() == 0) {
    const std::size_t empty = http::leading_empty_lines(in.view(), x.empty_lines);
    in.consume(empty);
    if (empty > 0) x.scanner.reset();  // it may have looked at the CR of an empty line already
  }
  http::Error error;
  http::Parse parse = x.scanner.scan(in.view(), bounds, error);
  if (parse == http::Parse::NeedMore) return false;
  if (parse == http::Parse::Done) {
    // To memory of its own, so that views into the head outlive the body that follows it in the
    // buffer.
    x.scratch.head.assign(in.view().substr(0, x.scanner.length()));
    in.consume(x.scanner.length());
    parse = x.scratch.request_reader.read_head(x.scratch.head, bounds, x.request, error);
  }
  x.request_read = x.request.framing == http::Framing::None;
  if (parse == http::Parse::Bad) refusal = malformed(x, std::move(error));
  return true;
}

net::Task<RefusalPtr> read_rest_of_head(Exchange& x) {
  http::Buffer& in = x.scratch.in;
  RefusalPtr refusal;
  do {
    if (!make_room(in, x.config.head_bounds.head_bytes + 1)) {
      x.out_of_step = true;
      co_return stop({.kind = reply::RefusalKind::HeadTooLarge});
    }
    auto [error, bytes] = co_await x.connection.stream().read_some(in.space(), in.space_size());
    if (error) co_return ended(x, error);
    in.filled(bytes);
  } while (!head_at_hand(x, refusal));
  co_return refusal;
}

net::Task<RefusalPtr> read_more_body(Exchange& x, Pace& pace) {
  http::Buffer& in = x.scratch.in;
  pace.start();
  if (x.request.expect_continue && in.empty() && x.request.minor == 1) {
    asio::const_buffer interim(kContinue.data(), kContinue.size());
    std::span<asio::const_buffer> pieces(&interim, 1);
    net::ErrorCode failed = co_await net::write_all(x.connection.stream(), pieces);
    if (failed) co_return ended(x, failed);
  }
  x.request.expect_continue = false;
  // What is left over is the beginning of a chunk head or a trailer.
  if (!make_room(in, x.config.head_bounds.head_bytes + 1)) {
    co_return stop(
        {.kind = reply::RefusalKind::Malformed, .detail = "chunk head or trailer too long"});
  }
  auto [error, bytes] = co_await x.connection.stream().read_some(in.space(), in.space_size());
  if (error) co_return ended(x, error);
  in.filled(bytes);
  pace.count(bytes);
  pace.stop();
  co_return nullptr;
}

bool must_hold_form(const Exchange& x) {
  const bool passed_on = x.route != nullptr && x.route->auth == conf::Auth::None;
  return !x.request_read && !passed_on && verify::is_form(x.request.content_type);
}

RefusalPtr check_form_is_clear(const Exchange& x) {
  if (x.request_read || !may_be_signed(x)) return nullptr;
  const verify::BodyKind kind = verify::body_kind(x.request.content_type);
  if (kind == verify::BodyKind::Other) return nullptr;
  std::string_view unclear = x.request.content_type;
  if (kind == verify::BodyKind::Form) {
    unclear = coding_of(x.request);
    if (unclear.empty()) return nullptr;
  }
  return rejected({verify::Reason::FormUnclear, std::string(unclear.substr(0, 64))});
}

bool body_at_hand(const Exchange& x) {
  return x.request.framing == http::Framing::Length && x.request.length <= x.scratch.in.size();
}

net::Task<RefusalPtr> hold_form(Exchange& x) {
  const conf::Limits& limits = x.config.settings.limits;
  std::uint64_t limit = std::min(limits.form_bytes, limits.body_bytes);
  if (x.endpoint && !routing::is_signed(*x.endpoint)) limit = std::min(limit, kPageForm);
  Pace pace(x, std::max(limits.form_rate, limits.body_rate), x.config.settings.timeouts.hold);
  RefusalPtr stopped = co_await hold_body(x, limit, pace, nullptr);
  co_return stopped;
}

net::Task<RefusalPtr> hold_hashed_body(Exchange& x, verify::Digester& digester,
                                       net::Duration most) {
  const conf::Limits& limits = x.config.settings.limits;
  const std::uint64_t limit = std::min(limits.hashed_body_bytes, limits.body_bytes);
  Pace pace(x, limits.body_rate, std::min<net::Duration>(most, x.config.settings.timeouts.hold));
  RefusalPtr stopped = co_await hold_body(x, limit, pace, &digester);
  co_return stopped;
}

void release_body(Exchange& x) {
  // The log still asks for it, and it may have stood in the form.
  if (x.credential) x.claimed_client = x.credential->client;
  const bool large = x.scratch.held.size() > kStreamBuffer;
  x.scratch.held.release();
  // What a large form left there is several times as large.
  if (large) x.scratch.workspace = verify::Workspace();
}

}  // namespace gateway::exchange
