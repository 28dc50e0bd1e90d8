#pragma once

// Output that can't be asked for again, such as a secret that was made here. One thread.

#include <functional>
#include <ostream>

#include "gateway/cli/console.h"

namespace gateway::cli {

// Prints it, and makes sure that it has gone out. False for a closed pipe or a full disk: nobody
// may have seen it then.
bool show_once(Console& console, const std::function<void(std::ostream&)>& print);

}  // namespace gateway::cli
