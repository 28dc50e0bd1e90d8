#include "store/served_map.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>

namespace store {

namespace {

namespace fs = std::filesystem;

// Bytes of the file that locks lie on; its text may be shorter.
constexpr off_t kServing = 0, kCommitting = 1;

// Of the open file and not of the process, so that closing another one of it loses nothing.
struct flock one_byte(short type, off_t at) {
  struct flock out {};
  out.l_type = type;
  out.l_whence = SEEK_SET;
  out.l_start = at;
  out.l_len = 1;
  return out;
}

bool lock(const FileHandle& file, int command, short type, off_t at) {
  struct flock wanted = one_byte(type, at);
  int result = 0;
  do {
    result = ::fcntl(file.get(), command, &wanted);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

fs::path file_of(const fs::path& folder) { return folder / "served"; }

std::string about(const char* doing, const fs::path& folder) {
  return std::string(doing) + " " + in_quotes(file_of(folder).string());
}

FileHandle open_file(const fs::path& folder, int access) {
  return FileHandle(::open(file_of(folder).c_str(), access | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

Result<FileHandle> begin_to_serve(const fs::path& folder, const fs::path& like) {
  if (auto made = make_file(file_of(folder), like); !made) return made.failure();
  FileHandle file = open_file(folder, O_RDWR);
  if (!file.open()) return system_failure(errno, about("opening", folder));
  if (!lock(file, F_OFD_SETLK, F_WRLCK, kServing)) return FileHandle();
  if (!lock(file, F_OFD_SETLKW, F_WRLCK, kCommitting))
    return system_failure(errno, about("locking", folder));
  return file;
}

// Of one length, so that nobody reads half of it beside an older rest.
Result<Done> announce_map(const FileHandle& serving, std::uint64_t map_size) {
  constexpr std::size_t kDigits = 20;
  const std::string number = std::to_string(map_size);
  const std::string text = std::string(kDigits - number.size(), '0') + number + '\n';
  if (::pwrite(serving.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return system_failure(errno, "noting how large the store's map is");
  lock(serving, F_OFD_SETLK, F_UNLCK, kCommitting);
  return Done{};
}

std::optional<std::uint64_t> served_map(const fs::path& folder) {
  const FileHandle file = open_file(folder, O_RDONLY);
  if (!file.open()) return std::nullopt;
  struct flock holder = one_byte(F_RDLCK, kServing);
  if (::fcntl(file.get(), F_OFD_GETLK, &holder) != 0 || holder.l_type == F_UNLCK)
    return std::nullopt;
  char text[32];
  const ssize_t got = ::pread(file.get(), text, sizeof text, 0);
  std::uint64_t size = 0;
  const auto read = std::from_chars(text, text + (got > 0 ? got : 0), size);
  return read.ec == std::errc() && size > 0 ? std::optional(size) : std::nullopt;
}

Result<FileHandle> hold_off_gate(const fs::path& folder, const fs::path& like) {
  if (auto made = make_file(file_of(folder), like); !made) return made.failure();
  FileHandle file = open_file(folder, O_RDWR);
  if (!file.open() || !lock(file, F_OFD_SETLKW, F_RDLCK, kCommitting))
    return system_failure(errno, about("locking", folder));
  return file;
}

}  // namespace store
