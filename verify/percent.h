#pragma once

// Percent-encoding as RFC 5849 section 3.6 wants it, and the two decodings: of header values
// (3.5.1) and of application/x-www-form-urlencoded (3.4.1.3.1, '+' is a space). Pure.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace verify {

// One entry for each byte: true for ALPHA DIGIT - . _ ~ (RFC 3986 section 2.3).
inline constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const unsigned char c : {'-', '.', '_', '~'}) table[c] = true;
  return table;
}();

inline bool is_unreserved(char c) { return kUnreserved[static_cast<unsigned char>(c)]; }

// The first byte in [from, end) that is not unreserved, or `end`. Most of what is signed is
// unreserved, and most of the reading is this loop: it takes sixteen bytes at once.
inline const char* skip_unreserved(const char* from, const char* end) {
  static_assert(std::endian::native == std::endian::little);
  using Block = unsigned char __attribute__((vector_size(16)));
  for (; end - from >= std::ptrdiff_t{sizeof(Block)}; from += sizeof(Block)) {
    Block c;
    std::memcpy(&c, from, sizeof c);
    const Block letter = (c | 0x20) - 'a', digit = c - '0', dash_or_dot = c - '-';
    const auto good = (letter < 26) | (digit < 10) | (dash_or_dot < 2) | (c == '_') | (c == '~');
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), &good, sizeof halves);
    if (halves[0] != ~0ull) return from + std::countr_one(halves[0]) / 8;
    if (halves[1] != ~0ull) return from + 8 + std::countr_one(halves[1]) / 8;
  }
  while (from != end && is_unreserved(*from)) ++from;
  return from;
}

// How a '+' is read: as itself in header values, as a space in queries and forms.
enum class Plus : bool { Literal, Space };

// Unreserved bytes as they are, all else %XX in upper case. Appends.
void percent_encode(std::string_view bytes, std::string& out);
std::string percent_encode(std::string_view bytes);
// The same into memory with room for 3 * bytes.size(); returns the end of what was written.
char* percent_encode(std::string_view bytes, char* out);

// False on a '%' that two hex digits don't follow; `out` is then unspecified. Appends.
bool percent_decode(std::string_view text, std::string& out);
bool form_decode(std::string_view text, std::string& out);  // also '+' to space

// Decodes into memory with room for text.size(). Returns the end, or nullptr on a bad '%'.
char* percent_decode(std::string_view text, Plus plus, char* out);
// Decodes and encodes again in one pass, into memory with room for 3 * text.size(): whatever
// spelling was received, out comes the one spelling that is signed. Returns the end, or nullptr on
// a bad '%'.
char* percent_recode(std::string_view text, Plus plus, char* out);

}  // namespace verify
