#include "verify/secret.h"

#include "verify/crypto.h"

namespace verify {
namespace {

std::span<const unsigned char> bytes_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

}  // namespace

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    bytes_ = other.bytes_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    other.wipe();
  }
  return *this;
}

bool operator==(const Secret& a, const Secret& b) {
  return equal_in_constant_time(bytes_of(a.bytes_), bytes_of(b.bytes_));
}

void Secret::wipe() {
  // A string that was moved from, or made shorter, still holds bytes beyond its size.
  bytes_.resize(bytes_.capacity());
  verify::wipe(bytes_.data(), bytes_.size());
  bytes_.clear();
}

}  // namespace verify
