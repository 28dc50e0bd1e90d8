#pragma once

// The two kinds of connection a client may have, TCP and TLS over it, behind one face (stream.cc is
// the door to asio::ssl). One event loop; one read and one write at a time.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "conf/settings.h"
#include "gateway/net/net.h"

namespace gateway::net {

class Stream {
 public:
  virtual ~Stream() = default;

  // Before anything else: the TLS handshake, as the server. Nothing to do on a plain one.
  virtual Task<ErrorCode> handshake() = 0;
  // Suspends until at least one byte, the end (asio::error::eof) or an error. `into` lives until
  // then.
  virtual Task<Io> read_some(char* into, std::size_t size) = 0;
  // Suspends until bytes may be there to read; reads none.
  virtual Task<ErrorCode> readable() = 0;
  // Writes what goes without waiting. True: all of it, or an error; else `pieces` is what is left.
  virtual bool write_now(std::span<asio::const_buffer>& pieces, ErrorCode& error) = 0;
  // Suspends until there may be room again, then writes some.
  virtual Task<Io> write_some(std::span<const asio::const_buffer> pieces) = 0;

  // Ends pending operations with operation_aborted.
  virtual void cancel() = 0;
  // Tells the peer that nothing more comes; reading goes on.
  virtual Task<void> finish() = 0;
  // Ends the connection at once. `reset`: so that the peer can't take it for a clean end.
  virtual void close(bool reset) = 0;
  virtual bool secure() const = 0;
};

// Takes what was written off the front of `pieces`. True: nothing is left.
bool advance(std::span<asio::const_buffer>& pieces, std::size_t written);

// Writes all pieces; `pieces` is used up. Returns the first error.
Task<ErrorCode> write_all(Stream& stream, std::span<asio::const_buffer> pieces);

std::unique_ptr<Stream> plain_stream(Socket socket);

// Certificate and key of the listener, as their files are now. Throws std::runtime_error with one
// sentence if they can't be used.
class TlsContext {
 public:
  explicit TlsContext(const conf::Tls& files);
  ~TlsContext();
  TlsContext(TlsContext&&) noexcept;

  // Any thread.
  std::unique_ptr<Stream> stream(Socket socket) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway::net
