#include "store/new_file.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <utility>

#include "verify/crypto.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::array kEnding{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM};

char pending[PATH_MAX];  // a temporary name that a signal takes away; empty: none
std::array<struct sigaction, kEnding.size()> handlers_before;

extern "C" void remove_pending(int signal) {
  if (pending[0] != '\0') ::unlink(pending);
  ::raise(signal);  // which does now what it did before
}

// A signal that is ignored, or that the program handles, stays as it is.
void watch(const std::string& name) {
  if (name.size() >= sizeof pending) return;
  std::memcpy(pending, name.c_str(), name.size() + 1);
  struct sigaction mine {};
  mine.sa_handler = remove_pending;
  mine.sa_flags = static_cast<int>(SA_RESETHAND);
  for (std::size_t i = 0; i < kEnding.size(); ++i) {
    sigaction(kEnding[i], nullptr, &handlers_before[i]);
    if (handlers_before[i].sa_handler == SIG_DFL) sigaction(kEnding[i], &mine, nullptr);
  }
}

void unwatch() {
  if (pending[0] == '\0') return;
  for (std::size_t i = 0; i < kEnding.size(); ++i)
    sigaction(kEnding[i], &handlers_before[i], nullptr);
  pending[0] = '\0';
}

fs::path or_here(const fs::path& folder) { return folder.empty() ? fs::path(".") : folder; }

std::string temporary_name(const fs::path& folder) {
  return (or_here(folder) / (".portcullis." + verify::random_name(8) + ".tmp")).string();
}

std::string by_descriptor(int file) { return "/proc/self/fd/" + std::to_string(file); }

Result<NewFile> cannot_make(int code, const fs::path& folder) {
  return system_failure(code, "making a file in " + in_quotes(or_here(folder).string()));
}

}  // namespace

Result<NewFile> NewFile::make(const fs::path& folder, Kind kind) {
  if (kind == Kind::Nameless) {
    FileHandle file(::open(or_here(folder).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    // Without /proc it could never get a name.
    if (file.open() && ::access(by_descriptor(file.get()).c_str(), F_OK) == 0)
      return NewFile(std::move(file), {});
    if (!file.open() && (errno == EACCES || errno == ENOSPC || errno == EROFS || errno == EDQUOT ||
                         errno == ENOTDIR || errno == EMFILE))
      return cannot_make(errno, folder);
  }
  const Undisturbed whole_step;
  std::string name = temporary_name(folder);
  FileHandle file(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.open()) return cannot_make(errno, folder);
  watch(name);
  return NewFile(std::move(file), std::move(name));
}

NewFile::NewFile(NewFile&& other) noexcept
    : file_(std::move(other.file_)), temporary_(std::exchange(other.temporary_, {})) {}

NewFile::~NewFile() {
  if (temporary_.empty()) return;
  ::unlink(temporary_.c_str());
  unwatch();
}

fs::path NewFile::path() const {
  return temporary_.empty() ? fs::path(by_descriptor(file_.get())) : fs::path(temporary_);
}

// One that replaces another needs a name of its own first.
bool NewFile::give_temporary_name(const fs::path& folder) {
  if (!temporary_.empty()) return true;
  std::string name = temporary_name(folder);
  if (::linkat(AT_FDCWD, path().c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return false;
  temporary_ = std::move(name);
  return true;
}

Result<Done> NewFile::publish(const fs::path& name, Taken taken) {
  const auto wrong = [&name] {
    const int code = errno;
    const std::string writing = "writing " + in_quotes(name.string());
    if (code == EEXIST) return fail(Error::Kind::Exists, writing + ": it is there already");
    return system_failure(code, writing);
  };
  if (::fsync(file_.get()) != 0) return wrong();
  {
    const Undisturbed whole_step;
    if (taken == Taken::Replace) {
      if (!give_temporary_name(name.parent_path())) return wrong();
      if (::rename(temporary_.c_str(), name.c_str()) != 0) return wrong();
      temporary_.clear();
    } else {
      const int flags = temporary_.empty() ? AT_SYMLINK_FOLLOW : 0;
      if (::linkat(AT_FDCWD, path().c_str(), AT_FDCWD, name.c_str(), flags) != 0) return wrong();
      if (!temporary_.empty()) ::unlink(temporary_.c_str());
      temporary_.clear();
    }
    unwatch();
  }
  return sync_folder(name.parent_path());
}

Undisturbed::Undisturbed() {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : kEnding) sigaddset(&ending, signal);
  pthread_sigmask(SIG_BLOCK, &ending, &before_);
}

Undisturbed::~Undisturbed() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

fs::path nearest_folder(const fs::path& folder) {
  std::error_code code;
  fs::path there = fs::absolute(folder, code).lexically_normal();
  while (!fs::is_directory(there, code) && there != there.parent_path())
    there = there.parent_path();
  return there;
}

}  // namespace store
