#pragma once

// Where the base string that a client made parts from ours, in terms of what it is made of. Pure.

#include <optional>
#include <string_view>

#include "verify/explain.h"

namespace verify {

// Nothing if they are equal.
std::optional<Difference> difference(std::string_view ours, std::string_view theirs);

}  // namespace verify
