#pragma once

// Where the sources are, for the tests that read files of theirs: the nearest folder above the
// working directory that holds CMakePresets.json. Looked for at run time, so that no absolute path
// is compiled in and a compiler cache serves every checkout.

#include <filesystem>
#include <stdexcept>

namespace tests {

// Throws std::runtime_error if the test runs outside of the sources.
inline std::filesystem::path source_dir() {
  for (auto folder = std::filesystem::current_path();; folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "CMakePresets.json")) return folder;
    if (folder == folder.parent_path()) break;
  }
  throw std::runtime_error("run this test from within the sources, build/ included");
}

}  // namespace tests
