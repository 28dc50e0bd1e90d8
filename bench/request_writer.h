#pragma once

// Writes the requests of a run: the same GET each time, signed with HMAC-SHA1 by another client and
// token and with a fresh nonce. All that stays the same is encoded once, so that a request costs
// little more than its HMAC. One thread per object.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/identities.h"
#include "verify/crypto.h"
#include "verify/result.h"

namespace bench {

class RequestWriter {
 public:
  // `authority` is the Host and what is signed, `target` path and query. Requests are unsigned if
  // `identities` is empty. Every identity's first request is read back by the verifier's own code;
  // fails with a sentence if the target can't be signed or that reading doesn't agree.
  static verify::Result<RequestWriter, std::string> make(std::string_view authority,
                                                         std::string_view target,
                                                         const std::vector<Identity>& identities);

  // The next request, complete; valid until the next call. `now` is Unix seconds.
  std::string_view next(std::int64_t now);

  // The same with a nonce of the caller's and the identity at `index` (of a signed run).
  std::string_view write(std::size_t index, std::int64_t now, std::string_view nonce);

  // Whose request write(index, ...) is: the position in the `identities` given to make().
  std::size_t identity_at(std::size_t index) const { return signers_[index].identity; }

 private:
  struct Signer {
    verify::HmacKey hmac;
    std::string client, token;              // percent-encoded once, as in the header
    std::string client_twice, token_twice;  // and twice, as in the base string
    std::size_t identity;
  };

  RequestWriter() = default;
  void prepare_signers(const std::vector<Identity>& identities);
  void prepare_base_string(std::string_view authority, std::string_view target);
  std::string check(std::string_view authority, std::string_view target,
                    const std::vector<Identity>& identities);
  void refresh_timestamp(std::int64_t now);
  void refresh_nonce();

  std::string head_before_, head_after_;  // around the value of Authorization
  std::string base_before_, base_after_;  // around the OAuth parameters in the base string
  std::vector<Signer> signers_;           // in the order in which they take turns
  std::size_t turn_ = 0;
  std::int64_t timestamp_ = -1;
  std::string timestamp_text_;
  std::string nonce_;  // a random prefix of this run, then a counter
  std::string base_, out_;
};

}  // namespace bench
