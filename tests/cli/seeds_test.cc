// The fuzz target of explain, run over its seeds and some beginnings of them: each is explained in
// full, so that all would take long.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int explain_fuzz(const std::uint8_t* data, std::size_t size);

TEST_CASE("seeds of requests as people have them pass the fuzz target") {
  constexpr std::size_t kBeginnings = 8;  // of each seed
  std::size_t seeds = 0;
  const auto folder = std::filesystem::path(PORTCULLIS_SOURCE_DIR) / "tests/fuzz/seeds/explain";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CAPTURE(entry.path().string());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::size_t i = 1; i <= kBeginnings; ++i) {
      // A copy of just this size, so that a sanitizer sees a read beyond it.
      const auto size = static_cast<std::ptrdiff_t>(text.size() * i / kBeginnings);
      const std::vector<std::uint8_t> part(text.begin(), text.begin() + size);
      CHECK(explain_fuzz(part.data(), part.size()) == 0);
    }
    ++seeds;
  }
  CHECK(seeds >= 5);
}
