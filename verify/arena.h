#pragma once

// Bytes for one request at a time, handed out in a row. What is handed out stays where it is until
// reset(), and a reset arena that has seen a request as large allocates nothing. One thread at a
// time.

#include <cstddef>
#include <memory>
#include <vector>

namespace verify {

class Arena {
 public:
  // Memory for `size` bytes, uninitialised.
  char* take(std::size_t size) {
    if (size > free_) grow(size);
    char* out = next_;
    next_ += size;
    free_ -= size;
    return out;
  }

  // Gives back the end of what was taken last, from `from` on.
  void give_back(char* from) {
    free_ += static_cast<std::size_t>(next_ - from);
    next_ = from;
  }

  void reset() {
    if (!full_.empty()) merge();
    next_ = block_.get();
    free_ = size_;
  }

 private:
  void grow(std::size_t size);
  void merge();

  std::unique_ptr<char[]> block_;
  std::size_t size_ = 0;
  char* next_ = nullptr;
  std::size_t free_ = 0;
  std::vector<std::unique_ptr<char[]>> full_;  // earlier blocks of this request
  std::size_t full_size_ = 0;
};

}  // namespace verify
