#pragma once

// Whether a base string gives the signature that was received: with the right key, with a wrong one
// that clients are known to make, with another hash, and in whatever notation it came. Pure; holds
// secrets.

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verify/claim.h"
#include "verify/crypto.h"
#include "verify/explain.h"
#include "verify/explain_keys.h"
#include "verify/judge.h"
#include "verify/secret.h"

namespace verify {

class Fits {
 public:
  // All of them must outlive it. At first it knows the right keys alone.
  Fits(const Claim& claim, const Keys& keys, const KnownSecrets& secrets, QuirkSet quirks,
       const Rules& rules);

  // From now on it knows the wrong ones too.
  void look_further();

  static constexpr std::size_t kMaxChanges = 2;

  // With exactly `count` changes in key and hash, what is done otherwise than RFC 5849 says there
  // and in the notation of the signature; nothing at all: the base string doesn't fit so.
  using Changes = std::optional<std::vector<Edit>>;
  Changes with(std::size_t count, std::string_view base) const;
  // How many signatures that takes, about.
  std::size_t cost(std::size_t count) const;

 private:
  struct Key {
    MadeKey made;
    std::array<HmacKey, 3> by_hash;
  };
  // The signature read in one of the notations in which it may have come.
  struct Reading {
    std::string bytes;
    std::optional<Edit> change;
  };

  void add_keys(std::size_t most_changes);
  void add_readings();
  void add_reading(std::string_view base64, std::string_view name, std::string_view sentence);
  void add_bytes(std::string bytes, std::string_view name, std::string_view sentence);
  std::span<const Key> keys_of(std::size_t changes) const;
  bool is_live(const std::optional<std::int64_t>& expires) const;
  std::optional<Edit> flaw_of(const VerifyingKey& key) const;
  Changes rightly_hashed(std::size_t key_changes, std::string_view base) const;
  Changes otherwise_hashed(std::size_t key_changes, std::string_view base) const;
  Changes swapped(std::size_t key_changes, std::string_view base) const;
  Changes of_another_kind(std::string_view base) const;
  Changes plaintext(std::size_t key_changes) const;
  Changes rsa(Hash hash, std::string_view base, bool right_key, std::vector<Edit> changes) const;
  Changes hmac(Hash hash, std::string_view base, std::size_t key_changes,
               const std::vector<Edit>& changes) const;
  Changes read_as(std::string_view made, std::vector<Edit> changes) const;

  const Claim& claim_;
  const Keys& keys_;
  const KnownSecrets& known_;
  const QuirkSet quirks_;
  const Rules& rules_;
  std::vector<Key> secrets_;
  std::vector<Reading> readings_;
  std::string in_one_case_;  // the signature, if all its letters are large, or small
};

}  // namespace verify
