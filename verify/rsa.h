#pragma once

// RSA signatures, RSASSA-PKCS1-v1_5 (RFC 5849 section 3.4.3, RFC 8017 section 8.2): public keys to
// verify with, and the client's side for our own signer.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/crypto.h"
#include "verify/result.h"
#include "verify/secret.h"

namespace verify {

// A public key, parsed once. Immutable; copies share it, and any number of threads may use it at
// once.
class RsaKey {
 public:
  static constexpr std::size_t kMaxPemBytes = 16 << 10;
  static constexpr int kMinBits = 1024;
  static constexpr int kMaxBits = 16384;

  // From PEM text with one block: a SubjectPublicKeyInfo (PUBLIC KEY), a PKCS #1 key (RSA PUBLIC
  // KEY) or an X.509 certificate, of which the key alone counts: neither its dates nor its issuer
  // are looked at. Fails with a sentence that has nothing of the text in it.
  static Result<RsaKey, std::string> parse(std::string_view pem, int min_bits = kMinBits);

  int bits() const;
  // Whether `signature` is one of the message that has this digest. All that are not cost the same,
  // of whatever length and value they are.
  bool verify(Hash hash, const Digest& digest, std::span<const unsigned char> signature) const;

 private:
  struct Parsed;
  explicit RsaKey(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
  std::shared_ptr<const Parsed> parsed_;
};

// PEM text of a public key that nobody has the private half of, nor ever had: its modulus is a
// random number. To verify with it costs the same as with any other of its size.
std::string unpaired_rsa_key(int bits);

// The signature that the holder of a private key (PEM text, not encrypted) makes of a message.
// Fails with a sentence.
Result<std::vector<unsigned char>, std::string> rsa_signature(const Secret& private_key, Hash hash,
                                                              std::string_view message);

}  // namespace verify
