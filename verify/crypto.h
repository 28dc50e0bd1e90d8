#pragma once

// A door to libcrypto (rsa.h is the other): digests, keyed digests, key derivation, random bytes.
// Pure functions and plain values; safe from any thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace verify {

enum class Hash : std::uint8_t { Sha1, Sha256, Sha512 };

// A digest or MAC; `size` bytes of it count (20, 32 or 64).
struct Digest {
  std::array<unsigned char, 64> bytes{};
  std::size_t size = 0;
  std::span<const unsigned char> view() const { return {bytes.data(), size}; }
};

// HMAC (RFC 2104) with the key's inner and outer pad already hashed: one short message costs two or
// three compressions less than starting from the key. Immutable; the state is secret and wiped.
class HmacKey {
 public:
  HmacKey(Hash hash, std::string_view key);
  HmacKey(const HmacKey&) = default;
  HmacKey& operator=(const HmacKey&) = default;
  ~HmacKey();
  Digest sign(std::string_view message) const;

 private:
  Hash hash_;
  std::array<std::uint64_t, 8> inner_{};  // chaining values after the pad block
  std::array<std::uint64_t, 8> outer_{};
};

Digest digest(Hash hash, std::string_view message);

// The digest of a message that comes in pieces. One thread at a time.
class Digester {
 public:
  explicit Digester(Hash hash);
  ~Digester();
  Digester(const Digester&) = delete;
  Digester& operator=(const Digester&) = delete;
  void update(std::string_view piece);
  Digest finish();  // of all pieces; once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// True when equal; time depends on the lengths alone.
bool equal_in_constant_time(std::span<const unsigned char> a, std::span<const unsigned char> b);

// From the system's cryptographic generator. Aborts the process if it can't deliver.
void fill_random(std::span<unsigned char> out);

// `length` letters and digits, uniformly chosen: 27 carry 160 bits.
std::string random_name(std::size_t length);

// Key derivation for passwords, slow by intent: RFC 7914 (memory 128 * n * r bytes, n a power of
// two) and RFC 8018 5.2. False when libcrypto refuses the costs or has no memory left.
bool derive_scrypt(std::string_view password, std::string_view salt, std::uint64_t n,
                   std::uint64_t r, std::uint64_t p, std::span<unsigned char> out);
bool derive_pbkdf2(Hash hash, std::string_view password, std::string_view salt, int rounds,
                   std::span<unsigned char> out);

// Standard alphabet, with padding.
std::string to_base64(std::span<const unsigned char> bytes);
// How many bytes were written to `out`; nothing when the text is not exactly what to_base64 gives
// for some bytes, or has more of them than `out` holds. Does not allocate.
std::optional<std::size_t> from_base64(std::string_view text, std::span<unsigned char> out);
// Lower case.
std::string to_hex(std::span<const unsigned char> bytes);

// Overwrites memory in a way the compiler keeps.
void wipe(void* bytes, std::size_t size);

}  // namespace verify
