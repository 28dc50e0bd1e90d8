// The fuzz targets of this room, run over what is kept of their inputs.

#include <cstddef>
#include <cstdint>

#include "tests/fuzzing/kept_inputs.h"

extern "C" int callback_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int cookie_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int form_fuzz(const std::uint8_t* data, std::size_t size);

TEST_CASE("every seed and every beginning of it passes its fuzz target") {
  fuzz::check_seeds("callback", callback_fuzz);
  fuzz::check_seeds("cookie", cookie_fuzz);
  fuzz::check_seeds("form", form_fuzz);
}
