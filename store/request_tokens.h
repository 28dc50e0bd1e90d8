#pragma once

// What the three-legged flow needs of the credential store beside credentials.h: request tokens
// (RFC 5849 section 2, temporary credentials) and their exchange for access tokens.
//
// Threads: as Credentials::Change, of which each function here is one: it waits for other writers
// and for the disk, so none may be called on an event loop. find_request_token() is for one thread,
// as its Reader.

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

enum class RequestState : std::uint8_t { Issued = 0, Authorized = 1, Refused = 2, Spent = 3 };

struct RequestToken {
  std::string token;
  verify::Secret secret;
  std::string client;
  std::string callback;                   // fixed when it was issued; "oob"
  std::vector<std::string> realms;        // asked for
  std::int64_t created = 0, expires = 0;  // Unix seconds
  RequestState state = RequestState::Issued;
  // From here on: once authorized.
  std::string user;
  std::vector<std::string> granted;  // within `realms`
  verify::Secret verifier;
  std::string session;      // of the browser that consented: what it is told by, never its cookie
  std::uint32_t wrong = 0;  // verifiers that were wrong
  friend bool operator==(const RequestToken&, const RequestToken&) = default;
};

inline constexpr std::uint32_t kMaxWrongVerifiers = 5;  // then the token is dead

// How a step of the flow ended, if not well. Keep in step with what the gateway says of each.
enum class FlowProblem : std::uint8_t {
  ClientUnknown,  // or disabled
  TooMany,        // the client has as many live request tokens as it may
  TokenUnknown,   // no such request token, or another client's
  TokenExpired,
  TokenUsed,      // decided already, or exchanged already
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
  RequestToken token;            // state Issued; client, callback, realms, expires are set
  std::uint32_t most_of_client;  // live ones that a client may have
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
// From Issued to Authorized or Refused, once. Answers the token as it is then.
Flow<RequestToken> decide(Credentials& store, const Decision& decision);

struct Exchange {
  std::string client, request_token;
  verify::Secret verifier;
  Token fresh;  // token, secret, expires, session handle; the rest is filled in from the request
                // token
  std::int64_t now = 0;
};
// Spends the request token and stores the access token, in one transaction: of any number of
// exchanges at once, in any number of processes, one succeeds. Its realms are those granted, within
// what the client may have now. For a client with same_token, answers the live token that this user
// gave it for the same realms, if there is one. Answers the token as stored.
Flow<Token> exchange(Credentials& store, const Exchange& exchange);

struct Renewal {
  std::string client, token;
  verify::Secret handle;
  Token fresh;  // as in Exchange
  std::int64_t now = 0;
};
// Stores a new token in place of one with a session handle, and revokes that one. Its end does not
// matter, its authorization_expires does.
Flow<Token> renew(Credentials& store, const Renewal& renewal);

}  // namespace store
