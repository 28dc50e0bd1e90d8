#include "gateway/head_scanner.h"

#include <utility>

namespace gateway {
namespace {

constexpr std::size_t kShown = 60;

}  // namespace

std::string shown(std::string_view bytes) { return std::string(bytes.substr(0, kShown)); }

Parse bad(Flaw& flaw, Fault fault, std::string sentence) {
  flaw.fault = fault;
  flaw.sentence = std::move(sentence);
  return Parse::Bad;
}

Parse HeadScanner::scan(std::string_view bytes, const HeadBounds& bounds, Flaw& flaw) {
  const bool request = reading_ == Reading::Request;
  for (;;) {
    std::size_t feed = bytes.find('\n', seen_);
    bool whole = feed != std::string_view::npos;
    std::size_t looked_at = whole ? feed : bytes.size();
    if (request && lines_ == 0 && looked_at > bounds.target_bytes + 2 * kMaxMethod) {
      return bad(flaw, Fault::TargetTooLong, "request line too long");
    }
    if (!whole) {
      seen_ = bytes.size();
      if (bytes.size() > bounds.head_bytes) return bad(flaw, Fault::HeadTooLarge, "head too large");
      return Parse::NeedMore;
    }
    const bool with_return = feed > line_ && bytes[feed - 1] == '\r';
    if (request && !with_return) {
      return bad(flaw, Fault::Malformed,
                 "line " + std::to_string(lines_ + 1) + " of the head ends without CR");
    }
    if (feed + 1 > bounds.head_bytes) return bad(flaw, Fault::HeadTooLarge, "head too large");
    if ((lines_ == 1 || (request && lines_ > 0)) && (bytes[line_] == ' ' || bytes[line_] == '\t')) {
      return bad(flaw, Fault::Malformed, "folded line or white space before the first field");
    }
    bool empty = feed == line_ + (with_return ? 1 : 0);
    line_ = seen_ = feed + 1;
    ++lines_;
    if (empty) return Parse::Done;
  }
}

std::size_t leading_empty_lines(std::string_view bytes, unsigned& lines_skipped) {
  std::size_t skipped = 0;
  while (lines_skipped < 2 && bytes.substr(skipped).starts_with("\r\n")) {
    skipped += 2;
    ++lines_skipped;
  }
  return skipped;
}

}  // namespace gateway
