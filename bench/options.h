#pragma once

// The command line of portcullis-bench.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "bench/load.h"

namespace bench {

struct Options {
  std::string url;        // empty: no load
  std::string keys;       // file of identities; empty: unsigned
  std::string make_keys;  // file to write instead of a run
  std::size_t clients = 1000, tokens = 10;
  LoadSettings load;
  std::optional<pid_t> cpu_of;
  bool spin = false;
  std::optional<int> cpu;  // core that the thread is bound to
  std::optional<std::uint16_t> upstream_port;
  bool json = false;
  bool allow_remote = false;
};

// The options, or the status to exit with: 0 after --help, 2 after a mistake, which has been
// printed.
std::variant<Options, int> read_options(int argc, char** argv);

}  // namespace bench
