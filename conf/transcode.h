#pragma once

// What stands between a file and the TOML parser, which is safe for ASCII alone. Refused before it
// is parsed: bytes that aren't UTF-8, control characters, non-ASCII characters outside quoted
// strings and comments, and keys nested without end. In strings, non-ASCII characters travel in
// disguise. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "conf/load.h"

namespace conf {

// The text in ASCII, and the way back from what was parsed out of it.
class Transcoded {
 public:
  std::string_view text() const { return text_; }

  // A parsed string or key as it was written.
  std::string restored(std::string_view parsed) const;

  // A place in text() as a place in the file.
  Position original(Position place) const;

 private:
  friend class Screen;
  struct Shift {
    std::uint32_t line;
    std::uint32_t column;  // in text_, of the disguise's last byte
    std::uint32_t excess;  // columns of the line up to here that the file doesn't have
  };
  std::string text_;
  std::string marker_;         // stands nowhere in the file
  std::vector<Shift> shifts_;  // in the order of the text
};

std::variant<Transcoded, Error> screen(std::string_view toml);

}  // namespace conf
