#include "gateway/server/server.h"

#include <sys/socket.h>

#include <stdexcept>
#include <utility>

#include "gateway/server/session.h"

namespace gateway::server {
namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
constexpr int kBacklog = 4096;
constexpr std::chrono::milliseconds kAcceptPause{100};  // when the process has no descriptor left
// Lines of a thread about connections that are turned away. Those beyond are counted and told
// together, so that a flood of them, which costs who sends it nothing, doesn't fill the log.
constexpr unsigned kTurnedAwayLines = 10;
constexpr std::chrono::seconds kTurnedAwayIn{1};

net::Acceptor listen_on(asio::io_context& context, const net::Tcp::endpoint& endpoint,
                        bool shared) {
  net::Acceptor acceptor(context);
  net::ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && shared) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (!error) acceptor.non_blocking(true, error);
  if (!error) return acceptor;
  throw std::runtime_error("can't listen on " + endpoint.address().to_string() + ":" +
                           std::to_string(endpoint.port()) + ": " + error.message());
}

std::string to_text(const net::Tcp::endpoint& endpoint) {
  std::string host = endpoint.address().to_string();
  if (endpoint.address().is_v6()) host = "[" + host + "]";
  return host + ":" + std::to_string(endpoint.port());
}

// Whatever a session throws is a bug or a lack of memory; it ends that connection alone.
void report(log::Log& log, std::exception_ptr fault) {
  if (!fault) return;
  try {
    std::rethrow_exception(fault);
  } catch (const std::exception& error) {
    log.say(conf::LogLevel::Error,
            std::string("a connection was ended by a fault: ") + error.what());
  }
}

}  // namespace

struct Server::ListenerThread {
  ListenerThread(std::shared_ptr<const exchange::RuntimeConfig> config,
                 exchange::ProcessState& process, store::Credentials::Reader reader,
                 unsigned number, const net::Tcp::endpoint& endpoint)
      : worker(std::move(config), process, std::move(reader), number),
        acceptor(listen_on(worker.context(), endpoint, true)) {}

  using Admission = exchange::Worker::Admission;
  void admit(net::Socket socket, const net::Tcp::endpoint& peer);
  void turn_away(net::Socket socket, const net::Tcp::endpoint& peer, Admission limit);
  void tell_of(const log::LogEntry& entry);
  void tell_of_more();
  net::Task<void> tell_of_rest();
  net::Task<void> accept();
  void drain();
  net::Task<void> wait_until_drained();

  exchange::Worker worker;
  net::Acceptor acceptor;
  std::thread thread;
  // Connections turned away since the first line of the present kTurnedAwayIn.
  unsigned turned_away = 0;
};

void Server::ListenerThread::admit(net::Socket socket, const net::Tcp::endpoint& peer) {
  const exchange::RuntimeConfig& config = worker.config();
  net::ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(net::Tcp::no_delay(true), ignored);
  const Admission admission = worker.admit(peer);
  if (admission != Admission::Granted) return turn_away(std::move(socket), peer, admission);
  std::unique_ptr<net::Stream> stream =
      config.tls ? config.tls->stream(std::move(socket)) : net::plain_stream(std::move(socket));
  asio::co_spawn(worker.context(), session(worker, std::move(stream), peer),
                 [&log = config.log](std::exception_ptr fault) { report(log, fault); });
}

// Who is about to speak TLS gets no response.
void Server::ListenerThread::turn_away(net::Socket socket, const net::Tcp::endpoint& peer,
                                       Admission limit) {
  const exchange::RuntimeConfig& config = worker.config();
  const exchange::RequestId id = worker.next_request_id();
  const reply::Refusal refusal{.kind = reply::RefusalKind::Overloaded};
  if (!config.tls) {
    reply::RefusalContext context{
        .request_id = id, .now = config.clock.unix_seconds(), .close = true};
    std::string response = reply::render(refusal, config.style, context);
    net::ErrorCode ignored;
    socket.write_some(asio::buffer(response), ignored);
  }
  const bool of_address = limit == Admission::TooManyOfAddress;
  const std::string from =
      net::unmapped(peer.address()).to_string() + ":" + std::to_string(peer.port());
  tell_of({.request_id = id,
           .peer = from,
           .status = config.tls ? 0 : static_cast<unsigned>(status_of(refusal, config.style)),
           .reason = log_word(refusal),
           .detail = of_address ? "limits.connections_per_address" : "limits.connections"});
}

void Server::ListenerThread::tell_of(const log::LogEntry& entry) {
  if (turned_away == 0) asio::co_spawn(worker.context(), tell_of_rest(), asio::detached);
  if (turned_away++ < kTurnedAwayLines) worker.config().log.record(entry, /*refused=*/true);
}

net::Task<void> Server::ListenerThread::tell_of_rest() {
  net::Timer timer(worker.context());
  timer.expires_after(kTurnedAwayIn);
  co_await timer.async_wait(net::kAwait);
  tell_of_more();
}

void Server::ListenerThread::tell_of_more() {
  const unsigned count = std::exchange(turned_away, 0);
  if (count <= kTurnedAwayLines) return;
  worker.config().log.say(conf::LogLevel::Warn,
                          "overloaded: " + std::to_string(count - kTurnedAwayLines) +
                              " more connections were turned away within a second");
}

net::Task<void> Server::ListenerThread::accept() {
  for (;;) {
    net::Tcp::endpoint peer;
    auto [error, socket] = co_await acceptor.async_accept(peer, net::kAwait);
    if (!error) {
      admit(std::move(socket), peer);
      continue;
    }
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error == asio::error::connection_aborted) continue;
    worker.config().log.say(conf::LogLevel::Warn, "can't accept a connection: " + error.message());
    net::Timer pause(worker.context());
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(net::kAwait);
  }
}

// What waits in the accept queue was promised service by the kernel: it is accepted before the door
// closes.
void Server::ListenerThread::drain() {
  if (worker.draining()) return;
  net::ErrorCode error;
  while (acceptor.is_open()) {
    net::Tcp::endpoint peer;
    net::Socket socket(worker.context());
    acceptor.accept(socket, peer, error);
    if (error == asio::error::connection_aborted) continue;
    if (error) break;
    admit(std::move(socket), peer);
  }
  acceptor.close(error);
  worker.drain();
  asio::co_spawn(worker.context(), wait_until_drained(), asio::detached);
}

net::Task<void> Server::ListenerThread::wait_until_drained() {
  net::Timer timer(worker.context());
  net::TimePoint last = std::chrono::steady_clock::now() + worker.config().settings.timeouts.drain;
  while (!worker.idle() && std::chrono::steady_clock::now() < last) {
    timer.expires_after(std::chrono::milliseconds(20));
    co_await timer.async_wait(net::kAwait);
  }
  tell_of_more();
  worker.context().stop();
}

Server::Server(std::shared_ptr<const exchange::RuntimeConfig> config, const store::Usage* usage)
    : process_(usage) {
  const conf::Listen& listen = config->settings.listen;
  const conf::Address& address = listen.address;
  net::ErrorCode error;
  endpoint_ = net::Tcp::endpoint(asio::ip::make_address(address.host, error), address.port);
  if (error) throw std::runtime_error("not an address to listen on: " + address.host);
  {
    asio::io_context probe;  // without SO_REUSEPORT, so that an occupied address is noticed
    net::Acceptor alone = listen_on(probe, endpoint_, false);
    endpoint_ = alone.local_endpoint();
  }
  unsigned threads = listen.threads;
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) {
    auto reader = config->storage.credentials.reader();
    if (!reader) throw std::runtime_error(reader.error().sentence);
    threads_.push_back(
        std::make_unique<ListenerThread>(config, process_, std::move(*reader), i, endpoint_));
  }
}

Server::~Server() = default;

std::string Server::address() const { return to_text(endpoint_); }

void Server::start() {
  for (auto& one : threads_) {
    asio::co_spawn(one->worker.context(), one->accept(), asio::detached);
    asio::co_spawn(one->worker.context(), one->worker.keep_time(), asio::detached);
    one->thread = std::thread([&one = *one] { one.worker.context().run(); });
  }
}

void Server::adopt(const std::shared_ptr<const exchange::RuntimeConfig>& config) {
  for (auto& one : threads_) {
    asio::post(one->worker.context(), [&one = *one, config] { one.worker.adopt(config); });
  }
}

void Server::drain() {
  for (auto& one : threads_) {
    asio::post(one->worker.context(), [&one = *one] { one.drain(); });
  }
}

void Server::join() {
  for (auto& one : threads_) {
    if (!one->thread.joinable()) continue;
    one->thread.join();
    one->worker.uses().hand_over();
  }
}

}  // namespace gateway::server
