#pragma once

// portcullis explain: why a request's signature does not match. The request comes from one of
// several sources as a Subject; everything after that is the same for all of them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.h"
#include "gateway/cli/console.h"
#include "gateway/cli/place.h"
#include "gateway/cli/request_text.h"
#include "gateway/net/clock.h"
#include "gateway/routing/authority.h"
#include "gateway/routing/endpoints.h"
#include "store/credentials.h"
#include "store/floor.h"
#include "verify/claim.h"
#include "verify/explain.h"

namespace gateway::cli {

struct Explain {
  Where where;
  bool json = false;
  std::optional<std::string> http, curl;   // a file, or "-" for standard input
  std::optional<std::string> id;           // of a refusal that the gate kept
  std::optional<std::string> base_string;  // likewise
};

// Prints what it finds. Done when the cause is known, or the signature is right.
Outcome<Done> explain(const Explain& options, Console& console, const net::Clock& clock);

// The URL that counts, and why it does.
struct UrlUsed {
  routing::External external;
  std::string target;   // origin-form, as the gate sees it
  std::string because;  // "listen.external_url has it for this Host"
  std::vector<verify::OtherUrl> others;
  std::optional<std::string> refused;  // why the gate takes no request for it
  bool scheme_is_a_guess = false;
};

// A reason besides those of verify for which the gate refuses the request: "no_route".
struct Cause {
  std::string name, sentence;
};

// Why the gate refused a request that it kept.
struct KeptReason {
  std::string word, detail;     // as the log has them
  bool signed_removed = false;  // something that was signed was not kept
};

// A request to look at.
struct Subject {
  RequestText request;
  std::optional<UrlUsed> url;  // as it was decided when the request came, if that is known
  std::optional<std::int64_t> received;  // Unix seconds, likewise
  std::optional<KeptReason> kept;
};

// explain_url.cc: what the settings make of the request; without settings, what it says itself.
UrlUsed choose_url(const RequestText& request, const conf::Settings* settings);

// explain_body.cc: what of it is beyond the limits of the settings, or without settings beyond the
// defaults.
std::vector<Cause> size_causes(const RequestText& request,
                               const std::optional<conf::Settings>& settings);

// explain_body.cc: what clients take from a body and sign, though it is no form: the members of a
// JSON object, those in other ways of writing, and the fields of a multipart body that are no
// files.
verify::Evidence::Members members_of(const std::string& body);
std::vector<verify::Evidence::Members> more_members_of(const std::string& body);
verify::Evidence::Members parts_of(std::string_view content_type, std::string_view body);

// explain_provider.cc: why one of the provider's addresses refuses a request that is signed
// rightly.
struct AtProvider {
  routing::Endpoint endpoint{};
  bool default_callback = false;  // oauth.default_callback
  std::int64_t now = 0;           // Unix seconds, when the request came
};
store::Result<std::vector<Cause>> provider_causes(const AtProvider& at, const verify::Claim& claim,
                                                  const store::Client& client,
                                                  store::Credentials::Reader& reader);

// explain_early.cc: what the gate refuses before it looks for credentials: sizes, and methods and
// expectations that it does not know.
std::vector<Cause> early_causes(const conf::Settings& settings, const RequestText& request);

// explain_floor.cc: whether the floor of the replay ledger refuses a timestamp that the window
// would let pass, now or as long as the floor is ahead of the clock. Unix seconds.
std::optional<Cause> floor_cause(const store::SeenFloor& seen, const verify::Claim& claim,
                                 std::int64_t now, std::int64_t window_past_s);

// All that is told of a request.
struct ExplainReport {
  RequestText request;  // its remarks are told too
  UrlUsed url;
  std::vector<Cause> causes;
  std::optional<std::string> route;  // "/api/* (line 12)"
  std::string client, client_name;   // empty: not read, or not known
  std::string token_id, user;
  std::string signature_method;
  verify::Explanation explanation;
  std::optional<std::string> base_string;  // the client's own

  bool cause_found() const { return !causes.empty() || explanation.cause_found(); }
};

// explain_kept.cc: a refusal as the gate kept it, with the URL that it took for the signed one; and
// its reason among those of the report, first if nothing else there tells of it.
Outcome<Subject> read_kept(const std::string& id, const Place& place);
void settle(const KeptReason& kept, ExplainReport& report);

// explain_report.cc: the same facts for people and as one JSON object. What `secrets` holds is not
// shown, wherever a client may have put it.
void print_report(const ExplainReport& report, std::ostream& out);
void print_report_json(const ExplainReport& report, std::ostream& out);
void hide(const verify::KnownSecrets& secrets, ExplainReport& report);

}  // namespace gateway::cli
