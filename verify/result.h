#pragma once

// Result<T, E>: a value, or the reason there is none. Everything that a client, an upstream or a
// disk can cause travels as one of these; exceptions are left for bugs. Plain value type, no thread
// rules.

#include <cassert>
#include <utility>
#include <variant>

namespace verify {

// Wraps an error so that `return Failure(e)` converts to any Result with that error type.
template <class E>
struct Failure {
  E error;
  explicit Failure(E e) : error(std::move(e)) {}
};

template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT
  Result(Failure<E> failure)
      : state_(std::in_place_index<1>, std::move(failure.error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Requires ok().
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Requires !ok().
  E& error() {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  const E& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Failure<E> failure() const { return Failure<E>(error()); }

 private:
  T& value() {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const {
    assert(ok());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, E> state_;
};

// The value type of operations that only succeed or fail.
struct Done {};

}  // namespace verify
