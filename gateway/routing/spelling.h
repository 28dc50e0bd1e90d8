#pragma once

// Segments of paths as frameworks read them that care little for spelling: letters of either case,
// and without the dots and blanks at their ends that Windows drops and patterns with '$' overlook.
// Pure.

#include <string>
#include <string_view>

namespace gateway::routing {

// Two segments that such a framework takes for one have equal text(). Costs no allocation where
// that is the segment itself.
class Spelling {
 public:
  explicit Spelling(std::string_view segment);  // outlives it
  Spelling(const Spelling&) = delete;
  Spelling& operator=(const Spelling&) = delete;
  std::string_view text() const { return text_; }

 private:
  std::string own_;
  std::string_view text_;
};

}  // namespace gateway::routing
