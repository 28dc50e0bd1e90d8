#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "conf/quoting.h"
#include "gateway/cli/client_print.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/text.h"
#include "gateway/cli/transfer.h"
#include "store/new_file.h"
#include "verify/crypto.h"

namespace gateway::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = 256u << 10;

// 0, or why the bytes can't be written.
int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(file, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return sent < 0 ? errno : ENOSPC;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return 0;
}

// Where lines go: a stream, or a file that is being made.
class Sink {
 public:
  Sink(std::ostream& out, store::NewFile* file) : out_(out), file_(file) {}
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
    bool done = false;
    if (file_ == nullptr) {
      done = static_cast<bool>(
          out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size())));
    } else {
      const int error = write_all(file_->get(), buffer_);
      done = error == 0;
      errno = error;
    }
    buffer_.clear();
    return done;
  }

  std::uint64_t lines() const { return lines_; }

 private:
  std::ostream& out_;
  store::NewFile* file_;
  std::string buffer_;
  std::uint64_t lines_ = 0;
};

Failure<Error> unwritable(const std::string& file) {
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
    auto done = put_records(*place, sink, "standard output");
    if (!console.out) return Done{};  // run() tells of an output that was not written
    return done;
  }
  const std::string shown = conf::quoted(*options.file);
  std::error_code unknown;
  if (fs::exists(*options.file, unknown) && !fs::is_regular_file(*options.file, unknown)) {
    return refused(shown + " is no regular file; without FILE, export prints");
  }
  auto file = store::NewFile::make(fs::path(*options.file).parent_path());
  if (!file) return refused(file.error());
  Sink sink(console.out, &*file);
  if (auto done = put_records(*place, sink, shown); !done) return done;
  const auto published = file->publish(*options.file, store::NewFile::Taken::Replace);
  if (!published) return refused(published.error());
  console.may_have_changed = true;
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
  console.may_have_changed = true;
  if (options.json) {
    print({{"folder", options.folder}}, console.out);
  } else {
    console.out << "copied the store to " << printable(options.folder) << '\n';
  }
  return Done{};
}

}  // namespace gateway::cli
