#include "verify/keyed_hash.h"

#include <bit>
#include <cstring>

#include "verify/crypto.h"

namespace verify {
namespace {

// From this machine's order to little-endian, or back.
std::uint64_t little_endian(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

std::uint64_t little_endian(const unsigned char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return little_endian(word);
}

// The `size` bytes at `at`, fewer than eight and the last of `whole`.
std::uint64_t rest_of(const unsigned char* at, std::size_t size, std::size_t whole) {
  if (size == 0) return 0;
  if (whole >= 8) return little_endian(at + size - 8) >> (8 * (8 - size));
  std::uint64_t rest = 0;
  for (unsigned i = 0; i < size; ++i) rest |= std::uint64_t{at[i]} << (8 * i);
  return rest;
}

// The state of SipHash while a message goes through it, eight bytes at a time.
class Mixer {
 public:
  Mixer(std::uint64_t low, std::uint64_t high)
      : v0_(low ^ 0x736f6d6570736575),
        v1_(high ^ 0x646f72616e646f6d ^ 0xee),  // 0xee: the 128-bit variant
        v2_(low ^ 0x6c7967656e657261),
        v3_(high ^ 0x7465646279746573) {}

  void add(std::string_view bytes) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t size = bytes.size();
    total_ += size;
    for (; size >= 8; size -= 8, at += 8) put(little_endian(at), 8);
    put(rest_of(at, size, bytes.size()), static_cast<unsigned>(size));
  }

  // As eight bytes, little-endian.
  void add(std::uint64_t number) {
    total_ += 8;
    put(number, 8);
  }

  KeyedHash::Value finish() {
    absorb(word_ | static_cast<std::uint64_t>(total_ & 0xff) << 56);
    v2_ ^= 0xee;
    KeyedHash::Value out{};
    for (std::size_t half = 0; half < 2; ++half) {
      for (int i = 0; i < 4; ++i) round();
      const std::uint64_t word = little_endian(v0_ ^ v1_ ^ v2_ ^ v3_);
      std::memcpy(out.data() + 8 * half, &word, sizeof word);
      v1_ ^= 0xdd;
    }
    return out;
  }

 private:
  // The `count` lowest bytes of a word whose others are zero.
  void put(std::uint64_t bytes, unsigned count) {
    word_ |= bytes << (8 * held_);
    held_ += count;
    if (held_ < 8) return;
    absorb(word_);
    held_ -= 8;
    word_ = held_ == 0 ? 0 : bytes >> (8 * (count - held_));
  }
  void absorb(std::uint64_t word) {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }
  void round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t word_ = 0;  // bytes that don't fill a word yet
  unsigned held_ = 0;       // how many
  std::size_t total_ = 0;
};

}  // namespace

KeyedHash::KeyedHash(const Key& key)
    : low_(little_endian(key.data())), high_(little_endian(key.data() + 8)) {}

KeyedHash::~KeyedHash() {
  wipe(&low_, sizeof low_);
  wipe(&high_, sizeof high_);
}

KeyedHash::Both KeyedHash::operator()(std::span<const std::string_view> parts) const {
  Both out;
  Mixer mixer(low_, high_);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    mixer.add(std::uint64_t{parts[i].size()});
    mixer.add(parts[i]);
    if (i == 0) out.first = Mixer(mixer).finish();
  }
  out.all = mixer.finish();
  return out;
}

}  // namespace verify
