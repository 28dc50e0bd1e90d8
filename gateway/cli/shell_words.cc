// The quoting of POSIX shells, and $'...' of most.

#include "gateway/cli/request_text.h"

namespace gateway::cli {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(unsigned rune, std::string& out) {
  const auto byte = [&out](unsigned value) { out += static_cast<char>(value); };
  if (rune < 0x80) {
    byte(rune);
  } else if (rune < 0x800) {
    byte(0xc0 | rune >> 6);
    byte(0x80 | (rune & 0x3f));
  } else {
    byte(0xe0 | rune >> 12);
    byte(0x80 | (rune >> 6 & 0x3f));
    byte(0x80 | (rune & 0x3f));
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  ShellWords read() {
    while (at_ < text_.size() && !ended_) step();
    end_word();
    if (cut_) out_.remarks.emplace_back("A quotation in the command does not end.");
    return std::move(out_);
  }

 private:
  bool done() const { return at_ == text_.size(); }
  char take() { return text_[at_++]; }

  void step() {
    const char c = take();
    switch (c) {
      case ' ':
      case '\t':
      case '\r':
        return end_word();
      case '\n':
        end_word();
        ended_ = !out_.words.empty();
        return;
      case '\\':
        return escape();
      case '\'':
        return single();
      case '"':
        return twofold();
      case '$':
        if (!done() && text_[at_] == '\'') {
          ++at_;
          return ansi();
        }
        look_for_expansion();
        return put(c);
      case '&':
      case ';':
      case '|':
      case '<':
      case '>':
        return end_command(c);
      default:
        return put(c);
    }
  }

  void put(char c) {
    word_ += c;
    in_word_ = true;
  }

  void end_word() {
    if (in_word_) out_.words.push_back(word_);
    word_.clear();
    in_word_ = false;
  }

  void end_command(char c) {
    const bool in_a_word = in_word_;
    end_word();
    if (out_.words.empty()) return;
    ended_ = true;
    if (c == '&' && in_a_word) {
      out_.remarks.emplace_back(
          "The command has an '&' outside of quotes, and there a shell ends it: put the URL "
          "between "
          "single quotes.");
    }
  }

  void escape() {
    if (done()) return;
    const char c = take();
    if (c == '\r' && !done() && text_[at_] == '\n') ++at_;
    if (c != '\n' && c != '\r') put(c);  // else the line goes on
  }

  void single() {
    in_word_ = true;
    while (!done()) {
      const char c = take();
      if (c == '\'') return;
      word_ += c;
    }
    cut_ = true;
  }

  void twofold() {
    in_word_ = true;
    while (!done()) {
      char c = take();
      if (c == '"') return;
      if (c == '$') look_for_expansion();
      if (c == '\\' && !done()) {
        const char next = take();
        if (next == '\n') continue;
        if (std::string_view("\"\\$`").find(next) == std::string_view::npos) word_ += c;
        c = next;
      }
      word_ += c;
    }
    cut_ = true;
  }

  // Behind a '$'.
  void look_for_expansion() {
    if (done()) return;
    const char c = text_[at_];
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!letter && c != '_' && c != '{' && c != '(') return;
    const std::string remark =
        "The command has a '$' outside of single quotes: what a shell would put there is not "
        "known.";
    if (out_.remarks.empty() || out_.remarks.back() != remark) out_.remarks.push_back(remark);
  }

  // $'...', where backslashes mean what they mean in C.
  void ansi() {
    in_word_ = true;
    while (!done()) {
      const char c = take();
      if (c == '\'') return;
      if (c != '\\' || done()) {
        word_ += c;
      } else {
        ansi_escape(take());
      }
    }
    cut_ = true;
  }

  void ansi_escape(char c) {
    constexpr std::string_view kNames = "abfnrtvEe", kBytes = "\a\b\f\n\r\t\v\x1b\x1b";
    const std::size_t simple = kNames.find(c);
    if (simple != kNames.npos) {
      word_ += kBytes[simple];
    } else if (c == 'x') {
      word_ += static_cast<char>(digits(16, 2));
    } else if (c == 'u') {
      append_utf8(digits(16, 4), word_);
    } else if (c >= '0' && c <= '7') {
      --at_;
      word_ += static_cast<char>(digits(8, 3));
    } else {
      word_ += c;
    }
  }

  unsigned digits(int base, int most) {
    unsigned out = 0;
    for (int i = 0; i < most && !done(); ++i) {
      const int digit = hex_digit(text_[at_]);
      if (digit < 0 || digit >= base) break;
      out = out * static_cast<unsigned>(base) + static_cast<unsigned>(digit);
      ++at_;
    }
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string word_;
  bool in_word_ = false;
  bool ended_ = false;
  bool cut_ = false;
  ShellWords out_;
};

}  // namespace

ShellWords shell_words(std::string_view text) { return Reader(text).read(); }

}  // namespace gateway::cli
