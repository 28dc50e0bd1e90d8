#include "gateway/reply/refusal.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include "conf/quoting.h"
#include "gateway/log/utc.h"
#include "gateway/net/json.h"
#include "gateway/reply/accept.h"
#include "gateway/reply/response.h"
#include "verify/percent.h"

namespace gateway::reply {
namespace {

struct Row {
  RefusalKind kind;
  int status;
  std::string_view word;
  std::string_view sentence;
};

using enum RefusalKind;

constexpr Row kRows[] = {
    {Verification, 401, "verification", "The request could not be verified."},
    {Malformed, 400, "malformed_request", "The request is not well-formed HTTP."},
    {TargetMalformed, 400, "malformed_target", "The request target is not well-formed."},
    {TargetAmbiguous, 400, "ambiguous_target",
     "The path can be read in several ways, which lead to different places."},
    {ForwardedMalformed, 400, "malformed_forwarded",
     "What a proxy in front of this server says of the request cannot be read."},
    {NoRoute, 404, "no_route", "Nothing is served at this path."},
    {MethodNotAllowed, 405, "method_not_allowed", "The method is not allowed at this path."},
    {RequestTimeout, 408, "request_timeout", "The request took too long to arrive."},
    {BodyTooLarge, 413, "body_too_large", "The body is larger than is allowed."},
    {TargetTooLong, 414, "target_too_long", "The request target is longer than is allowed."},
    {ExpectationFailed, 417, "expectation_failed", "The expectation cannot be met."},
    {Misdirected, 421, "misdirected", "This host is not served here."},
    {HeadTooLarge, 431, "head_too_large", "The request head is larger than is allowed."},
    {TransferCoding, 501, "transfer_coding_unknown", "The only transfer coding taken is chunked."},
    {MethodNotImplemented, 501, "method_not_implemented", "The method is not implemented."},
    {UpstreamUnreachable, 502, "upstream_unreachable", "The backend cannot be reached."},
    {UpstreamBroken, 502, "upstream_broken", "The backend gave no valid answer."},
    {UserNotAllowed, 403, "user_not_allowed", "This user may not sign in here."},
    {TooManyRequestTokens, 429, "too_many_request_tokens",
     "This client has as many unfinished request tokens as it may."},
    {SignInUnavailable, 502, "sign_in_unavailable", "It cannot be found out who is signed in."},
    {LedgerShareUsed, 429, "ledger_share_used",
     "This client has sent as many requests as it may for now."},
    {Overloaded, 503, "overloaded", "Too many connections are open."},
    {LedgerFull, 503, "ledger_full", "The replay ledger is full."},
    {StoreFault, 503, "store_fault", "The credentials cannot be read."},
    {HoldingFull, 503, "holding_full", "There is no room here for the body just now."},
    {HoldingFault, 503, "holding_fault", "The body cannot be kept until it is verified."},
    {InternalFault, 503, "internal_fault", "Something went wrong here."},
    {UpstreamTimeout, 504, "upstream_timeout", "The backend took too long to answer."},
    {VersionNotSupported, 505, "version_not_supported", "HTTP/1.1 and HTTP/1.0 are spoken here."},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<std::size_t>(kRows[i].kind) != i) return false;
  }
  return std::size(kRows) == static_cast<std::size_t>(VersionNotSupported) + 1;
}
static_assert(in_order(), "one row for each RefusalKind, in the order of the enum");

const Row& row(RefusalKind kind) { return kRows[static_cast<std::size_t>(kind)]; }

using Pair = std::pair<std::string_view, std::string>;

// What the caller is told.
struct Told {
  std::string_view error;
  std::string sentence;
  std::string detail;         // empty unless verbose
  std::vector<Pair> problem;  // oauth_problem and what the Problem Reporting extension adds to it
};

// The names at the beginning of `detail`, "oauth_nonce&oauth_timestamp". What else it may hold
// stays here.
std::string parameter_names(std::string_view detail) {
  std::string out;
  while (detail.starts_with("oauth_")) {
    const std::size_t end =
        std::min(detail.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), detail.size());
    if (end < detail.size() && detail[end] != '&') break;
    if (!out.empty()) out += '&';
    out += detail.substr(0, end);
    detail.remove_prefix(std::min(end + 1, detail.size()));
  }
  return out;
}

// What oauth_parameters_absent or _rejected names; empty: it can't be told.
std::string parameters_at_fault(const verify::Rejection& reject) {
  switch (reject.reason) {
    case verify::Reason::CredentialsAbsent:
      return "oauth_consumer_key&oauth_signature_method&oauth_signature&oauth_timestamp&oauth_"
             "nonce";
    case verify::Reason::TokenAbsent:
      return "oauth_token";
    case verify::Reason::BodyHashAbsent:
    case verify::Reason::BodyHashMismatch:
      return "oauth_body_hash";
    case verify::Reason::HeaderRealmWrong:
    case verify::Reason::RealmUnknown:
      return "realm";
    default:
      return parameter_names(reject.detail);
  }
}

// Whether it takes more than a second until there is a timestamp again that is accepted.
bool none_acceptable(const RefusalStyle& style, const RefusalContext& context) {
  return context.floor > context.now + style.window_future_s;
}

void tell_acceptable_timestamps(const RefusalStyle& style, const RefusalContext& context,
                                Told& told) {
  if (none_acceptable(style, context)) {
    told.sentence = "No timestamp up to " + log::format_time(context.floor) +
                    " is accepted here, and no later one before its time.";
    return;
  }
  const std::int64_t from = std::max(context.now - style.window_past_s, context.floor + 1);
  const std::int64_t to = std::max(context.now + style.window_future_s, from);
  told.problem.emplace_back("oauth_acceptable_timestamps",
                            std::to_string(from) + '-' + std::to_string(to));
}

Told told_of(const verify::Rejection& reject, const RefusalStyle& style,
             const RefusalContext& context) {
  const verify::Reason reason = style.verbose ? reject.reason : verify::disclosed(reject.reason);
  const std::string_view problem = verify::oauth_problem(reason);
  Told told{verify::error_code(reason), std::string(verify::sentence(reason)), {}, {}};
  if (problem.empty()) return told;
  told.problem.emplace_back("oauth_problem", problem);
  if (problem == "timestamp_refused") {
    tell_acceptable_timestamps(style, context, told);
  } else if (problem == "version_rejected") {
    told.problem.emplace_back("oauth_acceptable_versions", "1.0-1.0");
  } else if (problem == "parameter_absent" || problem == "parameter_rejected") {
    std::string names = parameters_at_fault({reason, reject.detail});
    if (!names.empty()) {
      told.problem.emplace_back(
          problem == "parameter_absent" ? "oauth_parameters_absent" : "oauth_parameters_rejected",
          std::move(names));
    }
  }
  return told;
}

Told told_of(const Refusal& refusal, const RefusalStyle& style, const RefusalContext& context) {
  const bool verification = refusal.kind == Verification;
  const Row& fault = row(refusal.kind);
  Told told = verification ? told_of(refusal.reject, style, context)
                           : Told{fault.word, std::string(fault.sentence), {}, {}};
  if (!style.verbose) return told;
  told.detail = conf::escaped(verification && !refusal.reject.detail.empty() ? refusal.reject.detail
                                                                             : refusal.detail);
  return told;
}

void put_pair(std::string_view name, std::string_view value, std::string& out) {
  if (!out.empty()) out += '&';
  out += name;
  out += '=';
  verify::percent_encode(value, out);
}

void put_sentence(std::string_view name, const Told& told, std::string& out) {
  put_pair(name, told.sentence, out);
  if (!told.detail.empty()) verify::percent_encode(" (" + told.detail + ")", out);
}

std::string form_body(const Told& told) {
  std::string out;
  put_pair("error", told.error, out);
  put_sentence("error_description", told, out);
  for (const auto& [name, value] : told.problem) put_pair(name, value, out);
  return out;
}

std::string problem_body(const Told& told) {
  std::string out;
  for (const auto& [name, value] : told.problem) put_pair(name, value, out);
  put_sentence("oauth_problem_advice", told, out);
  return out;
}

std::string flask_body(const Told& told, int status) {
  if (status == 401) return {};
  std::string out;
  // The one word of oauthlib's for which everybody else has another.
  const bool insecure = told.error == verify::error_code(verify::Reason::InsecureTransport);
  put_pair("error", insecure ? "insecure_transport_protocol" : told.error, out);
  put_sentence("error_description", told, out);
  return out;
}

json::string_view text(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string json_body(const Told& told, int status, const RefusalContext& context) {
  json::object body;
  body["type"] = "about:blank";
  body["title"] = text(reason_phrase(status));
  body["status"] = status;
  body["detail"] = text(told.sentence);
  if (!told.detail.empty()) body["cause"] = text(told.detail);
  body["error"] = text(told.error);
  for (const auto& [name, value] : told.problem) body[text(name)] = text(value);
  if (!context.request_id.empty()) body["request_id"] = text(context.request_id);
  return json::serialize(body);
}

struct Body {
  std::string_view type;
  std::string bytes;
};

Body body_of(const Told& told, int status, const RefusalContext& context) {
  constexpr std::string_view kForm = "application/x-www-form-urlencoded";
  using enum conf::ErrorStyle;
  conf::ErrorStyle style = context.errors;
  if (style == Accept) style = prefers_json(context.accept) ? Json : Form;
  switch (style) {
    case Json:
      return {"application/problem+json", json_body(told, status, context)};
    case ProblemReporting:
      return {kForm, problem_body(told)};
    case Flask:
      return {kForm, flask_body(told, status)};
    case Accept:
    case Form:
      break;
  }
  return {kForm, form_body(told)};
}

// A quoted-string (RFC 9110 5.6.4); bytes that it can't hold are left out.
std::string quoted_string(std::string_view bytes) {
  std::string out = "\"";
  for (char c : bytes) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string challenge(const Told& told, const RefusalStyle& style) {
  std::string out = "OAuth realm=" + quoted_string(style.realm_name);
  for (const auto& [name, value] : told.problem) {
    out += ", ";
    out += name;
    out += "=\"";
    verify::percent_encode(value, out);
    out += '"';
  }
  return out;
}

}  // namespace

int status_of(const Refusal& refusal, const RefusalStyle& style) {
  if (refusal.kind != Verification) return row(refusal.kind).status;
  if (refusal.reject.reason == verify::Reason::RealmMissing) return style.realm_failure_status;
  return verify::status(refusal.reject.reason);
}

std::string_view log_word(const Refusal& refusal) {
  return refusal.kind == Verification ? verify::name(refusal.reject.reason)
                                      : row(refusal.kind).word;
}

std::string_view sentence_of(std::string_view log_word) {
  for (std::size_t i = 0; i < verify::kReasonCount; ++i) {
    const auto reason = static_cast<verify::Reason>(i);
    if (verify::name(reason) == log_word) return verify::sentence(reason);
  }
  for (const Row& row : kRows) {
    if (row.word == log_word) return row.sentence;
  }
  return {};
}

std::string render(const Refusal& refusal, const RefusalStyle& style,
                   const RefusalContext& context) {
  const int status = status_of(refusal, style);
  const Told told = told_of(refusal, style, context);
  Body body = body_of(told, status, context);
  Response out{.status = status, .content_type = body.type, .body = std::move(body.bytes)};
  if (out.body.empty()) out.content_type = {};
  if (status == 401) out.fields.emplace_back("WWW-Authenticate", challenge(told, style));
  if (status == 405) out.fields.emplace_back("Allow", refusal.allow);
  if (status == 429) out.fields.emplace_back("Retry-After", std::to_string(refusal.retry_after));
  return render(out, {.request_id = context.request_id,
                      .now = context.now,
                      .client_minor = context.client_minor,
                      .close = context.close,
                      .head = context.head});
}

Refusal refusal_of(http::Error error) {
  static constexpr RefusalKind kFaults[] = {Malformed, HeadTooLarge, TargetTooLong, TransferCoding,
                                            VersionNotSupported};
  return {.kind = kFaults[static_cast<std::size_t>(error.kind)],
          .detail = std::move(error.sentence)};
}

Refusal refusal_of(upstream::Error error) {
  static constexpr RefusalKind kFaults[] = {UpstreamUnreachable, HoldingFull, HoldingFault};
  return {.kind = kFaults[static_cast<std::size_t>(error.kind)], .detail = std::move(error.detail)};
}

}  // namespace gateway::reply
