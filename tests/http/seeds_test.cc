// The fuzz targets of this room, run over what is kept of their inputs.

#include <cstddef>
#include <cstdint>

#include "tests/fuzzing/kept_inputs.h"

extern "C" int chunked_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int request_head_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int response_head_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int target_fuzz(const std::uint8_t* data, std::size_t size);

TEST_CASE("every seed and every beginning of it passes its fuzz target") {
  fuzz::check_seeds("chunked", chunked_fuzz);
  fuzz::check_seeds("request_head", request_head_fuzz);
  fuzz::check_seeds("response_head", response_head_fuzz);
  fuzz::check_seeds("target", target_fuzz);
}
