#pragma once

// A Claim is what a request says about itself: who signs, how, when (RFC 5849 section 3.1). Reading
// one is pure; it proves nothing. The Workspace holds the decoded and encoded parameters, so that a
// request that was read before costs no allocation.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "verify/method.h"
#include "verify/rejection.h"
#include "verify/request.h"
#include "verify/result.h"

namespace verify {

// Reusable memory for one request at a time: parameters, arena, base string. Keep one per busy
// connection; reset by read_claim(). Grows to the largest request seen, bounded by the gateway's
// limits.
class Workspace {
 public:
  Workspace();
  ~Workspace();
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;

  struct State;
  State& state() { return *state_; }
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// Views into the Workspace or the request; valid until the Workspace is used again or either goes.
// All values are decoded.
struct Claim {
  Source source{};
  std::string_view client;  // oauth_consumer_key
  std::optional<std::string_view>
      token;                   // absent; or present and perhaps empty, which means no token
  std::string_view nonce;      // empty: neither nonce nor timestamp, as PLAINTEXT allows
  std::int64_t timestamp = 0;  // as sent: Unix seconds, or milliseconds
  std::string_view signature;  // decoded from percent-encoding, still base64
  Method method{};
  std::optional<std::string_view> callback, verifier, body_hash,
      session_handle;  // for the provider and later checks
  std::optional<std::string_view>
      realm;  // the Authorization field's: not signed, so it proves nothing

  bool renews() const { return session_handle && !session_handle->empty(); }
  bool has_token() const { return token && !token->empty(); }
  bool has_nonce() const { return !nonce.empty(); }
  // In seconds the years from 5138 on, in milliseconds those from 1973 on: nothing can be both.
  bool in_milliseconds() const { return timestamp > 100'000'000'000; }
  std::int64_t seconds() const { return in_milliseconds() ? timestamp / 1000 : timestamp; }
};

// Checks the parameters as such: one source, none twice, none missing, lengths, version, a method
// that is known. No OAuth credentials at all is not an error of its own on routes with auth =
// "optional": callers see it as Reason::CredentialsAbsent. A request without any is never refused
// for how its query or form is spelled, only for having too many parameters.
Result<Claim, Rejection> read_claim(const RequestView& request, const Bounds& bounds,
                                    Workspace& workspace);

}  // namespace verify
