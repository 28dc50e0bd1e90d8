#pragma once

// Folders and files of a store, and what the system knows about them: ownership, locks, disk set
// aside, identity. Functions may be called from any thread; a FileHandle is a plain owner.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "store/error.h"

namespace store {

// An open file descriptor, closed with its owner.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept;
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle() { close(); }
  int get() const { return descriptor_; }
  bool open() const { return descriptor_ >= 0; }
  void close();

 private:
  int descriptor_ = -1;
};

// True for the statfs(2) type of a file system whose files another machine may change: memory maps
// and locks can't be relied on there. FUSE is allowed, for it is what containers without root use.
bool is_network_file_system(std::uint64_t type);

// Fails if `path`, or the nearest folder above it that exists, lies on a network file system.
Result<Done> refuse_network_file_system(const std::filesystem::path& path);

// Makes a folder (0700) if it is missing, and what is missing above it. With `like`, a folder that
// is made takes owner and group of that one: exactly for root, as far as allowed for others.
Result<Done> make_folder(const std::filesystem::path& folder);
Result<Done> make_folder(const std::filesystem::path& folder, const std::filesystem::path& like);

// Makes an empty file (0600) with owner and group of the folder `like` if it is missing; one that
// exists is left as it is.
Result<Done> make_file(const std::filesystem::path& file, const std::filesystem::path& like);

// Makes what was created or removed in a folder survive a power cut.
Result<Done> sync_folder(const std::filesystem::path& folder);

// An exclusive lock on a folder, held until the handle closes, also against other handles of this
// process. Busy if another holds it and `wait` is false.
Result<FileHandle> lock_folder(const std::filesystem::path& folder, bool wait);

// Gives a file disk for its first `size` bytes and makes it at least that long. Full if there is
// none.
Result<Done> set_aside(const std::filesystem::path& file, std::uint64_t size);

// Tells a file from a copy of it: a copy has another inode, or was born at another time.
struct FileIdentity {
  std::uint64_t inode = 0;
  std::int64_t born_ns = 0;  // since the epoch; 0 where the file system doesn't say
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// Nothing if the file is missing.
Result<std::optional<FileIdentity>> identity(const std::filesystem::path& file);

// Names this boot of the machine; empty where the system doesn't say.
std::string read_boot_id();

}  // namespace store
