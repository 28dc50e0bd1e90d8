#include "gateway/exchange/ask_backend.h"

#include <algorithm>
#include <array>

#include "gateway/exchange/body_frame.h"
#include "gateway/exchange/pace.h"
#include "gateway/exchange/prove.h"
#include "gateway/exchange/read_request.h"

namespace gateway::exchange {
namespace {

// Looks for a final response's head at the front of scratch.up, and drops the interim ones before
// it.
http::Parse final_head(Exchange& x, http::HeadScanner& scanner, bool bodiless, http::Error& error) {
  const http::HeadBounds bounds = http::response_bounds(x.config.head_bounds);
  http::Buffer& up = x.scratch.up;
  http::ResponseHead& response = x.scratch.response;
  for (;;) {
    http::Parse parse = scanner.scan(up.view(), bounds, error);
    if (parse != http::Parse::Done) return parse;
    const std::string_view head = up.view().substr(0, scanner.length());
    parse = x.scratch.response_reader.read_head(head, bounds, bodiless, response, error);
    if (parse == http::Parse::Bad || response.status >= 200) return parse;
    if (response.status == 101) {
      return http::bad(error, http::ErrorKind::Malformed, "an upgrade that nobody asked for");
    }
    if (head.size() > kInterimBytes - x.interim_bytes) {
      return http::bad(error, http::ErrorKind::Malformed, "too many interim answers");
    }
    x.interim_bytes += head.size();
    up.consume(head.size());
    scanner.reset();
  }
}

// Room in scratch.up for more of a head.
void make_room(http::Buffer& up) {
  if (up.space_size() > 0) return;
  up.compact();
  if (up.space_size() == 0) up.reserve(up.capacity() * 2);
}

// While the request's body is on its way: a final response ends the sending, interim ones are
// dropped. The state is shared with the pending wait, which may outlive the sending.
class Watch {
 public:
  explicit Watch(Exchange& x) : state_(std::make_shared<State>(State{.x = &x})) { wait(state_); }
  ~Watch() {
    Exchange& x = *state_->x;
    state_->x = nullptr;
    x.upstream->cancel();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  bool answered() const { return state_->answered; }

 private:
  struct State {
    Exchange* x = nullptr;
    bool answered = false;
    http::HeadScanner scanner{http::MessageKind::Response};
  };

  static void wait(std::shared_ptr<State> state) {
    upstream::UpstreamConnection& upstream = *state->x->upstream;
    upstream.when_readable([state = std::move(state)](const net::ErrorCode& error) mutable {
      if (error || state->x == nullptr) return;
      Exchange& x = *state->x;
      http::Buffer& up = x.scratch.up;
      make_room(up);
      auto [failed, bytes] = x.upstream->read_now(up.space(), up.space_size());
      up.filled(bytes);
      x.response_begun = x.response_begun || bytes > 0;
      http::Error broken;
      if (!failed && final_head(x, state->scanner, false, broken) == http::Parse::NeedMore) {
        if (x.upstream->armed()) x.upstream->set(x.config.settings.timeouts.upstream_response);
        return wait(std::move(state));
      }
      state->answered = true;
      x.connection.stream().cancel();
      x.upstream->cancel();
    });
  }

  std::shared_ptr<State> state_;
};

// Whether a pooled connection ended before the request could be answered, and asking once more can
// do no harm: the method is safe (RFC 9110 9.2.1), there is no body, no byte of a response had
// come.
bool may_repeat(const Exchange& x) {
  std::string_view method = x.request.method;
  return x.upstream_ended && !x.response_begun && x.request.framing == http::Framing::None &&
         (method == "GET" || method == "HEAD" || method == "OPTIONS");
}

// The backend closed or reset the connection.
bool is_end(const net::ErrorCode& error) {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe;
}

RefusalPtr upstream_failed(Exchange& x, const std::string& what, const net::ErrorCode& error) {
  if (x.upstream->fired())
    return stop({.kind = reply::RefusalKind::UpstreamTimeout, .detail = what});
  x.upstream_ended = is_end(error);
  return stop(
      {.kind = reply::RefusalKind::UpstreamBroken, .detail = what + ": " + error.message()});
}

// Whoever is told twice is nobody, as at the provider's own pages.
bool may_pass_login_user(const Exchange& x) {
  const conf::Settings& settings = x.config.settings;
  if (settings.login.mode != conf::LoginMode::Header || x.credential) return false;
  if (!routing::is_trusted(settings.listen.trusted_proxies, x.connection.peer_ip())) return false;
  const auto told = [&x](const http::Field& field) {
    return x.config.header_filter.names_login_user(field.name);
  };
  return std::count_if(x.request.fields.begin(), x.request.fields.end(), told) == 1;
}

void write_upstream_head(Exchange& x, const upstream::UpstreamPool& pool) {
  const routing::External& external = *x.external;
  upstream::UpstreamRequest upstream{.target = x.target.origin,
                                     .host = x.request.host,
                                     .request_id = x.request_id,
                                     .forwarded_for = x.forwarded_for,
                                     .scheme = external.scheme,
                                     .authority = external.authority,
                                     .pass_login_user = may_pass_login_user(x),
                                     .pass_authorization = x.route->pass_authorization,
                                     .framing = x.request.framing,
                                     .length = x.request.length};
  if (x.route->host == conf::HostSent::Upstream || x.request.host.empty())
    upstream.host = pool.host();
  if (x.credential) upstream.identity_lines = x.credential->identity_lines;
  if (x.body_held) {
    upstream.framing = http::Framing::Length;
    upstream.length = x.scratch.held.size();
  }
  x.scratch.out.clear();
  upstream::write_request_head(x.request, upstream, x.config.header_filter, x.scratch.out);
}

// The body streams: what has been read is written before more is read, so memory stays bounded.
net::Task<RefusalPtr> send_body(Exchange& x, const Watch& watch) {
  http::Buffer& in = x.scratch.in;
  in.compact();
  in.reserve(kStreamBuffer);
  Pace pace(x);
  http::Error broken;
  for (;;) {
    x.scratch.pieces.clear();
    std::size_t used = 0;
    http::Parse parse =
        x.scratch.request_reader.read_body(in.view(), used, x.scratch.pieces, broken);
    if (parse == http::Parse::Bad) {
      x.out_of_step = true;
      co_return stop(reply::refusal_of(std::move(broken)));
    }
    x.bytes_in += frame_pieces(x.scratch, x.request.framing, parse == http::Parse::Done);
    if (x.bytes_in > x.config.settings.limits.body_bytes) {
      x.out_of_step = true;
      co_return stop({.kind = reply::RefusalKind::BodyTooLarge});
    }
    x.upstream->set(x.config.settings.timeouts.upstream_response);
    std::span<asio::const_buffer> rest(x.scratch.gathered);
    net::ErrorCode error;
    bool done = x.upstream->write_now(rest, error);
    if (!done) error = co_await x.upstream->write_rest(rest);
    x.scratch.gathered.clear();
    in.consume(used);
    x.request_read = parse == http::Parse::Done;
    if (watch.answered()) co_return nullptr;
    if (error && x.upstream->fired()) co_return upstream_failed(x, "sending", error);
    if (error) co_return nullptr;  // a reset may have left a response behind
    x.request_sent = x.request_read;
    if (x.request_sent) co_return nullptr;
    in.compact();
    x.upstream->clear();  // it is the client that we wait for
    RefusalPtr stopped = co_await read_more_body(x, pace);
    if (watch.answered()) co_return nullptr;
    if (stopped) co_return stopped;
  }
}

// A held body, behind `rest` of what comes before it and is in memory: from the disk, a step at a
// time. Every write ends through the loop, so others have their turn between two steps.
net::Task<RefusalPtr> send_held_body(Exchange& x, const Watch& watch,
                                     std::span<asio::const_buffer> rest) {
  upstream::HeldBody& held = x.scratch.held;
  std::uint64_t at = 0;  // on disk
  for (;;) {
    x.upstream->set(x.config.settings.timeouts.upstream_response);
    net::ErrorCode error = co_await x.upstream->write_rest(rest);
    if (watch.answered()) co_return nullptr;
    if (error && x.upstream->fired()) co_return upstream_failed(x, "sending", error);
    if (error) co_return nullptr;  // a reset may have left a response behind
    x.request_sent = at == held.on_disk();
    if (x.request_sent) co_return nullptr;
    std::string_view step;
    auto wrong = held.read(at, step);
    if (wrong) co_return stop(reply::refusal_of(std::move(*wrong)));
    at += step.size();
    x.scratch.gathered.assign(1, asio::buffer(step.data(), step.size()));
    rest = x.scratch.gathered;
  }
}

// The rest of the request goes to the backend, which may answer before it has all of it. The body
// follows as the client brings it, if it isn't held; then all of the head is in `rest`.
net::Task<RefusalPtr> stream_request(Exchange& x, std::span<asio::const_buffer> rest) {
  RefusalPtr refusal;
  {
    Watch watch(x);
    if (x.request_read) {
      refusal = co_await send_held_body(x, watch, rest);
    } else {
      refusal = co_await send_body(x, watch);
    }
  }
  x.connection.clear();
  co_return refusal;
}

}  // namespace

net::Task<RefusalPtr> read_response_head(Exchange& x, bool bodiless) {
  http::Buffer& up = x.scratch.up;
  http::HeadScanner scanner(http::MessageKind::Response);
  http::Error broken;
  for (;;) {
    const http::Parse parse = final_head(x, scanner, bodiless, broken);
    if (parse == http::Parse::Done) break;
    if (parse == http::Parse::Bad) {
      co_return stop({.kind = reply::RefusalKind::UpstreamBroken,
                      .detail = "not a proper answer: " + broken.sentence});
    }
    make_room(up);
    x.upstream->set(x.config.settings.timeouts.upstream_response);
    auto [error, bytes] = co_await x.upstream->read_some(up.space(), up.space_size());
    if (error) co_return upstream_failed(x, "waiting for the answer", error);
    up.filled(bytes);
    x.response_begun = true;
  }
  x.response_head_size = scanner.length();
  co_return nullptr;
}

namespace {

// One attempt on x.upstream.
net::Task<RefusalPtr> ask(Exchange& x) {
  x.upstream->set(x.config.settings.timeouts.upstream_response);
  x.scratch.up.clear();
  x.request_sent = false;
  x.scratch.gathered.assign(1, asio::buffer(x.scratch.out));
  std::span<asio::const_buffer> rest(x.scratch.gathered);
  if (x.request_read) {
    const upstream::HeldBody& held = x.scratch.held;
    if (x.body_held) x.scratch.gathered.push_back(asio::buffer(held.in_memory()));
    rest = x.scratch.gathered;
    net::ErrorCode error;
    bool written = x.upstream->write_now(rest, error);
    if (error && !is_end(error)) co_return upstream_failed(x, "sending", error);
    // A connection that ended is read all the same: it may have left a response behind.
    x.request_sent = error || (written && held.on_disk() == 0);
  }
  if (!x.request_sent) {
    RefusalPtr stopped = co_await stream_request(x, rest);
    if (stopped) co_return stopped;
  }
  if (x.body_held) release_body(x);
  // Others that are ready go first: by then the response is often there, which saves a look too
  // early.
  co_await asio::post(x.worker.context(), asio::use_awaitable_t<net::Executor>());
  const bool bodiless = x.request.method == "HEAD";
  RefusalPtr refusal = co_await read_response_head(x, bodiless);
  co_return refusal;
}

}  // namespace

// A pooled connection was looked at when it was taken, and may still end before the request reaches
// the backend. The request may then be sent once more, on a fresh connection; never a third time.
// The ledger has noted it before, and is not asked again.
net::Task<RefusalPtr> ask_backend(Exchange& x) {
  upstream::UpstreamPool& pool = x.generation.upstream(x.route->upstream);
  write_upstream_head(x, pool);
  RefusalPtr refusal;
  x.upstream = pool.take();
  if (x.upstream) {
    refusal = co_await ask(x);
    if (!refusal || !may_repeat(x)) {
      if (refusal) x.upstream.reset();
      co_return refusal;
    }
  }
  const bool repeats = x.upstream != nullptr;
  auto connected = co_await pool.connect();
  if (!connected) co_return stop(reply::refusal_of(std::move(connected.error())));
  // The wait may have been long, and who was proven may have lost the right meanwhile.
  refusal = judge_rights_again(x);
  if (refusal) co_return refusal;
  write_upstream_head(x, pool);
  x.upstream = std::move(*connected);
  refusal = co_await ask(x);
  if (!refusal) co_return nullptr;
  x.upstream.reset();
  if (repeats) refusal->detail = "after a pooled connection had ended: " + refusal->detail;
  co_return refusal;
}

}  // namespace gateway::exchange
