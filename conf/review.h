#pragma once

// What is allowed but deserves a word: for `portcullis check` and the start of `serve`. Pure.

#include <string>
#include <vector>

#include "conf/settings.h"

namespace conf {

// Sentences about settings that are probably not what the operator wants.
std::vector<std::string> warnings(const Settings& settings);

// The settings that differ from their defaults, or the defaults that promise more, where this
// version does not act upon them yet: names of keys, with the value where only some values wait.
std::vector<std::string> not_yet_in_effect(const Settings& settings);

}  // namespace conf
