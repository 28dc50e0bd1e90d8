#pragma once

// What is kept of the inputs of fuzz targets, run through them in a unit test: a target that no
// longer builds, and an input that breaks one, are found without clang.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzzing/inputs.h"

namespace fuzz {

using Target = int (*)(const std::uint8_t*, std::size_t);

inline constexpr std::size_t kAll = 1u << 20;

// Every seed, and at most so many beginnings of each.
inline void check_seeds(const std::string& name, Target target, std::size_t beginnings = kAll) {
  CAPTURE(name);
  const auto seeds = inputs("seeds", name);
  CHECK(seeds.size() >= 5);
  for (const Input& seed : seeds) {
    CAPTURE(seed.name);
    const std::size_t parts = std::max<std::size_t>(std::min(seed.bytes.size(), beginnings), 1);
    for (std::size_t i = 0; i <= parts; ++i) {
      const auto part = seed.beginning(seed.bytes.size() * i / parts);
      CHECK(target(part.data(), part.size()) == 0);
    }
  }
}

inline void check_corpus(const std::string& name, Target target) {
  CAPTURE(name);
  const auto corpus = inputs("corpus", name);
  CHECK_FALSE(corpus.empty());
  for (const Input& input : corpus) {
    CAPTURE(input.name);
    CHECK(target(input.bytes.data(), input.bytes.size()) == 0);
  }
}

}  // namespace fuzz
