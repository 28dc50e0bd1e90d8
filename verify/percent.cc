#include "verify/percent.h"

#include <cstring>

namespace verify {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

char* put_escape(char byte, char* out) {
  const auto value = static_cast<unsigned char>(byte);
  *out++ = '%';
  *out++ = kHex[value >> 4];
  *out++ = kHex[value & 15];
  return out;
}

char* put_encoded(char byte, char* out) {
  if (!is_unreserved(byte)) return put_escape(byte, out);
  *out = byte;
  return out + 1;
}

// Reads the one byte that starts at `at` and moves past it; false on a '%' without two hex digits.
bool next_byte(const char*& at, const char* end, Plus plus, char& byte) {
  byte = *at++;
  if (byte == '+' && plus == Plus::Space) {
    byte = ' ';
  } else if (byte == '%') {
    if (end - at < 2) return false;
    const int high = hex_value(at[0]);
    const int low = hex_value(at[1]);
    if (high < 0 || low < 0) return false;
    byte = static_cast<char>(high << 4 | low);
    at += 2;
  }
  return true;
}

char* copy(const char* from, const char* end, char* out) {
  const auto size = static_cast<std::size_t>(end - from);
  if (size != 0) std::memcpy(out, from, size);
  return out + size;
}

bool decode_append(std::string_view text, Plus plus, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + text.size());
  const char* end = percent_decode(text, plus, out.data() + before);
  if (end == nullptr) return false;
  out.resize(static_cast<std::size_t>(end - out.data()));
  return true;
}

}  // namespace

char* percent_encode(std::string_view bytes, char* out) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    const char* const stop = skip_unreserved(at, end);
    out = copy(at, stop, out);
    at = stop;
    for (; at != end && !is_unreserved(*at); ++at) out = put_escape(*at, out);
  }
  return out;
}

void percent_encode(std::string_view bytes, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + 3 * bytes.size());
  const char* end = percent_encode(bytes, out.data() + before);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

std::string percent_encode(std::string_view bytes) {
  std::string out;
  percent_encode(bytes, out);
  return out;
}

char* percent_decode(std::string_view text, Plus plus, char* out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const stop = skip_unreserved(at, end);
    out = copy(at, stop, out);
    at = stop;
    if (at == end) break;
    if (!next_byte(at, end, plus, *out)) return nullptr;
    ++out;
  }
  return out;
}

char* percent_recode(std::string_view text, Plus plus, char* out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const stop = skip_unreserved(at, end);
    out = copy(at, stop, out);
    at = stop;
    if (at == end) break;
    char byte = 0;
    if (!next_byte(at, end, plus, byte)) return nullptr;
    out = put_encoded(byte, out);
  }
  return out;
}

bool percent_decode(std::string_view text, std::string& out) {
  return decode_append(text, Plus::Literal, out);
}

bool form_decode(std::string_view text, std::string& out) {
  return decode_append(text, Plus::Space, out);
}

}  // namespace verify
