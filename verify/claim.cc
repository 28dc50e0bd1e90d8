#include "verify/claim.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "verify/parameters.h"

namespace verify {
namespace {

constexpr std::size_t kMaxName = 255;  // bytes of a consumer key, token or nonce

Failure<Rejection> refuse(Reason reason, std::string_view detail) {
  return Failure<Rejection>(Rejection{reason, std::string(detail.substr(0, 64))});
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && is_visible(text);
}

// "oauth_nonce&oauth_timestamp": the notation of oauth_parameters_absent.
std::string absent(const Parameters& parameters, bool plaintext) {
  std::string out;
  const auto want = [&](Field field) {
    if (parameters.field(field)) return;
    if (!out.empty()) out += '&';
    out += name(field);
  };
  want(Field::ConsumerKey);
  want(Field::SignatureMethod);
  want(Field::Signature);
  // Section 3.1 lets PLAINTEXT do without both.
  if (!plaintext || parameters.field(Field::Timestamp) || parameters.field(Field::Nonce)) {
    want(Field::Timestamp);
    want(Field::Nonce);
  }
  return out;
}

// Section 3.3: a positive integer. from_chars takes neither spaces nor '+', and what is positive
// has no '-'.
bool read_timestamp(std::string_view text, std::int64_t& out) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end && out > 0;
}

std::optional<Field> malformed(const Parameters& parameters, Claim& claim) {
  if (!is_name(claim.client)) return Field::ConsumerKey;
  if (claim.has_token() && !is_name(*claim.token)) return Field::Token;
  if (const auto text = parameters.field(Field::Timestamp)) {
    if (!read_timestamp(*text, claim.timestamp)) return Field::Timestamp;
  }
  if (const auto nonce = parameters.field(Field::Nonce)) {
    if (nonce->empty() || nonce->size() > kMaxName) return Field::Nonce;
    claim.nonce = *nonce;
  }
  return std::nullopt;
}

}  // namespace

Workspace::Workspace() : state_(std::make_unique<State>()) {}
Workspace::~Workspace() = default;
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;

Result<Claim, Rejection> read_claim(const RequestView& request, const Bounds& bounds,
                                    Workspace& workspace) {
  Parameters& parameters = workspace.state().parameters;
  if (auto reject = parameters.read(request, bounds)) return Failure(std::move(*reject));

  // Where a signed form may not be sent as a query, somebody else may be given it to send. Some
  // backends split forms at ';' too, and the signature does not tell a raw one from an escaped one:
  // a part of a value would become a field. Browsers escape it.
  const bool handed_out = parameters.source() == Source::Form && !bounds.credentials.query;
  if (handed_out && request.form->find(';') != std::string_view::npos) {
    return refuse(Reason::FormUnclear, ";");
  }

  const auto method_name = parameters.field(Field::SignatureMethod);
  const auto method = method_name ? method_from_name(*method_name) : std::nullopt;
  const std::string missing = absent(parameters, method == Method::Plaintext);
  if (!missing.empty()) return Failure(Rejection{Reason::ParameterAbsent, missing});
  const auto version = parameters.field(Field::Version);
  if (version && *version != "1.0") return refuse(Reason::VersionRejected, *version);
  if (!method) return refuse(Reason::MethodRejected, *method_name);

  Claim claim;
  claim.source = parameters.source();
  claim.client = *parameters.field(Field::ConsumerKey);
  claim.token = parameters.field(Field::Token);
  claim.signature = *parameters.field(Field::Signature);
  claim.method = *method;
  claim.callback = parameters.field(Field::Callback);
  claim.verifier = parameters.field(Field::Verifier);
  claim.body_hash = parameters.field(Field::BodyHash);
  claim.session_handle = parameters.field(Field::SessionHandle);
  claim.realm = parameters.realm();
  if (const auto field = malformed(parameters, claim)) {
    return refuse(Reason::ParameterMalformed, name(*field));
  }
  return claim;
}

}  // namespace verify
