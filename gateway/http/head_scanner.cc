#include "gateway/http/head_scanner.h"

namespace gateway::http {

Parse HeadScanner::scan(std::string_view bytes, const HeadBounds& bounds, Error& error) {
  const bool request = kind_ == MessageKind::Request;
  for (;;) {
    std::size_t feed = bytes.find('\n', seen_);
    bool whole = feed != std::string_view::npos;
    std::size_t looked_at = whole ? feed : bytes.size();
    if (request && lines_ == 0 && looked_at > bounds.target_bytes + 2 * kMaxMethod) {
      return bad(error, ErrorKind::TargetTooLong, "request line too long");
    }
    if (!whole) {
      seen_ = bytes.size();
      if (bytes.size() > bounds.head_bytes)
        return bad(error, ErrorKind::HeadTooLarge, "head too large");
      return Parse::NeedMore;
    }
    const bool with_return = feed > line_ && bytes[feed - 1] == '\r';
    if (request && !with_return) {
      return bad(error, ErrorKind::Malformed,
                 "line " + std::to_string(lines_ + 1) + " of the head ends without CR");
    }
    if (feed + 1 > bounds.head_bytes) return bad(error, ErrorKind::HeadTooLarge, "head too large");
    if ((lines_ == 1 || (request && lines_ > 0)) && (bytes[line_] == ' ' || bytes[line_] == '\t')) {
      return bad(error, ErrorKind::Malformed, "folded line or white space before the first field");
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

}  // namespace gateway::http
