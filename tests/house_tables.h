#pragma once

// Who may use whom, and which file is the door of a foreign library.

#include <string_view>
#include <vector>

namespace tests {

using Names = std::vector<std::string_view>;

// A room and the rooms that it may use besides itself; each stands behind those. The longest name
// that begins a file's decides whose it is.
struct Room {
  std::string_view name;
  Names may_use;
};
inline const std::vector<Room> kRooms{
    {"verify", {}},
    {"conf", {}},
    {"store", {"verify"}},
    {"gateway/http", {"conf"}},
    {"gateway/net", {"conf", "verify"}},
    {"gateway/log", {"gateway/http", "gateway/net", "conf", "store", "verify"}},
    {"gateway/routing", {"gateway/http", "conf", "verify"}},
    {"gateway/auth", {"gateway/net", "conf", "store", "verify"}},
    {"gateway/upstream", {"gateway/http", "gateway/net", "conf", "verify"}},
    {"gateway/reply",
     {"gateway/http", "gateway/net", "gateway/log", "gateway/upstream", "conf", "verify"}},
    {"gateway/pages", {"conf", "verify"}},
    {"gateway/exchange",
     {"gateway/http", "gateway/net", "gateway/log", "gateway/routing", "gateway/auth",
      "gateway/upstream", "gateway/reply", "gateway/pages", "conf", "store", "verify"}},
    {"gateway/provider",
     {"gateway/http", "gateway/net", "gateway/routing", "gateway/upstream", "gateway/reply",
      "gateway/pages", "gateway/exchange", "conf", "store", "verify"}},
    {"gateway/server",
     {"gateway/http", "gateway/net", "gateway/log", "gateway/auth", "gateway/reply",
      "gateway/exchange", "gateway/provider", "conf", "store", "verify"}},
    {"gateway/cli",
     {"gateway/http", "gateway/net", "gateway/log", "gateway/routing", "gateway/auth",
      "gateway/reply", "gateway/pages", "gateway/provider", "conf", "store", "verify"}},
    {"gateway", {"gateway/cli", "gateway/server", "store"}},  // main.cc
    {"bench", {"gateway/auth", "gateway/net", "conf", "store", "verify"}},
    {"tests", {"bench", "gateway", "conf", "store", "verify"}},
};

// The first row whose prefix begins the name of an included header decides. A file "x/" is a
// folder.
struct Door {
  std::string_view header;
  Names files;
};
inline const std::vector<Door> kDoors{
    {"lmdb.h", {"store/env.cc", "store/env_open.cc", "store/env_state.h", "store/page_walk.cc"}},
    {"toml++/", {"conf/document.cc"}},
    {"boost/url", {"conf/url.cc"}},
    {"boost/json", {"gateway/net/json.h"}},
    {"boost/asio/ssl/impl/", {"gateway/net/asio_impl.cc"}},
    {"boost/asio/impl/", {"gateway/net/asio_impl.cc"}},
    {"boost/asio/ssl", {"gateway/net/stream.cc"}},
    {"boost/asio", {"gateway/net/net.h"}},
    {"kainjow/", {"gateway/pages/template.cc"}},
    {"spdlog/", {"gateway/log/log.cc"}},
    {"CLI/", {"gateway/cli/parser.cc", "bench/options.cc"}},
    {"openssl/", {"verify/crypto.cc", "verify/password.cc", "verify/rsa.cc"}},
    {"doctest/", {"tests/"}},
};

// C and POSIX headers that need no door.
inline const Names kSystemFolders{"sys/", "net/", "netinet/", "arpa/", "linux/"};
inline const Names kSystemHeaders{"dirent.h",  "fcntl.h",  "grp.h",   "netdb.h",  "poll.h",
                                  "pthread.h", "pwd.h",    "sched.h", "signal.h", "termios.h",
                                  "time.h",    "unistd.h", "errno.h", "malloc.h", "getopt.h",
                                  "stdlib.h",  "fnmatch.h"};

// Spelt in pieces, so that this file may hold them.
// clang-format off
inline const Names kLeftovers{"TO" "DO", "FIX" "ME", "DESIGN" ".md", "DESIGN" " section", "rese" "arch/"};
// clang-format on

inline constexpr std::size_t kFileLines = 400;
inline constexpr std::size_t kFunctionLines = 60;

}  // namespace tests
