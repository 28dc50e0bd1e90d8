#pragma once

// How large a map of an environment the running gate has (<environment>/served), so that no other
// process makes the environment larger than the gate can read. Its map can't grow while its threads
// read.
//
// The gate holds a lock on the file for as long as it lives, so nothing has to be cleared after it.
// A process that commits holds another one meanwhile, and a gate that starts waits for that before
// it opens the environment: either it finds what was committed, or the other finds the gate.
//
// Functions may be called from any thread.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "store/error.h"
#include "store/files.h"

namespace store {

// For the gate, before it opens the environment. Until the handle closes others see that it serves.
// Not open where another process does.
Result<FileHandle> begin_to_serve(const std::filesystem::path& folder,
                                  const std::filesystem::path& like);
// Once it is open, with a map of so many bytes. Others commit again from then on.
Result<Done> announce_map(const FileHandle& serving, std::uint64_t map_size);

// For others. Nothing if no gate runs.
std::optional<std::uint64_t> served_map(const std::filesystem::path& folder);

// Keeps a gate from opening the environment until the handle closes, and waits for one that is
// about to. Makes the file.
Result<FileHandle> hold_off_gate(const std::filesystem::path& folder,
                                 const std::filesystem::path& like);

}  // namespace store
