// portcullis-bench: a load generator that signs as it goes, with an upstream of its own. One
// thread.

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <exception>
#include <iostream>
#include <memory>

#include "bench/identities.h"
#include "bench/load.h"
#include "bench/net.h"
#include "bench/options.h"
#include "bench/process_cpu.h"
#include "bench/report.h"
#include "bench/request_writer.h"
#include "bench/upstream.h"
#include "store/standard_files.h"

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kProgressEvery = 250ms;
constexpr std::chrono::seconds kProbePatience{3};
constexpr int kFailed = 1;
constexpr int kUsage = 2;

volatile std::sig_atomic_t g_stop = 0;

void ask_to_stop(int) { g_stop = 1; }

int fail(const std::string& sentence, int status) {
  std::cerr << "portcullis-bench: " << sentence << '\n';
  return status;
}

bool bind_to_core(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  return ::sched_setaffinity(0, sizeof(cores), &cores) == 0;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Rewrites one line of the terminal while the run lasts; does nothing where nobody looks.
class Progress {
 public:
  explicit Progress(bool wanted) : wanted_(wanted && ::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (written_) std::cerr << "\r\033[K";
  }
  void update(const bench::Outcome& outcome) {
    if (!wanted_) return;
    const auto now = bench::Clock::now();
    if (now - last_ < kProgressEvery) return;
    std::cerr << '\r'
              << bench::progress_line(outcome, now - start_, outcome.requests - counted_,
                                      now - last_)
              << "\033[K" << std::flush;
    last_ = now;
    counted_ = outcome.requests;
    written_ = true;
  }

 private:
  bool wanted_;
  bool written_ = false;
  bench::Clock::time_point start_ = bench::Clock::now(), last_ = start_;
  std::uint64_t counted_ = 0;
};

int serve_upstream(bench::Poller& poller, const bench::Upstream& upstream) {
  std::cout << "listening on 127.0.0.1:" << upstream.port() << std::endl;
  while (g_stop == 0) poller.wait(100ms);
  return 0;
}

int run_load(bench::Options& options, bench::Poller& poller) {
  auto target = bench::read_target(options.url);
  if (!target) return fail(target.error(), kUsage);
  if (!target->is_loopback && !options.allow_remote) {
    return fail(target->authority + " is not this machine: --allow-remote permits it", kUsage);
  }
  std::vector<bench::Identity> identities;
  if (!options.keys.empty()) {
    auto read = bench::read_identities(options.keys);
    if (!read) return fail(read.error(), kFailed);
    identities = *std::move(read);
  }
  auto writer = bench::RequestWriter::make(target->authority, target->path, identities);
  if (!writer) return fail(writer.error(), kFailed);
  if (options.cpu_of) {
    options.load.cpu_of = bench::process_tree(*options.cpu_of);
    if (options.load.cpu_of.empty()) {
      return fail("there is no process " + std::to_string(*options.cpu_of), kFailed);
    }
  }
  const auto reachable = bench::probe(*target, kProbePatience);
  if (!reachable) return fail(reachable.error(), kFailed);

  bench::Load load(poller, *writer, *target, options.load);
  {
    Progress progress(!options.json);
    while (!load.done()) {
      poller.wait(load.tick());
      progress.update(load.outcome());
      if (g_stop != 0) load.stop();
    }
  }
  const bench::Outcome& outcome = load.outcome();
  std::cout << (options.json ? bench::to_json(outcome) : bench::to_table(outcome));
  return outcome.failed == 0 && outcome.requests > 0 ? 0 : kFailed;
}

int run(bench::Options& options) {
  if (!options.make_keys.empty()) {
    const auto made = bench::write_keys(options.make_keys, options.clients, options.tokens);
    return made ? 0 : fail(made.error(), kFailed);
  }
  if (options.cpu && !bind_to_core(*options.cpu)) {
    return fail("can't run on core " + std::to_string(*options.cpu) + ": " + std::strerror(errno),
                kFailed);
  }
  raise_descriptor_limit();
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  bench::Poller poller(options.spin);
  std::unique_ptr<bench::Upstream> upstream;
  if (options.upstream_port) {
    upstream = std::make_unique<bench::Upstream>(poller, *options.upstream_port);
  }
  return options.url.empty() ? serve_upstream(poller, *upstream) : run_load(options, poller);
}

}  // namespace

int main(int argc, char** argv) {
  if (!store::open_standard_files()) return kFailed;
  try {
    auto options = bench::read_options(argc, argv);
    if (const int* status = std::get_if<int>(&options)) return *status;
    return run(std::get<bench::Options>(options));
  } catch (const std::exception& error) {
    return fail(error.what(), kFailed);
  }
}
