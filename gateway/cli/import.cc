#include <fstream>
#include <iostream>
#include <utility>

#include "conf/phrase.h"
#include "gateway/cli/client_print.h"
#include "gateway/cli/record_json.h"
#include "gateway/cli/text.h"
#include "gateway/cli/transfer.h"

namespace gateway::cli {
namespace {

using Change = store::Credentials::Change;

constexpr std::uint64_t kProgressStep = 10'000;  // lines

struct Counts {
  std::uint64_t clients = 0, users = 0, tokens = 0;
};

std::string many(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

// Puts one line into the store; what is wrong with it otherwise.
std::optional<std::string> put_line(std::string_view line, Change& change, Change::Mode mode,
                                    Counts& counts) {
  const auto record = read_record(line);
  if (!record) return record.error();
  const auto done = std::visit([&](const auto& one) { return change.put(one, mode); }, *record);
  if (!done) return done.error().sentence;
  if (std::holds_alternative<store::Client>(*record)) ++counts.clients;
  if (std::holds_alternative<store::User>(*record)) ++counts.users;
  if (std::holds_alternative<store::Token>(*record)) ++counts.tokens;
  return std::nullopt;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

class Progress {
 public:
  Progress(const Import& options, Console& console)
      : wanted_(options.progress || console.err_is_terminal), console_(console) {}

  void line(std::uint64_t number) {
    if (!wanted_ || number % kProgressStep != 0) return;
    shown_ = true;
    console_.err << (console_.err_is_terminal ? "\r" : "") << number << " lines"
                 << (console_.err_is_terminal ? "" : "\n") << std::flush;
  }
  // Before anything else is said.
  void end() {
    if (shown_ && console_.err_is_terminal) console_.err << '\n';
    shown_ = false;
  }

 private:
  bool wanted_;
  bool shown_ = false;
  Console& console_;
};

Outcome<Counts> put_lines(std::istream& in, const Import& options, Change& change,
                          Console& console) {
  const auto mode = options.replace ? Change::Mode::Replace : Change::Mode::Insert;
  const std::string file = options.file == "-" ? "standard input" : printable(options.file);
  Counts counts;
  Progress progress(options, console);
  LineReader lines(in);
  for (;;) {
    const LineReader::Got got = lines.next();
    std::optional<std::string> wrong;
    if (got == LineReader::Got::End) break;
    if (got == LineReader::Got::Broken) {
      wrong = "can't be read";
    } else if (got == LineReader::Got::TooLong) {
      wrong = "the line is longer than 1 MiB";
    } else if (!is_blank(lines.line())) {
      wrong = put_line(lines.line(), change, mode, counts);
    }
    if (wrong) {
      progress.end();
      return refused(file + ':' + std::to_string(lines.number()) + ": " + *wrong +
                     "; nothing was imported");
    }
    progress.line(lines.number());
  }
  progress.end();
  return counts;
}

}  // namespace

LineReader::Got LineReader::next() {
  ++number_;
  in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  const auto got = static_cast<std::size_t>(in_.gcount());
  if (in_.bad()) return Got::Broken;
  if (in_.eof()) {
    line_ = std::string_view(buffer_).substr(0, got);
    return got == 0 ? Got::End : Got::Line;
  }
  if (in_.fail()) return Got::TooLong;  // the buffer was full before the line end came
  line_ = std::string_view(buffer_).substr(0, got - 1);
  return Got::Line;
}

Outcome<Done> import_records(const Import& options, Console& console) {
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file, std::ios::binary);
    if (!file)
      return refused("can't read " + conf::quoted(options.file) +
                     ": no such file, or no "
                     "permission");
  }
  auto place = open_place(options.where, Access::Write, console);
  if (!place) return place.failure();
  auto change = place->credentials->begin();
  if (!change) return refused(change.error());
  const auto counts = put_lines(options.file == "-" ? console.in : file, options, *change, console);
  if (!counts) return counts.failure();
  if (auto done = change->commit(); !done) return refused(done.error());
  if (options.json) {
    print({{"clients", counts->clients}, {"users", counts->users}, {"tokens", counts->tokens}},
          console.out);
  } else {
    console.out << "imported " << many(counts->clients, "client") << ", "
                << many(counts->users, "user") << " and " << many(counts->tokens, "token") << '\n';
  }
  return Done{};
}

}  // namespace gateway::cli
