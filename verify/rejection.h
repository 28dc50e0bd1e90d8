#pragma once

// Why a request was not accepted: the true reason for the log, and what the caller may be told.
// Values.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace verify {

// Keep in step with the table in rejection.cc. The number is not stored anywhere.
enum class Reason : std::uint8_t {
  // malformed: 400
  ParameterSplit,          // OAuth parameters in more than one place (RFC 5849 3.5)
  CredentialsMisplaced,    // OAuth parameters where the route takes none
  ParameterForeign,        // the Authorization field has one that is signed and goes no further
  ParameterDuplicate,      // a protocol parameter given twice (3.1)
  ParameterAbsent,         // a mandatory protocol parameter is missing
  ParameterMalformed,      // bad percent-encoding, bad length, not a number
  ParameterTooMany,        // more than limits.parameters
  AuthorizationMalformed,  // the Authorization field does not parse (3.5.1)
  VersionRejected,         // oauth_version present and not 1.0
  MethodRejected,          // signature method unknown or not allowed
  InsecureTransport,       // enforce_tls and the external scheme is http
  BodyHashOfForm,          // oauth_body_hash beside a form, whose parameters are signed anyway
  FormUnclear,             // a body that some backends read as a form, or as another one
  CallbackRefused,         // not one that the client may name
  RealmUnknown,            // asked for, and none of the provider's
  RealmRefused,            // asked for, and not for this client
  // failed authentication: 401
  CredentialsAbsent,  // no OAuth parameters at all, or another scheme
  TimestampRefused,   // outside the window, or at or below the ledger's floor
  NonceUsed,          // the ledger holds it already
  ClientUnknown,
  ClientDisabled,
  TokenAbsent,  // the route needs a user's token
  TokenUnknown,
  TokenNotOfClient,
  TokenExpired,
  TokenRevoked,
  UserDisabled,
  SignatureInvalid,
  BodyHashMismatch,
  BodyHashAbsent,    // the route wants an oauth_body_hash
  HeaderRealmWrong,  // the Authorization field's realm is not the one that is wanted
  // at the provider's own addresses
  TokenUsed,           // decided, exchanged or renewed already, or guessed at too often
  TokenNotAuthorized,  // the user has not decided yet
  UserRefused,
  VerifierWrong,
  SessionHandleWrong,  // not this token's, or the client may not renew
  // failed authorization: 401 or 403 by setting
  RealmMissing,
};
inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::RealmMissing) + 1;

struct Rejection {
  Reason reason{};
  std::string
      detail;  // offending bytes or parameter name for the log; never a secret; may be empty
};

std::string_view name(Reason reason);           // snake_case word for logs: "nonce_used"
std::string_view sentence(Reason reason);       // one sentence for people
std::string_view oauth_problem(Reason reason);  // Problem Reporting word; empty when none applies
std::string_view error_code(
    Reason reason);         // `error` of the form-encoded body, as Flask-OAuthlib names it
int status(Reason reason);  // 400 or 401
// What a stranger is told in place of `reason`: unknown client, unknown token, wrong secret,
// revoked, disabled, expired all become SignatureInvalid, so that they look alike.
Reason disclosed(Reason reason);

}  // namespace verify
