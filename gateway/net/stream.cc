#include "gateway/net/stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ssl.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "conf/text_file.h"
#include "verify/crypto.h"
#include "verify/secret.h"

namespace gateway::net {
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

struct Deleter {
  void operator()(SSL* one) const { SSL_free(one); }
  void operator()(SSL_CTX* one) const { SSL_CTX_free(one); }
};

// TLS on the socket itself, without a buffer of our own: OpenSSL's live only while there is part of
// a record in them, and its state is made when the client has said something. SIGPIPE is ignored.
class TlsStream final : public Stream {
 public:
  TlsStream(Socket socket, SSL_CTX* context) : socket_(std::move(socket)), context_(context) {
    SSL_CTX_up_ref(context);
  }

  Task<ErrorCode> handshake() override {
    tls_.reset(SSL_new(context_.get()));
    context_.reset();
    if (!tls_ || SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) {
      co_return ErrorCode(asio::error::no_memory);
    }
    SSL_set_accept_state(tls_.get());
    while (tls_) {
      ERR_clear_error();
      const int done = SSL_do_handshake(tls_.get());
      if (done == 1) co_return ErrorCode();
      const Trouble trouble = trouble_of(done);
      ErrorCode error = co_await over(trouble);
      if (error) co_return error;
    }
    co_return ErrorCode(asio::error::bad_descriptor);
  }

  Task<Io> read_some(char* into, std::size_t size) override {
    // A client that is always ahead of us must not keep the loop to itself.
    if (++unwaited_ % kTurn == 0) {
      co_await asio::post(socket_.get_executor(), asio::use_awaitable_t<Executor>());
    }
    while (tls_) {
      ERR_clear_error();
      std::size_t got = 0;
      const int done = SSL_read_ex(tls_.get(), into, size, &got);
      if (done == 1) co_return Io(ErrorCode(), got);
      const Trouble trouble = trouble_of(done);
      unwaited_ = 0;
      ErrorCode error = co_await over(trouble);
      if (error) co_return Io(error, 0);
    }
    co_return Io(asio::error::bad_descriptor, 0);
  }

  // Bytes that TLS has already taken would not wake the socket.
  Task<ErrorCode> readable() override {
    if (tls_ && SSL_has_pending(tls_.get()) != 0) co_return ErrorCode();
    auto [error] = co_await socket_.async_wait(Socket::wait_read, kAwait);
    co_return error;
  }

  bool write_now(std::span<asio::const_buffer>& pieces, ErrorCode& error) override {
    while (!pieces.empty()) {
      std::size_t put = 0;
      const Trouble trouble = write(pieces, put);
      if (trouble.wanted == SSL_ERROR_WANT_READ || trouble.wanted == SSL_ERROR_WANT_WRITE) {
        return false;
      }
      error = trouble.error;
      if (error || advance(pieces, put)) return true;
    }
    return true;
  }

  Task<Io> write_some(std::span<const asio::const_buffer> pieces) override {
    for (;;) {
      std::size_t put = 0;
      const Trouble trouble = write(pieces, put);
      if (trouble.wanted == SSL_ERROR_NONE) co_return Io(ErrorCode(), put);
      ErrorCode error = co_await over(trouble);
      if (error) co_return Io(error, 0);
    }
  }

  void cancel() override {
    ErrorCode ignored;
    socket_.cancel(ignored);
  }

  Task<void> finish() override {
    for (int done = -1; tls_ && done < 0;) {
      ERR_clear_error();
      done = SSL_shutdown(tls_.get());
      const Trouble trouble = done < 0 ? trouble_of(done) : Trouble();
      if (trouble.wanted != SSL_ERROR_WANT_WRITE) break;
      ErrorCode error = co_await over(trouble);
      if (error) break;
    }
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }

  // The number of the socket is soon another connection's: TLS must not write to it any more.
  void close(bool reset) override {
    tls_.reset();
    close_socket(socket_, reset);
  }
  bool secure() const override { return true; }

 private:
  inline static constexpr unsigned kTurn = 4;              // reads without a wait
  inline static constexpr std::size_t kRecord = 16 << 10;  // payload bytes of one, at most

  struct Trouble {
    int wanted = SSL_ERROR_NONE;
    ErrorCode error;  // if it can't be waited for
  };

  Trouble trouble_of(int done) const {
    const int system = errno;
    const int wanted = SSL_get_error(tls_.get(), done);
    if (wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE) return {wanted, {}};
    if (wanted == SSL_ERROR_ZERO_RETURN) return {wanted, asio::error::eof};
    const unsigned long reason = ERR_get_error();
    if (ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      return {wanted, asio::ssl::error::stream_truncated};
    }
    if (reason != 0) {
      return {wanted, ErrorCode(static_cast<int>(reason), asio::error::get_ssl_category())};
    }
    if (system == 0) return {wanted, asio::error::eof};
    return {wanted, ErrorCode(system, asio::error::get_system_category())};
  }

  // Until what TLS waits for is there.
  Task<ErrorCode> over(Trouble trouble) {
    if (trouble.error) co_return trouble.error;
    const auto what =
        trouble.wanted == SSL_ERROR_WANT_WRITE ? Socket::wait_write : Socket::wait_read;
    auto [error] = co_await socket_.async_wait(what, kAwait);
    co_return error;
  }

  // What goes into one record of the front of `pieces`. A write that has to wait is tried again
  // with the same bytes, for nothing was taken off the pieces.
  Trouble write(std::span<const asio::const_buffer> pieces, std::size_t& put) {
    static thread_local std::array<char, kRecord> gathered;
    const void* from = pieces.front().data();
    std::size_t size = std::min(pieces.front().size(), kRecord);
    if (pieces.size() > 1 && size < kRecord) {
      size = 0;
      for (const asio::const_buffer& piece : pieces) {
        const std::size_t part = std::min(piece.size(), kRecord - size);
        if (part != 0) std::memcpy(gathered.data() + size, piece.data(), part);
        size += part;
      }
      from = gathered.data();
    }
    if (!tls_) return {SSL_ERROR_SYSCALL, asio::error::bad_descriptor};
    if (size == 0) return {};
    ERR_clear_error();
    const int done = SSL_write_ex(tls_.get(), from, size, &put);
    return done == 1 ? Trouble() : trouble_of(done);
  }

  Socket socket_;
  std::unique_ptr<SSL_CTX, Deleter> context_;  // until the handshake
  std::unique_ptr<SSL, Deleter> tls_;
  unsigned unwaited_ = 0;
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
  SSL_CTX_set_mode(state_->context.native_handle(), SSL_MODE_RELEASE_BUFFERS |
                                                        SSL_MODE_ENABLE_PARTIAL_WRITE |
                                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(state_->context.native_handle(), 1);
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
  return std::make_unique<TlsStream>(std::move(socket), state_->context.native_handle());
}

}  // namespace gateway::net
