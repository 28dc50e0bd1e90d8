// The text forms of bytes that crypto.h declares. They need nothing of libcrypto.

#include <algorithm>

#include "verify/crypto.h"

namespace verify {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned char kLargest = 63, kNoLetter = 0xff;

constexpr std::array<unsigned char, 256> kValues = [] {
  std::array<unsigned char, 256> table{};
  table.fill(kNoLetter);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    table[static_cast<unsigned char>(kLetters[i])] = static_cast<unsigned char>(i);
  }
  return table;
}();

std::uint32_t value_of(char c) { return kValues[static_cast<unsigned char>(c)]; }

}  // namespace

std::string to_base64(std::span<const unsigned char> bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= count ? kLetters[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::optional<std::size_t> from_base64(std::string_view text, std::span<unsigned char> out) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  const std::size_t size = text.size() * 6 / 8;
  if (size > out.size()) return std::nullopt;
  std::size_t written = 0;
  for (; text.size() >= 4; text.remove_prefix(4)) {
    std::uint32_t group = 0, all = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::uint32_t value = value_of(text[k]);
      group = group << 6 | value;
      all |= value;
    }
    if (all > kLargest) return std::nullopt;
    for (int shift : {16, 8, 0}) out[written++] = static_cast<unsigned char>(group >> shift);
  }
  std::uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const std::uint32_t value = value_of(c);
    if (value > kLargest) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out[written++] = static_cast<unsigned char>(bits >> count);
    }
  }
  // What the last letter has beyond the last byte must be zero, or one value had several spellings.
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return written;
}

std::string to_hex(std::span<const unsigned char> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (unsigned char byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace verify
