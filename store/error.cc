#include "store/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace store {

namespace {
constexpr std::size_t kQuotedBytes = 64;
}

Failure<Error> fail(Error::Kind kind, std::string sentence) {
  return Failure(Error{kind, std::move(sentence)});
}

Failure<Error> system_failure(int code, std::string_view doing) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return fail(full ? Error::Kind::Full : Error::Kind::Unavailable,
              std::string(doing) + ": " + std::generic_category().message(code));
}

std::string in_quotes(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : bytes.substr(0, kQuotedBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '"' || c == '\\') {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += bytes.size() > kQuotedBytes ? "\"..." : "\"";
  return out;
}

}  // namespace store
