#pragma once

// A byte queue in one piece of memory: filled at the end, consumed from the front. Growing or
// compacting moves the bytes, and with them ends the life of all views into it; consuming does not.
// One thread.

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace gateway::http {

class Buffer {
 public:
  explicit Buffer(std::size_t capacity) : bytes_(new char[capacity]), capacity_(capacity) {}

  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  char* space() { return bytes_.get() + end_; }
  std::size_t space_size() const { return capacity_ - end_; }
  std::size_t capacity() const { return capacity_; }

  // `n` bytes were written to space().
  void filled(std::size_t n) {
    assert(n <= space_size());
    end_ += n;
  }
  void consume(std::size_t n) {
    assert(n <= size());
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void clear() { begin_ = end_ = 0; }

  // Makes room at the end by moving what is held to the front. Invalidates views.
  void compact() {
    if (begin_ == 0) return;
    std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  // At least this capacity. Invalidates views.
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    std::unique_ptr<char[]> bigger(new char[capacity]);
    std::memcpy(bigger.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
    bytes_ = std::move(bigger);
    capacity_ = capacity;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace gateway::http
