#include "gateway/serve.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include "gateway/server.h"

namespace gateway {
namespace {

constexpr std::chrono::seconds kHousekeeping{1};
constexpr std::int64_t kMarkAhead =
    5;  // seconds the ledger's mark is kept ahead of the clock while there is traffic
constexpr std::int64_t kMarkSlack = 2;

void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

template <class T>
T must(store::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().sentence);
  return std::move(*result);
}

void refuse_what_is_not_in_effect(const conf::Settings& settings) {
  for (const conf::Upstream& upstream : settings.upstreams) {
    for (const conf::Url& server : upstream.servers) {
      if (server.scheme == "https") {
        throw std::runtime_error("upstream " + upstream.name +
                                 ": https servers are not yet in effect");
      }
    }
  }
}

// Only large bodies whose hash was signed need it, so the rest is served without.
void try_temporary_folder(const conf::Settings& settings, Log& log) {
  const int file = nameless_file(settings.store.temporary);
  const int error = errno;
  if (file >= 0) {
    ::close(file);
    return;
  }
  log.say(conf::LogLevel::Warn, "can't make files in store.temporary, " + settings.store.temporary +
                                    ": " + std::generic_category().message(error));
}

// Raises the ledger's mark ahead of time, so that no event loop has to wait for the disk. Only
// while requests come in, for a mark far ahead would refuse genuine requests after a power cut.
Task<void> keep_mark_ahead(asio::io_context& context, store::Ledger& ledger, const Clock& clock,
                           Log& log) {
  Timer timer(context);
  for (;;) {
    timer.expires_after(kHousekeeping);
    auto [error] = co_await timer.async_wait(kAwait);
    if (error) co_return;
    std::int64_t now = clock.unix_seconds();
    bool traffic = ledger.highest_accepted() >= now - kMarkAhead;
    if (!traffic || ledger.mark() >= now + kMarkSlack) continue;
    store::Result<store::Done> raised = ledger.raise_mark(now + kMarkAhead);
    if (!raised) log.say(conf::LogLevel::Error, raised.error().sentence);
  }
}

// After a rotation of the log. The configuration stays the one read at the start.
Task<void> reopen_log_on_hangup(asio::io_context& context, Log& log) {
  asio::signal_set hangup(context, SIGHUP);
  for (;;) {
    auto [error, number] = co_await hangup.async_wait(kAwait);
    if (error) co_return;
    log.reopen();
    log.say(conf::LogLevel::Info, "log reopened; a changed configuration takes a restart");
  }
}

void run(const conf::Settings& settings) {
  refuse_what_is_not_in_effect(settings);
  allow_many_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow fails like one on a full disk

  SystemClock clock;
  Log log(settings.log);
  try_temporary_folder(settings, log);
  auto credentials = must(store::Credentials::open({.path = settings.store.path,
                                                    .map_size = settings.store.map_size,
                                                    .create = true,
                                                    .ledger_size = settings.store.ledger_size}));
  auto ledger = must(store::Ledger::open(
      {.path = settings.store.path,
       .size = settings.store.ledger_size,
       .window_past_s = std::chrono::ceil<std::chrono::seconds>(settings.oauth.window_past).count(),
       .window_future_s =
           std::chrono::ceil<std::chrono::seconds>(settings.oauth.window_future).count()},
      clock.unix_seconds()));
  RefusalKeeper refusal_keeper(settings.store.path, settings.log.refusals, log);
  Server server(
      std::make_shared<const Gate>(settings, *credentials, *ledger, clock, log, &refusal_keeper));

  asio::io_context main_loop;
  asio::signal_set signals(main_loop, SIGTERM, SIGINT);
  signals.async_wait([&](const ErrorCode& error, int) {
    if (error) return;
    log.say(conf::LogLevel::Info, "draining");
    server.drain();
    main_loop.stop();
  });
  asio::co_spawn(main_loop, reopen_log_on_hangup(main_loop, log), asio::detached);
  asio::co_spawn(main_loop, keep_mark_ahead(main_loop, *ledger, clock, log), asio::detached);

  server.start();
  std::cout << "listening on " << server.address() << std::endl;
  main_loop.run();
  server.join();
  must(ledger->close());
}

}  // namespace

int serve(const conf::Settings& settings, const std::string&) {
  try {
    run(settings);
    return 0;
  } catch (const std::exception& fault) {
    std::cerr << "portcullis: " << fault.what() << '\n';
    return 1;
  }
}

}  // namespace gateway
