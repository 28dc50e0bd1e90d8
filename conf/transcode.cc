#include "conf/transcode.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "conf/quoting.h"

namespace conf {
namespace {

constexpr int kDots = 64;  // outside strings, on one line; the parser recurses over dotted keys
constexpr std::size_t kDigits = 8;  // of a disguise: its UTF-8 bytes in hex, zeros in front
constexpr std::string_view kHex = "0123456789abcdef";

// The length of the UTF-8 sequence that begins here (Unicode 3.9, table 3-7), 0 if it isn't one.
std::size_t sequence(std::string_view rest) {
  const auto at = [&](std::size_t i) {
    return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0u;
  };
  const auto follows = [&](std::size_t i) { return at(i) >= 0x80 && at(i) <= 0xbf; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool overlong = lead == 0xe0 && at(1) < 0xa0;
    const bool surrogate = lead == 0xed && at(1) > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool overlong = lead == 0xf0 && at(1) < 0x90;
    const bool beyond = lead == 0xf4 && at(1) > 0x8f;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// One that occurs nowhere in the text. It doesn't begin like an escape, and no end of it is a
// beginning.
std::string unused_marker(std::string_view text) {
  for (int i = 0;; ++i) {
    std::string marker = "X" + std::to_string(i) + "_";
    if (text.find(marker) == std::string_view::npos) return marker;
  }
}

void append_hex(std::string& out, std::string_view bytes) {
  out.append(kDigits - 2 * bytes.size(), '0');
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
}

// The character that append_hex() wrote; empty if these digits are none.
std::string character_of(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const std::size_t high = kHex.find(digits[i]);
    const std::size_t low = kHex.find(digits[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    if (!bytes.empty() || high + low > 0) bytes += static_cast<char>(high << 4 | low);
  }
  return bytes.size() > 1 && sequence(bytes) == bytes.size() ? bytes : std::string();
}

}  // namespace

// Walks the text character by character, and knows whether it stands in a string or a comment.
class Screen {
 public:
  explicit Screen(std::string_view text) : rest_(text) { out_.marker_ = unused_marker(text); }

  std::variant<Transcoded, Error> run() {
    while (!rest_.empty()) {
      const std::size_t length = sequence(rest_);
      if (length == 0) return refuse("a byte that is not UTF-8: ", 1);
      if (length > 1 && where_ == Where::Bare) {
        return refuse("a character that can only stand in a quoted string or a comment: ", length);
      }
      if (length > 1 && escaping_) return refuse("a backslash before ", length);
      if (is_control()) return refuse("a control character: ", 1);
      if (length > 1) {
        disguise(length);
      } else {
        step();
      }
      if (dots_ > kDots) return Error{here_, "too many dots on one line"};
    }
    return std::move(out_);
  }

 private:
  enum class Where { Bare, Comment, Basic, Literal, LongBasic, LongLiteral };

  // A tab, and a line's end, are the only ones that TOML has.
  bool is_control() const {
    const char c = rest_[0];
    if (c == '\r') return !rest_.starts_with("\r\n");
    return (c >= 0 && c < ' ' && c != '\t' && c != '\n') || c == '\x7f';
  }

  Error refuse(const char* what, std::size_t length) const {
    return {here_, what + escaped(rest_.substr(0, length))};
  }

  // ASCII passes as it is.
  void skip(std::size_t bytes) {
    out_.text_ += rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    here_.column += static_cast<std::uint32_t>(bytes);
  }

  // In a comment nobody will ask for the character again.
  void disguise(std::size_t length) {
    if (where_ == Where::Comment) {
      out_.text_ += '?';
    } else {
      const std::size_t before = out_.text_.size();
      out_.text_ += out_.marker_;
      append_hex(out_.text_, rest_.substr(0, length));
      const auto added = static_cast<std::uint32_t>(out_.text_.size() - before);
      out_.shifts_.push_back({here_.line, here_.column + excess_ + added - 1, excess_ + added - 1});
      excess_ += added - 1;
    }
    rest_.remove_prefix(length);
    ++here_.column;
  }

  // One ASCII character, or the quotes that stand together.
  void step() {
    escaping_ = false;
    if (rest_[0] == '\n') return end_line();
    switch (where_) {
      case Where::Bare:
        return step_bare();
      case Where::Comment:
        return skip(1);
      case Where::Basic:
        return step_string('"', false);
      case Where::Literal:
        return step_string('\'', false);
      case Where::LongBasic:
        return step_string('"', true);
      case Where::LongLiteral:
        return step_string('\'', true);
    }
  }

  void end_line() {
    const bool goes_on = where_ == Where::LongBasic || where_ == Where::LongLiteral;
    if (!goes_on) where_ = Where::Bare;
    skip(1);
    ++here_.line;
    here_.column = 1;
    excess_ = 0;
    dots_ = 0;
  }

  void step_bare() {
    if (rest_.starts_with("\"\"\"") || rest_.starts_with("'''")) {
      where_ = rest_[0] == '"' ? Where::LongBasic : Where::LongLiteral;
      return skip(3);
    }
    if (rest_[0] == '"') where_ = Where::Basic;
    if (rest_[0] == '\'') where_ = Where::Literal;
    if (rest_[0] == '#') where_ = Where::Comment;
    if (rest_[0] == '.') ++dots_;
    skip(1);
  }

  void step_string(char quote, bool is_long) {
    // Behind a backslash, only a quote or a backslash could be taken for something else.
    const bool escapes = quote == '"' && rest_[0] == '\\' && rest_.size() > 1 &&
                         (rest_[1] == '"' || rest_[1] == '\\');
    if (escapes) return skip(2);
    escaping_ = quote == '"' && rest_[0] == '\\';
    if (rest_[0] != quote) return skip(1);
    std::size_t quotes = 0;  // up to two of a long string's own may stand before its end
    while (is_long && quotes < 5 && quotes < rest_.size() && rest_[quotes] == quote) ++quotes;
    if (!is_long) quotes = 1;
    if (!is_long || quotes >= 3) where_ = Where::Bare;
    skip(quotes);
  }

  std::string_view rest_;
  Position here_{1, 1};
  Where where_ = Where::Bare;
  bool escaping_ = false;     // a backslash stands just before
  std::uint32_t excess_ = 0;  // columns that the line has grown by
  int dots_ = 0;
  Transcoded out_;
};

std::string Transcoded::restored(std::string_view parsed) const {
  std::string out;
  for (std::size_t from = 0;;) {
    const std::size_t at = parsed.find(marker_, from);
    out += parsed.substr(from, at == std::string_view::npos ? at : at - from);
    if (at == std::string_view::npos) return out;
    from = at + marker_.size();
    const std::string character = character_of(parsed.substr(from, kDigits));
    out += character.empty() ? marker_ : character;
    if (!character.empty()) from += kDigits;
  }
}

Position Transcoded::original(Position place) const {
  const auto after =
      std::upper_bound(shifts_.begin(), shifts_.end(), place, [](Position at, const Shift& shift) {
        return std::tie(at.line, at.column) < std::tie(shift.line, shift.column);
      });
  if (after == shifts_.begin() || std::prev(after)->line != place.line) return place;
  return {place.line, place.column - std::prev(after)->excess};
}

std::variant<Transcoded, Error> screen(std::string_view toml) { return Screen(toml).run(); }

}  // namespace conf
