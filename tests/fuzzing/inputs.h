#pragma once

// The inputs of the fuzz targets that are kept: `seeds` are written by hand, `corpus` is what a
// fuzzer found beside them, a file for each way through the code. To look for more, and then keep
// few:
//
//   ./tests/fuzz --minutes 30 percent
//   corpus=tests/fuzzing/corpus/percent found=build/fuzz/corpus/percent
//   build/fuzz/targets/percent_fuzz -set_cover_merge=1 -use_counters=0 $corpus $found

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/source_dir.h"

namespace fuzz {

struct Input {
  std::string name;
  std::vector<std::uint8_t> bytes;

  // A copy of just this size, so that a sanitizer sees a read beyond it.
  std::vector<std::uint8_t> beginning(std::size_t size) const {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
  }
};

// `kind`: "seeds" or "corpus".
inline std::vector<Input> inputs(const std::string& kind, const std::string& target) {
  std::vector<Input> out;
  const auto folder = tests::source_dir() / "tests" / "fuzzing" / kind / target;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    out.push_back({entry.path().filename(), {std::istreambuf_iterator<char>(file), {}}});
  }
  return out;
}

}  // namespace fuzz
