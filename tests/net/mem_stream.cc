#include "tests/net/mem_stream.h"

#include <algorithm>
#include <cstring>

namespace gateway::testing {
namespace {

constexpr std::chrono::milliseconds kDrip{20};
const net::ErrorCode kReset = asio::error::connection_reset;

class MemStream final : public net::Stream {
 public:
  MemStream(asio::io_context& context, Client client, std::shared_ptr<Record> record)
      : context_(context),
        reading_(context),
        writing_(context),
        client_(std::move(client)),
        record_(std::move(record)) {
    record_->wake = [this] { reading_.cancel(); };
  }
  ~MemStream() override { record_->wake = nullptr; }

  net::Task<net::ErrorCode> handshake() override {
    if (fails()) co_return kReset;
    co_return net::ErrorCode();
  }

  net::Task<net::Io> read_some(char* into, std::size_t size) override {
    if (fails()) co_return net::Io(kReset, 0);
    co_await asio::post(context_, asio::use_awaitable_t<net::Executor>());
    net::ErrorCode error = co_await until_there();
    if (error) co_return net::Io(error, 0);
    std::string& bytes = client_.pieces.front().bytes;
    const std::size_t count = std::min(size, bytes.size());
    std::memcpy(into, bytes.data(), count);
    bytes.erase(0, count);
    if (bytes.empty()) client_.pieces.erase(client_.pieces.begin());
    co_return net::Io(net::ErrorCode(), count);
  }

  net::Task<net::ErrorCode> readable() override {
    if (fails()) co_return kReset;
    net::ErrorCode error = co_await until_there();
    if (error == asio::error::eof) error = {};
    co_return error;
  }

  bool write_now(std::span<asio::const_buffer>& pieces, net::ErrorCode& error) override {
    if (fails()) error = kReset;
    return error || net::advance(pieces, take(pieces));
  }

  net::Task<net::Io> write_some(std::span<const asio::const_buffer> pieces) override {
    if (fails()) co_return net::Io(kReset, 0);
    co_await asio::post(context_, asio::use_awaitable_t<net::Executor>());
    const std::size_t count = take(pieces);
    if (count > 0) co_return net::Io(net::ErrorCode(), count);
    writing_.expires_at(net::TimePoint::max());
    auto [error] = co_await writing_.async_wait(net::kAwait);
    co_return net::Io(error, 0);
  }

  void cancel() override {
    cancelled_ = waiting_;
    reading_.cancel();
    writing_.cancel();
    if (waiting_ && client_.ends_when_cancelled) client_.then_ends = true;
  }

  net::Task<void> finish() override {
    fails();
    record_->finished = true;
    co_return;
  }

  void close(bool reset) override {
    record_->closed = true;
    record_->reset = reset;
  }
  bool secure() const override { return false; }

 private:
  bool fails() { return record_->operations++ >= client_.fails_at; }

  bool received(const std::string& text) const {
    return record_->received.find(text) != std::string::npos;
  }

  bool there() const {
    if (client_.pieces.empty()) return false;
    const std::string& after = client_.pieces.front().after;
    return after.empty() || received(after);
  }

  bool ended() const {
    if (!client_.ends_after.empty() && received(client_.ends_after)) return true;
    return client_.pieces.empty() && client_.then_ends;
  }

  // Until a piece is there; or what there is instead.
  net::Task<net::ErrorCode> until_there() {
    while (!there()) {
      if (ended()) co_return asio::error::eof;
      waiting_ = true;
      cancelled_ = false;
      reading_.expires_at(net::TimePoint::max());
      if (client_.then_drips) reading_.expires_after(kDrip);
      auto [error] = co_await reading_.async_wait(net::kAwait);
      waiting_ = false;
      if (cancelled_) co_return asio::error::operation_aborted;
      if (!error) client_.pieces.push_back(Piece{"x"});
    }
    co_return net::ErrorCode();
  }

  template <class Pieces>
  std::size_t take(const Pieces& pieces) {
    std::size_t room = std::min(client_.window, client_.takes - record_->received.size());
    std::size_t taken = 0;
    for (const asio::const_buffer& piece : pieces) {
      const std::size_t count = std::min(room - taken, piece.size());
      record_->received.append(static_cast<const char*>(piece.data()), count);
      taken += count;
    }
    if (taken > 0) reading_.cancel();
    return taken;
  }

  asio::io_context& context_;
  net::Timer reading_, writing_;
  bool waiting_ = false, cancelled_ = false;
  Client client_;
  std::shared_ptr<Record> record_;
};

}  // namespace

std::unique_ptr<net::Stream> mem_stream(asio::io_context& context, Client client,
                                        std::shared_ptr<Record> record) {
  return std::make_unique<MemStream>(context, std::move(client), std::move(record));
}

}  // namespace gateway::testing
