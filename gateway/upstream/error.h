#pragma once

// Why a request can't go to a backend, or its body can't be kept until it may. gateway/reply says
// which status it gets for it.

#include <cstdint>
#include <string>

namespace gateway::upstream {

enum class ErrorKind : std::uint8_t {
  Unreachable,  // no server could be connected to
  HoldingFull,  // no room for a body that must be held
  HoldingDisk,  // the disk failed under such a body
};

struct Error {
  ErrorKind kind = ErrorKind::Unreachable;
  std::string detail;  // for the log
};

}  // namespace gateway::upstream
