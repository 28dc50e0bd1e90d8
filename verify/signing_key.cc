#include "verify/signing_key.h"

#include <algorithm>
#include <string>

#include "verify/percent.h"

namespace verify {
namespace {

// Both secrets, and the '&' between them even when one is empty.
class JoinedSecrets {
 public:
  JoinedSecrets(const Secret& client, const Secret& token, Spelling spelling) {
    bytes_.reserve(3 * (client.reveal().size() + token.reveal().size()) + 1);
    add(client.reveal(), spelling);
    bytes_ += '&';
    add(token.reveal(), spelling);
  }
  JoinedSecrets(const JoinedSecrets&) = delete;
  JoinedSecrets& operator=(const JoinedSecrets&) = delete;
  ~JoinedSecrets() { wipe(bytes_.data(), bytes_.size()); }
  std::string_view bytes() const { return bytes_; }

 private:
  void add(std::string_view secret, Spelling spelling) {
    if (spelling == Spelling::Encoded) {
      percent_encode(secret, bytes_);
    } else {
      bytes_ += secret;
    }
  }
  std::string bytes_;
};

bool encodes_to_itself(const Secret& secret) {
  const std::string_view bytes = secret.reveal();
  return std::all_of(bytes.begin(), bytes.end(), is_unreserved);
}

}  // namespace

SigningKey::Joined::Joined(std::string_view secret)
    : sha1(Hash::Sha1, secret),
      sha256(Hash::Sha256, secret),
      sha512(Hash::Sha512, secret),
      plaintext(digest(kPlaintextHash, secret)) {}

SigningKey::Joined::~Joined() { wipe(plaintext.bytes.data(), plaintext.bytes.size()); }

SigningKey::SigningKey(const Secret& client_secret, const Secret& token_secret,
                       std::optional<std::int64_t> expires)
    : expires_(expires),
      encoded_(JoinedSecrets(client_secret, token_secret, Spelling::Encoded).bytes()) {
  if (encodes_to_itself(client_secret) && encodes_to_itself(token_secret)) return;
  const JoinedSecrets other(client_secret, token_secret, Spelling::AsTheyAre);
  as_they_are_ = std::make_shared<const Joined>(other.bytes());
}

const SigningKey::Joined& SigningKey::joined(Spelling spelling) const {
  return spelling == Spelling::AsTheyAre && as_they_are_ ? *as_they_are_ : encoded_;
}

const HmacKey& SigningKey::hmac(Hash hash, Spelling spelling) const {
  const Joined& key = joined(spelling);
  switch (hash) {
    case Hash::Sha1:
      return key.sha1;
    case Hash::Sha256:
      return key.sha256;
    case Hash::Sha512:
      break;
  }
  return key.sha512;
}

const Digest& SigningKey::plaintext(Spelling spelling) const { return joined(spelling).plaintext; }

}  // namespace verify
