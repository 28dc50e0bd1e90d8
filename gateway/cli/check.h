#pragma once

// portcullis check: what a configuration says, before it is served.

#include <string>
#include <vector>

#include "conf/settings.h"
#include "gateway/cli/console.h"
#include "gateway/cli/error.h"
#include "gateway/net/clock.h"
#include "store/usage.h"

namespace gateway::cli {

struct Check {
  std::string config;
  bool json = false;
  bool live = false;
};

// Every mistake on standard error, and a Problem; otherwise the routes in the order in which they
// match, what is not yet in effect, and warnings.
Outcome<Done> check(const Check& options, Console& console, const net::Clock& clock);

// How often each of the routes accepted a signature for another scheme than the request's. Empty
// where the counts can't be read; then a note says why.
std::vector<store::Count> other_schemes(const conf::Settings& settings,
                                        const std::vector<const conf::Route*>& routes,
                                        Console& console);

// One thing that serving needs, tried out.
struct Trial {
  std::string what;
  bool good = false;
  std::string sentence;  // how it went
};

// Opens the store, looks at what its replay ledger refuses at `now` (Unix seconds), binds the
// addresses and reads the certificate, and lets go of them again. A gateway that already runs with
// these settings holds the addresses.
std::vector<Trial> try_out(const conf::Settings& settings, std::int64_t now);

}  // namespace gateway::cli
