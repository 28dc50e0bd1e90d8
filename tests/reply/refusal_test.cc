#include "gateway/reply/refusal.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/json.h"

namespace {

using gateway::reply::Refusal;
using gateway::reply::RefusalContext;
using gateway::reply::RefusalKind;
using gateway::reply::RefusalStyle;
using verify::Reason;

Refusal rejected(Reason reason, std::string detail = {}) {
  return {.kind = RefusalKind::Verification,
          .reject = {reason, std::move(detail)},
          .detail = {},
          .allow = {}};
}

Refusal faulty(RefusalKind fault, std::string detail = {}) {
  return {.kind = fault, .reject = {}, .detail = std::move(detail), .allow = {}};
}

// What stands before and after the empty line.
struct Answer {
  std::string head, body;
};

Answer answer(const Refusal& refusal, const RefusalStyle& style = {},
              const RefusalContext& context = {}) {
  const std::string out = gateway::reply::render(refusal, style, context);
  const std::size_t end = out.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  return {out.substr(0, end + 2), out.substr(end + 4)};
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a refusal is one whole response") {
  const RefusalContext context{.request_id = "ID", .now = 784111777};
  const std::string body =
      "error=invalid_nonce&error_description=The%20nonce%20has%20been%20used%20before."
      "&oauth_problem=nonce_used";
  CHECK(gateway::reply::render(rejected(Reason::NonceUsed), {}, context) ==
        "HTTP/1.1 401 Unauthorized\r\n"
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Content-Length: " +
            std::to_string(body.size()) +
            "\r\n"
            "Cache-Control: no-store\r\n"
            "X-Request-Id: ID\r\n"
            "WWW-Authenticate: OAuth realm=\"portcullis\", oauth_problem=\"nonce_used\"\r\n"
            "\r\n" +
            body);
}

TEST_CASE("every kind of refusal has its status and a word of its own") {
  struct Case {
    RefusalKind kind;
    int status;
    std::string word;
  };
  const std::vector<Case> cases = {
      {RefusalKind::Malformed, 400, "malformed_request"},
      {RefusalKind::TargetMalformed, 400, "malformed_target"},
      {RefusalKind::TargetAmbiguous, 400, "ambiguous_target"},
      {RefusalKind::ForwardedMalformed, 400, "malformed_forwarded"},
      {RefusalKind::NoRoute, 404, "no_route"},
      {RefusalKind::MethodNotAllowed, 405, "method_not_allowed"},
      {RefusalKind::RequestTimeout, 408, "request_timeout"},
      {RefusalKind::BodyTooLarge, 413, "body_too_large"},
      {RefusalKind::TargetTooLong, 414, "target_too_long"},
      {RefusalKind::ExpectationFailed, 417, "expectation_failed"},
      {RefusalKind::Misdirected, 421, "misdirected"},
      {RefusalKind::HeadTooLarge, 431, "head_too_large"},
      {RefusalKind::TransferCoding, 501, "transfer_coding_unknown"},
      {RefusalKind::MethodNotImplemented, 501, "method_not_implemented"},
      {RefusalKind::UpstreamUnreachable, 502, "upstream_unreachable"},
      {RefusalKind::UpstreamBroken, 502, "upstream_broken"},
      {RefusalKind::LedgerShareUsed, 429, "ledger_share_used"},
      {RefusalKind::Overloaded, 503, "overloaded"},
      {RefusalKind::LedgerFull, 503, "ledger_full"},
      {RefusalKind::StoreFault, 503, "store_fault"},
      {RefusalKind::HoldingFull, 503, "holding_full"},
      {RefusalKind::HoldingFault, 503, "holding_fault"},
      {RefusalKind::InternalFault, 503, "internal_fault"},
      {RefusalKind::UpstreamTimeout, 504, "upstream_timeout"},
      {RefusalKind::VersionNotSupported, 505, "version_not_supported"},
  };
  std::set<std::string> words;
  for (const Case& c : cases) {
    CAPTURE(c.word);
    const Refusal refusal = faulty(c.kind);
    CHECK(gateway::reply::status_of(refusal, {}) == c.status);
    CHECK(gateway::reply::log_word(refusal) == c.word);
    CHECK(words.insert(c.word).second);
    const Answer given = answer(refusal);
    CHECK(given.head.starts_with("HTTP/1.1 " + std::to_string(c.status) + " "));
    CHECK_FALSE(given.head.starts_with("HTTP/1.1 " + std::to_string(c.status) + " Error"));
    CHECK(given.body.starts_with("error=" + c.word + "&error_description="));
    CHECK(has(given.head, "WWW-Authenticate") == false);
    CHECK(has(given.head, "Allow: ") == (c.status == 405));
  }
}

TEST_CASE("every reason of a reject gets a status, and a challenge with 401") {
  for (std::size_t i = 0; i < verify::kReasonCount; ++i) {
    const Refusal refusal = rejected(static_cast<Reason>(i));
    CAPTURE(gateway::reply::log_word(refusal));
    CHECK(gateway::reply::log_word(refusal) == verify::name(refusal.reject.reason));
    const int status = gateway::reply::status_of(refusal, {});
    CHECK((status == 400 || status == 401));
    CHECK(has(answer(refusal).head, "WWW-Authenticate: OAuth realm=\"portcullis\"") ==
          (status == 401));
  }
}

TEST_CASE("a missing realm is 401 or 403, as set") {
  RefusalStyle style;
  CHECK(gateway::reply::status_of(rejected(Reason::RealmMissing), style) == 401);
  style.realm_failure_status = 403;
  CHECK(gateway::reply::status_of(rejected(Reason::RealmMissing), style) == 403);
  CHECK(gateway::reply::status_of(rejected(Reason::NonceUsed), style) == 401);
  const Answer given = answer(rejected(Reason::RealmMissing, "email"), style);
  CHECK(given.head.starts_with("HTTP/1.1 403 Forbidden\r\n"));
  CHECK_FALSE(has(given.head, "WWW-Authenticate"));
  CHECK(has(given.body, "oauth_problem=permission_denied"));
  CHECK_FALSE(has(given.body, "email"));
}

TEST_CASE("what would tell a stranger which credentials exist looks alike unless verbose") {
  const Answer wrong = answer(rejected(Reason::SignatureInvalid));
  for (Reason reason : {Reason::ClientUnknown, Reason::ClientDisabled, Reason::TokenUnknown,
                        Reason::TokenNotOfClient, Reason::TokenExpired, Reason::TokenRevoked,
                        Reason::UserDisabled}) {
    CAPTURE(verify::name(reason));
    const Answer given = answer(rejected(reason, "oauth_token&secret of joe"));
    CHECK(given.head == wrong.head);
    CHECK(given.body == wrong.body);
    const Answer verbose = answer(rejected(reason, "of joe"), {.verbose = true});
    CHECK(verbose.body != wrong.body);
    CHECK(has(verbose.body, "%20%28of%20joe%29&oauth_problem="));
  }
}

TEST_CASE("details are for the log unless verbose") {
  const Refusal refusal = faulty(RefusalKind::Malformed, "line: \"a\"\n");
  CHECK_FALSE(has(answer(refusal).body, "line"));
  CHECK(answer(refusal, {.verbose = true}).body ==
        "error=malformed_request&error_description=The%20request%20is%20not%20well-formed%20HTTP."
        "%20%28line%3A%20%22a%22%5Cx0a%29");
}

TEST_CASE("problems come with what the Problem Reporting extension adds") {
  struct Case {
    Refusal refusal;
    std::string in_body, in_challenge;
  };
  const RefusalStyle style{.window_past_s = 60, .window_future_s = 5};
  for (const Case& c : std::vector<Case>{
           {rejected(Reason::TimestampRefused, "12"), "&oauth_acceptable_timestamps=940-1005",
            ", oauth_acceptable_timestamps=\"940-1005\""},
           {rejected(Reason::VersionRejected, "2.0"), "&oauth_acceptable_versions=1.0-1.0", ""},
           {rejected(Reason::ParameterAbsent, "oauth_nonce&oauth_timestamp"),
            "&oauth_parameters_absent=oauth_nonce%26oauth_timestamp", ""},
           {rejected(Reason::ParameterDuplicate, "oauth_nonce"),
            "&oauth_parameters_rejected=oauth_nonce", ""},
           {rejected(Reason::TokenAbsent), "&oauth_parameters_absent=oauth_token",
            ", oauth_parameters_absent=\"oauth_token\""},
           {rejected(Reason::CredentialsAbsent),
            "&oauth_parameters_absent=oauth_consumer_key%26oauth_signature_method%26"
            "oauth_signature%26oauth_timestamp%26oauth_nonce",
            ""},
           {rejected(Reason::HeaderRealmWrong, "oauth_x"), "&oauth_parameters_rejected=realm", ""},
           {rejected(Reason::BodyHashAbsent), "&oauth_parameters_absent=oauth_body_hash", ""},
           {rejected(Reason::BodyHashMismatch), "&oauth_parameters_rejected=oauth_body_hash",
            ", oauth_parameters_rejected=\"oauth_body_hash\""}}) {
    CAPTURE(c.in_body);
    const Answer given = answer(c.refusal, style, {.now = 1000});
    CHECK(given.body.ends_with(c.in_body));
    CHECK(has(given.head, c.in_challenge));
  }
}

TEST_CASE("timestamps that the ledger has forgotten about are not called acceptable") {
  struct Case {
    std::int64_t floor;
    std::string expected;
  };
  for (const Case& c : std::vector<Case>{
           {939, "940-1005"}, {940, "941-1005"}, {1004, "1005-1005"}, {1005, "1006-1006"}}) {
    CHECK(answer(rejected(Reason::TimestampRefused), {.window_past_s = 60, .window_future_s = 5},
                 {.now = 1000, .floor = c.floor})
              .body.ends_with("oauth_acceptable_timestamps=" + c.expected));
  }
}

TEST_CASE("where no timestamp is accepted none is called acceptable") {
  for (const std::int64_t floor : {1006, 87400}) {
    const Answer given =
        answer(rejected(Reason::TimestampRefused), {.window_past_s = 60, .window_future_s = 5},
               {.now = 1000, .floor = floor});
    CHECK(!has(given.head, "oauth_acceptable_timestamps"));
    CHECK(!has(given.body, "oauth_acceptable_timestamps"));
    CHECK(has(given.body, "oauth_problem=timestamp_refused"));
    CHECK(has(given.body, floor == 1006 ? "No%20timestamp%20up%20to%201970-01-01T00%3A16%3A46Z"
                                        : "No%20timestamp%20up%20to%201970-01-02T00%3A16%3A40Z"));
  }
}

TEST_CASE("a word of the log has its sentence") {
  CHECK(gateway::reply::sentence_of("nonce_used") == "The nonce has been used before.");
  CHECK(gateway::reply::sentence_of("ledger_full") == "The replay ledger is full.");
  CHECK(gateway::reply::sentence_of("ok").empty());
}

TEST_CASE("a route has refusals in its own words") {
  using conf::ErrorStyle;
  const std::string kForm = "application/x-www-form-urlencoded", kJson = "application/problem+json";
  const std::string nonce =
      "error=invalid_nonce&error_description=The%20nonce%20has%20been%20used"
      "%20before.";
  const std::string problem = "oauth_problem=nonce_used";
  const std::string advice = "&oauth_problem_advice=The%20nonce%20has%20been%20used%20before.";
  const std::string version = "The%20OAuth%20version%20is%20not%201.0.";
  struct Case {
    ErrorStyle errors;
    std::string accept;
    Refusal refusal;
    std::string type, body;  // a body of JSON: how it begins
  };
  for (const Case& c : std::vector<Case>{
           {ErrorStyle::Accept, "", rejected(Reason::NonceUsed), kForm, nonce + '&' + problem},
           {ErrorStyle::Accept, "application/json", rejected(Reason::NonceUsed), kJson, "{"},
           {ErrorStyle::Form, "application/json", rejected(Reason::NonceUsed), kForm,
            nonce + '&' + problem},
           {ErrorStyle::Json, "text/html", rejected(Reason::NonceUsed), kJson, "{"},
           {ErrorStyle::ProblemReporting, "application/json", rejected(Reason::NonceUsed), kForm,
            problem + advice},
           {ErrorStyle::ProblemReporting, "", rejected(Reason::VersionRejected, "2.0"), kForm,
            "oauth_problem=version_rejected&oauth_acceptable_versions=1.0-1.0"
            "&oauth_problem_advice=" +
                version},
           {ErrorStyle::ProblemReporting, "", rejected(Reason::InsecureTransport), kForm,
            "oauth_problem_advice=Signed%20requests%20are%20accepted%20over%20HTTPS%20only."},
           {ErrorStyle::ProblemReporting, "", faulty(RefusalKind::UpstreamTimeout), kForm,
            "oauth_problem_advice=The%20backend%20took%20too%20long%20to%20answer."},
           {ErrorStyle::Flask, "application/json", rejected(Reason::NonceUsed), "", ""},
           {ErrorStyle::Flask, "", rejected(Reason::VersionRejected, "2.0"), kForm,
            "error=invalid_request&error_description=" + version},
           {ErrorStyle::Flask, "", rejected(Reason::MethodRejected), kForm,
            "error=invalid_signature_method&error_description="
            "The%20signature%20method%20is%20not%20accepted."},
           {ErrorStyle::Flask, "", rejected(Reason::InsecureTransport), kForm,
            "error=insecure_transport_protocol&error_description="
            "Signed%20requests%20are%20accepted%20over%20HTTPS%20only."},
           {ErrorStyle::Flask, "", faulty(RefusalKind::UpstreamTimeout), kForm,
            "error=upstream_timeout&error_description="
            "The%20backend%20took%20too%20long%20to%20answer."}}) {
    CAPTURE(static_cast<int>(c.errors));
    CAPTURE(c.body);
    const Answer given = answer(c.refusal, {}, {.errors = c.errors, .accept = c.accept});
    CHECK(has(given.head, "Content-Type: " + c.type + "\r\n") == !c.type.empty());
    CHECK(has(given.head, "Content-Type: ") == !c.type.empty());
    CHECK(has(given.head, "Content-Length: " + std::to_string(given.body.size()) + "\r\n"));
    if (c.type == kJson) {
      CHECK(given.body.starts_with(c.body));
    } else {
      CHECK(given.body == c.body);
    }
    const int status = gateway::reply::status_of(c.refusal, {});
    CHECK(has(given.head, "WWW-Authenticate: OAuth realm=\"portcullis\"") == (status == 401));
  }
}

TEST_CASE("in every style a stranger learns as little, and verbose says more") {
  using conf::ErrorStyle;
  for (const ErrorStyle errors :
       {ErrorStyle::Form, ErrorStyle::Json, ErrorStyle::ProblemReporting, ErrorStyle::Flask}) {
    const RefusalContext context{.errors = errors};
    const Answer wrong = answer(rejected(Reason::SignatureInvalid), {}, context);
    const Answer unknown = answer(rejected(Reason::ClientUnknown, "joe"), {}, context);
    CHECK(unknown.head == wrong.head);
    CHECK(unknown.body == wrong.body);
    const Answer malformed =
        answer(rejected(Reason::ParameterMalformed, "joe"), {.verbose = true}, context);
    CHECK(has(malformed.body, "joe"));
    CHECK_FALSE(has(answer(rejected(Reason::ParameterMalformed, "joe"), {}, context).body, "joe"));
  }
}

TEST_CASE("only names of protocol parameters are told, not what else a detail holds") {
  for (const char* detail : {"", "at byte 5", "oauth_nonce: abc", "oauth_nonce=abc",
                             "x&oauth_nonce", "oauth_Nonce", "oauth_n\r\n"}) {
    CAPTURE(detail);
    CHECK_FALSE(has(answer(rejected(Reason::ParameterMalformed, detail)).body, "oauth_parameters"));
  }
  CHECK(answer(rejected(Reason::ParameterMalformed, "oauth_nonce&secret"))
            .body.ends_with("&oauth_parameters_rejected=oauth_nonce"));
}

TEST_CASE("JSON is a problem document with the same facts") {
  RefusalContext context{.accept = "application/json", .request_id = "ID", .now = 1000};
  const Answer given = answer(rejected(Reason::TimestampRefused, "x"), {.verbose = true}, context);
  CHECK(has(given.head, "Content-Type: application/problem+json\r\n"));
  CHECK(has(given.head, "Content-Length: " + std::to_string(given.body.size()) + "\r\n"));
  namespace json = gateway::json;
  CHECK(json::parse(given.body) ==
        json::value({{"type", "about:blank"},
                     {"title", "Unauthorized"},
                     {"status", 401},
                     {"detail", verify::sentence(Reason::TimestampRefused).data()},
                     {"cause", "x"},
                     {"error", "invalid_request"},
                     {"oauth_problem", "timestamp_refused"},
                     {"oauth_acceptable_timestamps", "940-1060"},
                     {"request_id", "ID"}}));
  const Answer bytes = answer(faulty(RefusalKind::Malformed, "\xff\x01\""), {.verbose = true},
                              {.accept = "application/json"});
  CHECK(json::parse(bytes.body).at("cause").as_string() == "\\xff\\x01\"");
  CHECK_FALSE(json::parse(bytes.body).as_object().contains("request_id"));
}

TEST_CASE("an answer to HEAD says how long its body would be") {
  const RefusalContext get{.now = 1}, head{.now = 1, .head = true};
  const Answer whole = answer(faulty(RefusalKind::NoRoute), {}, get);
  const Answer empty = answer(faulty(RefusalKind::NoRoute), {}, head);
  CHECK(empty.head == whole.head);
  CHECK(empty.body.empty());
  CHECK_FALSE(whole.body.empty());
}

TEST_CASE("the connection's fate is told where the client wouldn't guess it") {
  struct Case {
    unsigned minor;
    bool close;
    std::string expected;
  };
  for (const Case& c : std::vector<Case>{{1, false, ""},
                                         {1, true, "Connection: close\r\n"},
                                         {0, false, "Connection: keep-alive\r\n"},
                                         {0, true, "Connection: close\r\n"}}) {
    const std::string head =
        answer(faulty(RefusalKind::NoRoute), {}, {.client_minor = c.minor, .close = c.close}).head;
    CHECK(has(head, "Connection:") == !c.expected.empty());
    CHECK(head.ends_with(c.expected));
  }
}

TEST_CASE("Allow lists what was found, and a realm can't break out of the challenge") {
  Refusal refusal = faulty(RefusalKind::MethodNotAllowed);
  refusal.allow = "GET, HEAD";
  CHECK(has(answer(refusal).head, "\r\nAllow: GET, HEAD\r\n"));
  RefusalStyle style;
  style.realm_name = "a\"b\\c\r\nd";
  CHECK(has(answer(rejected(Reason::SignatureInvalid), style).head,
            "OAuth realm=\"a\\\"b\\\\cd\", oauth_problem=\"signature_invalid\"\r\n"));
}

TEST_CASE("Date is an IMF-fixdate at any time") {
  struct Case {
    std::int64_t now;
    std::string expected;
  };
  for (const Case& c : std::vector<Case>{{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
                                         {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
                                         {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
                                         {1767323045, "Fri, 02 Jan 2026 03:04:05 GMT"},
                                         {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
                                         {253402300800, "Fri, 31 Dec 9999 23:59:59 GMT"},
                                         {-1, "Thu, 01 Jan 1970 00:00:00 GMT"}}) {
    CHECK(has(answer(faulty(RefusalKind::NoRoute), {}, {.now = c.now}).head,
              "\r\nDate: " + c.expected + "\r\n"));
  }
}
