// The fuzz targets of this room, run over what is kept of their inputs.

#include <cstddef>
#include <cstdint>

#include "tests/fuzzing/kept_inputs.h"

extern "C" int authorization_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int base_string_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int content_type_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int parameters_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int percent_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int rsa_key_fuzz(const std::uint8_t* data, std::size_t size);

TEST_CASE("every seed and every beginning of it passes its fuzz target") {
  fuzz::check_seeds("authorization", authorization_fuzz);
  fuzz::check_seeds("base_string", base_string_fuzz);
  fuzz::check_seeds("content_type", content_type_fuzz);
  fuzz::check_seeds("parameters", parameters_fuzz);
  fuzz::check_seeds("percent", percent_fuzz);
  fuzz::check_seeds("rsa_key", rsa_key_fuzz);
}

TEST_CASE("what a fuzzer found passes its fuzz target") {
  fuzz::check_corpus("authorization", authorization_fuzz);
  fuzz::check_corpus("base_string", base_string_fuzz);
  fuzz::check_corpus("parameters", parameters_fuzz);
  fuzz::check_corpus("percent", percent_fuzz);
  fuzz::check_corpus("rsa_key", rsa_key_fuzz);
}
