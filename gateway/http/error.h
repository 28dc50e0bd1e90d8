#pragma once

// What can be wrong with a message. gateway/reply says which status a request gets for it. Pure.

#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::http {

enum class ErrorKind : std::uint8_t {
  Malformed,            // syntax or framing
  HeadTooLarge,         // beyond HeadBounds
  TargetTooLong,        // likewise
  TransferCoding,       // a coding that isn't chunked
  VersionNotSupported,  // HTTP, but neither 1.0 nor 1.1
};

struct Error {
  ErrorKind kind = ErrorKind::Malformed;
  std::string sentence;  // with the first of the offending bytes
};

enum class Parse : std::uint8_t { NeedMore, Done, Bad };

// Fills `error` and returns Bad.
Parse bad(Error& error, ErrorKind kind, std::string sentence);
// The first bytes of what was offending, for a sentence.
std::string shown(std::string_view bytes);

}  // namespace gateway::http
