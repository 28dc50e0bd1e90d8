#pragma once

// The command line: parses it, runs the command, returns the exit code (0 done, 1 refused or not
// found, 2 usage). Commands talk to the store directly and work while a gateway runs.

#include <functional>
#include <string>

#include "conf/settings.h"

namespace gateway::cli {

// Runs the gateway in the foreground until it is told to stop; returns the exit code.
using Serve = std::function<int(const conf::Settings& settings, const std::string& config_file)>;

int run(int argc, char** argv, const Serve& serve);

}  // namespace gateway::cli
