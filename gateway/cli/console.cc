#include "gateway/cli/console.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>

#include "conf/quoting.h"
#include "conf/text_file.h"
#include "verify/crypto.h"

namespace gateway::cli {
namespace {

constexpr std::size_t kLongestSecret = 64u << 10;
constexpr std::size_t kLongestFile = 1u << 20;

termios echoing;  // how the terminal was before a Silence

extern "C" void restore_echo(int signal) {
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &echoing);
  raise(signal);  // which does now what it did before
}

// Switches the terminal's echo off for as long as it lives, and no longer than the process lives.
// One at a time.
class Silence {
 public:
  Silence() : changed_(tcgetattr(STDIN_FILENO, &echoing) == 0) {
    if (!changed_) return;
    struct sigaction restore {};
    restore.sa_handler = restore_echo;
    restore.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], &restore, &handlers_[i]);
    }
    termios quiet = echoing;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~Silence() {
    if (!changed_) return;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &echoing);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], &handlers_[i], nullptr);
    }
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  inline static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::array<struct sigaction, kSignals.size()> handlers_{};
  bool changed_ = false;
};

void cut_line_end(std::string& bytes) {
  if (bytes.ends_with('\n')) bytes.pop_back();
  if (bytes.ends_with('\r')) bytes.pop_back();
}

// Up to `most` bytes; false if there were more. `out` never moves, so that no copy of a secret
// stays behind.
bool read_up_to(std::istream& in, std::string& out, std::size_t most) {
  out.resize(most + 1);
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(in.gcount()));
  return out.size() <= most;
}

// Its text without byte order mark and the line end of an editor.
Outcome<verify::Secret> as_secret(std::string& bytes, const std::string& source) {
  const std::string_view other = conf::other_encoding(bytes);
  cut_line_end(bytes);
  verify::Secret secret{std::string_view(bytes).substr(conf::mark_size(bytes))};
  verify::wipe(bytes.data(), bytes.size());
  if (!other.empty()) return refused(source + ' ' + std::string(other));
  return secret;
}

Outcome<verify::Secret> ask(Console& console, std::string_view prompt) {
  console.err << prompt << ": " << std::flush;
  std::string line;
  line.reserve(kLongestSecret);
  bool got = false;
  {
    const Silence silence;
    got = static_cast<bool>(std::getline(console.in, line));
  }
  console.err << '\n';
  if (!got) return refused("nothing was typed");
  if (line.size() > kLongestSecret) return refused("what was typed is longer than 64 KiB");
  return as_secret(line, "what was typed");
}

}  // namespace

Console standard_console() {
  std::ios::sync_with_stdio(false);  // so that standard input tells its errors, and is fast
  return {std::cin,     std::cout, std::cerr, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1,
          STDOUT_FILENO};
}

void note(Console& console, std::string_view sentence) {
  console.err << "portcullis: note: " << sentence << '\n';
}

Outcome<verify::Secret> read_secret_input(Console& console, std::string_view prompt) {
  if (console.in_is_terminal) return ask(console, prompt);
  std::string bytes;
  const bool fits = read_up_to(console.in, bytes, kLongestSecret);
  if (console.in.bad()) return refused("standard input can't be read");
  if (!fits) {
    return refused("what standard input gives is longer than 64 KiB: not a secret");
  }
  return as_secret(bytes, "standard input");
}

Outcome<verify::Secret> read_new_password(Console& console) {
  auto password = read_secret_input(console, "New password");
  if (!password) return password.failure();
  if (password->empty()) return refused("the password is empty: give one on standard input");
  if (!console.in_is_terminal) return password;
  const auto again = read_secret_input(console, "Again");
  if (!again) return again.failure();
  if (!(*again == *password)) return refused("the two passwords differ: nothing was changed");
  return password;
}

Outcome<std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string bytes;
  const bool fits = !in || read_up_to(in, bytes, kLongestFile);
  if (!in.is_open() || in.bad()) {
    return refused("can't read " + conf::quoted(path) + ": " +
                   (errno != 0 ? std::strerror(errno) : "no reason given"));
  }
  if (!fits) return refused(conf::quoted(path) + " is longer than 1 MiB");
  return bytes;
}

Outcome<std::string> read_text(const std::string& path, Console& console) {
  const bool piped = path == "-";
  auto text = piped ? read_input(console) : read_file(path);
  if (!text) return text;
  const std::string_view other = conf::to_text(*text);
  if (other.empty()) return text;
  return refused((piped ? "standard input" : conf::quoted(path)) + ' ' + std::string(other));
}

Outcome<std::string> read_input(Console& console) {
  std::string bytes;
  const bool fits = read_up_to(console.in, bytes, kLongestFile);
  if (console.in.bad()) return refused("standard input can't be read");
  if (!fits) return refused("standard input is longer than 1 MiB");
  return bytes;
}

Outcome<verify::Secret> read_secret(std::string_view given, std::string_view option,
                                    Console& console) {
  if (given == "-") return read_secret_input(console, "Value of " + std::string(option));
  if (!given.starts_with('@')) return verify::Secret(given);
  const std::string file(given.substr(1));
  auto bytes = read_file(file);
  if (!bytes) return bytes.failure();
  return as_secret(*bytes, conf::quoted(file));
}

Outcome<std::string> read_data(std::string_view given) {
  if (!given.starts_with('@')) return std::string(given);
  auto bytes = read_file(std::string(given.substr(1)));
  if (bytes) cut_line_end(*bytes);
  return bytes;
}

}  // namespace gateway::cli
