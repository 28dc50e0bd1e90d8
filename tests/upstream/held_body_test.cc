// HeldBody and the room that all of them share, on a real disk.

#include "gateway/upstream/held_body.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"

using namespace gateway;
using namespace gateway::upstream;
using namespace gateway::testing;

namespace {

constexpr std::size_t kInMemory = 1000;

struct Place {
  explicit Place(std::uint64_t memory = 1 << 20, std::uint64_t disk = 4 << 20) {
    settings.limits.form_bytes = kInMemory;
    settings.limits.forms_bytes = memory;
    settings.limits.hashed_bodies_bytes = disk;
    settings.store.temporary = folder.path().string();
  }
  bool empty() const { return std::filesystem::is_empty(folder.path()); }

  TempFolder folder;
  conf::Settings settings;
};

// No byte is like its neighbours, so that one that is lost or moved shows.
std::string bytes_of(std::size_t size) {
  std::string out;
  out.reserve(size + 8);
  for (std::size_t i = 0; out.size() < size; ++i) out += std::to_string(i * 7919);
  return out.substr(0, size);
}

std::string word(const std::optional<Error>& wrong) {
  if (!wrong) return "";
  return wrong->kind == ErrorKind::HoldingFull ? "holding_full" : "holding_fault";
}

std::string append_all(HeldBody& held, std::string_view bytes, std::size_t at_a_time) {
  for (std::size_t at = 0; at < bytes.size(); at += at_a_time) {
    if (auto wrong = held.append(bytes.substr(at, at_a_time))) return word(wrong);
  }
  return word(held.flush());
}

std::string content(HeldBody& held) {
  std::string out(held.in_memory());
  for (std::uint64_t at = 0; at < held.on_disk();) {
    std::string_view step;
    REQUIRE_FALSE(held.read(at, step));
    REQUIRE_FALSE(step.empty());
    REQUIRE(step.size() <= HeldBody::kStep);
    out += step;
    at += step.size();
  }
  return out;
}

}  // namespace

TEST_CASE("a body is held as it came, first in memory and then on disk") {
  Place place;
  Holdings all;
  HeldBody held(all);
  held.begin(place.settings);
  constexpr std::size_t kStep = HeldBody::kStep;
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, kInMemory - 1, kInMemory, kInMemory + 1,
                           kInMemory + kStep - 1, kInMemory + kStep, kInMemory + kStep + 1,
                           kInMemory + 3 * kStep + 77}) {
    for (std::size_t at_a_time : {std::size_t{999}, kStep - 1, kStep + 1, 2 * kStep + 1}) {
      CAPTURE(size);
      CAPTURE(at_a_time);
      const std::string bytes = bytes_of(size);
      REQUIRE(append_all(held, bytes, at_a_time) == "");
      CHECK(held.size() == size);
      CHECK(held.in_memory().size() == std::min(size, kInMemory));
      CHECK(held.on_disk() == size - held.in_memory().size());
      CHECK(all.disk.taken() == held.on_disk());
      CHECK(all.memory.taken() ==
            held.in_memory().size() + (held.on_disk() > 0 ? HeldBody::kStep : 0));
      CHECK(content(held) == bytes);
      CHECK(place.empty());
      held.release();
      CHECK(held.size() == 0);
      CHECK(all.disk.taken() == 0);
      CHECK(all.memory.taken() == 0);
    }
  }
}

TEST_CASE("bodies may take as much memory and disk together as the limits say, and no more") {
  constexpr std::size_t kStep = HeldBody::kStep;
  Place place(2 * kInMemory + kStep, 500);
  Holdings all;
  HeldBody first(all), second(all);
  first.begin(place.settings);
  second.begin(place.settings);
  REQUIRE(append_all(first, bytes_of(kInMemory), kInMemory) == "");
  CHECK(append_all(second, bytes_of(kInMemory + 500), 100) == "");
  second.release();
  CHECK(append_all(second, bytes_of(kInMemory + 501), 100) == "holding_full");
  second.release();
  REQUIRE(append_all(first, "x", 1) == "");
  CHECK(append_all(second, bytes_of(kInMemory), 100) == "");
  second.release();
  CHECK(append_all(second, bytes_of(kInMemory + 1), 100) == "holding_full");
  first.release();
  second.release();
  CHECK(all.disk.taken() == 0);
  CHECK(all.memory.taken() == 0);
}

TEST_CASE("no more is taken than the limit allows, whoever takes at the same time") {
  ByteBudget usage;
  CHECK_FALSE(usage.take(1001, 1000));
  CHECK_FALSE(usage.take(~std::uint64_t{0}, 1000));
  CHECK(usage.take(1000, 1000));
  CHECK(usage.take(0, 1000));
  CHECK_FALSE(usage.take(1, 1000));
  CHECK_FALSE(usage.take(0, 999));  // a limit that has become smaller
  usage.give_back(1000);
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> held{0}, most{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        if (!usage.take(300, 1000)) continue;
        const std::uint64_t now = held.fetch_add(300) + 300;
        std::uint64_t before = most.load();
        while (before < now && !most.compare_exchange_weak(before, now)) continue;
        held.fetch_sub(300);
        usage.give_back(300);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most <= 900);
  CHECK(usage.taken() == 0);
}

TEST_CASE("a folder that can't be used is said to be so") {
  Place place;
  place.settings.store.temporary += "/missing";
  Holdings all;
  HeldBody held(all);
  held.begin(place.settings);
  CHECK(append_all(held, bytes_of(kInMemory), 100) == "");
  const std::optional<Error> wrong = held.append("x");
  REQUIRE(wrong);
  CHECK(wrong->kind == ErrorKind::HoldingDisk);
  CHECK(wrong->detail == "can't make a temporary file in " + place.settings.store.temporary +
                             ": No such file or directory");
  held.release();
  CHECK(all.memory.taken() == 0);
}

TEST_CASE("the files have no names, are nobody else's and stay in this process") {
  TempFolder folder;
  for (int (*make)(const std::string&) : {nameless_file, unlinked_file}) {
    const int file = make(folder.path().string());
    REQUIRE(file >= 0);
    CHECK(std::filesystem::is_empty(folder.path()));
    struct stat status {};
    REQUIRE(::fstat(file, &status) == 0);
    CHECK(status.st_nlink == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK((::fcntl(file, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK((::fcntl(file, F_GETFL) & O_ACCMODE) == O_RDWR);
    ::close(file);
    CHECK(make((folder.path() / "missing").string()) == -1);
  }
}
