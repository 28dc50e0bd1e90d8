// HMAC from stored pads needs the low-level digest functions: nothing newer lets one put a chaining
// value in.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "verify/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <variant>

namespace verify {
namespace {

using Chain = std::array<std::uint64_t, 8>;
constexpr std::size_t kMaxBlock = 128;

std::size_t block_size(Hash hash) { return hash == Hash::Sha512 ? 128 : 64; }

// One digest under way, for each of the three: from the start or from a chaining value.
struct Sha1 {
  static constexpr std::size_t kSize = SHA_DIGEST_LENGTH;
  SHA_CTX state;
  Sha1() { SHA1_Init(&state); }
  // Continues after one block that led to `chain`.
  explicit Sha1(const Chain& chain) : Sha1() {
    state.h0 = static_cast<SHA_LONG>(chain[0]);
    state.h1 = static_cast<SHA_LONG>(chain[1]);
    state.h2 = static_cast<SHA_LONG>(chain[2]);
    state.h3 = static_cast<SHA_LONG>(chain[3]);
    state.h4 = static_cast<SHA_LONG>(chain[4]);
    state.Nl = SHA_CBLOCK * 8;
  }
  Chain chain() const { return {state.h0, state.h1, state.h2, state.h3, state.h4}; }
  void update(const void* bytes, std::size_t size) { SHA1_Update(&state, bytes, size); }
  void finish(unsigned char* out) { SHA1_Final(out, &state); }
};

struct Sha256 {
  static constexpr std::size_t kSize = SHA256_DIGEST_LENGTH;
  SHA256_CTX state;
  Sha256() { SHA256_Init(&state); }
  explicit Sha256(const Chain& chain) : Sha256() {
    for (std::size_t i = 0; i < 8; ++i) state.h[i] = static_cast<SHA_LONG>(chain[i]);
    state.Nl = SHA256_CBLOCK * 8;
  }
  Chain chain() const {
    Chain out{};
    for (std::size_t i = 0; i < 8; ++i) out[i] = state.h[i];
    return out;
  }
  void update(const void* bytes, std::size_t size) { SHA256_Update(&state, bytes, size); }
  void finish(unsigned char* out) { SHA256_Final(out, &state); }
};

struct Sha512 {
  static constexpr std::size_t kSize = SHA512_DIGEST_LENGTH;
  SHA512_CTX state;
  Sha512() { SHA512_Init(&state); }
  explicit Sha512(const Chain& chain) : Sha512() {
    for (std::size_t i = 0; i < 8; ++i) state.h[i] = chain[i];
    state.Nl = SHA512_CBLOCK * 8;
  }
  Chain chain() const {
    Chain out{};
    for (std::size_t i = 0; i < 8; ++i) out[i] = state.h[i];
    return out;
  }
  void update(const void* bytes, std::size_t size) { SHA512_Update(&state, bytes, size); }
  void finish(unsigned char* out) { SHA512_Final(out, &state); }
};

template <class Sha>
Digest hash_all(std::string_view message) {
  Digest out;
  Sha sha;
  sha.update(message.data(), message.size());
  sha.finish(out.bytes.data());
  out.size = Sha::kSize;
  return out;
}

template <class Sha>
Chain after_pad(const std::array<unsigned char, kMaxBlock>& key, std::size_t block, int pad) {
  std::array<unsigned char, kMaxBlock> padded{};
  for (std::size_t i = 0; i < block; ++i) padded[i] = static_cast<unsigned char>(key[i] ^ pad);
  Sha sha;
  sha.update(padded.data(), block);
  const Chain out = sha.chain();
  wipe(padded.data(), padded.size());
  wipe(&sha, sizeof sha);
  return out;
}

template <class Sha>
Digest hmac(const Chain& inner, const Chain& outer, std::string_view message) {
  Digest out;
  Sha first(inner);
  first.update(message.data(), message.size());
  first.finish(out.bytes.data());
  Sha second(outer);
  second.update(out.bytes.data(), Sha::kSize);
  second.finish(out.bytes.data());
  out.size = Sha::kSize;
  return out;
}

const EVP_MD* evp(Hash hash) {
  switch (hash) {
    case Hash::Sha1:
      return EVP_sha1();
    case Hash::Sha256:
      return EVP_sha256();
    case Hash::Sha512:
      break;
  }
  return EVP_sha512();
}

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Faults of libcrypto itself that nothing can be done about: no random bytes, no such digest.
void demand(bool worked) {
  if (!worked) std::abort();
}

}  // namespace

HmacKey::HmacKey(Hash hash, std::string_view key) : hash_(hash) {
  const std::size_t block = block_size(hash);
  std::array<unsigned char, kMaxBlock> whole{};
  if (key.size() > block) {
    Digest shorter = digest(hash, key);
    std::memcpy(whole.data(), shorter.bytes.data(), shorter.size);
    wipe(shorter.bytes.data(), shorter.bytes.size());
  } else if (!key.empty()) {
    std::memcpy(whole.data(), key.data(), key.size());
  }
  const auto pads = [&]<class Sha>() {
    inner_ = after_pad<Sha>(whole, block, 0x36);
    outer_ = after_pad<Sha>(whole, block, 0x5c);
  };
  switch (hash) {
    case Hash::Sha1:
      pads.operator()<Sha1>();
      break;
    case Hash::Sha256:
      pads.operator()<Sha256>();
      break;
    case Hash::Sha512:
      pads.operator()<Sha512>();
      break;
  }
  wipe(whole.data(), whole.size());
}

HmacKey::~HmacKey() {
  wipe(inner_.data(), sizeof inner_);
  wipe(outer_.data(), sizeof outer_);
}

Digest HmacKey::sign(std::string_view message) const {
  switch (hash_) {
    case Hash::Sha1:
      return hmac<Sha1>(inner_, outer_, message);
    case Hash::Sha256:
      return hmac<Sha256>(inner_, outer_, message);
    case Hash::Sha512:
      break;
  }
  return hmac<Sha512>(inner_, outer_, message);
}

Digest digest(Hash hash, std::string_view message) {
  switch (hash) {
    case Hash::Sha1:
      return hash_all<Sha1>(message);
    case Hash::Sha256:
      return hash_all<Sha256>(message);
    case Hash::Sha512:
      break;
  }
  return hash_all<Sha512>(message);
}

struct Digester::State {
  std::variant<Sha1, Sha256, Sha512> sha;
};

Digester::Digester(Hash hash) : state_(std::make_unique<State>()) {
  if (hash == Hash::Sha256) state_->sha.emplace<Sha256>();
  if (hash == Hash::Sha512) state_->sha.emplace<Sha512>();
}

Digester::~Digester() = default;

void Digester::update(std::string_view piece) {
  std::visit([piece](auto& sha) { sha.update(piece.data(), piece.size()); }, state_->sha);
}

Digest Digester::finish() {
  Digest out;
  std::visit(
      [&out](auto& sha) {
        sha.finish(out.bytes.data());
        out.size = sha.kSize;
      },
      state_->sha);
  return out;
}

bool equal_in_constant_time(std::span<const unsigned char> a, std::span<const unsigned char> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void fill_random(std::span<unsigned char> out) {
  demand(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

std::string random_name(std::size_t length) {
  constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::size_t kFair = 256 / kLetters.size() * kLetters.size();
  std::string out;
  out.reserve(length);
  std::array<unsigned char, 64> bytes{};
  while (out.size() < length) {
    fill_random(bytes);
    for (unsigned char byte : bytes) {
      // The last few values would make some letters likelier than others.
      if (byte < kFair && out.size() < length) out += kLetters[byte % kLetters.size()];
    }
  }
  wipe(bytes.data(), bytes.size());
  return out;
}

bool derive_scrypt(std::string_view password, std::string_view salt, std::uint64_t n,
                   std::uint64_t r, std::uint64_t p, std::span<unsigned char> out) {
  const std::uint64_t memory = 128 * r * (n + p + 4);
  return EVP_PBE_scrypt(password.data(), password.size(), as_bytes(salt), salt.size(), n, r, p,
                        memory, out.data(), out.size()) == 1;
}

bool derive_pbkdf2(Hash hash, std::string_view password, std::string_view salt, int rounds,
                   std::span<unsigned char> out) {
  return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), as_bytes(salt),
                           static_cast<int>(salt.size()), rounds, evp(hash),
                           static_cast<int>(out.size()), out.data()) == 1;
}

void wipe(void* bytes, std::size_t size) { OPENSSL_cleanse(bytes, size); }

}  // namespace verify
