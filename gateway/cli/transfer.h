#pragma once

// portcullis import, export and backup: moves what a store holds in and out.

#include <istream>
#include <optional>
#include <string>

#include "gateway/cli/console.h"
#include "gateway/cli/place.h"

namespace gateway::cli {

inline constexpr std::size_t kLongestLine = 1u << 20;  // bytes of an import, without the line end

struct Import {
  Where where;
  bool json = false;
  std::string file;  // "-": standard input
  bool replace = false;
  std::optional<std::string> rsa_min_bits;  // see least_rsa_bits
  bool progress = false;                    // also where standard error is no terminal
};

struct Export {
  Where where;
  bool json = false;
  std::optional<std::string> file;  // absent or "-": standard output
};

struct Backup {
  Where where;
  bool json = false;
  std::string folder;
};

// All or nothing: the lines are first read to their end and checked, into a file beside the store
// that has no name, and then put into the store in one transaction. Other writers wait for that,
// readers don't.
Outcome<Done> import_records(const Import& options, Console& console);

// All of one moment. A file is replaced at once when it is complete, mode 0600.
Outcome<Done> export_records(const Export& options, Console& console);

Outcome<Done> backup(const Backup& options, Console& console);

// Lines of an import; holds no more than one. One thread.
class LineReader {
 public:
  enum class Got { Line, End, TooLong, Broken };

  explicit LineReader(std::istream& in) : in_(in), buffer_(kLongestLine + 1, '\0') {}
  Got next();
  std::string_view line() const { return line_; }   // without the line end; until next()
  std::uint64_t number() const { return number_; }  // 1-based

 private:
  void cut_mark();
  std::istream& in_;
  std::string buffer_;
  std::string_view line_;
  std::uint64_t number_ = 0;
};

}  // namespace gateway::cli
