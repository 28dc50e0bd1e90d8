// The fuzz targets, run once over what is kept of their inputs: a target that no longer builds or
// an input that breaks one is found without clang.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/inputs.h"

extern "C" int authorization_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int base_string_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int parameters_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int percent_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int rsa_key_fuzz(const std::uint8_t* data, std::size_t size);

namespace {

struct Row {
  const char* name;
  int (*target)(const std::uint8_t*, std::size_t);
};
constexpr Row kRows[] = {{"authorization", authorization_fuzz},
                         {"base_string", base_string_fuzz},
                         {"parameters", parameters_fuzz},
                         {"percent", percent_fuzz},
                         {"rsa_key", rsa_key_fuzz}};

}  // namespace

TEST_CASE("every seed and every beginning of it passes its fuzz target") {
  for (const Row& row : kRows) {
    CAPTURE(row.name);
    const auto seeds = fuzz::inputs("seeds", row.name);
    CHECK(seeds.size() >= 5);
    for (const fuzz::Input& seed : seeds) {
      for (std::size_t size = 0; size <= seed.bytes.size(); ++size) {
        const auto part = seed.beginning(size);
        CHECK(row.target(part.data(), part.size()) == 0);
      }
    }
  }
}

TEST_CASE("what a fuzzer found passes its fuzz target") {
  for (const Row& row : kRows) {
    CAPTURE(row.name);
    const auto corpus = fuzz::inputs("corpus", row.name);
    CHECK_FALSE(corpus.empty());
    for (const fuzz::Input& input : corpus) {
      CAPTURE(input.name);
      CHECK(row.target(input.bytes.data(), input.bytes.size()) == 0);
    }
  }
}
