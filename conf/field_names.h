#pragma once

// What a request's field is to the gate, by its name alone. The names are compared as lenient
// backends compare them: without case, and with every byte other than letters, digits and '-' read
// as '-', since to a CGI program "X~OAuth~User" and "X-OAuth-User" are one variable. Pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace conf {

// Lower case, and '-' for all but letters and digits.
inline constexpr std::array<char, 256> kFoldedByte = [] {
  std::array<char, 256> table{};
  for (char& byte : table) byte = '-';
  for (std::size_t c = '0'; c <= '9'; ++c) table[c] = static_cast<char>(c);
  for (std::size_t c = 'a'; c <= 'z'; ++c) {
    table[c] = table[c - 'a' + 'A'] = static_cast<char>(c);
  }
  return table;
}();
constexpr char folded(char byte) { return kFoldedByte[static_cast<unsigned char>(byte)]; }
std::string folded(std::string_view name);

// `canonical` is folded already.
constexpr bool folds_to_begin(std::string_view name, std::string_view canonical) {
  if (name.size() < canonical.size()) return false;
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    if (folded(name[i]) != canonical[i]) return false;
  }
  return true;
}
constexpr bool folds_to(std::string_view name, std::string_view canonical) {
  return name.size() == canonical.size() && folds_to_begin(name, canonical);
}

// Letters, digits and '-': all servers read such a name alike.
constexpr bool is_plain_name(std::string_view name) {
  for (const char c : name) {
    if (folded(c) == '-' && c != '-') return false;
  }
  return true;
}

// Some libraries look a field up by the name of its CGI variable, "HTTP_CLIENT_IP": what follows
// that prefix, or the whole name.
constexpr std::string_view without_cgi_prefix(std::string_view name) {
  return folds_to_begin(name, "http-") ? name.substr(5) : name;
}

enum class FieldRole : std::uint8_t {
  Other,    // none
  Hop,      // ends at this hop in either direction, or is written anew by it
  Judged,   // passes, and the gate decides by it: nothing else may look like it
  Dropped,  // of a request: what backends take for its path, script name, method, host, scheme,
            // client address or user in place of what was decided on
};
FieldRole role_of(std::string_view name);

}  // namespace conf
