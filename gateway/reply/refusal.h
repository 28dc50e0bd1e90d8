#pragma once

// Every way a request can end without the backend's response, and the one table that turns it into
// a status, a body and a log word. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "conf/settings.h"
#include "gateway/http/error.h"
#include "gateway/upstream/error.h"
#include "verify/rejection.h"

namespace gateway::reply {

enum class RefusalKind : std::uint8_t {
  Verification,          // see Refusal::reject; 400 or 401 (RealmMissing: by setting)
  Malformed,             // 400 HTTP syntax or framing
  TargetMalformed,       // 400
  TargetAmbiguous,       // 400 interpretations of the path lead to different routes
  ForwardedMalformed,    // 400 what a trusted proxy says can't be read, or contradicts itself
  NoRoute,               // 404
  MethodNotAllowed,      // 405 with Allow
  RequestTimeout,        // 408 head or body took too long
  BodyTooLarge,          // 413
  TargetTooLong,         // 414
  ExpectationFailed,     // 417
  Misdirected,           // 421 Host is none of ours
  HeadTooLarge,          // 431
  TransferCoding,        // 501 a coding that isn't chunked
  MethodNotImplemented,  // 501 CONNECT, TRACE
  UpstreamUnreachable,   // 502
  UpstreamBroken,        // 502 not HTTP, cut short, or unsolicited
  UserNotAllowed,        // 403 whom the application knows is disabled here
  TooManyRequestTokens,  // 429 with Retry-After
  SignInUnavailable,     // 502 the application can't say who is signed in
  LedgerShareUsed,       // 429 with Retry-After
  Overloaded,            // 503 too many connections
  LedgerFull,            // 503
  StoreFault,            // 503
  HoldingFull,           // 503 no room for a body that must be held
  HoldingFault,          // 503 the disk failed under such a body
  InternalFault,         // 503
  UpstreamTimeout,       // 504
  VersionNotSupported,   // 505
};

struct Refusal {
  RefusalKind kind = RefusalKind::InternalFault;
  verify::Rejection reject;      // with RefusalKind::Verification
  std::string detail;            // for the log and, if verbose, the caller; never a secret
  std::string allow;             // with MethodNotAllowed
  std::int64_t retry_after = 1;  // seconds, with 429
};

struct RefusalStyle {
  std::string realm_name = "portcullis";
  int realm_failure_status = 401;
  bool verbose = false;
  std::int64_t window_past_s = 60, window_future_s = 60;  // for oauth_acceptable_timestamps
};

int status_of(const Refusal& refusal, const RefusalStyle& style);
std::string_view log_word(const Refusal& refusal);  // the true reason: "nonce_used", "no_route"
// One sentence for people on the reason of that word; empty if there is none of it.
std::string_view sentence_of(std::string_view log_word);

// What the response needs to know of the request.
struct RefusalContext {
  conf::ErrorStyle errors = conf::ErrorStyle::Accept;  // of the route, once there is one
  std::string_view accept;                             // value of Accept, may be empty
  std::string_view request_id;
  std::int64_t now = 0;    // Unix seconds, for Date and oauth_acceptable_timestamps
  std::int64_t floor = 0;  // timestamps at or below it are refused whatever the window
  unsigned client_minor = 1;
  bool close = false;  // say Connection: close
  bool head = false;   // to HEAD: no body
};

// The whole response, head and body, ready to be sent: WWW-Authenticate with 401, Allow with 405,
// Retry-After with 429, Date, X-Request-Id, Cache-Control: no-store. The body, by `errors`:
// Form               error, error_description, oauth_problem and what it comes with, as a form
// Json               the same as application/problem+json (RFC 9457)
// Accept             as Form, or as Json if Accept prefers it
// ProblemReporting   oauth_problem and what the extension adds to it alone, as a form
// Flask              error and error_description, as a form; nothing with 401
std::string render(const Refusal& refusal, const RefusalStyle& style,
                   const RefusalContext& context);

// The status that an error of another room gets. Of those of messages: what was wrong with the
// request; with a response it is UpstreamBroken whatever it was.
Refusal refusal_of(http::Error error);
Refusal refusal_of(upstream::Error error);

}  // namespace gateway::reply
