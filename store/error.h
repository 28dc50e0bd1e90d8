#pragma once

// What can go wrong with the store, as a value: a kind that the caller can act on and one sentence.

#include <cstdint>
#include <string>

#include "verify/result.h"

namespace store {

struct Error {
  enum class Kind : std::uint8_t {
    NotFound,     // no such record
    Exists,       // the key is taken
    Invalid,      // the record breaks a rule of DESIGN section 4
    Full,         // disk or map is full; nothing was changed
    Busy,         // another process holds what only one may hold
    Newer,        // written by a newer version of the program
    Unavailable,  // anything else the disk or LMDB said
  };
  Kind kind{};
  std::string sentence;
};

template <class T>
using Result = verify::Result<T, Error>;
using verify::Done;
using verify::Failure;

}  // namespace store
