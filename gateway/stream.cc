#include "gateway/stream.h"

#include <sys/socket.h>

#include <boost/asio/ssl.hpp>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "conf/text_file.h"
#include "verify/crypto.h"
#include "verify/secret.h"

namespace gateway {
namespace {

void close_socket(Socket& socket, bool reset) {
  ErrorCode ignored;
  if (reset) socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

class PlainStream final : public Stream {
 public:
  explicit PlainStream(Socket socket) : socket_(std::move(socket)) {}

  Task<ErrorCode> handshake() override { co_return ErrorCode(); }

  Task<Io> read_some(char* into, std::size_t size) override {
    return socket_.async_read_some(asio::mutable_buffer(into, size), kAwait);
  }

  Task<ErrorCode> readable() override {
    auto [error] = co_await socket_.async_wait(Socket::wait_read, kAwait);
    co_return error;
  }

  bool write_now(std::span<asio::const_buffer>& pieces, ErrorCode& error) override {
    std::span<const asio::const_buffer> all = pieces;
    std::size_t bytes = socket_.write_some(all, error);
    if (error == asio::error::would_block || error == asio::error::try_again) error = {};
    return error || advance(pieces, bytes);
  }

  Task<Io> write_some(std::span<const asio::const_buffer> pieces) override {
    return socket_.async_write_some(pieces, kAwait);
  }

  void cancel() override {
    ErrorCode ignored;
    socket_.cancel(ignored);
  }

  Task<void> finish() override {
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    co_return;
  }

  void close(bool reset) override { close_socket(socket_, reset); }
  bool secure() const override { return false; }

 private:
  Socket socket_;
};

class TlsStream final : public Stream {
 public:
  TlsStream(Socket socket, asio::ssl::context& context) : tls_(std::move(socket), context) {}

  Task<ErrorCode> handshake() override {
    auto [error] = co_await tls_.async_handshake(asio::ssl::stream_base::server, kAwait);
    co_return error;
  }

  Task<Io> read_some(char* into, std::size_t size) override {
    return tls_.async_read_some(asio::mutable_buffer(into, size), kAwait);
  }

  // Bytes that TLS has already decrypted would not wake the socket.
  Task<ErrorCode> readable() override {
    if (SSL_has_pending(tls_.native_handle()) != 0) co_return ErrorCode();
    auto [error] = co_await tls_.next_layer().async_wait(Socket::wait_read, kAwait);
    co_return error;
  }

  bool write_now(std::span<asio::const_buffer>&, ErrorCode&) override { return false; }

  Task<Io> write_some(std::span<const asio::const_buffer> pieces) override {
    return tls_.async_write_some(pieces, kAwait);
  }

  void cancel() override {
    ErrorCode ignored;
    tls_.next_layer().cancel(ignored);
  }

  // Waits for the peer's close_notify; the caller's deadline bounds it.
  Task<void> finish() override {
    auto [ignored] = co_await tls_.async_shutdown(kAwait);
    static_cast<void>(ignored);
  }

  void close(bool reset) override { close_socket(tls_.next_layer(), reset); }
  bool secure() const override { return true; }

 private:
  asio::ssl::stream<Socket> tls_;
};

}  // namespace

bool advance(std::span<asio::const_buffer>& pieces, std::size_t written) {
  while (!pieces.empty() && written >= pieces.front().size()) {
    written -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
  if (pieces.empty()) return true;
  pieces.front() += written;
  return false;
}

Task<ErrorCode> write_all(Stream& stream, std::span<asio::const_buffer> pieces) {
  ErrorCode failed;
  if (stream.write_now(pieces, failed)) co_return failed;
  for (;;) {
    std::span<const asio::const_buffer> rest = pieces;
    auto [error, bytes] = co_await stream.write_some(rest);
    if (error || advance(pieces, bytes)) co_return error;
  }
}

std::unique_ptr<Stream> plain_stream(Socket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

struct TlsContext::State {
  asio::ssl::context context{asio::ssl::context::tls_server};
};

namespace {

constexpr std::size_t kLargestPem = 1 << 20;

// Of a certificate or a key; `what` names it.
verify::Secret read_pem(const std::string& path, const std::string& what) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes(kLargestPem + 1, '\0');
  if (file) file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.is_open() || file.bad()) {
    throw std::runtime_error("can't use " + what + ": " + std::generic_category().message(errno));
  }
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  std::string wrong(conf::other_encoding(bytes));
  if (bytes.size() > kLargestPem) wrong = "is over 1 MiB";
  verify::Secret out{std::string_view(bytes).substr(conf::mark_size(bytes))};
  verify::wipe(bytes.data(), bytes.size());
  if (!wrong.empty()) throw std::runtime_error("can't use " + what + ": the file " + wrong);
  return out;
}

}  // namespace

TlsContext::TlsContext(const conf::Tls& files) : state_(std::make_unique<State>()) {
  auto require = [](const ErrorCode& error, const std::string& what) {
    if (error) throw std::runtime_error("can't use " + what + ": " + error.message());
  };
  ErrorCode error;
  SSL_CTX_set_min_proto_version(state_->context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(state_->context.native_handle(), SSL_OP_NO_RENEGOTIATION);
  const std::string certificate_is = "the certificate " + files.certificate;
  const std::string key_is = "the key " + files.key;
  const verify::Secret certificate = read_pem(files.certificate, certificate_is);
  state_->context.use_certificate_chain(asio::buffer(certificate.reveal()), error);
  require(error, certificate_is);
  const verify::Secret key = read_pem(files.key, key_is);
  state_->context.use_private_key(asio::buffer(key.reveal()), asio::ssl::context::pem, error);
  require(error, key_is);
  if (SSL_CTX_check_private_key(state_->context.native_handle()) != 1) {
    throw std::runtime_error("the key " + files.key + " doesn't belong to the certificate " +
                             files.certificate);
  }
}

TlsContext::~TlsContext() = default;
TlsContext::TlsContext(TlsContext&&) noexcept = default;

std::unique_ptr<Stream> TlsContext::stream(Socket socket) const {
  return std::make_unique<TlsStream>(std::move(socket), state_->context);
}

}  // namespace gateway
