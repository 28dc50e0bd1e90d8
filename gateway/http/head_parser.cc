#include "gateway/http/head_parser.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace gateway::http {
namespace {

constexpr std::size_t kMaxConnectionOptions = 100;

// tchar of RFC 9110 5.6.2.
constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = table[c + 32] = true;
  for (unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) table[c] = true;
  return table;
}();

bool is_token_byte(char c) { return kTokenBytes[static_cast<unsigned char>(c)]; }

bool is_text_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find('\n');
  std::string_view line = head.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  head.remove_prefix(end + 1);
  return line;
}

// 10 or 11; 0: another version; -1: not "HTTP/" DIGIT "." DIGIT.
int parse_version(std::string_view text) {
  if (text == "HTTP/1.1") return 11;
  if (text == "HTTP/1.0") return 10;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool version = text.size() == 8 && text.starts_with("HTTP/") && digit(text[5]) &&
                       text[6] == '.' && digit(text[7]);
  return version ? 0 : -1;
}

// The first value and whether another one differs; how many codings of which kind.
void note_length(std::string_view value, Gathered& gathered) {
  if (gathered.content_lengths++ == 0) gathered.content_length = value;
  gathered.lengths_differ = gathered.lengths_differ || value != gathered.content_length;
}

void note_codings(std::string_view value, Gathered& gathered) {
  ++gathered.transfer_encodings;
  gathered.transfer_encoding = value;
  each_element(value, [&](std::string_view coding) {
    if (same_name(coding, "chunked")) {
      ++gathered.chunked;
    } else if (!same_name(coding, "identity")) {
      ++gathered.other_codings;
    }
  });
}

void note_field(const Field& field, std::vector<std::string_view>& connection, Gathered& gathered) {
  switch (field.name.size()) {
    case 10:
      if (!same_name(field.name, "connection")) return;
      each_element(field.value, [&](std::string_view option) {
        // One more than allowed is kept, so that it is noticed.
        if (connection.size() <= kMaxConnectionOptions) connection.push_back(option);
        if (same_name(option, "close")) gathered.close = true;
        if (same_name(option, "keep-alive")) gathered.keep_alive = true;
      });
      return;
    case 14:
      if (same_name(field.name, "content-length")) note_length(field.value, gathered);
      return;
    case 17:
      if (same_name(field.name, "transfer-encoding")) note_codings(field.value, gathered);
      return;
    default:
      return;
  }
}

// What the length of a body is read from.
bool tells_length(std::string_view name) {
  return same_name(name, "content-length") || same_name(name, "transfer-encoding");
}

// Without these nobody knows where the message ends.
bool decides_framing(std::string_view name) {
  return tells_length(name) || same_name(name, "connection");
}

// What every reader refuses, or takes for the end of something.
bool has_end(std::string_view text) {
  return text.find('\r') != std::string_view::npos || text.find('\0') != std::string_view::npos;
}

// Control bytes in a response are made spaces later, but not beside the length of its body: another
// reader may see another length there, or none.
bool is_passable(const Field& field, MessageKind kind, Gathered& gathered) {
  if (is_text(field.value)) return true;
  if (kind == MessageKind::Request || has_end(field.value) || tells_length(field.name)) {
    return false;
  }
  gathered.untidy = true;
  return true;
}

// A line that goes on with the field before it. What decides framing is not folded, and a line of
// blanks might be taken for the end of the head.
bool is_proper_fold(std::string_view line, std::string_view name) {
  return !trimmed(line).empty() && !has_end(line) && !decides_framing(name);
}

// What stands before the colon of a response's line, without the white space there (RFC 9112 5.1),
// which isn't overlooked where framing depends on it. Empty: that is no name.
std::string_view lenient_name(std::string_view line, std::size_t colon) {
  const std::string_view name = trimmed(line.substr(0, colon));
  const auto odd = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  };
  if (std::any_of(name.begin(), name.end(), odd)) return {};
  return name.size() == colon || !decides_framing(name) ? name : std::string_view();
}

}  // namespace

std::size_t token_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_token_byte(text[length])) ++length;
  return length;
}

// Eight bytes at a time: a byte below 0x20 or equal to 0x7f sets its high bit.
bool is_text(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    const std::uint64_t low = (word - kOnes * 0x20) & ~word;
    const std::uint64_t deleted = word ^ (kOnes * 0x7f);
    const std::uint64_t found = (low | ((deleted - kOnes) & ~deleted)) & kHighs;
    if (found == 0) continue;
    for (std::size_t k = i; k < i + 8; ++k) {
      if (!is_text_byte(text[k])) return false;
    }
  }
  for (; i < text.size(); ++i) {
    if (!is_text_byte(text[i])) return false;
  }
  return true;
}

Parse parse_request_line(std::string_view& head, RequestLine& out, Error& error) {
  const std::string_view line = take_line(head);
  const std::size_t method = token_length(line);
  const std::size_t target_end = line.rfind(' ');
  if (method == 0 || method >= line.size() || line[method] != ' ' || target_end <= method + 1) {
    return bad(error, ErrorKind::Malformed,
               "not a request line: " + shown(line.substr(0, line.find('?'))));
  }
  if (method > kMaxMethod)
    return bad(error, ErrorKind::Malformed, "method too long: " + shown(line.substr(0, method)));
  out.method = line.substr(0, method);
  out.target = line.substr(method + 1, target_end - method - 1);
  out.version = parse_version(line.substr(target_end + 1));
  if (out.version < 0 || out.target.find(' ') != std::string_view::npos || !is_text(out.target) ||
      out.target.find('\t') != std::string_view::npos) {
    return bad(error, ErrorKind::Malformed,
               "not a request line: " + shown(line.substr(0, line.find('?'))));
  }
  if (out.version == 0) {
    return bad(error, ErrorKind::VersionNotSupported,
               "not HTTP/1.0 or HTTP/1.1: " + shown(line.substr(target_end + 1)));
  }
  return Parse::Done;
}

// "HTTP/1.1", spaces, three digits, and a phrase that is often missing. Some servers write a
// sub-status behind the digits ("404.2"), or a tab.
Parse parse_status_line(std::string_view& head, StatusLine& out, Gathered& gathered, Error& error) {
  const std::string_view line = take_line(head);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string_view rest = line.substr(std::min<std::size_t>(line.size(), 8));
  const bool version = !rest.empty() && same_name(line.substr(0, 7), "HTTP/1.") && digit(line[7]);
  const std::size_t code = version && rest[0] == ' ' ? rest.find_first_not_of(' ') : rest.npos;
  rest = rest.substr(std::min(code, rest.size()));
  const bool shape = rest.size() >= 3 && digit(rest[0]) && digit(rest[1]) && digit(rest[2]) &&
                     (rest.size() == 3 || rest[3] == ' ' || rest[3] == '\t' || rest[3] == '.');
  if (!shape || !is_passable({.value = line}, MessageKind::Response, gathered)) {
    return bad(error, ErrorKind::Malformed, "not a status line of HTTP/1: " + shown(line));
  }
  out.version = line[7] == '0' ? 10 : 11;
  out.status = static_cast<unsigned>((rest[0] - '0') * 100 + (rest[1] - '0') * 10 + rest[2] - '0');
  out.reason = trimmed(rest.substr(3));
  if (out.status < 100) {
    return bad(error, ErrorKind::Malformed, "status out of range: " + shown(line));
  }
  return Parse::Done;
}

namespace {

Parse parse_lines(std::string_view lines, MessageKind kind, std::size_t max_fields,
                  std::vector<Field>& fields, std::vector<std::string_view>& connection,
                  Gathered& gathered, Error& error) {
  std::string_view before;  // the name of the line before
  for (std::string_view line = take_line(lines); !line.empty(); line = take_line(lines)) {
    if (line[0] == ' ' || line[0] == '\t') {
      gathered.untidy = true;
      if (is_proper_fold(line, before)) continue;
      return bad(error, ErrorKind::Malformed, "faulty folded line in the field " + shown(before));
    }
    const std::size_t token = token_length(line);
    std::size_t colon = token;
    bool named = true;
    before = line.substr(0, token);
    if (token == 0 || token == line.size() || line[token] != ':') {
      colon = kind == MessageKind::Response ? line.find(':') : line.npos;
      before = colon == line.npos ? std::string_view() : lenient_name(line, colon);
      if (before.empty()) {
        return bad(error, ErrorKind::Malformed,
                   "not a field line, it begins: " + shown(line.substr(0, token)));
      }
      named = token_length(before) == before.size();
    }
    const Field field{before, trimmed(line.substr(colon + 1))};
    if (!is_passable(field, kind, gathered)) {
      return bad(error, ErrorKind::Malformed, "control bytes in the field " + shown(field.name));
    }
    if (!named) continue;
    if (fields.size() == max_fields) return bad(error, ErrorKind::HeadTooLarge, "too many fields");
    fields.push_back(field);
    note_field(field, connection, gathered);
    if (connection.size() > kMaxConnectionOptions) {
      return bad(error, ErrorKind::HeadTooLarge, "too many options of Connection");
    }
  }
  return Parse::Done;
}

}  // namespace

Parse parse_fields(std::string_view lines, std::size_t max_fields, std::vector<Field>& fields,
                   std::vector<std::string_view>& connection, Gathered& gathered, Error& error) {
  return parse_lines(lines, MessageKind::Request, max_fields, fields, connection, gathered, error);
}

Parse parse_response_fields(std::string_view lines, std::size_t max_fields,
                            std::vector<Field>& fields, std::vector<std::string_view>& connection,
                            Gathered& gathered, Error& error) {
  return parse_lines(lines, MessageKind::Response, max_fields, fields, connection, gathered, error);
}

void tidy(std::string& head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    char& c = head[i];
    if (c == '\n') {
      const bool folded = i + 1 < head.size() && (head[i + 1] == ' ' || head[i + 1] == '\t');
      if (!folded) continue;
      if (i > 0 && head[i - 1] == '\r') head[i - 1] = ' ';
      c = ' ';
    } else if (c != '\r' && c != '\t' && !is_text_byte(c)) {
      c = ' ';
    }
  }
}

}  // namespace gateway::http
