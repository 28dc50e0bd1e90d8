#pragma once

// Path patterns of routes: "/api/email" exact, "/users/{id}/mail" with one-segment captures,
// "/api/*" for all below "/api/". Pure. The gateway's matcher and the ties reported by load() both
// rest on this.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conf {

struct Pattern {
  struct Segment {
    bool capture = false;  // {name}: any one non-empty segment
    std::string text;      // literal text, or the capture's name
    friend bool operator==(const Segment&, const Segment&) = default;
  };
  std::string text;               // as written
  std::vector<Segment> segments;  // between the slashes; "/" has one empty literal segment
  bool wildcard = false;          // trailing "*": "/api/*" has {"api"}, matches "/api/" and below
  friend bool operator==(const Pattern& a, const Pattern& b) { return a.text == b.text; }
};

// Nothing if it isn't a pattern; `why` then gets a sentence. '*' only as the whole last segment.
std::optional<Pattern> parse_pattern(std::string_view text, std::string& why);

// `path` is an origin-form path without query, one reading of it. Literals compare byte for byte.
bool matches(const Pattern& pattern, std::string_view path);

// The order in which routes are tried: -1, a comes before b; 1, after; 0, neither. A strict weak
// order: patterns without '*' first; of those with it, the one with more segments first; and then,
// segment by segment from the left, a literal before a capture. So of the two that match "/a/b/c",
// "/a/b/{y}" comes before "/a/{x}/c": its literal stands further left. Both come before "/a/b/*".
int compare(const Pattern& a, const Pattern& b);

// Some path fits both, and neither comes before the other.
bool tie(const Pattern& a, const Pattern& b);

}  // namespace conf
