#include "gateway/server/use_writer.h"

namespace gateway::server {
namespace {

constexpr std::chrono::seconds kWriteUses{1};

}  // namespace

std::unique_ptr<store::Usage> open_usage(const std::string& store, log::Log& log) {
  std::string note;
  auto usage = store::Usage::open_or_make(store, note);
  if (!note.empty()) log.say(conf::LogLevel::Warn, note);
  if (usage) return std::move(*usage);
  log.say(conf::LogLevel::Warn, usage.error().sentence + ": which secrets are used isn't counted");
  return nullptr;
}

void UseWriter::write() {
  const auth::UseCounts uses = server_.take_uses();
  if (usage_ == nullptr || uses.size() == 0) return;
  const store::Result<store::Done> added = usage_->add(uses.keys, uses.routes);
  if (!added && !failing_) log_.say(conf::LogLevel::Warn, added.error().sentence);
  failing_ = !added;
}

net::Task<void> UseWriter::keep_writing(asio::io_context& loop) {
  net::Timer timer(loop);
  for (;;) {
    timer.expires_after(kWriteUses);
    auto [error] = co_await timer.async_wait(net::kAwait);
    if (error) co_return;
    write();
  }
}

}  // namespace gateway::server
