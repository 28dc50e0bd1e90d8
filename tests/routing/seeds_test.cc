// The fuzz targets of routing, run once over their seeds: a target that no longer builds or an
// input that breaks one is found without clang.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/inputs.h"

extern "C" int forwarded_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int path_fuzz(const std::uint8_t* data, std::size_t size);

namespace {

struct Row {
  const char* name;
  int (*target)(const std::uint8_t*, std::size_t);
};
constexpr Row kRows[] = {{"forwarded", forwarded_fuzz}, {"path", path_fuzz}};

}  // namespace

TEST_CASE("every seed of routing and every beginning of it passes its fuzz target") {
  for (const Row& row : kRows) {
    CAPTURE(row.name);
    const auto seeds = fuzz::inputs("seeds", row.name);
    CHECK(seeds.size() >= 5);
    for (const fuzz::Input& seed : seeds) {
      CAPTURE(seed.name);
      for (std::size_t size = 0; size <= seed.bytes.size(); ++size) {
        const auto part = seed.beginning(size);
        CHECK(row.target(part.data(), part.size()) == 0);
      }
    }
  }
}
