#include "conf/pattern.h"

#include <algorithm>

#include "conf/quoting.h"

namespace conf {
namespace {

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The characters of a path segment (pchar of RFC 3986), but '*', and '%' with two hex digits.
bool is_literal(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_alnum(text[i]) &&
               std::string_view("-._~!$&'()+,;=:@").find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool is_capture(std::string_view text) {
  if (text.size() < 3 || text.front() != '{' || text.back() != '}') return false;
  const std::string_view name = text.substr(1, text.size() - 2);
  return std::all_of(name.begin(), name.end(), [](char c) { return is_alnum(c) || c == '_'; });
}

// Appends one segment; false and a sentence if it can't stand there.
bool append(Pattern& pattern, std::string_view segment, bool last, std::string& why) {
  if (segment == "*" && last) {
    pattern.wildcard = true;
    return true;
  }
  if (is_capture(segment)) {
    Pattern::Segment capture{true, std::string(segment.substr(1, segment.size() - 2))};
    if (std::find(pattern.segments.begin(), pattern.segments.end(), capture) !=
        pattern.segments.end()) {
      why = "it captures " + quoted(capture.text) + " twice";
      return false;
    }
    pattern.segments.push_back(std::move(capture));
    return true;
  }
  if (segment.find('*') != std::string_view::npos) {
    why = "'*' can only be the whole last segment, as in \"/api/*\"";
  } else if (segment.find_first_of("{}") != std::string_view::npos) {
    why =
        "a capture is a whole segment with a name of letters, digits and '_', as in "
        "\"/users/{id}\"";
  } else if (segment.find_first_of("?#") != std::string_view::npos) {
    why = "only the path decides: it can't hold '?' or '#'";
  } else if (segment.empty() && !last) {
    why = "an empty segment would never match";
  } else if (segment == "." || segment == "..") {
    why = "a dot segment would never match";
  } else if (!is_literal(segment)) {
    why = "what a path can't hold as it is must be percent-encoded";
  } else {
    pattern.segments.push_back({false, std::string(segment)});
    return true;
  }
  return false;
}

int three_way(std::size_t a, std::size_t b) { return a < b ? -1 : static_cast<int>(a > b); }

}  // namespace

std::optional<Pattern> parse_pattern(std::string_view text, std::string& why) {
  if (!text.starts_with('/')) {
    why = "it must begin with \"/\"";
    return std::nullopt;
  }
  Pattern pattern;
  pattern.text = text;
  for (std::size_t begin = 1;;) {
    const std::size_t slash = text.find('/', begin);
    const bool last = slash == std::string_view::npos;
    if (!append(pattern, text.substr(begin, last ? slash : slash - begin), last, why)) {
      return std::nullopt;
    }
    if (last) return pattern;
    begin = slash + 1;
  }
}

bool matches(const Pattern& pattern, std::string_view path) {
  if (!path.starts_with('/')) return false;
  path.remove_prefix(1);
  for (std::size_t i = 0; i < pattern.segments.size(); ++i) {
    const std::size_t slash = path.find('/');
    const std::string_view piece = path.substr(0, slash);
    const Pattern::Segment& segment = pattern.segments[i];
    if (segment.capture ? piece.empty() : piece != segment.text) return false;
    const bool end = slash == std::string_view::npos;
    const bool last = i + 1 == pattern.segments.size() && !pattern.wildcard;
    if (end || last) return end && last;
    path.remove_prefix(slash + 1);
  }
  return true;  // a wildcard, and its slash was there
}

int compare(const Pattern& a, const Pattern& b) {
  if (a.wildcard != b.wildcard) return a.wildcard ? 1 : -1;
  if (a.wildcard && a.segments.size() != b.segments.size()) {
    return three_way(b.segments.size(), a.segments.size());
  }
  const std::size_t common = std::min(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a.segments[i].capture != b.segments[i].capture) return a.segments[i].capture ? 1 : -1;
  }
  return three_way(a.segments.size(), b.segments.size());
}

bool tie(const Pattern& a, const Pattern& b) {
  if (compare(a, b) != 0) return false;
  // Equal in order means captures at the same places: only the literals can tell the two apart.
  for (std::size_t i = 0; i < a.segments.size(); ++i) {
    if (!a.segments[i].capture && a.segments[i].text != b.segments[i].text) return false;
  }
  return true;
}

}  // namespace conf
