#include "gateway/cli/request_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "gateway/http/framing.h"
#include "gateway/http/head_parser.h"
#include "gateway/http/head_scanner.h"

namespace gateway::cli {
namespace {

constexpr http::HeadBounds kBounds{.head_bytes = 1 << 20, .target_bytes = 1 << 20, .fields = 1000};

// Without its end, which is taken off `rest` too.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) { return http::trimmed(line).empty(); }

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
  std::string head = request_line(http::trimmed(take_line(rest)), out) + "\r\n";
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (is_blank(line)) break;
    head += std::string(line) + "\r\n";
  }
  return head + "\r\n";
}

// Nothing, if that is not all there is.
std::optional<std::uint64_t> hex_number(std::string_view text) {
  std::uint64_t out = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, out, 16);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return out;
}

// The payload of a chunked body (RFC 9112 7.1); nothing, if it is not one from begin to end.
std::optional<std::string> unchunked(std::string_view rest) {
  std::string body;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    const auto size = hex_number(http::trimmed(line.substr(0, line.find(';'))));
    if (!size || *size > rest.size()) return std::nullopt;
    if (*size == 0) {
      while (!rest.empty() && !is_blank(take_line(rest))) {
      }
      return is_blank(rest) || rest == "\n" ? std::optional(body) : std::nullopt;
    }
    body += rest.substr(0, *size);
    rest.remove_prefix(*size);
    if (!rest.starts_with('\n') && !rest.starts_with("\r\n")) return std::nullopt;
    take_line(rest);
  }
  return std::nullopt;  // the last chunk is missing
}

std::string_view without_line_end(std::string_view body) {
  if (body.ends_with('\n')) body.remove_suffix(1);
  if (body.ends_with('\r')) body.remove_suffix(1);
  return body;
}

std::string chunked_body(std::string_view rest, RequestText& out) {
  if (auto body = unchunked(rest)) return *std::move(body);
  // A dump may show the payload alone.
  out.remark(
      "The head says that the body is chunked, and the body here is not, or not whole: it is taken "
      "as it stands.");
  return std::string(without_line_end(rest));
}

std::string measured_body(std::string_view rest, std::uint64_t length, RequestText& out) {
  const std::string says = "Content-Length is " + std::to_string(length) +
                           ", and the body here has " + std::to_string(rest.size()) + " bytes: ";
  if (rest.size() < length) {
    out.remark(says + "something was lost or changed, and a signature over it can't be judged.");
  } else if (without_line_end(rest).size() > length) {
    // An editor's line end at the end is none of the request's.
    out.remark(says + "what is beyond Content-Length was not looked at.");
  }
  return std::string(rest.substr(0, length));
}

// Judged as the gate judges it; taken as it was meant, as far as that can be seen.
std::string body_of(std::string_view rest, const http::Gathered& gathered, RequestText& out) {
  http::Framing framing{};
  std::uint64_t length = 0;
  http::Error error;
  constexpr int kVersion = 11;
  if (http::check_framing(gathered, kVersion, framing, length, error) == http::Parse::Bad) {
    out.flaws.push_back(error);
    return std::string(without_line_end(rest));
  }
  if (framing == http::Framing::Chunked) return chunked_body(rest, out);
  if (framing == http::Framing::Length) return measured_body(rest, length, out);
  return std::string(without_line_end(rest));
}

// Of these the gate takes one alone, for it can't know which one a backend would take.
void note_repeats(RequestText& out) {
  for (const std::string_view name : {"Host", "Authorization", "Content-Type"}) {
    const auto count = std::count_if(out.fields.begin(), out.fields.end(), [&](const auto& field) {
      return http::same_name(field.first, name);
    });
    if (count > 1) {
      out.flaws.push_back(
          {http::ErrorKind::Malformed, std::string(name) + " given more than once"});
    }
  }
}

}  // namespace

const std::string* RequestText::field(std::string_view name) const {
  for (const auto& [own, value] : fields) {
    if (http::same_name(own, name)) return &value;
  }
  return nullptr;
}

std::string_view RequestText::value_or_empty(std::string_view name) const {
  const std::string* value = field(name);
  return value == nullptr ? std::string_view() : *value;
}

ReadRequest read_http(std::string_view text) {
  RequestText out;
  if (text.substr(0, text.find_first_of(" \r\n")) == "curl") {
    return verify::Failure(std::string("it is a curl command: give it with --curl"));
  }
  const std::string bytes = without_marks(text);
  std::string_view rest = bytes;
  const std::string head = take_head(rest, out);
  http::HeadScanner scanner;
  http::Error error;
  if (scanner.scan(head, kBounds, error) != http::Parse::Done)
    return verify::Failure(error.sentence);
  std::string_view lines = head;
  http::RequestLine line;
  if (http::parse_request_line(lines, line, error) != http::Parse::Done)
    return verify::Failure(error.sentence);
  std::vector<http::Field> fields;
  std::vector<std::string_view> connection;
  http::Gathered gathered;
  if (http::parse_fields(lines, kBounds.fields, fields, connection, gathered, error) !=
      http::Parse::Done) {
    return verify::Failure(error.sentence);
  }
  out.method = line.method;
  out.target = line.target;
  for (const http::Field& field : fields) out.fields.emplace_back(field.name, field.value);
  note_repeats(out);
  out.body = body_of(rest, gathered, out);
  return out;
}

}  // namespace gateway::cli
