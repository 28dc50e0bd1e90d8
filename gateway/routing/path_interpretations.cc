#include "gateway/routing/path_interpretations.h"

#include <algorithm>
#include <utility>

namespace gateway::routing {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// Where servers stop reading that take a decoded path for text, or for a whole target once more.
constexpr std::string_view kEnds("\0?#", 3);

bool is_encoded_slash(std::string_view escape) {
  return escape.starts_with("%2F") || escape.starts_with("%2f");
}

bool has_encoded_slash(std::string_view text) {
  return text.find("%2F") != std::string_view::npos || text.find("%2f") != std::string_view::npos;
}

// As servers decode that split the path first.
std::string decoded_within_segments(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::size_t end = 0;
    while (end < text.size() && !is_encoded_slash(text.substr(end))) ++end;
    out += decoded(text.substr(0, end));
    text.remove_prefix(end);
    if (text.empty()) break;
    out += "%2F";
    text.remove_prefix(3);
  }
  return out;
}

std::string without_parameters(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool cutting = false;
  for (char c : text) {
    if (c == '/') cutting = false;
    if (c == ';') cutting = true;
    if (!cutting) out.push_back(c);
  }
  return out;
}

std::string with_slashes(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

std::string merged(std::string path) {
  auto both = [](char a, char b) { return a == '/' && b == '/'; };
  path.erase(std::unique(path.begin(), path.end(), both), path.end());
  return path;
}

// remove_dot_segments of RFC 3986 5.2.4, for a path that begins with a slash.
std::string resolved(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    const bool last = end == path.size();
    const bool up = segment == "..";
    if (up) out.resize(out.empty() ? 0 : out.rfind('/'));
    if (!up && segment != ".") {
      out.push_back('/');
      out.append(segment);
    } else if (last) {
      out.push_back('/');
    }
    begin = end + 1;
  }
  return out;
}

// Whether a dot segment begins here, after a slash.
bool dot_segment_at(std::string_view path, std::size_t i) {
  if (i == path.size() || path[i] != '.') return false;
  ++i;
  if (i < path.size() && path[i] == '.') ++i;
  return i == path.size() || path[i] == '/';
}

bool has_dot_segment(std::string_view path) {
  for (std::size_t i = path.find("/."); i != std::string_view::npos; i = path.find("/.", i + 1)) {
    if (dot_segment_at(path, i + 1)) return true;
  }
  return false;
}

}  // namespace

PathForm form_of(std::string_view path) {
  char before = 0;
  bool small = true;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%' || c == ';' || c == '\\') return PathForm::Knotty;
    if (before == '/' && (c == '/' || dot_segment_at(path, i))) return PathForm::Knotty;
    if ((c >= 'A' && c <= 'Z') || (c == '/' && before == '.')) small = false;
    before = c;
  }
  return small && before != '/' && before != '.' ? PathForm::Small : PathForm::Plain;
}

std::string changed(std::string_view text, unsigned changes) {
  std::string out(text);
  switch (changes & kDecoding) {
    case kWithinSegments:
      out = decoded_within_segments(text);
      break;
    case kDecodedTwice:
      out = decoded(out);
      [[fallthrough]];
    case kDecoded:
      out = decoded(out);
      break;
    default:
      break;
  }
  return changes & kParametersCut ? without_parameters(out) : out;
}

PathInterpretations::PathInterpretations(std::string_view path)
    : bound_(path.size() > kLongPath ? kMaxInterpretationsOfLong : kMaxInterpretations) {
  add(std::string(path), 0);
}

void PathInterpretations::add(std::string path, unsigned changes) {
  for (const PathInterpretation& known : found_) {
    if (known.changes == changes && known.path == path) return;
  }
  if (found_.size() == bound_) {
    too_many_ = true;
    return;
  }
  found_.push_back({std::move(path), changes});
}

void PathInterpretations::expand(std::size_t index) {
  const PathInterpretation from = found_[index];  // a copy: add() may move what is found
  const auto holds = [&from](const char* what) {
    return from.path.find(what) != std::string::npos;
  };
  if (holds("\\")) add(with_slashes(from.path), from.changes);
  if (holds("//")) add(merged(from.path), from.changes);
  if (has_dot_segment(from.path)) add(resolved(from.path), from.changes);
  if (holds(";")) add(without_parameters(from.path), from.changes | kParametersCut);
  if (const std::size_t end = from.path.find_first_of(kEnds); end != std::string::npos) {
    add(from.path.substr(0, end), from.changes);
  }
  if (!holds("%")) return;
  const unsigned others = from.changes & ~kDecoding;
  const unsigned decoding = from.changes & kDecoding;
  if (decoding == 0) add(decoded(from.path), others | kDecoded);
  if (decoding == 0 && has_encoded_slash(from.path)) {
    add(decoded_within_segments(from.path), others | kWithinSegments);
  }
  if (decoding == kDecoded) add(decoded(from.path), others | kDecodedTwice);
}

const PathInterpretation* PathInterpretations::next() {
  if (given_ > 0) expand(given_ - 1);
  return given_ < found_.size() ? &found_[given_++] : nullptr;
}

}  // namespace gateway::routing
