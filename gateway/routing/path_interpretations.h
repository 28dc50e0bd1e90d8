#pragma once

// What lenient servers make of one request path. A gate that decides by one interpretation while
// the backend acts on another can be walked around, so routes are looked up by all of them. Pure
// values; one thread at a time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::routing {

// A path of hostile knots costs time by its length and by its interpretations, so long paths get
// fewer.
inline constexpr std::size_t kMaxInterpretations = 64;
inline constexpr std::size_t kLongPath = 2048;  // bytes; paths beyond it
inline constexpr std::size_t kMaxInterpretationsOfLong = 8;

// What an interpretation did to the path that can change the text of a route's pattern too: how it
// decoded, and whether ";..." was cut off each segment.
inline constexpr unsigned kDecoding = 3;        // of the bits below
inline constexpr unsigned kWithinSegments = 1;  // once, but for "%2F", which ends no segment then
inline constexpr unsigned kDecoded = 2;         // once
inline constexpr unsigned kDecodedTwice = 3;
inline constexpr unsigned kParametersCut = 4;
inline constexpr unsigned kAllChanges = 8;  // how many there are together

struct PathInterpretation {
  std::string path;
  unsigned changes = 0;
};

enum class PathForm : std::uint8_t {
  Knotty,  // there may be several interpretations
  Plain,   // one interpretation: no '%', ';' or '\', no empty segment, no dot segment
  Small,   // that, and it is as gateway/routing/spelling.h would spell it, without a '/' at its end
};
PathForm form_of(std::string_view path);

// `text` after the changes given, decoded first. '%' without two hex digits stays as it is.
std::string changed(std::string_view text, unsigned changes);

// Enumerates the distinct interpretations: percent-decoded at most twice, and in any order and
// combination dot segments resolved, "//" merged, "\" as "/", parameters cut, and all cut off that
// stands behind a decoded NUL, "?" or "#".
class PathInterpretations {
 public:
  explicit PathInterpretations(std::string_view path);  // as sent; it comes out first
  // nullptr at the end. Valid until the next call.
  const PathInterpretation* next();
  // There are more than the bound, and next() gave only that many.
  bool too_many() const { return too_many_; }

 private:
  void add(std::string path, unsigned changes);
  void expand(std::size_t index);

  std::size_t bound_;
  std::vector<PathInterpretation> found_;
  std::size_t given_ = 0;
  bool too_many_ = false;
};

}  // namespace gateway::routing
