#include "verify/arena.h"

#include <algorithm>
#include <utility>

namespace verify {

void Arena::grow(std::size_t size) {
  constexpr std::size_t kFirst = 4096;
  const std::size_t next = std::max({kFirst, 2 * size_, size});
  std::unique_ptr<char[]> block = std::make_unique_for_overwrite<char[]>(next);
  if (block_) {
    full_.push_back(std::move(block_));
    full_size_ += size_;
  }
  block_ = std::move(block);
  size_ = next;
  next_ = block_.get();
  free_ = next;
}

// One block instead of many, so that the next request as large finds room at once.
void Arena::merge() {
  const std::size_t all = full_size_ + size_;
  full_.clear();
  full_size_ = 0;
  block_ = std::make_unique_for_overwrite<char[]>(all);
  size_ = all;
}

}  // namespace verify
