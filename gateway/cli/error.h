#pragma once

// How a command ends: done, or a sentence for standard error and the exit code that goes with it.

#include <string>

#include "store/error.h"
#include "verify/result.h"

namespace gateway::cli {

inline constexpr int kRefused = 1;  // refused, or not found
inline constexpr int kUsage = 2;    // the command line can't be understood

struct Error {
  int exit_code = kRefused;
  std::string sentence;  // empty: everything has been said already
};

template <class T>
using Outcome = verify::Result<T, Error>;
using verify::Done;
using verify::Failure;

inline Failure<Error> refused(std::string sentence) {
  return Failure(Error{kRefused, std::move(sentence)});
}
inline Failure<Error> misused(std::string sentence) {
  return Failure(Error{kUsage, std::move(sentence)});
}
inline Failure<Error> refused(const store::Error& error) { return refused(error.sentence); }

}  // namespace gateway::cli
