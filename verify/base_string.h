#pragma once

// The signature base string (RFC 5849 section 3.4.1). Pure, but for the arena of the Parameters.

#include <string_view>

#include "verify/parameters.h"
#include "verify/request.h"

namespace verify {

// Of a request that `parameters` has read. Valid until that reads another.
std::string_view build_base_string(const RequestView& request, Parameters& parameters);

}  // namespace verify
