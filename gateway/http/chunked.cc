#include "gateway/http/chunked.h"

#include <algorithm>
#include <optional>

#include "gateway/http/head_parser.h"

namespace gateway::http {
namespace {

Parse faulty(Error& error, const char* what, std::string_view line) {
  return bad(error, ErrorKind::Malformed, std::string(what) + ": " + shown(line));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Takes a chunk's size off the front of `line`. Absent: there is none, or it doesn't fit 63 bits.
std::optional<std::uint64_t> take_size(std::string_view& line) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
    if (size >> 59 != 0 || digits == kMaxChunkDigits) return std::nullopt;
    size = size << 4 | static_cast<std::uint64_t>(hex_value(line[digits]));
  }
  if (digits == 0) return std::nullopt;
  line.remove_prefix(digits);
  return size;
}

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text;
}

// Takes a token or a quoted string off the front of `text`.
bool take_value(std::string_view& text) {
  if (!text.starts_with('"')) {
    const std::size_t length = token_length(text);
    text.remove_prefix(length);
    return length > 0;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

// chunk-ext of RFC 9112 7.1.1: none, or ";name" and ";name=value" with white space around the
// marks.
bool are_extensions(std::string_view text) {
  if (!is_text(text)) return false;
  while (!text.empty()) {
    text = without_blanks(text);
    if (!text.starts_with(';')) return false;
    text = without_blanks(text.substr(1));
    const std::size_t name = token_length(text);
    if (name == 0) return false;
    text.remove_prefix(name);
    const std::string_view behind = without_blanks(text);
    if (!behind.starts_with('=')) continue;
    text = without_blanks(behind.substr(1));
    if (!take_value(text)) return false;
  }
  return true;
}

// What every client ignores behind the size: padding, and anything behind a ';'.
bool are_ignored(std::string_view text) {
  text = without_blanks(text);
  return text.empty() || text.starts_with(';');
}

}  // namespace

Parse ChunkDecoder::read(std::string_view bytes, std::size_t& used,
                         std::vector<std::string_view>& pieces, Error& error) {
  used = 0;
  while (used < bytes.size()) {
    if (at_ == At::Payload) {
      const std::size_t size = std::min<std::uint64_t>(left_, bytes.size() - used);
      pieces.push_back(bytes.substr(used, size));
      used += size;
      left_ -= size;
      if (left_ == 0) at_ = At::PayloadEnd;
      continue;
    }
    const std::size_t feed = bytes.find('\n', used);
    const bool whole = feed != std::string_view::npos;
    const std::string_view piece = bytes.substr(used, (whole ? feed : bytes.size()) - used);
    if (piece.size() > room()) return faulty(error, "too long a line among chunks", piece);
    line_ += piece;
    used += piece.size() + (whole ? 1 : 0);
    if (!whole) return Parse::NeedMore;
    const Parse parse = end_line(error);
    line_.clear();
    if (parse != Parse::NeedMore) return parse;
  }
  return Parse::NeedMore;
}

// What may still be added to the line, its CR included.
std::size_t ChunkDecoder::room() const {
  switch (at_) {
    case At::Size:
      return kMaxChunkDigits + kMaxChunkExtensions + 1 - line_.size();
    case At::Trailer:
      return std::max<std::size_t>(trailer_left_, 1) - line_.size();
    default:
      return 1 - line_.size();
  }
}

Parse ChunkDecoder::end_line(Error& error) {
  std::string_view line = line_;
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  } else if (kind_ == MessageKind::Request) {
    return faulty(error, "a line among chunks ends without CR", line);
  }
  if (line.find('\r') != std::string_view::npos) {
    return faulty(error, "a bare CR among chunks", line);
  }
  if (at_ == At::Size) return read_size(line, error);
  if (at_ == At::Trailer) return line.empty() ? Parse::Done : read_trailer(line, error);
  if (!line.empty()) return faulty(error, "a chunk is longer than it says", line);
  at_ = At::Size;
  return Parse::NeedMore;
}

Parse ChunkDecoder::read_size(std::string_view line, Error& error) {
  std::string_view extensions = line;
  const auto size = take_size(extensions);
  const bool request = kind_ == MessageKind::Request;
  extension_bytes_ = extensions.size() + (request ? extension_bytes_ : 0);
  if (!size || extension_bytes_ > kMaxChunkExtensions ||
      !(request ? are_extensions(extensions) : are_ignored(extensions))) {
    return faulty(error, "not a chunk's size and extensions", line);
  }
  left_ = *size;
  at_ = left_ == 0 ? At::Trailer : At::Payload;
  return Parse::NeedMore;
}

// Of a request's trailer the syntax is checked, and that no field of it could be taken for framing.
Parse ChunkDecoder::read_trailer(std::string_view line, Error& error) {
  if (line_.size() + 1 > trailer_left_)
    return bad(error, ErrorKind::Malformed, "trailer too large");
  trailer_left_ -= line_.size() + 1;
  if (kind_ == MessageKind::Response) return Parse::NeedMore;
  const std::size_t end = token_length(line);
  const std::string_view name = line.substr(0, end);
  if (end == 0 || end == line.size() || line[end] != ':' || !is_text(line.substr(end)) ||
      same_name(name, "content-length") || same_name(name, "transfer-encoding")) {
    return faulty(error, "faulty trailer, it begins", name);
  }
  if (++trailers_ > most_trailers_) return bad(error, ErrorKind::Malformed, "too many trailers");
  return Parse::NeedMore;
}

}  // namespace gateway::http
