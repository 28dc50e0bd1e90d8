#pragma once

// What can go wrong with the store, as a value: a kind that the caller can act on and one sentence.
// Plain values and pure functions.

#include <cstdint>
#include <string>
#include <string_view>

#include "verify/result.h"

namespace store {

struct Error {
  enum class Kind : std::uint8_t {
    NotFound,     // no such record, or no store at all
    Exists,       // the key is taken
    Invalid,      // the record breaks a rule on lengths or characters (see records.h)
    Full,         // disk or map is full; nothing was changed
    Busy,         // another process holds what only one may hold
    Newer,        // written by a newer version of the program; nothing was touched
    Unavailable,  // anything else the disk or LMDB said
  };
  Kind kind{};
  std::string sentence;
};

template <class T>
using Result = verify::Result<T, Error>;
using verify::Done;
using verify::Failure;

Failure<Error> fail(Error::Kind kind, std::string sentence);

// What the system says about `code` (an errno value): Full for a full disk, quota or file size
// limit, otherwise Unavailable. The sentence is `doing`, a colon and the system's own words.
Failure<Error> system_failure(int code, std::string_view doing);

// Bytes that a sentence can carry: in double quotes, \xNN for what isn't printable ASCII, cut
// after 64.
std::string in_quotes(std::string_view bytes);

}  // namespace store
