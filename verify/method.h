#pragma once

// The signature methods of RFC 5849 section 3.4 and their usual extensions. Plain values.

#include <cstdint>
#include <optional>
#include <string_view>

namespace verify {

enum class Method : std::uint8_t {
  HmacSha1,
  HmacSha256,
  HmacSha512,
  RsaSha1,
  RsaSha256,
  RsaSha512,
  Plaintext
};
inline constexpr int kMethodCount = 7;

std::string_view name(Method method);
std::optional<Method> method_from_name(std::string_view name);  // case-sensitive, as the RFC has it

class MethodSet {
 public:
  constexpr MethodSet() = default;
  constexpr void add(Method m) {
    bits_ = static_cast<std::uint8_t>(bits_ | (1u << static_cast<unsigned>(m)));
  }
  constexpr bool has(Method m) const { return (bits_ & (1u << static_cast<unsigned>(m))) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace verify
