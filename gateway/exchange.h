#pragma once

// The life of one request. exchange() is the list of its steps; each step is a function that either
// lets the request go on or says why it must be refused. The steps of a protected request never
// change order: nothing is forwarded before the replay ledger has noted it.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/answer.h"
#include "gateway/provider/endpoints.h"
#include "gateway/refusal.h"
#include "gateway/routes.h"
#include "gateway/worker.h"
#include "verify/claim.h"
#include "verify/judge.h"
#include "verify/request.h"

namespace gateway {

enum class Next : std::uint8_t {
  Keep,
  Close,
  Abort
};  // Abort: so that no cut answer looks complete

// How far the answer has come on its way to the client.
struct Relay {
  Framing framing = Framing::None;     // towards the client
  bool close = false;                  // it is the connection's last
  bool ended = false;                  // the upstream closed, and that was the proper end
  Parse parse = Parse::NeedMore;       // of the body
  std::size_t used = 0;                // bytes of scratch.up that `rest` stands for
  std::span<asio::const_buffer> rest;  // framed and not yet written; into scratch.gathered
};

// What is known of the request so far. Lives as long as the exchange; everything it points into
// too.
struct Exchange {
  Exchange(Connection& connection_, Scratch& scratch_, Worker& worker_);

  Connection& connection;
  Scratch& scratch;
  Worker& worker;
  Shift& shift;
  const Gate& gate;
  RequestId request_id;
  TimePoint began;

  HeadScanner scanner;
  unsigned empty_lines = 0;
  RequestHead& request;
  Target target;
  Forwarded forwarded;                 // what trusted proxies say of it
  std::string_view forwarded_for;      // addresses from the client to the peer, as they go on
  const External* external = nullptr;  // the URL that was asked for
  const conf::Route* route = nullptr;  // null: `endpoint`, or none was found
  std::optional<provider::Endpoint> endpoint;  // an address of the provider's
  bool body_held = false;  // it is whole in scratch.held: a form, or one whose hash was signed

  bool head_read = false;              // and it can be read
  bool request_read = false;           // the body has been read to its end
  bool request_sent = false;           // all of it went to the upstream
  bool answered = false;               // the upstream gave a byte, if only of an interim answer
  bool upstream_ended = false;         // the upstream's connection did, before the answer's head
  bool out_of_step = false;            // the client's bytes can't be told apart any more: close
  std::optional<verify::Claim> claim;  // of a request that must be signed
  std::shared_ptr<const Credential> credential;  // whose signature was accepted; null: anonymous
  std::optional<verify::Accepted> accepted;      // how; absent: anonymous
  std::string_view claimed_client;               // for the log
  std::optional<verify::Method> known_method;    // how a client that there is says it signed
  std::unique_ptr<Answer> answer;                // of the provider; null: the backend is asked
  UpstreamLease upstream;
  std::size_t answer_head_size = 0;  // of the answer's head at the front of scratch.up

  std::size_t interim_bytes = 0;  // of the upstream's 1xx answers, dropped
  Relay relay;

  // What is held is a form, whose parameters are signed.
  bool form_held() const { return body_held && verify::is_form(request.content_type); }
  // Whose share of what all have it counts to: nothing for those who speak for many.
  std::optional<conf::IpAddress> network() const;
  // Of the client as far as trusted proxies say.
  std::string_view client_address() const {
    return forwarded.client.empty() ? connection.peer_address() : forwarded.client;
  }

  // For the log.
  std::string page_client, page_user;  // whom a page of the provider's is about, and who sees it
  unsigned status = 0;
  std::string_view reason = "ok";
  std::string detail;
  std::uint64_t bytes_in = 0, bytes_out = 0;
};

// Null: go on. A pointer, so that the frames of coroutines stay small enough to be recycled.
using Step = std::unique_ptr<Refusal>;
inline Step stop(Refusal refusal) { return std::make_unique<Refusal>(std::move(refusal)); }
inline Step rejected(verify::Reject reject) {
  return stop({.fault = Fault::Verification, .reject = std::move(reject)});
}
inline Step rejected(verify::Reason reason) { return rejected(verify::Reject{reason, {}}); }

// Requires bytes in scratch.in. Answers the client, writes the log line, says what becomes of the
// connection. `x` lives until then.
Task<Next> exchange(Exchange& x);

// Steps that live in files of their own. What can usually be done without waiting has a plain
// function, so that the usual request pays for no coroutine there.

// input.cc: bounded; refuses what two readers could read differently.
bool head_at_hand(Exchange& x, Step& refusal);  // false: more must be read
Task<Step> read_rest_of_head(Exchange& x);
// input.cc: only forms are signed, so only they are held, and bodies whose hash was signed. Both go
// into scratch.held; the second is fed to the digester while it is read.
bool must_hold_form(const Exchange& x);
// input.cc: a body that a backend may read as a form other than the one that would be signed.
Step check_form_is_clear(const Exchange& x);
bool body_at_hand(const Exchange& x);  // all of it has come already
Task<Step> hold_form(Exchange& x);
// For at most this long, and never longer than timeouts.hold.
Task<Step> hold_hashed_body(Exchange& x, verify::Digester& digester, Duration most);
// input.cc: what was held has gone where it should, or never will.
void release_body(Exchange& x);
// prove.cc: what can be refused already, while a form is still to come.
Step early_refusal(Exchange& x);
// prove.cc: whether it has to be signed at all, or may be.
bool may_be_signed(const Exchange& x);
// prove.cc: claim, keys, judgement, ledger. What was judged before a body was waited for is judged
// again behind it.
Task<Step> prove(Exchange& x);
// prove.cc: for what waited on its way to the backend. A right that has ended since is a refusal.
Step judge_rights_again(Exchange& x);
// keep_refusal.cc: for `portcullis explain --id`, where the request names a client that there is
// and there is room.
void keep_refusal(const Exchange& x, Fault fault);
// body_hash.cc: is there an oauth_body_hash where there must be one, and none where it must not.
Step check_hash_is_due(const Exchange& x, const verify::Claim& claim);
// body_hash.cc: requires claim.body_hash. Holds the body until its hash was seen to be that.
Task<Step> check_body_hash(Exchange& x, const verify::Claim& claim);
// backend.cc: sends the request, reads the head of the answer.
Task<Step> ask_backend(Exchange& x);
inline constexpr std::size_t kInterimBytes = 1 << 20;  // of all interim answers to one request
// backend.cc: one whole head from x.upstream, parsed, at the front of scratch.up; interim answers
// are dropped, and each begins timeouts.upstream_response anew. `bodiless`: of an answer to HEAD.
Task<Step> read_answer_head(Exchange& x, bool bodiless);
// relay.cc: the answer goes to the client as it comes.
bool relay_at_hand(Exchange& x, Next& next);  // false: more must be read or written
Task<Next> relay_rest(Exchange& x);

// How fast the client brings or takes a body: so many bytes a second, over each period of
// timeouts.body. The clock of a period runs only between start() and stop(), that is while the
// client is what we wait for. A body that is held has an end besides, whatever its pace.
class Pace {
 public:
  explicit Pace(Exchange& x);  // limits.body_rate
  Pace(Exchange& x, std::uint64_t rate, Duration most);
  void start();
  void count(std::uint64_t bytes);  // between start() and stop()
  void stop();
  bool over() const { return now() >= end_; }

 private:
  TimePoint now() const;
  void set(Duration from_now);

  Connection& connection_;
  Deadlines& deadlines_;
  Duration period_;
  Duration left_;
  std::uint64_t share_;
  std::uint64_t in_period_ = 0;
  TimePoint end_ = TimePoint::max();
};

// Reads more of the request into scratch.in.
Task<Step> read_more_body(Exchange& x, Pace& pace);

inline constexpr std::size_t kStreamBuffer = 64 << 10;  // bytes moved at a time when a body streams

// Appends "SIZE CRLF" for a chunk to `out`.
void chunk_head(std::size_t size, std::string& out);

// Appends scratch.pieces to scratch.gathered, as one chunk if `framing` says so and with the end of
// chunks behind it if they are the last. Answers the size of the payload.
std::size_t frame_pieces(Scratch& scratch, Framing framing, bool last);

}  // namespace gateway
