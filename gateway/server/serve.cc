#include "gateway/server/serve.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include "gateway/auth/policy.h"
#include "gateway/log/floor_watch.h"
#include "gateway/server/reload.h"
#include "gateway/server/use_writer.h"
#include "store/map_role.h"
#include "store/served_map.h"

namespace gateway::server {
namespace {

constexpr std::chrono::milliseconds kHousekeeping{100};
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

// Only large bodies whose hash was signed need it, so the rest is served without.
void try_temporary_folder(const conf::Settings& settings, log::Log& log) {
  const int file = upstream::nameless_file(settings.store.temporary);
  const int error = errno;
  if (file >= 0) {
    ::close(file);
    return;
  }
  log.say(conf::LogLevel::Warn, "can't make files in store.temporary, " + settings.store.temporary +
                                    ": " + std::generic_category().message(error));
}

// Of a clock that nobody sets, and that runs on while the machine sleeps.
std::chrono::nanoseconds since_boot() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void note_larger_map(const conf::Store& settings, log::Log& log) {
  const auto has = store::served_map(std::filesystem::path(settings.path) / "credentials");
  if (has && *has > settings.map_size)
    log.say(conf::LogLevel::Warn, "the store holds more than store.map_size says, " +
                                      std::to_string(settings.map_size) +
                                      " bytes: it has a map of " + std::to_string(*has));
}

// Raises the ledger's mark ahead of time, so that no event loop has to wait for the disk. Only
// while requests come in, for a mark far ahead would refuse genuine requests after a power cut.
void keep_mark_ahead(store::Ledger& ledger, std::int64_t now, log::Log& log) {
  const bool traffic = ledger.highest_accepted() >= now - kMarkAhead;
  if (!traffic || ledger.mark() >= now + kMarkSlack) return;
  const store::Result<store::Done> raised = ledger.raise_mark(now + kMarkAhead);
  if (!raised) log.say(conf::LogLevel::Error, raised.error().sentence);
}

net::Task<void> keep_house(asio::io_context& context, store::Ledger& ledger, log::FloorWatch& watch,
                           const net::Clock& clock, log::Log& log) {
  net::Timer timer(context);
  for (;;) {
    timer.expires_after(kHousekeeping);
    auto [error] = co_await timer.async_wait(net::kAwait);
    if (error) co_return;
    keep_mark_ahead(ledger, clock.unix_seconds(), log);
    watch.look(since_boot());
  }
}

// Also after a rotation of the log, hence the new file.
net::Task<void> reload_on(asio::signal_set& hangup, const std::string& file,
                          std::shared_ptr<const exchange::RuntimeConfig> config, Server& server) {
  for (;;) {
    auto [error, number] = co_await hangup.async_wait(net::kAwait);
    if (error) co_return;
    config->log.reopen();
    config = reload(file, config, server);
  }
}

std::unique_ptr<store::Ledger> open_ledger(const conf::Settings& settings,
                                           const net::Clock& clock) {
  return must(
      store::Ledger::open({.path = settings.store.path,
                           .size = settings.store.ledger_size,
                           .window_past_s = auth::ledger_window(settings.oauth.window_past),
                           .window_future_s = auth::ledger_window(settings.oauth.window_future),
                           .client_share = settings.store.ledger_client_share},
                          clock.unix_seconds()));
}

void tell_address(const Server& server, log::Log& log) {
  const std::string ready = "listening on " + server.address() + '\n';
  if (::write(STDOUT_FILENO, ready.data(), ready.size()) < 0)  // nobody has to read it
    log.say(conf::LogLevel::Warn, "standard output can't be written");
}

void run(const conf::Settings& settings, const std::string& config_file) {
  refuse_what_is_not_in_effect(settings);
  allow_many_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow fails like one on a full disk

  store::set_map_role(store::MapRole::Served);

  net::SystemClock clock;
  log::Log log(settings.log);
  try_temporary_folder(settings, log);
  auto credentials = must(store::Credentials::open({.path = settings.store.path,
                                                    .map_size = settings.store.map_size,
                                                    .create = true,
                                                    .ledger_size = settings.store.ledger_size}));
  note_larger_map(settings.store, log);
  auto ledger = open_ledger(settings, clock);
  log::RefusalKeeper refusal_keeper(settings.store.path, settings.log.refusals, log,
                                    credentials.get());
  const std::unique_ptr<store::Usage> usage = open_usage(settings.store.path, log);
  auto sessions = must(store::Sessions::open(settings.store.path));
  if (auto noted = credentials->measure_passwords(); !noted)
    log.say(conf::LogLevel::Warn, "the cost of passwords is not noted: " + noted.error().sentence);
  exchange::Storage storage(*credentials, *sessions);
  auto config = std::make_shared<const exchange::RuntimeConfig>(settings, storage, *ledger, clock,
                                                                log, &refusal_keeper);
  Server server(config, usage.get());
  UseWriter use_writer(server, usage.get(), log);

  asio::io_context main_loop;
  asio::signal_set signals(main_loop, SIGTERM, SIGINT);
  signals.async_wait([&](const net::ErrorCode& error, int) {
    if (error) return;
    log.say(conf::LogLevel::Info, "draining");
    server.drain();
    main_loop.stop();
  });
  asio::signal_set hangup(main_loop, SIGHUP);
  asio::co_spawn(main_loop, reload_on(hangup, config_file, std::move(config), server),
                 asio::detached);
  log::FloorWatch watch(*ledger, clock, auth::ledger_window(settings.oauth.window_future), log);
  watch.look(since_boot());
  asio::co_spawn(main_loop, keep_house(main_loop, *ledger, watch, clock, log), asio::detached);

  asio::co_spawn(main_loop, use_writer.keep_writing(main_loop), asio::detached);

  server.start();
  tell_address(server, log);
  main_loop.run();
  server.join();
  storage.background.end();  // before the loops go that what it does would report to
  use_writer.write();
  must(ledger->close());
}

}  // namespace

int serve(const conf::Settings& settings, const std::string& config_file) {
  try {
    run(settings, config_file);
    return 0;
  } catch (const std::exception& fault) {
    std::cerr << "portcullis: " << fault.what() << '\n';
    return 1;
  }
}

}  // namespace gateway::server
