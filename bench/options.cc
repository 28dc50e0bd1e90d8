#include "bench/options.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

namespace bench {

namespace {

constexpr double kDefaultSeconds = 10;
constexpr double kLongestSeconds = 86'400;
constexpr int kUsage = 2;

struct Flags {
  Options options;
  bool is_unsigned = false;
  double seconds = 0;
  int timeout_seconds = 10;
};

void declare(CLI::App& app, Flags& flags) {
  Options& o = flags.options;
  LoadSettings& load = o.load;
  app.add_option("URL", o.url, "http://ADDRESS[:PORT]/path?query that every request asks for");
  app.add_option("--keys", o.keys, "sign with the clients and tokens of this file (JSON lines)");
  app.add_flag("--unsigned", flags.is_unsigned, "send requests without credentials");
  app.add_option("-c,--connections", load.connections, "connections")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("-n,--requests", load.requests, "requests to measure")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}));
  app.add_option("-d,--duration", flags.seconds,
                 "seconds to measure (default 10 without --requests)")
      ->check(CLI::Range(0.001, kLongestSeconds));
  app.add_option("--rate", load.rate, "open loop: requests per second, on time whatever comes back")
      ->check(CLI::Range(0.001, 1e7));
  app.add_option("--warmup", load.warmup, "requests sent first and not measured")
      ->check(CLI::Range(0, 1'000'000'000));
  app.add_option("--timeout", flags.timeout_seconds, "seconds until a response is given up")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--expect", load.expected_status, "the status that is not a failure")
      ->check(CLI::Range(200, 599))
      ->capture_default_str();
  app.add_option("--cpu-of", o.cpu_of, "measure the CPU time of this process and its descendants")
      ->check(CLI::Range(1, 4'194'304));
  app.add_flag("--spin", o.spin, "poll without ever sleeping, so that nobody pays for wake-ups");
  app.add_option("--cpu", o.cpu, "run on this core alone")->check(CLI::Range(0, 1023));
  app.add_option("--upstream-port", o.upstream_port,
                 "also serve a small upstream on 127.0.0.1; without URL, serve it until stopped")
      ->check(CLI::Range(1, 65'535));
  app.add_flag("--json", o.json, "print one JSON object instead of a table");
  app.add_flag("--allow-remote", o.allow_remote,
               "let URL be an address other than this machine's own");
  app.add_option("--make-keys", o.make_keys, "write a file of random identities, and end")
      ->excludes("URL");
  app.add_option("--clients", o.clients, "how many clients --make-keys makes")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--tokens", o.tokens, "how many tokens each client gets")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
}

// What the parser itself can't see. Empty: all is well.
std::string mistake(const Flags& flags) {
  const Options& o = flags.options;
  if (!o.make_keys.empty()) return {};
  if (o.url.empty()) return o.upstream_port ? "" : "URL, --upstream-port or --make-keys is needed";
  if (o.keys.empty() != flags.is_unsigned) return "either --keys FILE or --unsigned is needed";
  if (o.load.requests != 0 && flags.seconds != 0) {
    return "--requests and --duration exclude each other";
  }
  return {};
}

}  // namespace

std::variant<Options, int> read_options(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "Loads an HTTP server with requests that are each signed anew (OAuth 1.0a, HMAC-SHA1)",
      "portcullis-bench");
  declare(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (const std::string wrong = mistake(flags); !wrong.empty()) {
    std::cerr << "portcullis-bench: " << wrong << '\n';
    return kUsage;
  }
  if (flags.options.load.requests == 0 && flags.seconds == 0) flags.seconds = kDefaultSeconds;
  flags.options.load.duration = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(flags.seconds));
  flags.options.load.timeout = std::chrono::seconds(flags.timeout_seconds);
  return flags.options;
}

}  // namespace bench
