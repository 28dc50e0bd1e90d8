#pragma once

// A keyed 128-bit hash for table keys that strangers must not be able to steer: SipHash-2-4 with
// the long output (Aumasson and Bernstein, 2012). Ours, because the ledger needs one on every
// request and a call into libcrypto costs several times the hash itself. Immutable; safe from any
// thread.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace verify {

class KeyedHash {
 public:
  using Key = std::array<unsigned char, 16>;
  using Value = std::array<unsigned char, 16>;
  explicit KeyedHash(const Key& key);
  KeyedHash(const KeyedHash&) = default;
  KeyedHash& operator=(const KeyedHash&) = default;
  ~KeyedHash();  // wipes the key

  // Of the first part alone, and of all of them: hashes the length (8 bytes, little-endian) and
  // then the bytes of each. Requires one part.
  struct Both {
    Value first, all;
  };
  Both operator()(std::span<const std::string_view> parts) const;

 private:
  std::uint64_t low_ = 0, high_ = 0;
};

}  // namespace verify
