#pragma once

// The signature base string (RFC 5849 section 3.4.1). Pure, but for the arena of the Parameters.

#include <string_view>

#include "verify/parameters.h"
#include "verify/quirk.h"
#include "verify/request.h"

namespace verify {

// Of a request that `parameters` has read. Valid until that reads another. Only quirks that change
// the base string count here; without any of them nothing is allocated once the arena has grown.
std::string_view build_base_string(const RequestView& request, Parameters& parameters,
                                   QuirkSet quirks = {});

}  // namespace verify
