#pragma once

// Text for terminals: bytes that can't steer one, and tables with aligned columns. Pure.

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::cli {

// Valid UTF-8 as it is; controls, line separators, marks that turn the direction of text, other
// characters that nobody sees, `\` and whatever isn't UTF-8 as \xNN.
std::string printable(std::string_view bytes);

// The same, but for `\`: for a sentence in which a stranger's bytes were escaped where they were
// put in, so that none is escaped twice.
std::string told(std::string_view sentence);

// "a, b", printable; "-" when there are none.
std::string joined(const std::vector<std::string>& words, std::string_view empty = "-");

// Under a header, what is wider than kWidestCell ends in a mark, but for the last column: one row
// doesn't make all others as long. The rows of a table without header show one thing, whole.
class Table {
 public:
  static constexpr std::size_t kWidestCell = 64;    // characters, the mark among them
  explicit Table(std::vector<std::string> header);  // empty: a table without
  void add(std::vector<std::string> row);           // printable texts, as many as the others have
  void print(std::ostream& out) const;              // columns two spaces apart

 private:
  bool headed_;
  std::vector<std::vector<std::string>> rows_;
};

// Bytes for a POSIX shell: as they are if they mean nothing to it, otherwise between single quotes.
std::string shell_quoted(std::string_view bytes);

}  // namespace gateway::cli
