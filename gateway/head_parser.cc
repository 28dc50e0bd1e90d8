#include "gateway/head_parser.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace gateway {
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

std::size_t token_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_token_byte(text[length])) ++length;
  return length;
}

bool is_text_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

// No control bytes but tabs. Eight bytes at a time: a byte below 0x20 or equal to 0x7f sets its
// high bit.
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

std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find('\n');  // the scanner saw to it that CR stands before it
  const std::string_view line = head.substr(0, end - 1);
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
      if (!same_name(field.name, "content-length")) return;
      ++gathered.content_lengths;
      gathered.content_length = field.value;
      return;
    case 17:
      if (!same_name(field.name, "transfer-encoding")) return;
      ++gathered.transfer_encodings;
      gathered.transfer_encoding = field.value;
      return;
    default:
      return;
  }
}

}  // namespace

Parse parse_request_line(std::string_view& head, RequestLine& out, Flaw& flaw) {
  const std::string_view line = take_line(head);
  const std::size_t method = token_length(line);
  const std::size_t target_end = line.rfind(' ');
  if (method == 0 || method >= line.size() || line[method] != ' ' || target_end <= method + 1) {
    return bad(flaw, Fault::Malformed,
               "not a request line: " + shown(line.substr(0, line.find('?'))));
  }
  if (method > kMaxMethod)
    return bad(flaw, Fault::Malformed, "method too long: " + shown(line.substr(0, method)));
  out.method = line.substr(0, method);
  out.target = line.substr(method + 1, target_end - method - 1);
  out.version = parse_version(line.substr(target_end + 1));
  if (out.version < 0 || out.target.find(' ') != std::string_view::npos || !is_text(out.target) ||
      out.target.find('\t') != std::string_view::npos) {
    return bad(flaw, Fault::Malformed,
               "not a request line: " + shown(line.substr(0, line.find('?'))));
  }
  if (out.version == 0) {
    return bad(flaw, Fault::VersionNotSupported,
               "not HTTP/1.0 or HTTP/1.1: " + shown(line.substr(target_end + 1)));
  }
  return Parse::Done;
}

Parse parse_status_line(std::string_view& head, StatusLine& out, Flaw& flaw) {
  const std::string_view line = take_line(head);
  const auto digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9'; };
  const bool shape = line.size() >= 13 && line[8] == ' ' && digit(9) && digit(10) && digit(11) &&
                     line[12] == ' ' && is_text(line);
  out.version = shape ? parse_version(line.substr(0, 8)) : -1;
  if (out.version <= 0) {
    return bad(flaw, Fault::Malformed, "not a status line of HTTP/1: " + shown(line));
  }
  out.status =
      static_cast<unsigned>((line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0');
  out.reason = line.substr(13);
  if (out.status < 100 || out.status > 599) {
    return bad(flaw, Fault::UpstreamBroken, "status out of range: " + shown(line));
  }
  return Parse::Done;
}

Parse parse_fields(std::string_view lines, std::size_t max_fields, std::vector<Field>& fields,
                   std::vector<std::string_view>& connection, Gathered& gathered, Flaw& flaw) {
  for (std::string_view line = take_line(lines); !line.empty(); line = take_line(lines)) {
    const std::size_t name = token_length(line);
    if (name == 0 || name == line.size() || line[name] != ':') {
      return bad(flaw, Fault::Malformed,
                 "not a field line, it begins: " + shown(line.substr(0, name)));
    }
    const Field field{line.substr(0, name), trimmed(line.substr(name + 1))};
    if (!is_text(field.value)) {
      return bad(flaw, Fault::Malformed, "control bytes in the field " + shown(field.name));
    }
    if (fields.size() == max_fields) return bad(flaw, Fault::HeadTooLarge, "too many fields");
    fields.push_back(field);
    note_field(field, connection, gathered);
    if (connection.size() > kMaxConnectionOptions) {
      return bad(flaw, Fault::HeadTooLarge, "too many options of Connection");
    }
  }
  return Parse::Done;
}

}  // namespace gateway
