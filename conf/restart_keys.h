#pragma once

// Which keys of a changed configuration can't come into effect while the program runs. Pure.

#include <string>
#include <vector>

#include "conf/settings.h"

namespace conf {

// Gives those keys of `next` the values that they have in `running`. Returns the names of the ones
// that had others.
std::vector<std::string> keep_restart_keys(const Settings& running, Settings& next);

}  // namespace conf
