// The quoting of cmd, and of the programs that it starts, as browsers make use of it when they copy
// a request for Windows.

#include "gateway/cli/request_text.h"

namespace gateway::cli {
namespace {

// What cmd makes of a line: a '^' outside of quotation marks takes the meaning from the next byte,
// and goes on in the next line at the end of one.
class Cmd {
 public:
  explicit Cmd(std::string_view text) : text_(text) {}

  std::string line() {
    bool quoted = false;
    while (!text_.empty()) {
      const char c = take();
      if (c == '\n' || c == '\r') {
        if (!out_.empty()) break;
        continue;
      }
      if (c == '^' && !quoted) {
        escaped();
      } else if (!quoted && (c == '&' || c == '|' || c == '<' || c == '>')) {
        break;
      } else {
        if (c == '"') quoted = !quoted;
        out_ += c;
      }
    }
    return std::move(out_);
  }

 private:
  char take() {
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  bool take_line_end() {
    const std::size_t size = text_.starts_with("\r\n") ? 2 : text_.starts_with('\n') ? 1 : 0;
    text_.remove_prefix(size);
    return size > 0;
  }

  // Behind a '^'. A line end goes away, and the byte behind it means nothing either, so that two
  // line ends are one.
  void escaped() {
    if (take_line_end()) {
      if (take_line_end()) {
        out_ += '\n';
        return;
      }
      const bool more = !text_.empty() && text_.front() != ' ' && text_.front() != '\t' &&
                        text_.front() != '^' && text_.front() != '"';
      if (!more) return;
    }
    if (!text_.empty()) out_ += take();
  }

  std::string_view text_;
  std::string out_;
};

// What a program of Windows makes of its line: backslashes mean something before a quotation mark
// alone, and two of those within quotation marks are one.
std::vector<std::string> arguments(std::string_view line) {
  std::vector<std::string> out;
  std::string word;
  bool in_word = false, quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (!quoted && (c == ' ' || c == '\t' || c == '\n')) {
      if (in_word) out.push_back(word);
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == '\\') {
      std::size_t end = line.find_first_not_of('\\', i);
      if (end == line.npos) end = line.size();
      const std::size_t count = end - i;
      const bool before_quote = end < line.size() && line[end] == '"';
      word.append(before_quote ? count / 2 : count, '\\');
      i = end - 1;
      if (before_quote && count % 2 == 1) {
        word += '"';
        i = end;
      }
    } else if (c == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        word += '"';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else {
      word += c;
    }
  }
  if (in_word) out.push_back(word);
  return out;
}

}  // namespace

ShellWords cmd_words(std::string_view text) {
  ShellWords out;
  out.words = arguments(Cmd(text).line());
  out.remarks.emplace_back("The command is read as one for cmd of Windows.");
  return out;
}

bool is_for_cmd(std::string_view text) {
  constexpr std::string_view kSpecial = "\"&|<>^%\\\r\n!(){}[]$#@";
  char quote = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char c = text[i], next = text[i + 1];
    if (quote == 0 && c == '^' && kSpecial.find(next) != kSpecial.npos) return true;
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'') {
      ++i;
    } else if (c == quote) {
      // name=""value"" between quotation marks: no POSIX shell sees any of the inner ones.
      const bool doubled = c == '"' && next == '"' && i > 0 && text[i - 1] == '=' &&
                           i + 2 < text.size() && text[i + 2] > ' ' && text[i + 2] != '"';
      if (doubled) return true;
      quote = 0;
    }
  }
  return false;
}

}  // namespace gateway::cli
