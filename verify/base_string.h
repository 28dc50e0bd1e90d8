#pragma once

// The signature base string (RFC 5849 section 3.4.1). Pure, but for the arena of the Parameters.

#include <string_view>

#include "verify/parameters.h"
#include "verify/quirk.h"
#include "verify/request.h"

namespace verify {

// Of a request that `parameters` has read. Valid until that reads another. Only quirks that change
// the base string count here; without any of them nothing is allocated once the arena has grown.
// `quirks`: as a client that has all of them makes it.
std::string_view build_base_string(const RequestView& request, Parameters& parameters,
                                   QuirkSet quirks = {});

// Gives its memory back. Of the one that was built last.
void release_base_string(std::string_view base, Parameters& parameters);

// The quirks that may change the base string of the request that `parameters` has read; the others
// leave it as it is.
QuirkSet quirks_that_matter(const Parameters& parameters);

}  // namespace verify
