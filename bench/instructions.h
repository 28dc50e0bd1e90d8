#pragma once

// The processor's own count of instructions, where the machine shows it. One thread: the one that
// opened it.

#include <cstdint>
#include <optional>

namespace bench {

// Instructions of this thread outside the kernel, counted between start() and stop().
class Instructions {
 public:
  // Nothing where there is no such counter, or the kernel doesn't let us have it.
  static std::optional<Instructions> open();
  ~Instructions();
  Instructions(Instructions&& other) noexcept : descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
  }
  Instructions& operator=(Instructions&&) = delete;

  void start();
  void stop();
  std::uint64_t count() const;

 private:
  explicit Instructions(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace bench
