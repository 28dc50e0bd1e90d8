#pragma once

// What the three-legged flow needs of the credential store beside credentials.h: request tokens
// (RFC 5849 section 2, temporary credentials) and their exchange for access tokens.
//
// Threads: as Credentials::Change, of which each function here is one: it waits for other writers
// and for the disk, so none may be called on an event loop. To look at a request token:
// Credentials::Reader::request_token() and find_request_token().
//
// A problem leaves everything as it was, but for a wrong verifier, which is counted.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/credentials.h"
#include "store/error.h"
#include "store/records.h"
#include "verify/secret.h"

namespace store {

inline constexpr std::uint32_t kMaxWrongVerifiers = 5;  // then the token is dead

// Expired request tokens that one issue removes: of its client, and of all. More than it adds, so
// that they don't pile up.
inline constexpr std::size_t kSweptByIssue = 8;

// How a step of the flow ended, if not well. Keep in step with what the gateway says of each.
enum class FlowProblem : std::uint8_t {
  ClientUnknown,  // or disabled
  TooMany,        // the client has as many live request tokens as it may
  TokenUnknown,   // no such token, or another client's
  TokenExpired,
  TokenUsed,      // decided already, exchanged already, guessed at too often; or, for a renewal,
                  // renewed or revoked
  NotAuthorized,  // the user has not decided yet
  UserRefused,
  VerifierWrong,         // counted; after kMaxWrongVerifiers it is TokenUsed
  UserUnknown,           // or disabled
  HandleWrong,           // renewal: not this token's session handle, or the client may not renew
  AuthorizationExpired,  // renewal: too late
};

template <class T>
using Flow = Result<verify::Result<T, FlowProblem>>;  // outer: the store failed

struct IssueRequest {
  RequestToken token;  // token, secret, client, callback, realms, created and expires are set
  std::uint32_t most_of_client = 0;  // live ones that a client may have: not yet refused or spent
  std::int64_t now = 0;
};
// Sweeps a bounded number of expired request tokens besides.
Flow<Done> issue_request_token(Credentials& store, const IssueRequest& request);

struct Decision {
  std::string token;
  std::string user, session;
  std::vector<std::string> granted;        // cut down to what was asked
  std::optional<verify::Secret> verifier;  // absent: the user refused
  bool make_user =
      false;  // the user is known to somebody else: made here, without password, if missing
  std::int64_t now = 0;
};
// From Issued to Authorized or Refused, once. Returns the token as it is then.
Flow<RequestToken> decide(Credentials& store, const Decision& decision);

struct TokenExchange {
  std::string client, request_token;
  verify::Secret verifier;
  Token fresh;  // token, secret, expires, session handle and its end; the rest is filled in
  std::int64_t now = 0;
};
// Spends the request token and stores the access token, in one transaction: of any number of
// exchanges at once, in any number of processes, one succeeds. Its realms are those granted, within
// what the client may have now; a client that isn't renewable gets no session handle. For a client
// with same_token, returns the live token that this user gave it for the same realms, if there is
// one. Returns the token as stored.
Flow<Token> exchange(Credentials& store, const TokenExchange& exchange);

struct Renewal {
  std::string client, token;
  verify::Secret handle;
  Token fresh;  // token, secret, expires and session handle
  std::int64_t now = 0;
};
// Stores a new token in place of one with a session handle, and revokes that one. Its end does not
// matter, its authorization_expires does and is handed on.
Flow<Token> renew(Credentials& store, const Renewal& renewal);

}  // namespace store
