#pragma once

// What this build is. The number is written once, in the top CMakeLists.txt.

#include <string>

namespace gateway::cli {

// "0.1.0 (bd92c44a1f30)": the version and the commit it was built from; without the second where
// the sources are no checkout. Any thread.
std::string version();

}  // namespace gateway::cli
