#include "store/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "store/file_times.h"
#include "store/ownership.h"

namespace store {

namespace {

namespace fs = std::filesystem;

std::string about(const char* doing, const fs::path& path) {
  return std::string(doing) + " " + in_quotes(path.string());
}

Result<Done> refuse_other_than(mode_t type, const char* what, const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return errno == ENOENT ? Result<Done>(Done{})
                           : system_failure(errno, about("looking at", path));
  if ((found.st_mode & S_IFMT) == type) return Done{};
  const char* const is = S_ISLNK(found.st_mode) ? " is a link" : " is not ";
  return fail(Error::Kind::Unavailable,
              in_quotes(path.string()) + is +
                  (S_ISLNK(found.st_mode) ? ", and the store follows none" : what));
}

}  // namespace

// Only root may give files away. Others can still hand one to a group of theirs, and where they
// can't the file stays their own.
Result<Done> own_like(int descriptor, const fs::path& made, const fs::path& like) {
  struct stat have {
  }, want{};
  if (::stat(like.c_str(), &want) != 0) return system_failure(errno, about("looking at", like));
  if (::fstat(descriptor, &have) != 0) return system_failure(errno, about("looking at", made));
  if (have.st_uid == want.st_uid && have.st_gid == want.st_gid) return Done{};
  const bool root = ::geteuid() == 0;
  const uid_t owner = root ? want.st_uid : static_cast<uid_t>(-1);
  if (::fchown(descriptor, owner, want.st_gid) != 0 && root)
    return system_failure(errno, about("giving to its folder's owner", made));
  return Done{};
}

FileHandle::FileHandle(FileHandle&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void FileHandle::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

bool is_network_file_system(std::uint64_t type) {
  switch (type) {
    case 0x6969:      // NFS
    case 0x517b:      // SMB
    case 0xff534d42:  // CIFS
    case 0xfe534d42:  // SMB2
    case 0x5346414f:  // AFS, OpenAFS
    case 0x6b414653:  // AFS, kernel
    case 0x73757245:  // Coda
    case 0x564c:      // NCP
    case 0x01021997:  // 9P
    case 0x00c36400:  // Ceph
    case 0x01161970:  // GFS2
    case 0x7461636f:  // OCFS2
    case 0x0bd00bd0:  // Lustre
    case 0x47504653:  // GPFS
    case 0x19830326:  // BeeGFS
    case 0xaad7aaea:  // PanFS
      return true;
    default:
      return false;
  }
}

Result<Done> refuse_network_file_system(const fs::path& path) {
  std::error_code code;
  fs::path there = fs::absolute(path, code);
  if (code) return system_failure(code.value(), about("looking at", path));
  struct statfs system {};
  while (::statfs(there.c_str(), &system) != 0) {
    if (errno != ENOENT || there == there.parent_path())
      return system_failure(errno, about("looking at the file system of", path));
    there = there.parent_path();
  }
  // The field is signed on some machines, and the types that fill 32 bits would be extended.
  if (is_network_file_system(static_cast<std::uint32_t>(system.f_type)))
    return fail(Error::Kind::Unavailable,
                "the store " + in_quotes(path.string()) +
                    " lies on a network file system, where memory maps and locks can't be relied "
                    "on: put it on a local disk");
  return Done{};
}

Result<Done> make_folder(const fs::path& folder) {
  std::error_code code;
  const fs::path whole = fs::absolute(folder, code).lexically_normal();
  const fs::path name = whole.has_filename() ? whole : whole.parent_path();
  fs::create_directories(name.parent_path(), code);
  if (code) return system_failure(code.value(), about("making the folder", name.parent_path()));
  if (::mkdir(name.c_str(), 0700) == 0) return sync_folder(name.parent_path());
  if (errno != EEXIST) return system_failure(errno, about("making the folder", folder));
  if (!fs::is_directory(name, code)) return system_failure(ENOTDIR, about("opening", folder));
  return Done{};
}

Result<Done> make_folder(const fs::path& folder, const fs::path& like) {
  if (::mkdir(folder.c_str(), 0700) != 0)
    return errno == EEXIST ? Result<Done>(Done{})
                           : system_failure(errno, about("making the folder", folder));
  const FileHandle made(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made.open()) return system_failure(errno, about("opening", folder));
  if (auto owned = own_like(made.get(), folder, like); !owned) return owned.failure();
  return sync_folder(folder.parent_path());
}

Result<Done> make_file(const fs::path& file, const fs::path& like) {
  const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const FileHandle made(::open(file.c_str(), flags, 0600));
  if (!made.open())
    return errno == EEXIST ? Result<Done>(Done{}) : system_failure(errno, about("making", file));
  return own_like(made.get(), file, like);
}

Result<Done> refuse_link_for_file(const fs::path& file) {
  return refuse_other_than(S_IFREG, "a file", file);
}

Result<Done> refuse_link_for_folder(const fs::path& folder) {
  return refuse_other_than(S_IFDIR, "a folder", folder);
}

Result<Done> sync_folder(const fs::path& folder) {
  const fs::path name = folder.empty() ? fs::path(".") : folder;
  const FileHandle open(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open.open() || ::fsync(open.get()) != 0)
    return system_failure(errno, about("syncing", name));
  return Done{};
}

Result<FileHandle> lock_folder(const fs::path& folder, bool wait) {
  FileHandle lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock.open()) return system_failure(errno, about("opening", folder));
  int result = 0;
  do {
    result = ::flock(lock.get(), LOCK_EX | (wait ? 0 : LOCK_NB));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return lock;
  if (errno == EWOULDBLOCK)
    return fail(Error::Kind::Busy, "another process holds " + in_quotes(folder.string()));
  return system_failure(errno, about("locking", folder));
}

Result<Done> set_aside(const fs::path& file, std::uint64_t size) {
  const FileHandle open(::open(file.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (!open.open()) return system_failure(errno, about("opening", file));
  int code = 0;
  do {
    code = ::posix_fallocate(open.get(), 0, static_cast<off_t>(size));
  } while (code == EINTR);
  if (code == 0) return Done{};
  return system_failure(code, "setting aside " + std::to_string(size) + " bytes of disk for " +
                                  in_quotes(file.string()));
}

Result<std::optional<FileIdentity>> identity(const fs::path& file) {
  struct statx found {};
  if (::statx(AT_FDCWD, file.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &found) != 0) {
    if (errno == ENOENT) return std::optional<FileIdentity>();
    return system_failure(errno, about("looking at", file));
  }
  FileIdentity out{found.stx_ino, 0};
  if ((found.stx_mask & STATX_BTIME) != 0)
    out.born_ns = found.stx_btime.tv_sec * 1'000'000'000 + found.stx_btime.tv_nsec;
  return std::optional<FileIdentity>(out);
}

Result<std::int64_t> change_time(const FileHandle& file) {
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return system_failure(errno, "looking at an open file");
  return std::int64_t{found.st_ctim.tv_sec} * 1'000'000'000 + found.st_ctim.tv_nsec;
}

Result<std::int64_t> change_time(const fs::path& file) {
  const FileHandle open(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!open.open()) return system_failure(errno, about("opening", file));
  return change_time(open);
}

Result<std::int64_t> touch(const FileHandle& file) {
  if (::futimens(file.get(), nullptr) != 0)
    return system_failure(errno, "setting the time of an open file");
  return change_time(file);
}

std::string read_boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace store
