#pragma once

// A request's body that is kept until it is known to be the one that was signed: in memory, and
// beyond limits.form_bytes in a file. The file has no name, so it goes when the process ends,
// however that ends. One thread at a time.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "conf/settings.h"
#include "gateway/net/shares.h"
#include "gateway/upstream/error.h"

namespace gateway::upstream {

// How much of something is in use, by all threads together. Any thread.
class ByteBudget {
 public:
  // False, and nothing taken, if that made it more than the limit.
  bool take(std::uint64_t bytes, std::uint64_t limit);
  void give_back(std::uint64_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> taken_{0};
};

// Of all held bodies. Any thread.
struct Holdings {
  ByteBudget memory;
  ByteBudget disk;
  net::Shares memory_shares, disk_shares;  // of each address, of the two
};

class HeldBody {
 public:
  // Bytes that one system call moves. They go to the page cache and come from there, which costs a
  // thread tens of microseconds; so it is done on the event loop, and others have their turn
  // between two of them.
  inline static constexpr std::size_t kStep = 256 << 10;

  explicit HeldBody(Holdings& holdings) : all_(holdings) {}
  ~HeldBody() { release(); }
  HeldBody(const HeldBody&) = delete;
  HeldBody& operator=(const HeldBody&) = delete;

  // For the next body, with bounds and folder from these settings, which stay until release().
  // `network`: whose share it counts to; nothing for those who speak for many.
  void begin(const conf::Settings& settings, std::optional<conf::IpAddress> network = {}) {
    settings_ = &settings;
    network_ = network;
  }
  // Both return why it can't be held, if so. What was appended can be had after flush().
  std::optional<upstream::Error> append(std::string_view bytes);
  std::optional<upstream::Error> flush();

  std::uint64_t size() const { return memory_.size() + on_disk_ + waiting_; }
  // The body is this, then what is on disk. Valid until append() or release().
  std::string_view in_memory() const { return memory_; }
  std::uint64_t on_disk() const { return on_disk_; }
  // After flush(): the next bytes on disk behind the first `at`, at least one and at most kStep;
  // `out` is valid until the next call.
  std::optional<upstream::Error> read(std::uint64_t at, std::string_view& out);

  // Back to an empty one. Closes the file, and keeps no large memory.
  void release();

 private:
  std::optional<upstream::Error> charge(std::uint64_t bytes);
  std::optional<upstream::Error> charge_disk(std::uint64_t bytes);
  void discharge_disk(std::uint64_t bytes);
  std::optional<upstream::Error> go_to_disk();
  upstream::Error failed(const char* doing, int error) const;

  Holdings& all_;
  const conf::Settings* settings_ = nullptr;
  std::optional<conf::IpAddress> network_;
  std::string memory_;
  std::uint64_t charged_ = 0;     // to all_.memory
  std::unique_ptr<char[]> step_;  // kStep bytes on their way to the file, or back from it
  std::size_t waiting_ = 0;       // of them, not yet in the file
  std::uint64_t on_disk_ = 0;
  int file_ = -1;
};

// How much of limits.forms_bytes, and of limits.hashed_bodies_bytes, one address may take: its
// share, and never less than one body of the largest kind takes.
std::uint64_t memory_share(const conf::Limits& limits);
std::uint64_t disk_share(const conf::Limits& limits);

// A new file that has no name, for reading and writing: its descriptor, or -1 and errno. The second
// is for file systems that don't know such files, and takes the name away at once.
int nameless_file(const std::string& folder);
int unlinked_file(const std::string& folder);

}  // namespace gateway::upstream
