// The fuzz targets of this room, run over what is kept of their inputs.

#include <cstddef>
#include <cstdint>

#include "tests/fuzzing/kept_inputs.h"

extern "C" int onward_request_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int onward_response_fuzz(const std::uint8_t* data, std::size_t size);

TEST_CASE("every seed and every beginning of it passes its fuzz target") {
  fuzz::check_seeds("onward_request", onward_request_fuzz);
  fuzz::check_seeds("onward_response", onward_response_fuzz);
}
