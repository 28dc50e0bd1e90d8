#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

#include "conf/quoting.h"
#include "conf/text_file.h"
#include "gateway/cli/client_print.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/text.h"
#include "gateway/cli/transfer.h"
#include "gateway/cli/user.h"
#include "store/new_file.h"
#include "verify/crypto.h"

namespace gateway::cli {
namespace {

namespace fs = std::filesystem;

using Change = store::Credentials::Change;

constexpr std::uint64_t kProgressStep = 10'000;  // lines

struct Counts {
  std::uint64_t clients = 0, users = 0, tokens = 0;
};

// What was put, and whose sessions end for it.
struct Imported {
  Counts counts;
  std::vector<std::string> changed_users;
};

std::string many(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

// What one import is told and tells.
struct Job {
  const Import& options;
  Console& console;
  std::string file;  // as it is shown
  int min_rsa_bits;
};

class Progress {
 public:
  explicit Progress(const Job& job)
      : wanted_(job.options.progress || job.console.err_is_terminal), console_(job.console) {}
  ~Progress() {  // before anything else is said
    if (shown_ && console_.err_is_terminal) console_.err << '\n';
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void line(std::uint64_t number, const std::string& what) {
    if (!wanted_ || number % kProgressStep != 0) return;
    shown_ = true;
    console_.err << (console_.err_is_terminal ? "\r" : "") << number << ' ' << what
                 << (console_.err_is_terminal ? "" : "\n") << std::flush;
  }

 private:
  bool wanted_;
  bool shown_ = false;
  Console& console_;
};

// Checked lines on their way into the store, in a file beside it that has no name any more: nobody
// else can read it, and it goes with the process.
class Stage {
 public:
  bool open(const fs::path& folder) {
    const auto made = store::NewFile::make(folder);
    if (!made) return false;
    file_.open(made->path(), std::ios::binary | std::ios::in | std::ios::out);
    return file_.is_open();
  }
  bool add(std::string_view line) {
    file_.write(line.data(), static_cast<std::streamsize>(line.size())).put('\n');
    return static_cast<bool>(file_);
  }
  // Why one of the others failed, as a sentence.
  std::string failure() const {
    return "a temporary file beside the store can't be written: " +
           std::string(std::strerror(errno));
  }
  // From the first line on; null if what was added can't be written.
  std::istream* read() {
    if (!file_.flush() || !file_.seekg(0)) return nullptr;
    return &file_;
  }

 private:
  std::fstream file_;
};

// The lines of an input, one after the other, up to the end or the first that is wrong. `each`
// returns what is wrong with a line. Returns how many they are.
template <class Each>
Outcome<std::uint64_t> each_line(std::istream& in, const Job& job, const std::string& done,
                                 Each each) {
  Progress progress(job);
  LineReader lines(in);
  for (;;) {
    const LineReader::Got got = lines.next();
    if (got == LineReader::Got::End) return lines.number() - 1;
    std::optional<std::string> wrong;
    if (got == LineReader::Got::Broken) {
      wrong = "can't be read";
    } else if (got == LineReader::Got::TooLong) {
      wrong = "the line is longer than 1 MiB";
    } else if (const auto other = conf::other_encoding(lines.line()); !other.empty()) {
      wrong = "the text " + std::string(other);
    } else {
      wrong = each(lines.line());
    }
    if (wrong) {
      return refused(job.file + ':' + std::to_string(lines.number()) + ": " + *wrong +
                     "; nothing was imported");
    }
    progress.line(lines.number(), done);
  }
}

// A line as it goes on: the same, but a password is hashed. Otherwise what is wrong with it.
verify::Result<std::string, std::string> checked(std::string_view line, int min_rsa_bits) {
  if (is_blank(line)) return std::string();
  const auto record = read_record(line, min_rsa_bits);
  if (!record) return record.failure();
  if (const auto* user = std::get_if<store::User>(&*record)) {
    return json::serialize(to_json(*user, Secrets::Shown));
  }
  return std::string(line);
}

// Checks all lines, as far as that goes without what the store holds, and keeps them: however
// slowly they come, and however long it takes to hash passwords, no other writer waits.
Outcome<std::uint64_t> check_lines(std::istream& in, const Job& job, Stage& stage) {
  return each_line(in, job, "lines checked",
                   [&](std::string_view line) -> std::optional<std::string> {
                     const auto good = checked(line, job.min_rsa_bits);
                     if (!good) return good.error();
                     if (!stage.add(*good)) return stage.failure();
                     return std::nullopt;
                   });
}

// Whether a user has another password than before, or may no longer sign in: what `user passwd` and
// `user disable` do. A password that is given as such counts as another one.
bool ends_sessions(const store::User& user, Change& change) {
  const auto before = change.user(user.name);
  if (!before) return false;
  return before->password_hash != user.password_hash || (before->enabled && !user.enabled);
}

Outcome<Imported> put_lines(std::istream& in, const Job& job, std::uint64_t total, Change& change) {
  const auto mode = job.options.replace ? Change::Mode::Replace : Change::Mode::Insert;
  Imported out;
  Counts& counts = out.counts;
  const auto put = [&](std::string_view line) -> std::optional<std::string> {
    if (line.empty()) return std::nullopt;
    const auto record = read_record(line, job.min_rsa_bits);
    if (!record) return record.error();
    const auto* user = std::get_if<store::User>(&*record);
    if (job.options.replace && user != nullptr && ends_sessions(*user, change)) {
      out.changed_users.push_back(user->name);
    }
    const auto done = std::visit([&](const auto& one) { return change.put(one, mode); }, *record);
    if (!done) return done.error().sentence;
    if (std::holds_alternative<store::Client>(*record)) ++counts.clients;
    if (user != nullptr) ++counts.users;
    if (std::holds_alternative<store::Token>(*record)) ++counts.tokens;
    return std::nullopt;
  };
  const auto done = each_line(in, job, "of " + std::to_string(total) + " lines stored", put);
  if (!done) return done.failure();
  return out;
}

void tell(const Counts& counts, std::uint64_t sessions, const Job& job) {
  std::ostream& out = job.console.out;
  if (job.options.json) {
    print({{"clients", counts.clients},
           {"users", counts.users},
           {"tokens", counts.tokens},
           {"sessions", sessions}},
          out);
    return;
  }
  out << "imported " << many(counts.clients, "client") << ", " << many(counts.users, "user")
      << " and " << many(counts.tokens, "token");
  if (sessions > 0) out << ", and ended " << many(sessions, "session");
  out << '\n';
}

}  // namespace

LineReader::Got LineReader::next() {
  ++number_;
  in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  const auto got = static_cast<std::size_t>(in_.gcount());
  if (in_.bad()) return Got::Broken;
  if (in_.eof()) {
    line_ = std::string_view(buffer_).substr(0, got);
    cut_mark();
    return got == 0 ? Got::End : Got::Line;
  }
  if (in_.fail()) return Got::TooLong;  // the buffer was full before the line end came
  line_ = std::string_view(buffer_).substr(0, got - 1);
  cut_mark();
  return Got::Line;
}

// Of each line: files that were put together have one in their midst.
void LineReader::cut_mark() { line_.remove_prefix(conf::mark_size(line_)); }

Outcome<Done> import_records(const Import& options, Console& console) {
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file, std::ios::binary);
    if (!file)
      return refused("can't read " + conf::quoted(options.file) +
                     ": no such file, or no "
                     "permission");
  }
  const auto bits = least_rsa_bits(options.where, options.rsa_min_bits, console);
  if (!bits) return bits.failure();
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  const bool piped = options.file == "-";
  const Job job{options, console, piped ? "standard input" : printable(options.file), *bits};
  Stage stage;
  if (!stage.open(place->folder)) return refused(stage.failure());
  const auto lines = check_lines(piped ? console.in : file, job, stage);
  if (!lines) return lines.failure();
  std::istream* const staged = stage.read();
  if (staged == nullptr) return refused(stage.failure());
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  const auto imported = put_lines(*staged, job, *lines, *change);
  if (!imported) return imported.failure();
  if (auto done = change->commit(); !done) return refused(done.error());
  const auto sessions = end_sessions(*place, imported->changed_users);
  tell(imported->counts, sessions ? *sessions : 0, job);
  if (!sessions) return sessions.failure();
  return Done{};
}

}  // namespace gateway::cli
