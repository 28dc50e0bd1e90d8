#include "gateway/exchange/context.h"

#include "gateway/net/shares.h"

namespace gateway::exchange {

Exchange::Exchange(Connection& connection_, Scratch& scratch_, Worker& worker_)
    : connection(connection_),
      scratch(scratch_),
      worker(worker_),
      generation(connection_.generation()),
      config(generation.config()),
      request_id(worker_.next_request_id()),
      began(std::chrono::steady_clock::now()),
      request(scratch_.request) {
  request = http::RequestHead{.fields = std::move(request.fields),
                              .connection = std::move(request.connection)};
  request.fields.clear();
  request.connection.clear();
}

std::optional<conf::IpAddress> Exchange::network() const {
  const std::vector<conf::Cidr>& trusted = config.settings.listen.trusted_proxies;
  if (!routing::is_trusted(trusted, connection.peer_ip()))
    return net::network_of(connection.peer_ip());
  const auto client = conf::parse_ip(forwarded.client);
  if (!client || routing::is_trusted(trusted, *client)) return std::nullopt;
  return net::network_of(*client);
}

}  // namespace gateway::exchange
