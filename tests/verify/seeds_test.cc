// The fuzz targets, run once over their seeds: a target that no longer builds or a seed that breaks
// one is found without clang.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int authorization_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int base_string_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int percent_fuzz(const std::uint8_t* data, std::size_t size);
extern "C" int rsa_key_fuzz(const std::uint8_t* data, std::size_t size);

TEST_CASE("every seed and every beginning of it passes its fuzz target") {
  struct Row {
    const char* folder;
    int (*target)(const std::uint8_t*, std::size_t);
  };
  const Row rows[] = {{"authorization", authorization_fuzz},
                      {"base_string", base_string_fuzz},
                      {"percent", percent_fuzz},
                      {"rsa_key", rsa_key_fuzz}};
  for (const Row& row : rows) {
    CAPTURE(row.folder);
    std::size_t seeds = 0;
    const auto folder =
        std::filesystem::path(PORTCULLIS_SOURCE_DIR) / "tests/fuzz/seeds" / row.folder;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (std::size_t size = 0; size <= text.size(); ++size) {
        // A copy of just this size, so that a sanitizer sees a read beyond it.
        const std::vector<std::uint8_t> part(text.begin(),
                                             text.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(row.target(part.data(), part.size()) == 0);
      }
      ++seeds;
    }
    CHECK(seeds >= 5);
  }
}
