#include "gateway/routing/spelling.h"

#include <cstddef>
#include <iterator>

namespace gateway::routing {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }
bool is_blank_or_dot(char c) { return c == '.' || static_cast<unsigned char>(c) <= ' '; }

std::string_view without_end(std::string_view segment) {
  std::size_t size = segment.size();
  while (size > 0 && is_blank_or_dot(segment[size - 1])) --size;
  return size == 0 ? segment : segment.substr(0, size);  // of dots alone it is another matter
}

// Capital letters that lie together, and where their small ones are.
struct Capitals {
  char32_t first, last;
  char32_t step;  // 1: all of the range; 2: every second, the one after it is its small one
  char32_t small;
};
constexpr Capitals kCapitals[] = {
    {0xC0, 0xD6, 1, 0xE0},       {0xD8, 0xDE, 1, 0xF8},   // Latin-1
    {0x100, 0x12E, 2, 0x101},    {0x130, 0x131, 1, 'i'},  // Latin Extended-A
    {0x132, 0x136, 2, 0x133},    {0x139, 0x147, 2, 0x13A},  {0x14A, 0x176, 2, 0x14B},
    {0x178, 0x178, 1, 0xFF},     {0x179, 0x17D, 2, 0x17A},  {0x17F, 0x17F, 1, 's'},
    {0x1CD, 0x1DB, 2, 0x1CE},    {0x1DE, 0x1EE, 2, 0x1DF},  {0x1F8, 0x21E, 2, 0x1F9},
    {0x222, 0x232, 2, 0x223},    {0x386, 0x386, 1, 0x3AC},  {0x388, 0x38A, 1, 0x3AD},  // Greek
    {0x38C, 0x38C, 1, 0x3CC},    {0x38E, 0x38F, 1, 0x3CD},  {0x391, 0x3AB, 1, 0x3B1},
    {0x3C2, 0x3C2, 1, 0x3C3},    {0x400, 0x40F, 1, 0x450},  {0x410, 0x42F, 1, 0x430},  // Cyrillic
    {0x460, 0x480, 2, 0x461},    {0x48A, 0x4BE, 2, 0x48B},  {0x4D0, 0x52E, 2, 0x4D1},
    {0x531, 0x556, 1, 0x561},  // Armenian
    {0x1E00, 0x1E94, 2, 0x1E01}, {0x1E9E, 0x1E9E, 1, 0xDF}, {0x1EA0, 0x1EFE, 2, 0x1EA1},
    {0x2126, 0x2126, 1, 0x3C9},  {0x212A, 0x212A, 1, 'k'},  {0x212B, 0x212B, 1, 0xE5},
    {0xFF21, 0xFF3A, 1, 0xFF41},  // fullwidth
};

char32_t small(char32_t c) {
  for (const Capitals& range : kCapitals) {
    if (c < range.first || c > range.last || (c - range.first) % range.step != 0) continue;
    // Both the dotted capital and the dotless small one are read as "i".
    return range.small == 'i' ? range.small : range.small + (c - range.first);
  }
  return c;
}

// A character of two or three bytes off the front of `rest`; 0: there is none.
char32_t take_character(std::string_view& rest) {
  const auto at = [&](std::size_t i) {
    return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u;
  };
  const auto follows = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  char32_t c = 0;
  std::size_t size = 0;
  if ((at(0) & 0xE0u) == 0xC0u && follows(1)) {
    c = (at(0) & 0x1Fu) << 6 | (at(1) & 0x3Fu);
    size = 2;
  } else if ((at(0) & 0xF0u) == 0xE0u && follows(1) && follows(2)) {
    c = (at(0) & 0x0Fu) << 12 | (at(1) & 0x3Fu) << 6 | (at(2) & 0x3Fu);
    size = 3;
  }
  rest.remove_prefix(size);
  return c;
}

void put_character(char32_t c, std::string& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(is_upper(static_cast<char>(c)) ? c | 0x20 : c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | c >> 6));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | c >> 12));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

void put_small(std::string_view text, std::string& out) {
  out.reserve(text.size());
  while (!text.empty()) {
    const bool ascii = is_ascii(text[0]);
    const char32_t c = ascii ? static_cast<unsigned char>(text[0]) : take_character(text);
    if (c != 0) {
      put_character(small(c), out);
    } else {
      out.push_back(text[0]);  // NUL, or no UTF-8 of two or three bytes
    }
    if (ascii || c == 0) text.remove_prefix(1);
  }
}

}  // namespace

Spelling::Spelling(std::string_view segment) : text_(without_end(segment)) {
  bool small_already = true;
  for (const char c : text_) small_already = small_already && !is_upper(c) && is_ascii(c);
  if (small_already) return;
  put_small(text_, own_);
  text_ = own_;
}

}  // namespace gateway::routing
