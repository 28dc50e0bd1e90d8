#pragma once

// How a command ends: done, or a sentence for standard error and the exit code that goes with it.

#include <string>

#include "store/error.h"
#include "verify/result.h"

namespace gateway::cli {

inline constexpr int kRefused = 1;  // refused, or not found
inline constexpr int kUsage = 2;    // the command line can't be understood

struct Problem {
  int exit_code = kRefused;
  std::string sentence;  // empty: everything has been said already
};

template <class T>
using Outcome = verify::Result<T, Problem>;
using verify::Done;
using verify::Failure;

inline Failure<Problem> refused(std::string sentence) {
  return Failure(Problem{kRefused, std::move(sentence)});
}
inline Failure<Problem> misused(std::string sentence) {
  return Failure(Problem{kUsage, std::move(sentence)});
}
inline Failure<Problem> refused(const store::Error& error) { return refused(error.sentence); }

}  // namespace gateway::cli
