#include "verify/rejection.h"

#include <array>
#include <cstddef>

namespace verify {
namespace {

struct Row {
  Reason reason;
  std::string_view name;
  int status;
  std::string_view problem;
  std::string_view error;
  Reason disclosed;
  std::string_view sentence;
};

using enum Reason;

// The problem words are those of the Problem Reporting extension. The error codes are
// Flask-OAuthlib's where it has one (invalid_request, invalid_signature_method, invalid_client),
// else Authlib's.
constexpr Row kRows[] = {
    {ParameterSplit, "parameter_split", 400, "parameter_rejected", "invalid_request",
     ParameterSplit, "OAuth parameters stand in more than one place."},
    {CredentialsMisplaced, "credentials_misplaced", 400, "parameter_rejected", "invalid_request",
     CredentialsMisplaced, "OAuth parameters stand where they are not accepted."},
    {ParameterForeign, "parameter_foreign", 400, "parameter_rejected", "invalid_request",
     ParameterForeign,
     "The Authorization field has a parameter that is neither OAuth's nor the realm."},
    {ParameterDuplicate, "parameter_duplicate", 400, "parameter_rejected", "invalid_request",
     ParameterDuplicate, "An OAuth parameter is given twice."},
    {ParameterAbsent, "parameter_absent", 400, "parameter_absent", "invalid_request",
     ParameterAbsent, "A mandatory OAuth parameter is missing."},
    {ParameterMalformed, "parameter_malformed", 400, "parameter_rejected", "invalid_request",
     ParameterMalformed, "A parameter has a value that it cannot have."},
    {ParameterTooMany, "parameter_too_many", 400, "parameter_rejected", "invalid_request",
     ParameterTooMany, "The request has more parameters than are allowed."},
    {AuthorizationMalformed, "authorization_malformed", 400, "parameter_rejected",
     "invalid_request", AuthorizationMalformed, "The Authorization field cannot be read."},
    {VersionRejected, "version_rejected", 400, "version_rejected", "invalid_request",
     VersionRejected, "The OAuth version is not 1.0."},
    {MethodRejected, "method_rejected", 400, "signature_method_rejected",
     "invalid_signature_method", MethodRejected, "The signature method is not accepted."},
    {InsecureTransport, "insecure_transport", 400, "", "insecure_transport", InsecureTransport,
     "Signed requests are accepted over HTTPS only."},
    {BodyHashOfForm, "body_hash_of_form", 400, "parameter_rejected", "invalid_request",
     BodyHashOfForm, "A form is signed by its parameters and has no oauth_body_hash."},
    {FormUnclear, "form_unclear", 400, "", "invalid_request", FormUnclear,
     "The body may be read as another form than the one that is signed."},
    {CallbackRefused, "callback_refused", 400, "parameter_rejected", "invalid_request",
     CallbackRefused, "The callback is not one that is registered for the client."},
    {RealmUnknown, "realm_unknown", 400, "parameter_rejected", "invalid_realm", RealmUnknown,
     "A realm is asked for that there is not."},
    {RealmRefused, "realm_refused", 400, "permission_denied", "invalid_realm", RealmRefused,
     "A realm is asked for that the client may not have."},
    {CredentialsAbsent, "credentials_absent", 401, "parameter_absent", "invalid_request",
     CredentialsAbsent, "The request has no OAuth credentials."},
    {TimestampRefused, "timestamp_refused", 401, "timestamp_refused", "invalid_request",
     TimestampRefused, "The timestamp is too far from the time here, or too old."},
    {NonceUsed, "nonce_used", 401, "nonce_used", "invalid_nonce", NonceUsed,
     "The nonce has been used before."},
    {ClientUnknown, "client_unknown", 401, "consumer_key_unknown", "invalid_client",
     SignatureInvalid, "There is no such client."},
    {ClientDisabled, "client_disabled", 401, "consumer_key_refused", "invalid_client",
     SignatureInvalid, "The client is disabled."},
    {TokenAbsent, "token_absent", 401, "parameter_absent", "invalid_token", TokenAbsent,
     "A user's token is needed here."},
    {TokenUnknown, "token_unknown", 401, "token_rejected", "invalid_token", SignatureInvalid,
     "There is no such token."},
    {TokenNotOfClient, "token_not_of_client", 401, "token_rejected", "invalid_token",
     SignatureInvalid, "The token belongs to another client."},
    {TokenExpired, "token_expired", 401, "token_expired", "invalid_token", SignatureInvalid,
     "The token has expired."},
    {TokenRevoked, "token_revoked", 401, "token_revoked", "invalid_token", SignatureInvalid,
     "The token has been revoked."},
    {UserDisabled, "user_disabled", 401, "token_rejected", "invalid_token", SignatureInvalid,
     "The user is disabled."},
    {SignatureInvalid, "signature_invalid", 401, "signature_invalid", "invalid_signature",
     SignatureInvalid,
     "The signature does not match the request, or the credentials are not valid."},
    {BodyHashMismatch, "body_hash_mismatch", 401, "parameter_rejected", "invalid_request",
     BodyHashMismatch, "The body is not the one that oauth_body_hash was made of."},
    {BodyHashAbsent, "body_hash_absent", 401, "parameter_absent", "invalid_request", BodyHashAbsent,
     "The hash of the body must be signed here."},
    {HeaderRealmWrong, "header_realm_wrong", 401, "parameter_rejected", "invalid_request",
     HeaderRealmWrong, "The Authorization field does not name the realm that is wanted here."},
    {TokenUsed, "token_used", 401, "token_used", "invalid_token", TokenUsed,
     "The token has been used already."},
    {TokenNotAuthorized, "token_not_authorized", 401, "permission_unknown", "invalid_token",
     TokenNotAuthorized, "The user has not decided yet."},
    {UserRefused, "user_refused", 401, "user_refused", "access_denied", UserRefused,
     "The user has refused."},
    {VerifierWrong, "verifier_wrong", 401, "verifier_invalid", "invalid_verifier", VerifierWrong,
     "The verifier is not the one that was given to the user."},
    {SessionHandleWrong, "session_handle_wrong", 401, "token_rejected", "invalid_token",
     SessionHandleWrong, "The session handle does not belong to the token."},
    {RealmMissing, "realm_missing", 401, "permission_denied", "access_denied", RealmMissing,
     "The credentials do not cover a realm that is needed here."},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<std::size_t>(kRows[i].reason) != i) return false;
  }
  return std::size(kRows) == kReasonCount;
}
static_assert(in_order(), "one row for each Reason, in the order of the enum");

constexpr const Row& row(Reason reason) { return kRows[static_cast<std::size_t>(reason)]; }

}  // namespace

std::string_view name(Reason reason) { return row(reason).name; }
std::string_view sentence(Reason reason) { return row(reason).sentence; }
std::string_view oauth_problem(Reason reason) { return row(reason).problem; }
std::string_view error_code(Reason reason) { return row(reason).error; }
int status(Reason reason) { return row(reason).status; }
Reason disclosed(Reason reason) { return row(reason).disclosed; }

}  // namespace verify
