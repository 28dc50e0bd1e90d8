#pragma once

// A small language for the tests of this room: a folder that goes with the test, records that are
// valid, and child processes that end in every case.

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "store/credentials.h"
#include "store/error.h"
#include "store/ledger.h"
#include "store/records.h"

namespace store {

using Kind = Error::Kind;

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "store_test_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TempDir() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The file stays the same one, and is made if it is missing.
inline void overwrite(const std::filesystem::path& file, std::string_view bytes) {
  if (!std::filesystem::exists(file)) std::ofstream(file, std::ios::binary).flush();
  std::fstream(file, std::ios::binary | std::ios::in | std::ios::out) << bytes;
  std::filesystem::resize_file(file, bytes.size());
}

// Fails the test, and ends it, unless the result is good.
template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().sentence);
  return *std::move(result);
}

// The kind of error of a result that must not be good.
template <class T>
Kind kind_of(const Result<T>& result) {
  REQUIRE_FALSE(result.ok());
  CHECK_FALSE(result.error().sentence.empty());
  return result.error().kind;
}

inline Client a_client(std::string key = "K", std::string secret = "S") {
  Client out;
  out.key = std::move(key);
  out.secrets.push_back({verify::Secret(std::move(secret)), std::nullopt});
  return out;
}

inline User a_user(std::string name = "alice") {
  User out;
  out.name = std::move(name);
  return out;
}

inline Token a_token(std::string token = "T", std::string client = "K",
                     std::string user = "alice") {
  Token out;
  out.token = std::move(token);
  out.client = std::move(client);
  out.user = std::move(user);
  out.secret = verify::Secret(std::string_view("TS"));
  return out;
}

inline CredentialsOptions made_at(const std::filesystem::path& path) {
  CredentialsOptions out;
  out.path = path;
  out.map_size = 1ull << 30;
  out.create = true;
  return out;
}

inline std::unique_ptr<Credentials> open_store(const std::filesystem::path& path) {
  return must(Credentials::open(made_at(path)));
}

// Runs `change` in one transaction and commits it.
inline void change(Credentials& store, const std::function<void(Credentials::Change&)>& change) {
  auto transaction = must(store.begin());
  change(transaction);
  must(transaction.commit());
}

inline void put(Credentials& store, const Client& client) {
  change(store, [&](auto& c) { must(c.put(client, Credentials::Change::Mode::Replace)); });
}
inline void put(Credentials& store, const User& user) {
  change(store, [&](auto& c) { must(c.put(user, Credentials::Change::Mode::Replace)); });
}
inline void put(Credentials& store, const Token& token) {
  change(store, [&](auto& c) { must(c.put(token, Credentials::Change::Mode::Replace)); });
}

// While it lasts, this process can write no file beyond `bytes`: as if the disk were full. Lift it
// before anything is printed.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { lift(); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  void lift() const {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

// A child process that runs `body` and exits with what it returns. It must open for itself what it
// uses of the store. An exception ends it with status 99.
class Child {
 public:
  explicit Child(const std::function<int()>& body) : id_(::fork()) {
    if (id_ != 0) return;
    int status = 99;
    try {
      status = body();
    } catch (...) {
    }
    ::_exit(status);
  }
  ~Child() {
    if (id_ > 0) kill();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(id_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void kill() {
    ::kill(id_, SIGKILL);
    wait();
  }
  pid_t id() const { return id_; }

 private:
  pid_t id_;
};

// One direction between parent and child.
class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_reader() { close(ends_[0]); }
  void close_writer() { close(ends_[1]); }
  bool send(std::string_view bytes) {
    return ::write(ends_[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  }
  // At most `count` bytes; less only at the end.
  std::string receive(std::size_t count) {
    std::string out(count, '\0');
    std::size_t got = 0;
    while (got < count) {
      const ssize_t n = ::read(ends_[0], out.data() + got, count - got);
      if (n <= 0) break;
      got += static_cast<std::size_t>(n);
    }
    out.resize(got);
    return out;
  }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(std::exchange(end, -1));
  }
  int ends_[2] = {-1, -1};
};

}  // namespace store
