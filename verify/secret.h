#pragma once

// Bytes that must not leak: they can't be printed, compare in constant time, and are wiped when
// they go. A plain value: one thread at a time per object.

#include <string>
#include <string_view>

namespace verify {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  // The bytes themselves; the name is meant to be found by a reviewer. Valid until the Secret
  // changes.
  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

  // Takes time that depends on the lengths alone.
  friend bool operator==(const Secret& a, const Secret& b);

 private:
  void wipe();
  std::string bytes_;
};

}  // namespace verify
