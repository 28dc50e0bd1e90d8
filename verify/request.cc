#include "verify/request.h"

#include <algorithm>
#include <string>

namespace verify {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether ASCII stands for itself in this charset. In UTF-7, UTF-16 or EBCDIC it does not, and a
// backend that goes by the charset finds pairs there that nobody signed.
bool keeps_ascii(std::string_view charset) {
  for (const std::string_view family :
       {"iso-8859-", "iso8859-", "iso_8859-", "windows-125", "cp125"}) {
    if (charset.starts_with(family)) return is_digits(charset.substr(family.size()));
  }
  constexpr std::string_view kOthers[] = {
      "",          "utf-8", "utf8",        "us-ascii", "ascii",  "latin1",
      "shift_jis", "sjis",  "euc-jp",      "euc-kr",   "gb2312", "gbk",
      "gb18030",   "big5",  "windows-31j", "koi8-r",   "koi8-u", "tis-620"};
  return std::find(std::begin(kOthers), std::end(kOthers), charset) != std::end(kOthers);
}

// `parameters`: what follows the first ';', in lower case. Split at every ';', quoted or not: one
// backend or another does so.
bool charsets_keep_ascii(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view one = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const std::size_t equals = std::min(one.find('='), one.size());
    if (one.substr(0, equals).find("charset") == std::string_view::npos) continue;
    std::string_view charset = trimmed(one.substr(std::min(equals + 1, one.size())));
    while (!charset.empty() && (charset.front() == '"' || charset.front() == '\'')) {
      charset.remove_prefix(1);
    }
    while (!charset.empty() && (charset.back() == '"' || charset.back() == '\'')) {
      charset.remove_suffix(1);
    }
    if (!keeps_ascii(trimmed(charset))) return false;
  }
  return true;
}

}  // namespace

BodyKind body_kind(std::string_view content_type) {
  const std::string lower = lower_case(content_type);
  const std::string_view all = lower;
  const std::size_t end = std::min(all.find(';'), all.size());
  const std::string_view type = all.substr(0, end);
  if (trimmed(type) == "application/x-www-form-urlencoded") {
    return charsets_keep_ascii(all.substr(end)) ? BodyKind::Form : BodyKind::Unclear;
  }
  // Backends cut the type at a comma or a space, look only at its beginning, trim white space that
  // is none in HTTP, or know it by other names, as Werkzeug does application/x-url-encoded.
  for (const std::string_view mark : {"urlencoded", "url-encoded"}) {
    if (type.find(mark) != std::string_view::npos) return BodyKind::Unclear;
  }
  return BodyKind::Other;
}

}  // namespace verify
