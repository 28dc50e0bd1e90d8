#include "gateway/cli/run.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string_view>
#include <utility>

#include "gateway/cli/commands.h"
#include "gateway/cli/text.h"
#include "gateway/cli/version.h"
#include "store/map_role.h"

namespace gateway::cli {
namespace {

constexpr const char* kExamples =
    "portcullis client add --store /var/lib/portcullis --name \"Mobile app\" --realm email\n"
    "portcullis check --config /etc/portcullis.toml\n"
    "portcullis serve --config /etc/portcullis.toml\n"
    "portcullis token issue --help";

Outcome<Done> parse_and_run(const std::vector<std::string>& arguments, const World& world) {
  Parser parser("An OAuth 1.0a gatekeeper in front of HTTP APIs.", version(), kExamples);
  declare_gateway(parser.root(), world);
  declare_client(parser.root(), world);
  declare_user(parser.root(), world);
  declare_token(parser.root(), world);
  declare_sign(parser.root(), world);
  declare_explain(parser.root(), world);
  declare_transfer(parser.root(), world);
  const auto action = parser.parse(arguments, world.console.out);
  if (!action) return action.failure();
  return (*action)();
}

// Whether whoever read the output has enough of it, as `head` has.
bool is_closed_pipe(int file) {
  pollfd one{.fd = file, .events = POLLOUT, .revents = 0};
  return file >= 0 && ::poll(&one, 1, 0) == 1 && (one.revents & POLLERR) != 0;
}

// A file that is cut while it is in use ends whoever reads what is missing. Then it says so, and
// ends as the signal would.
extern "C" void say_that_a_file_was_cut(int) {
  constexpr std::string_view kSentence =
      "portcullis: a file of the store was cut, or its disk failed, while it was in use: stop what "
      "else uses it, and put back a backup\n";
  if (::write(STDERR_FILENO, kSentence.data(), kSentence.size()) < 0) return;
}

void prepare_for_faults() {
  struct sigaction once {};
  once.sa_handler = say_that_a_file_was_cut;
  once.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGBUS, &once, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow fails like one on a full disk
  std::signal(SIGPIPE, SIG_IGN);  // and so does a pipe that nobody reads
}

}  // namespace

int run(const std::vector<std::string>& arguments, World world) {
  std::ostream& err = world.console.err;
  try {
    const auto done = parse_and_run(arguments, world);
    if (!done) {
      if (!done.error().sentence.empty()) err << "portcullis: " << done.error().sentence << '\n';
      world.console.out.flush();
      return done.error().exit_code;
    }
    if (world.console.out.flush()) return 0;
    if (world.console.may_have_changed) {
      err << "portcullis: standard output can't be written; what was changed stays changed\n";
    } else if (!is_closed_pipe(world.console.out_file)) {
      err << "portcullis: standard output can't be written\n";
    }
  } catch (const std::exception& fault) {
    err << "portcullis: " << printable(fault.what()) << '\n';
  }
  return kRefused;
}

int run(int argc, char** argv, const Serve& serve) {
  prepare_for_faults();
  store::set_map_role(store::MapRole::Following);
  Console console = standard_console();
  const net::SystemClock clock;
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return run(arguments, World{console, clock, serve});
}

}  // namespace gateway::cli
