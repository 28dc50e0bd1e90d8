#pragma once

// What is refused before TOML is parsed: bytes that aren't UTF-8, control characters, non-ASCII
// characters outside quoted strings and comments, and keys nested without end. Pure.

#include <optional>
#include <string_view>

#include "conf/load.h"

namespace conf {

std::optional<Mistake> screen(std::string_view toml);

}  // namespace conf
