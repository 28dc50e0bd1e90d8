#pragma once

// What lenient servers make of one request path. A gate that decides by one reading while the
// backend acts on another can be walked around, so routes are looked up by all of them. Pure
// values; one thread at a time.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// A path of hostile knots costs time by its length and by its readings, so long paths get fewer.
inline constexpr std::size_t kMaxReadings = 64;
inline constexpr std::size_t kLongPath = 2048;  // bytes; paths beyond it
inline constexpr std::size_t kMaxReadingsOfLong = 8;

// Transformations that can change the text of a route's pattern too.
inline constexpr unsigned kDecoded = 1;        // percent-decoded once
inline constexpr unsigned kParametersCut = 2;  // ";..." cut off each segment

struct PathReading {
  std::string path;
  unsigned changes = 0;  // kDecoded and kParametersCut, as applied
};

// There is one reading only: no '%', ';' or '\', no empty segment, no dot segment.
bool reads_plainly(std::string_view path);

// `text` after the changes given, decoded first. '%' without two hex digits stays as it is.
std::string changed(std::string_view text, unsigned changes);

// Enumerates the distinct readings: percent-decoded at most once, and in any order and combination
// dot segments resolved, "//" merged, "\" as "/", parameters cut.
class Readings {
 public:
  explicit Readings(std::string_view path);  // as sent; it comes out first
  // nullptr at the end. Valid until the next call.
  const PathReading* next();
  // There are more readings than the bound, and next() gave only that many.
  bool too_many() const { return too_many_; }

 private:
  void add(std::string path, unsigned changes);
  void expand(std::size_t index);

  std::size_t bound_;
  std::vector<PathReading> found_;
  std::size_t given_ = 0;
  bool too_many_ = false;
};

}  // namespace gateway
