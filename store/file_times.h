#pragma once

// When a file last changed, as the kernel notes it. Functions may be called from any thread.

#include <cstdint>
#include <filesystem>

#include "store/error.h"
#include "store/files.h"

namespace store {

// When the file's content, owner, mode or links last changed, in nanoseconds since the epoch. The
// kernel alone sets it: what puts older bytes or times back into a file changes it.
Result<std::int64_t> change_time(const FileHandle& file);
Result<std::int64_t> change_time(const std::filesystem::path& file);

// Sets the file's times to now, by the clock that change times come from. Returns that time.
Result<std::int64_t> touch(const FileHandle& file);

}  // namespace store
