#include "gateway/cli/request_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "gateway/framing.h"
#include "gateway/head_parser.h"
#include "gateway/head_scanner.h"

namespace gateway::cli {
namespace {

constexpr HeadBounds kBounds{.head_bytes = 1 << 20, .target_bytes = 1 << 20, .fields = 1000};

// Without its end, which is taken off `rest` too.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) { return trimmed(line).empty(); }

// Of the output of `curl -v`, what was sent; all else as it is.
std::string without_marks(std::string_view text) {
  std::string_view rest = text;
  bool any = false;
  for (std::string_view look = text; !look.empty() && !any;)
    any = take_line(look).starts_with("> ");
  if (!any) return std::string(text);
  std::string out;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line == ">") return out + "\r\n";
    if (line.starts_with("> ")) out += std::string(line.substr(2)) + "\r\n";
  }
  return out;
}

// Brings a request line to HTTP/1.1, which is all that the parser takes.
std::string request_line(std::string_view line, RequestText& out) {
  const std::size_t space = line.rfind(' ');
  const std::string_view version = space == line.npos ? "" : line.substr(space + 1);
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::string(line);
  if (version.starts_with("HTTP/")) {
    out.remark("The request line says " + std::string(version) + "; it is read as HTTP/1.1.");
    return std::string(line.substr(0, space)) + " HTTP/1.1";
  }
  out.remark("The request line names no version; it is read as HTTP/1.1.");
  return std::string(line) + " HTTP/1.1";
}

// Takes the head off `rest`, with CRLF at the end of each line.
std::string take_head(std::string_view& rest, RequestText& out) {
  while (!rest.empty()) {
    std::string_view after = rest;
    if (!is_blank(take_line(after))) break;
    rest = after;
  }
  std::string head = request_line(trimmed(take_line(rest)), out) + "\r\n";
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (is_blank(line)) break;
    head += std::string(line) + "\r\n";
  }
  return head + "\r\n";
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return out;
}

// The payload of a chunked body, as far as it goes.
std::string unchunked(std::string_view rest, RequestText& out) {
  std::string body;
  while (!rest.empty()) {
    const auto size = number(trimmed(take_line(rest)), 16);
    if (size == 0u) return body;
    if (!size || *size > rest.size()) break;
    body += rest.substr(0, *size);
    rest.remove_prefix(*size);
    if (!take_line(rest).empty()) break;
  }
  out.remark("The chunks of the body don't fit together; it is read as far as they go.");
  return body;
}

void cut_line_end(std::string_view& body) {
  if (body.ends_with('\n')) body.remove_suffix(1);
  if (body.ends_with('\r')) body.remove_suffix(1);
}

std::string body_of(std::string_view rest, RequestText& out) {
  if (out.value_or_empty("Transfer-Encoding").ends_with("chunked")) {
    // A dump may show the payload alone.
    std::string_view look = rest;
    if (number(trimmed(take_line(look)), 16)) return unchunked(rest, out);
    out.remark("The body is not in chunks, though Transfer-Encoding says so.");
  }
  const auto length = number(out.value_or_empty("Content-Length"), 10);
  if (!length) {
    // An editor's, most likely.
    cut_line_end(rest);
    return std::string(rest);
  }
  if (rest.size() < *length) {
    out.remark("Content-Length is " + std::to_string(*length) + ", and the body here has " +
               std::to_string(rest.size()) + " bytes: something was lost.");
  }
  return std::string(rest.substr(0, *length));
}

}  // namespace

const std::string* RequestText::field(std::string_view name) const {
  for (const auto& [own, value] : fields) {
    if (same_name(own, name)) return &value;
  }
  return nullptr;
}

std::string_view RequestText::value_or_empty(std::string_view name) const {
  const std::string* value = field(name);
  return value == nullptr ? std::string_view() : *value;
}

ReadRequest read_http(std::string_view text) {
  RequestText out;
  const std::string bytes = without_marks(text);
  std::string_view rest = bytes;
  const std::string head = take_head(rest, out);
  HeadScanner scanner;
  Flaw flaw;
  if (scanner.scan(head, kBounds, flaw) != Parse::Done) return verify::Failure(flaw.sentence);
  std::string_view lines = head;
  RequestLine line;
  if (parse_request_line(lines, line, flaw) != Parse::Done) return verify::Failure(flaw.sentence);
  std::vector<Field> fields;
  std::vector<std::string_view> connection;
  Gathered gathered;
  if (parse_fields(lines, kBounds.fields, fields, connection, gathered, flaw) != Parse::Done) {
    return verify::Failure(flaw.sentence);
  }
  out.method = line.method;
  out.target = line.target;
  for (const Field& field : fields) out.fields.emplace_back(field.name, field.value);
  out.body = body_of(rest, out);
  return out;
}

}  // namespace gateway::cli
