#include "verify/method.h"

#include <array>
#include <cstddef>

namespace verify {
namespace {

constexpr std::array<std::string_view, kMethodCount> kNames = {
    "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT"};

}  // namespace

std::string_view name(Method method) { return kNames[static_cast<std::size_t>(method)]; }

std::optional<Method> method_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Method>(i);
  }
  return std::nullopt;
}

}  // namespace verify
