#include "gateway/cli/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace gateway::cli {
namespace {

struct Rune {
  std::uint32_t value = 0;
  std::size_t length = 0;  // bytes; 0: not UTF-8 (RFC 3629)
};

Rune first_rune(std::string_view bytes) {
  const auto at = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const std::uint32_t lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || bytes.size() < length) return {};
  std::uint32_t value = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (at(i) & 0x3fu);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kLeast[length] || surrogate || value > 0x10ffff) return {};
  return {value, length};
}

// Controls, and characters that have no look of their own: format characters, fillers, tags,
// variation selectors.
bool unseen(std::uint32_t value) {
  struct Range {
    std::uint32_t first, last;
  };
  constexpr Range kRanges[] = {
      {0, 0x1f},          {0x7f, 0x9f},       {0xad, 0xad},     {0x34f, 0x34f},
      {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},   {0x70f, 0x70f},
      {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},
      {0x2028, 0x202e},   {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfe00, 0xfe0f},
      {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3},
      {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
  };
  return std::any_of(std::begin(kRanges), std::end(kRanges), [value](const Range& range) {
    return value >= range.first && value <= range.last;
  });
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

// Columns on a terminal, near enough: one for each character.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// The first characters of a text, and a mark where that isn't all of it.
std::string cut(std::string text, std::size_t widest) {
  if (text.size() <= widest || width(text) <= widest) return text;
  constexpr std::string_view kMark = "...";
  std::size_t end = 0;
  for (std::size_t left = widest - kMark.size();; ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (begins && left-- == 0) break;
  }
  text.resize(end);
  return text.append(kMark);
}

}  // namespace

namespace {

std::string safe(std::string_view bytes, bool backslash_too) {
  std::string out;
  while (!bytes.empty()) {
    const Rune rune = first_rune(bytes);
    const std::string_view piece = bytes.substr(0, std::max<std::size_t>(1, rune.length));
    if (rune.length == 0 || unseen(rune.value) || (backslash_too && rune.value == '\\')) {
      append_hex(out, piece);
    } else {
      out += piece;
    }
    bytes.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace

std::string printable(std::string_view bytes) { return safe(bytes, true); }
std::string told(std::string_view sentence) { return safe(sentence, false); }

std::string joined(const std::vector<std::string>& words, std::string_view empty) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ", ";
    out += printable(word);
  }
  return out.empty() ? std::string(empty) : out;
}

Table::Table(std::vector<std::string> header) : headed_(!header.empty()) {
  if (!header.empty()) rows_.push_back(std::move(header));
}

void Table::add(std::vector<std::string> row) {
  for (std::size_t i = 0; headed_ && i + 1 < row.size(); ++i)
    row[i] = cut(std::move(row[i]), kWidestCell);
  rows_.push_back(std::move(row));
}

void Table::print(std::ostream& out) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << row[i];
      if (i + 1 < row.size()) out << std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    out << '\n';
  }
}

std::string shell_quoted(std::string_view bytes) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,";
  if (!bytes.empty() && bytes.find_first_not_of(kPlain) == bytes.npos) return std::string(bytes);
  std::string out = "'";
  for (const char c : bytes) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  out += '\'';
  return out;
}

}  // namespace gateway::cli
