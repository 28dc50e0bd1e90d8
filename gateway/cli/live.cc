#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>

#include "conf/quoting.h"
#include "gateway/auth/policy.h"
#include "gateway/cli/check.h"
#include "gateway/cli/time_text.h"
#include "gateway/log/floor_watch.h"
#include "gateway/net/stream.h"
#include "gateway/routing/routes.h"
#include "store/credentials.h"
#include "store/floor.h"

namespace gateway::cli {
namespace {

namespace fs = std::filesystem;

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

SocketAddress socket_address(const conf::Address& address) {
  SocketAddress out;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&out.bytes, &v4, sizeof v4);
    out.size = sizeof v4;
  } else if (inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&out.bytes, &v6, sizeof v6);
    out.size = sizeof v6;
  }
  return out;
}

// 0, or the errno value that says why the address can't be listened on.
int bind_error(const conf::Address& address) {
  const SocketAddress to = socket_address(address);
  if (to.size == 0) return EAFNOSUPPORT;
  const int fd = ::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage bytes = to.bytes;
  void* const any = &bytes;
  const bool bound = ::bind(fd, static_cast<sockaddr*>(any), to.size) == 0 && ::listen(fd, 1) == 0;
  const int error = bound ? 0 : errno;
  ::close(fd);
  return error;
}

Trial try_address(const std::string& key, const conf::Address& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  const std::string shown =
      (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
  const int error = bind_error(address);
  if (error == 0) return {key, true, shown + " is free"};
  if (error == EADDRINUSE) {
    return {key, false, shown + " is in use: by a gateway that runs already, or something else"};
  }
  return {key, false, "can't listen on " + shown + ": " + std::strerror(error)};
}

// A store that is missing is made by serve, if its folder can be.
Trial try_new_store(const fs::path& path) {
  std::error_code unknown;
  fs::path above = fs::absolute(path, unknown);
  while (!fs::exists(above, unknown) && above.has_relative_path()) above = above.parent_path();
  if (fs::is_directory(above, unknown) && ::access(above.c_str(), W_OK | X_OK) == 0) {
    return {"store.path", true, path.string() + " is not there yet: it will be made"};
  }
  return {"store.path", false,
          path.string() + " is not there, and can't be made in " + above.string()};
}

Trial try_store(const conf::Store& settings) {
  const auto opened = store::Credentials::open(
      {.path = settings.path, .map_size = settings.map_size, .create = false, .ledger_size = 0});
  if (opened) return {"store.path", true, settings.path + " opens"};
  if (opened.error().kind == store::Error::Kind::NotFound) return try_new_store(settings.path);
  return {"store.path", false, opened.error().sentence};
}

// A floor that is ahead of the clock refuses all that is signed now.
std::optional<Trial> try_floor(const conf::Settings& settings, std::int64_t now) {
  std::error_code unknown;
  if (!fs::is_directory(settings.store.path, unknown)) return std::nullopt;
  const auto seen = store::see_floor(settings.store.path);
  if (!seen) return Trial{"replay ledger", false, seen.error().sentence};
  if (seen->floor >= now) {
    return Trial{"replay ledger", false,
                 "signed requests are refused until " + log::format_time(seen->floor) +
                     ", which is " + std::to_string(seen->floor - now) +
                     " seconds from now: the clock was ahead, or the ledger was lost (see \"Clocks "
                     "that were wrong\" in gateway/README.md)"};
  }
  const std::int64_t window = auth::ledger_window(settings.oauth.window_future);
  if (seen->lost) {
    return Trial{"replay ledger", true,
                 "it or its mark is missing or a copy: for " + std::to_string(window) +
                     " seconds after the next start signed requests are refused"};
  }
  if (seen->mark > now + window + log::FloorWatch::kMarkAhead) {
    return Trial{"replay ledger", true,
                 "no timestamp of now is refused by it; but the clock was ahead, and after a power "
                 "cut all up to " +
                     log::format_time(seen->mark) + " would be"};
  }
  return Trial{"replay ledger", true, "no timestamp of now is refused by it"};
}

Trial try_tls(const conf::Tls& files) {
  try {
    const net::TlsContext context(files);
    return {"listen.tls", true, "certificate and key belong together"};
  } catch (const std::exception& fault) {
    return {"listen.tls", false, fault.what()};
  }
}

}  // namespace

std::vector<store::Count> other_schemes(const conf::Settings& settings,
                                        const std::vector<const conf::Route*>& routes,
                                        Console& console) {
  std::vector<store::Count> out(routes.size());
  const auto usage = store::Usage::open(settings.store.path);
  if (!usage && usage.error().kind == store::Error::Kind::NotFound) return out;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto count = usage ? (*usage)->route(routing::route_name(*routes[i])) : usage.failure();
    if (!count) {
      note(console, count.error().sentence);
      return {};
    }
    out[i] = *count;
  }
  return out;
}

std::vector<Trial> try_out(const conf::Settings& settings, std::int64_t now) {
  std::vector<Trial> out{try_store(settings.store)};
  if (auto floor = try_floor(settings, now)) out.push_back(*std::move(floor));
  out.push_back(try_address("listen.address", settings.listen.address));
  out.push_back(try_address("admin.address", settings.admin.address));
  if (settings.listen.tls) out.push_back(try_tls(*settings.listen.tls));
  return out;
}

}  // namespace gateway::cli
