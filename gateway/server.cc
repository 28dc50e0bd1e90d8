#include "gateway/server.h"

#include <sys/socket.h>

#include <stdexcept>
#include <utility>

#include "gateway/session.h"

namespace gateway {
namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
constexpr int kBacklog = 4096;
constexpr std::chrono::milliseconds kAcceptPause{100};  // when the process has no descriptor left
// Lines of a thread about connections that are turned away. Those beyond are counted and told
// together, so that a flood of them, which costs who sends it nothing, doesn't fill the log.
constexpr unsigned kTurnedAwayLines = 10;
constexpr std::chrono::seconds kTurnedAwayIn{1};

Acceptor listen_on(asio::io_context& context, const Tcp::endpoint& endpoint, bool shared) {
  Acceptor acceptor(context);
  ErrorCode error;
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

std::string to_text(const Tcp::endpoint& endpoint) {
  std::string host = endpoint.address().to_string();
  if (endpoint.address().is_v6()) host = "[" + host + "]";
  return host + ":" + std::to_string(endpoint.port());
}

// Whatever a session throws is a bug or a lack of memory; it ends that connection alone.
void report(Log& log, std::exception_ptr fault) {
  if (!fault) return;
  try {
    std::rethrow_exception(fault);
  } catch (const std::exception& error) {
    log.say(conf::LogLevel::Error,
            std::string("a connection was ended by a fault: ") + error.what());
  }
}

}  // namespace

struct Server::Lane {
  Lane(std::shared_ptr<const Gate> gate, Run& run, store::Credentials::Reader reader,
       unsigned number, const Tcp::endpoint& endpoint)
      : worker(std::move(gate), run, std::move(reader), number),
        acceptor(listen_on(worker.context(), endpoint, true)) {}

  void admit(Socket socket, const Tcp::endpoint& peer);
  void turn_away(Socket socket, const Tcp::endpoint& peer, Worker::Admission limit);
  void tell_of(const LogEntry& entry);
  Task<void> tell_of_rest();
  Task<void> accept();
  void drain();
  Task<void> wait_until_drained();

  Worker worker;
  Acceptor acceptor;
  std::thread thread;
  // Connections turned away since the first line of the present kTurnedAwayIn.
  unsigned turned_away = 0;
};

void Server::Lane::admit(Socket socket, const Tcp::endpoint& peer) {
  const Gate& gate = worker.gate();
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(Tcp::no_delay(true), ignored);
  const Worker::Admission admission = worker.admit(peer);
  if (admission != Worker::Admission::Granted) return turn_away(std::move(socket), peer, admission);
  std::unique_ptr<Stream> stream =
      gate.tls ? gate.tls->stream(std::move(socket)) : plain_stream(std::move(socket));
  asio::co_spawn(worker.context(), session(worker, std::move(stream), peer),
                 [&log = gate.log](std::exception_ptr fault) { report(log, fault); });
}

// Who is about to speak TLS gets no answer.
void Server::Lane::turn_away(Socket socket, const Tcp::endpoint& peer, Worker::Admission limit) {
  const Gate& gate = worker.gate();
  const RequestId id = worker.next_request_id();
  const Refusal refusal{.fault = Fault::Overloaded};
  if (!gate.tls) {
    RefusalContext context{.request_id = id, .now = gate.clock.unix_seconds(), .close = true};
    std::string answer = render(refusal, gate.style, context);
    ErrorCode ignored;
    socket.write_some(asio::buffer(answer), ignored);
  }
  const bool of_address = limit == Worker::Admission::TooManyOfAddress;
  const std::string from = unmapped(peer.address()).to_string() + ":" + std::to_string(peer.port());
  tell_of({.request_id = id,
           .peer = from,
           .status = gate.tls ? 0 : static_cast<unsigned>(status_of(refusal, gate.style)),
           .reason = log_word(refusal),
           .detail = of_address ? "limits.connections_per_address" : "limits.connections"});
}

void Server::Lane::tell_of(const LogEntry& entry) {
  if (turned_away == 0) asio::co_spawn(worker.context(), tell_of_rest(), asio::detached);
  if (turned_away++ < kTurnedAwayLines) worker.gate().log.record(entry, /*refused=*/true);
}

Task<void> Server::Lane::tell_of_rest() {
  Timer timer(worker.context());
  timer.expires_after(kTurnedAwayIn);
  co_await timer.async_wait(kAwait);
  const unsigned count = std::exchange(turned_away, 0);
  if (count <= kTurnedAwayLines) co_return;
  worker.gate().log.say(conf::LogLevel::Warn,
                        "overloaded: " + std::to_string(count - kTurnedAwayLines) +
                            " more connections were turned away within a second");
}

Task<void> Server::Lane::accept() {
  for (;;) {
    Tcp::endpoint peer;
    auto [error, socket] = co_await acceptor.async_accept(peer, kAwait);
    if (!error) {
      admit(std::move(socket), peer);
      continue;
    }
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error == asio::error::connection_aborted) continue;
    worker.gate().log.say(conf::LogLevel::Warn, "can't accept a connection: " + error.message());
    Timer pause(worker.context());
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(kAwait);
  }
}

// What waits in the accept queue was promised service by the kernel: it is accepted before the door
// closes.
void Server::Lane::drain() {
  if (worker.draining()) return;
  ErrorCode error;
  while (acceptor.is_open()) {
    Tcp::endpoint peer;
    Socket socket(worker.context());
    acceptor.accept(socket, peer, error);
    if (error == asio::error::connection_aborted) continue;
    if (error) break;
    admit(std::move(socket), peer);
  }
  acceptor.close(error);
  worker.drain();
  asio::co_spawn(worker.context(), wait_until_drained(), asio::detached);
}

Task<void> Server::Lane::wait_until_drained() {
  Timer timer(worker.context());
  TimePoint last = std::chrono::steady_clock::now() + worker.gate().settings.timeouts.drain;
  while (!worker.idle() && std::chrono::steady_clock::now() < last) {
    timer.expires_after(std::chrono::milliseconds(20));
    co_await timer.async_wait(kAwait);
  }
  worker.context().stop();
}

Server::Server(std::shared_ptr<const Gate> gate, const store::Usage* usage) : run_(usage) {
  const conf::Listen& listen = gate->settings.listen;
  const conf::Address& address = listen.address;
  ErrorCode error;
  endpoint_ = Tcp::endpoint(asio::ip::make_address(address.host, error), address.port);
  if (error) throw std::runtime_error("not an address to listen on: " + address.host);
  {
    asio::io_context probe;  // without SO_REUSEPORT, so that an occupied address is noticed
    Acceptor alone = listen_on(probe, endpoint_, false);
    endpoint_ = alone.local_endpoint();
  }
  unsigned threads = listen.threads;
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) {
    auto reader = gate->desk.credentials.reader();
    if (!reader) throw std::runtime_error(reader.error().sentence);
    lanes_.push_back(std::make_unique<Lane>(gate, run_, std::move(*reader), i, endpoint_));
  }
}

Server::~Server() = default;

std::string Server::address() const { return to_text(endpoint_); }

void Server::start() {
  for (auto& lane : lanes_) {
    asio::co_spawn(lane->worker.context(), lane->accept(), asio::detached);
    asio::co_spawn(lane->worker.context(), lane->worker.keep_time(), asio::detached);
    lane->thread = std::thread([&lane = *lane] { lane.worker.context().run(); });
  }
}

void Server::adopt(const std::shared_ptr<const Gate>& gate) {
  for (auto& lane : lanes_) {
    asio::post(lane->worker.context(), [&lane = *lane, gate] { lane.worker.adopt(gate); });
  }
}

void Server::drain() {
  for (auto& lane : lanes_) {
    asio::post(lane->worker.context(), [&lane = *lane] { lane.drain(); });
  }
}

void Server::join() {
  for (auto& lane : lanes_) {
    if (!lane->thread.joinable()) continue;
    lane->thread.join();
    lane->worker.uses().hand_over();
  }
}

}  // namespace gateway
