#pragma once

// What a signature is verified with: a secret for the HMAC methods and PLAINTEXT, a public key for
// the RSA methods. They are of two types, so that the text of a public key can't be taken for a
// secret. Immutable, hence safe from any thread.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "verify/crypto.h"
#include "verify/rsa.h"
#include "verify/secret.h"

namespace verify {

// How the two secrets are joined: encoded (RFC 5849 section 3.4.2), or as they are
// (Quirk::UnencodedKey).
enum class Spelling : std::uint8_t { Encoded, AsTheyAre };
inline constexpr std::size_t kSpellings = 2;

// One client secret joined with the token's, prepared. `expires` is Unix seconds; absent: never.
class SigningKey {
 public:
  SigningKey(const Secret& client_secret, const Secret& token_secret,
             std::optional<std::int64_t> expires);
  const std::optional<std::int64_t>& expires() const { return expires_; }
  const HmacKey& hmac(Hash hash, Spelling spelling = Spelling::Encoded) const;
  // The hash of the joined secrets, which a PLAINTEXT signature must have too: hashes compare in
  // constant time whatever the lengths.
  static constexpr Hash kPlaintextHash = Hash::Sha256;
  const Digest& plaintext(Spelling spelling) const;

 private:
  struct Joined {
    explicit Joined(std::string_view secret);
    Joined(const Joined&) = default;
    Joined& operator=(const Joined&) = default;
    ~Joined();
    HmacKey sha1, sha256, sha512;
    Digest plaintext;
  };
  const Joined& joined(Spelling spelling) const;

  std::optional<std::int64_t> expires_;
  Joined encoded_;
  std::shared_ptr<const Joined> as_they_are_;  // null: as encoded
};

// One of a client's RSA keys. `expires` as above.
class VerifyingKey {
 public:
  VerifyingKey(RsaKey key, std::optional<std::int64_t> expires)
      : key_(std::move(key)), expires_(expires) {}
  const RsaKey& rsa() const { return key_; }
  const std::optional<std::int64_t>& expires() const { return expires_; }

 private:
  RsaKey key_;
  std::optional<std::int64_t> expires_;
};

}  // namespace verify
