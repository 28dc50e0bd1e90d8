#include "gateway/http/framing.h"

#include <optional>
#include <string>

namespace gateway::http {
namespace {

// Content-Length is 1*DIGIT that fits 63 bits (RFC 9110 8.6).
std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > 19) return std::nullopt;
  std::uint64_t length = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (length > (std::uint64_t{1} << 63) - 1) return std::nullopt;
  return length;
}

// Transfer-Encoding must be exactly "chunked", once, in HTTP/1.1 (RFC 9112 6.1). Done: it is, or
// there is none.
Parse check_coding(const Gathered& gathered, int version, Error& error) {
  if (gathered.transfer_encodings == 0) return Parse::Done;
  std::string value = shown(gathered.transfer_encoding);
  if (version == 10)
    return bad(error, ErrorKind::Malformed, "Transfer-Encoding in an HTTP/1.0 message");
  if (gathered.transfer_encodings > 1) {
    return bad(error, ErrorKind::Malformed, "Transfer-Encoding given more than once");
  }
  if (same_name(gathered.transfer_encoding, "chunked")) return Parse::Done;
  unsigned codings = 0, chunked = 0;
  bool chunked_last = false;
  each_element(gathered.transfer_encoding, [&](std::string_view coding) {
    ++codings;
    chunked_last = same_name(coding, "chunked");
    if (chunked_last) ++chunked;
  });
  bool odd_spelling = codings == chunked;  // nothing at all, or "chunked,"
  if (odd_spelling || chunked > 1 || (chunked == 1 && !chunked_last)) {
    return bad(error, ErrorKind::Malformed, "faulty Transfer-Encoding: " + value);
  }
  return bad(error, ErrorKind::TransferCoding, "unsupported Transfer-Encoding: " + value);
}

// Content-Length, or a list of it, as it is when a field was joined with its like. Absent: it is
// none, or they differ.
std::optional<std::uint64_t> parse_lengths(std::string_view text) {
  const std::string_view first = trimmed(text.substr(0, text.find(',')));
  for (std::size_t comma = text.find(','); comma != std::string_view::npos;
       comma = text.find(',', comma + 1)) {
    const std::string_view next = text.substr(comma + 1);
    if (trimmed(next.substr(0, next.find(','))) != first) return std::nullopt;
  }
  return parse_length(first);
}

}  // namespace

Parse check_framing(const Gathered& gathered, int version, Framing& framing, std::uint64_t& length,
                    Error& error) {
  if (check_coding(gathered, version, error) == Parse::Bad) return Parse::Bad;
  if (gathered.content_lengths > 1) {
    return bad(error, ErrorKind::Malformed, "Content-Length given more than once");
  }
  if (gathered.transfer_encodings == 1) {
    if (gathered.content_lengths != 0) {
      return bad(error, ErrorKind::Malformed, "both Content-Length and Transfer-Encoding");
    }
    framing = Framing::Chunked;
  } else if (gathered.content_lengths == 1) {
    auto parsed = parse_length(gathered.content_length);
    if (!parsed) {
      return bad(error, ErrorKind::Malformed,
                 "faulty Content-Length: " + shown(gathered.content_length));
    }
    framing = Framing::Length;
    length = *parsed;
  }
  return Parse::Done;
}

Parse check_response_framing(const Gathered& gathered, int version, ResponseHead& out, bool& odd,
                             Error& error) {
  if (gathered.other_codings > 0) {
    return bad(error, ErrorKind::TransferCoding,
               "unsupported Transfer-Encoding: " + shown(gathered.transfer_encoding));
  }
  if (gathered.chunked > 0 && version == 10) {
    return bad(error, ErrorKind::Malformed, "Transfer-Encoding in an HTTP/1.0 message");
  }
  const auto length = parse_lengths(gathered.content_length);
  if (gathered.content_lengths > 0 && (!length || gathered.lengths_differ)) {
    return bad(error, ErrorKind::Malformed,
               "faulty Content-Length: " + shown(gathered.content_length));
  }
  odd = gathered.content_lengths > 1 ||
        gathered.content_length.find(',') != std::string_view::npos ||
        gathered.transfer_encodings > 1 || gathered.chunked > 1 ||
        (gathered.content_lengths > 0 && gathered.transfer_encodings > 0);
  if (gathered.chunked > 0) {
    out.framing = Framing::Chunked;
  } else if (gathered.content_lengths > 0) {
    out.framing = Framing::Length;
    out.length = *length;
    out.told = length;
  }
  return Parse::Done;
}

}  // namespace gateway::http
