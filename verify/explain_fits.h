#pragma once

// Whether a base string gives the signature that was received: with the right key, with a wrong one
// that clients are known to make, with another hash, and in whatever notation it came. Pure; holds
// secrets.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verify/claim.h"
#include "verify/crypto.h"
#include "verify/explain.h"
#include "verify/judge.h"
#include "verify/secret.h"

namespace verify {

class Fits {
 public:
  // The first two and the last must outlive it.
  Fits(const Claim& claim, const Keys& keys, const KnownSecrets& secrets, QuirkSet quirks,
       const Rules& rules);

  // What is done otherwise than RFC 5849 says; nothing at all: the base string doesn't fit so.
  using Changes = std::optional<std::vector<Change>>;
  // In the notation of the signature alone.
  Changes rightly(std::string_view base) const;
  // In the key or the hash too.
  Changes with_one_change(std::string_view base) const;
  // In both.
  Changes with_two_changes(std::string_view base) const;

 private:
  // A secret as HMAC takes it, right without a `change`.
  struct Key {
    Secret bytes;
    std::optional<Change> change;
  };
  // The signature read in one of the notations in which it may have come.
  struct Reading {
    std::string bytes;
    std::optional<Change> change;
  };

  using Escape = std::string (*)(std::string_view);

  void add_secrets(const KnownSecrets& secrets, QuirkSet quirks);
  void add_wrong_keys(const std::string& client_secret, const std::string& token_secret, Escape e);
  void add_key(std::string bytes, std::string_view name, std::string_view sentence);
  void add_readings();
  void add_reading(std::string_view base64, std::string_view name, std::string_view sentence);
  bool is_live(const std::optional<std::int64_t>& expires) const;
  std::optional<Change> flaw_of(const VerifyingKey& key) const;
  Changes made(std::string_view base, bool right_key, bool right_hash) const;
  Changes plaintext(bool right_key) const;
  Changes rsa(Hash hash, std::string_view base, bool right_key, std::vector<Change> changes) const;
  Changes hmac(Hash hash, std::string_view base, bool right_key, std::vector<Change> changes) const;
  Changes read_as(std::string_view made, std::vector<Change> changes) const;

  const Claim& claim_;
  const Keys& keys_;
  const Rules& rules_;
  std::vector<Key> secrets_;
  std::vector<Reading> readings_;
};

}  // namespace verify
