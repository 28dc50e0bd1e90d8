#include "conf/screen.h"

#include <cstddef>
#include <string>

#include "conf/phrase.h"

namespace conf {
namespace {

constexpr int kDots = 64;  // outside strings, on one line; the parser recurses over dotted keys

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

// Walks the text character by character, and knows whether it stands in a string or a comment.
class Screen {
 public:
  explicit Screen(std::string_view text) : rest_(text) {}

  std::optional<Mistake> run() {
    while (!rest_.empty()) {
      const std::size_t length = sequence(rest_);
      if (length == 0) return refuse("a byte that is not UTF-8: ", 1);
      if (length > 1) {
        if (where_ == Where::Bare) {
          return refuse("a character that can only stand in a quoted string or a comment: ",
                        length);
        }
        skip(length, 1);
        continue;
      }
      if (is_control()) return refuse("a control character: ", 1);
      step();
      if (dots_ > kDots) return Mistake{here_, "too many dots on one line"};
    }
    return std::nullopt;
  }

 private:
  enum class Where { Bare, Comment, Basic, Literal, LongBasic, LongLiteral };

  // A tab, and a line's end, are the only ones that TOML has.
  bool is_control() const {
    const char c = rest_[0];
    if (c == '\r') return !rest_.starts_with("\r\n");
    return (c >= 0 && c < ' ' && c != '\t' && c != '\n') || c == '\x7f';
  }

  Mistake refuse(const char* what, std::size_t length) const {
    return {here_, what + escaped(rest_.substr(0, length))};
  }

  void skip(std::size_t bytes, std::uint32_t columns) {
    rest_.remove_prefix(bytes);
    here_.column += columns;
  }

  // One ASCII character, or the quotes that stand together.
  void step() {
    if (rest_[0] == '\n') return end_line();
    switch (where_) {
      case Where::Bare:
        return step_bare();
      case Where::Comment:
        return skip(1, 1);
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
    rest_.remove_prefix(1);
    ++here_.line;
    here_.column = 1;
    dots_ = 0;
  }

  void step_bare() {
    if (rest_.starts_with("\"\"\"") || rest_.starts_with("'''")) {
      where_ = rest_[0] == '"' ? Where::LongBasic : Where::LongLiteral;
      return skip(3, 3);
    }
    if (rest_[0] == '"') where_ = Where::Basic;
    if (rest_[0] == '\'') where_ = Where::Literal;
    if (rest_[0] == '#') where_ = Where::Comment;
    if (rest_[0] == '.') ++dots_;
    skip(1, 1);
  }

  void step_string(char quote, bool is_long) {
    // Behind a backslash, only a quote or a backslash could be taken for something else.
    const bool escapes = quote == '"' && rest_[0] == '\\' && rest_.size() > 1 &&
                         (rest_[1] == '"' || rest_[1] == '\\');
    if (escapes) return skip(2, 2);
    if (rest_[0] != quote) return skip(1, 1);
    std::uint32_t quotes = 0;  // up to two of a long string's own may stand before its end
    while (is_long && quotes < 5 && quotes < rest_.size() && rest_[quotes] == quote) ++quotes;
    if (!is_long) quotes = 1;
    if (!is_long || quotes >= 3) where_ = Where::Bare;
    skip(quotes, quotes);
  }

  std::string_view rest_;
  Position here_{1, 1};
  Where where_ = Where::Bare;
  int dots_ = 0;
};

}  // namespace

std::optional<Mistake> screen(std::string_view toml) { return Screen(toml).run(); }

}  // namespace conf
