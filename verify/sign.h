#pragma once

// The client's side of RFC 5849: signs a request as a client would. Used by `portcullis sign`, the
// benchmark and the tests. Pure; nonce and timestamp are arguments.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "verify/method.h"
#include "verify/request.h"
#include "verify/result.h"
#include "verify/secret.h"

namespace verify {

struct Signer {
  std::string client;
  Secret client_secret;
  std::optional<std::string> token;
  Secret token_secret;
  Method method = Method::HmacSha1;
  std::string realm;     // empty: no realm parameter
  Secret private_key{};  // PEM text, for the RSA methods, which need no secret
};

// The value of the Authorization field: `OAuth oauth_consumer_key="...", ...`.
// request.authorization is ignored. Fails with one sentence when the target can't be read or the
// method needs a key that Signer doesn't hold.
Result<std::string, std::string> authorization_header(const RequestView& request,
                                                      const Signer& signer, std::int64_t timestamp,
                                                      std::string_view nonce);

}  // namespace verify
