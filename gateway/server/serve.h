#pragma once

// Wires the gateway together and runs it: store, ledger, log, one event loop per thread, signals.
// Call once, from main.

#include <string>

#include "conf/settings.h"

namespace gateway::server {

// Serves until SIGTERM or SIGINT has drained what was in flight: 0. SIGHUP reopens the log and
// reads `config_file` again. 1 with one sentence on standard error if it can't start. Prints
// "listening on ADDRESS:PORT" on standard output when ready.
int serve(const conf::Settings& settings, const std::string& config_file);

}  // namespace gateway::server
