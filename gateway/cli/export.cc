#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "conf/phrase.h"
#include "gateway/cli/client_print.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/text.h"
#include "gateway/cli/transfer.h"
#include "verify/crypto.h"

namespace gateway::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = 256u << 10;

// A file that takes the place of another when it is complete, and leaves nothing behind if it never
// is.
class Replacement {
 public:
  // Beside `path`, so that renaming it is one step.
  explicit Replacement(const fs::path& path)
      : path_(path), beside_(path.string() + "." + verify::random_name(8) + ".tmp") {
    fd_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  }
  ~Replacement() {
    if (fd_ < 0) return;
    ::close(fd_);
    ::unlink(beside_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  bool ok() const { return fd_ >= 0; }  // errno says why not

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::write(fd_, bytes.data(), bytes.size());
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool finish() {
    if (::fsync(fd_) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0) return false;
    ::close(fd_);
    fd_ = -1;
    return true;
  }

 private:
  fs::path path_;
  fs::path beside_;
  int fd_ = -1;
};

// Where lines go: a stream, or a file that is being made.
class Sink {
 public:
  Sink(std::ostream& out, Replacement* file) : out_(out), file_(file) {}
  ~Sink() { verify::wipe(buffer_.data(), buffer_.size()); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // False when nothing more can be written.
  bool line(const json::object& record) {
    buffer_ += json::serialize(record);
    buffer_ += '\n';
    ++lines_;
    return buffer_.size() < kBufferBytes || flush();
  }

  bool flush() {
    const bool done = file_ ? file_->write(buffer_)
                            : static_cast<bool>(out_.write(
                                  buffer_.data(), static_cast<std::streamsize>(buffer_.size())));
    buffer_.clear();
    return done;
  }

  std::uint64_t lines() const { return lines_; }

 private:
  std::ostream& out_;
  Replacement* file_;
  std::string buffer_;
  std::uint64_t lines_ = 0;
};

Failure<Problem> unwritable(const std::string& file) {
  return refused("can't write " + file + ": " + std::strerror(errno));
}

Outcome<Done> put_records(const Place& place, Sink& sink, const std::string& file) {
  auto reader = place.credentials->reader();
  if (!reader) return refused(reader.error());
  bool writable = true;
  const auto each = [&](const auto& record) {
    writable = sink.line(to_json(record, Secrets::Shown));
    return writable;
  };
  const auto done = reader->each_record(each, each, each);
  if (!done) return refused(done.error());
  if (!writable || !sink.flush()) return unwritable(file);
  return Done{};
}

}  // namespace

Outcome<Done> export_records(const Export& options, Console& console) {
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  if (!options.file || *options.file == "-") {
    Sink sink(console.out, nullptr);
    return put_records(*place, sink, "standard output");
  }
  const std::string shown = conf::quoted(*options.file);
  std::error_code unknown;
  if (fs::exists(*options.file, unknown) && !fs::is_regular_file(*options.file, unknown)) {
    return refused(shown + " is no regular file; without FILE, export prints");
  }
  Replacement file(*options.file);
  if (!file.ok()) return unwritable(shown);
  Sink sink(console.out, &file);
  if (auto done = put_records(*place, sink, shown); !done) return done;
  if (!file.finish()) return unwritable(shown);
  if (options.json) {
    print({{"file", *options.file}, {"records", sink.lines()}}, console.out);
  } else {
    console.out << "exported " << sink.lines() << (sink.lines() == 1 ? " record" : " records")
                << " to " << printable(*options.file) << "; it holds every secret, mode 0600\n";
  }
  return Done{};
}

Outcome<Done> backup(const Backup& options, Console& console) {
  auto place = open_place(options.where, Access::Read, console);
  if (!place) return place.failure();
  if (auto done = place->credentials->backup(options.folder); !done) return refused(done.error());
  if (options.json) {
    print({{"folder", options.folder}}, console.out);
  } else {
    console.out << "copied the store to " << printable(options.folder) << '\n';
  }
  return Done{};
}

}  // namespace gateway::cli
