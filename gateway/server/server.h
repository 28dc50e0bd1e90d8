#pragma once

// The listening sockets and the threads behind them: each thread has a Worker and a listening
// socket of its own, and the kernel spreads the connections. Made, run and stopped by one thread.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "conf/settings.h"
#include "gateway/exchange/worker.h"

namespace gateway::server {

class Server {
 public:
  // Binds and makes the workers. Throws std::runtime_error with one sentence if the address can't
  // be had.
  // `usage` outlives it; null: nothing is counted.
  Server(std::shared_ptr<const exchange::RuntimeConfig> config, const store::Usage* usage);
  ~Server();

  // "127.0.0.1:8080", with the real port.
  std::string address() const;
  void start();
  // Any thread: for the requests from now on, on each thread as soon as it gets to it. Address and
  // number of threads stay.
  void adopt(const std::shared_ptr<const exchange::RuntimeConfig>& config);
  // Any thread: accepts what waits, then no more; ends idle connections; the rest drains for
  // timeouts.drain.
  void drain();
  // Returns when every thread has ended.
  void join();
  std::uint32_t connections() const { return process_.connections; }  // open ones
  // Which secrets and keys have been used since this was last asked. Any thread.
  auth::UseCounts take_uses() { return process_.uses.take(); }

 private:
  struct ListenerThread;  // a thread, its worker, its listening socket
  exchange::ProcessState process_;
  net::Tcp::endpoint endpoint_;
  std::vector<std::unique_ptr<ListenerThread>> threads_;
};

}  // namespace gateway::server
