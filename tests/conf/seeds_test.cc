// The fuzz targets of this room, run over what is kept of their inputs.

#include <cstddef>
#include <cstdint>

#include "tests/fuzzing/kept_inputs.h"

extern "C" int conf_fuzz(const std::uint8_t* data, std::size_t size);

TEST_CASE("every seed and every beginning of it passes its fuzz target") {
  fuzz::check_seeds("conf", conf_fuzz, 8);
}
