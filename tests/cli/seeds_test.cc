// The fuzz target of explain, run over what is kept of its inputs, and some beginnings of the
// seeds: each is explained in full, so that all would take long.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/inputs.h"

extern "C" int explain_fuzz(const std::uint8_t* data, std::size_t size);

TEST_CASE("seeds of requests as people have them pass the fuzz target") {
  constexpr std::size_t kBeginnings = 8;  // of each seed
  const auto seeds = fuzz::inputs("seeds", "explain");
  CHECK(seeds.size() >= 5);
  for (const fuzz::Input& seed : seeds) {
    CAPTURE(seed.name);
    for (std::size_t i = 1; i <= kBeginnings; ++i) {
      const auto part = seed.beginning(seed.bytes.size() * i / kBeginnings);
      CHECK(explain_fuzz(part.data(), part.size()) == 0);
    }
  }
}

TEST_CASE("what a fuzzer found to explain passes the fuzz target") {
  const auto corpus = fuzz::inputs("corpus", "explain");
  CHECK_FALSE(corpus.empty());
  for (const fuzz::Input& input : corpus) {
    CAPTURE(input.name);
    CHECK(explain_fuzz(input.bytes.data(), input.bytes.size()) == 0);
  }
}
