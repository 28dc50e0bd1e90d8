#include "gateway/exchange/access_line.h"

#include <chrono>

namespace gateway::exchange {

void write_access_line(const Exchange& x) {
  bool refused = x.reason != "ok";
  if (!x.config.log.wants(refused ? conf::LogLevel::Warn : conf::LogLevel::Info)) return;
  auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - x.began);
  log::LogEntry entry{.request_id = x.request_id,
                      .peer = x.connection.peer(),
                      .from = x.forwarded.client,
                      .method = x.request.method,
                      .target = x.request.target,
                      .host = x.external ? x.external->authority : x.request.host,
                      .scheme = {},
                      .status = x.status,
                      .reason = x.reason,
                      .detail = x.detail,
                      .client = x.claimed_client,
                      .user = {},
                      .upstream = {},
                      .bytes_in = x.bytes_in,
                      .bytes_out = x.bytes_out,
                      .microseconds = static_cast<std::uint64_t>(took.count())};
  if (x.accepted && x.accepted->other_scheme) {
    entry.scheme = x.external->scheme == "https" ? "http" : "https";
  }
  if (!x.page_client.empty()) entry.client = x.page_client;
  entry.user = x.credential ? std::string_view(x.credential->user) : x.page_user;
  if (x.route != nullptr) entry.upstream = x.route->upstream;
  x.config.log.record(entry, refused);
}

}  // namespace gateway::exchange
