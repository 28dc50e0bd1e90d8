#pragma once

// The whole program as a function of its arguments, for main() and for tests.

#include <string>
#include <vector>

#include "gateway/cli/console.h"
#include "gateway/cli/run.h"
#include "gateway/net/clock.h"

namespace gateway::cli {

// What every command may need; outlives the commands.
struct World {
  Console& console;
  const net::Clock& clock;
  const Serve& serve;
};

// `arguments` without the program's name. Returns the exit code.
int run(const std::vector<std::string>& arguments, World world);

}  // namespace gateway::cli
