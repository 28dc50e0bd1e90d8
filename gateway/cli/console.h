#pragma once

// Where a command reads and writes. One thread.

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "gateway/cli/error.h"
#include "verify/secret.h"

namespace gateway::cli {

struct Console {
  std::istream& in;
  std::ostream& out;            // what was asked for
  std::ostream& err;            // what went wrong, progress, prompts
  bool in_is_terminal = false;  // then `in` is the process's standard input
  bool err_is_terminal = false;
  int out_file = -1;              // the descriptor of `out`, if it has one
  bool may_have_changed = false;  // something besides its output, so that a lost one matters
};

// Standard input, output and error of the process.
Console standard_console();

// Something worth knowing about what is done all the same, on standard error.
void note(Console& console, std::string_view sentence);

// Standard input up to its end, without one line end if it ends in one, and without a byte order
// mark. From a terminal: one line, asked for by `prompt` and not echoed. At most 64 KiB.
Outcome<verify::Secret> read_secret_input(Console& console, std::string_view prompt);

// The same, asked for twice where people type it.
Outcome<verify::Secret> read_new_password(Console& console);

// The bytes of a small file, at most 1 MiB.
Outcome<std::string> read_file(const std::string& path);

// Standard input up to its end, at most 1 MiB.
Outcome<std::string> read_input(Console& console);

// A small file of text, or "-" for standard input: without a byte order mark, and refused if it is
// in another encoding than UTF-8.
Outcome<std::string> read_text(const std::string& path, Console& console);

// A secret as it is given on the command line: itself, "-" for standard input, or "@FILE". Of both,
// one line end at the end is cut, and a byte order mark at the beginning. `option` names it in
// prompts and sentences.
Outcome<verify::Secret> read_secret(std::string_view given, std::string_view option,
                                    Console& console);

// Data: itself, or "@FILE". Bytes, whatever they begin with.
Outcome<std::string> read_data(std::string_view given);

}  // namespace gateway::cli
