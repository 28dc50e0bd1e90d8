#include "gateway/log/log.h"

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "gateway/log/log_line.h"

// Lines gather in blocks, and a thread hands whole blocks to a sink of spdlog. spdlog's own queue
// would wake its thread for each line, which costs five times as much and loses lines in a burst.

namespace gateway::log {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = 64 << 10;
constexpr std::size_t kMaxBlocks = 64;  // 4 MiB wait for a slow disk; then the oldest go
constexpr std::chrono::milliseconds kGather{50};

struct Block {
  std::string text;
  std::size_t lines = 0;
};

// Whether others than root and this program's user may have made what has this name.
bool made_by_others(const struct stat& status) {
  return status.st_uid != 0 && status.st_uid != ::geteuid();
}

// A link that somebody else could have put there leads root to any file: /dev/stdout is none.
bool follows(const fs::path& file) {
  struct stat link {
  }, folder{};
  const fs::path in = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (::lstat(file.c_str(), &link) != 0 || !S_ISLNK(link.st_mode)) return false;
  if (::stat(in.c_str(), &folder) != 0) return false;
  const bool open_to_others = (folder.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  return !made_by_others(link) && !made_by_others(folder) && !open_to_others;
}

// Lines name users, so not everybody may read them. Returns the descriptor, or -1 and errno.
int open_log_file(const fs::path& file) {
  std::error_code code;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), code);
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC;
  const int opened = ::open(file.c_str(), flags | O_NOFOLLOW, 0640);
  if (opened >= 0 || errno != ELOOP) return opened;
  if (follows(file)) return ::open(file.c_str(), flags, 0640);
  errno = ELOOP;
  return -1;
}

std::shared_ptr<spdlog::sinks::sink> open_file_sink(const std::string& file) {
  const int opened = open_log_file(file);
  if (opened < 0)
    throw std::runtime_error("can't open the log file \"" + file +
                             "\": " + std::generic_category().message(errno));
  // The very file, whatever has its name by now.
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>("/proc/self/fd/" +
                                                                  std::to_string(opened));
  ::close(opened);
  return sink;
}

std::shared_ptr<spdlog::sinks::sink> open_sink(const std::string& file) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  try {
    if (file == "-") {
      sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    } else {
      sink = open_file_sink(file);
    }
  } catch (const spdlog::spdlog_ex&) {
    throw std::runtime_error("can't open the log file \"" + file + "\"");
  }
  sink->set_pattern("%v");
  return sink;
}

}  // namespace

struct Log::State {
  explicit State(const conf::Log& settings_)
      : settings(settings_),
        lowest(settings.level),
        sink(open_sink(settings.file)),
        writer([this] { run(); }) {}
  ~State() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_one();
    writer.join();
  }

  template <class Content>  // LogEntry or a sentence
  void add(conf::LogLevel level, const Content& content);
  template <class Content>
  void format(conf::LogLevel level, const Content& content, std::string& line) const;
  void run();
  void write(Block& block);
  void complain(std::size_t lines);

  const conf::Log settings;
  std::atomic<conf::LogLevel> lowest;

  std::mutex sink_mutex;  // guards sink
  std::shared_ptr<spdlog::sinks::sink> sink;

  std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  std::deque<Block> blocks;
  std::size_t dropped = 0;  // lines
  bool stopping = false;

  std::thread writer;  // last: it uses all of the above
};

template <class Content>
void Log::State::format(conf::LogLevel level, const Content& content, std::string& line) const {
  const Stamp stamp{std::chrono::system_clock::now(), level};
  if (settings.format == conf::LogFormat::Json) {
    json_line(stamp, content, line);
  } else {
    text_line(stamp, content, line);
  }
}

template <class Content>
void Log::State::add(conf::LogLevel level, const Content& content) {
  thread_local std::string line;
  line.clear();
  format(level, content, line);
  bool wanted = false;
  {
    std::lock_guard lock(mutex);
    if (blocks.empty() || blocks.back().text.size() + line.size() > kBlockBytes) {
      wanted = blocks.size() < 2;  // the writer sleeps without a block, or waits for one to fill
      if (blocks.size() == kMaxBlocks) {
        dropped += blocks.front().lines;
        blocks.pop_front();
      }
      blocks.emplace_back().text.reserve(kBlockBytes);
    }
    blocks.back().text += line;
    ++blocks.back().lines;
  }
  if (wanted) wake.notify_one();
}

void Log::State::run() {
  std::deque<Block> taken;
  for (bool last = false; !last;) {
    std::size_t lost = 0;
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return stopping || !blocks.empty(); });
      wake.wait_for(lock, kGather, [this] { return stopping || blocks.size() > 1; });
      taken.swap(blocks);
      lost = std::exchange(dropped, 0);
      last = stopping;
    }
    if (lost > 0) complain(lost);
    for (Block& block : taken) write(block);
    taken.clear();
  }
}

void Log::State::complain(std::size_t lines) {
  Block block;
  format(conf::LogLevel::Warn,
         std::string_view("the log was too slow and lost " + std::to_string(lines) + " lines"),
         block.text);
  write(block);
}

void Log::State::write(Block& block) {
  block.text.pop_back();  // the sink ends the last line itself
  const spdlog::details::log_msg message("", spdlog::level::info, block.text);
  std::lock_guard lock(sink_mutex);
  try {
    sink->log(message);
    sink->flush();
  } catch (const spdlog::spdlog_ex&) {  // a full disk, say
    std::lock_guard counting(mutex);
    dropped += block.lines;
  }
}

Log::Log(const conf::Log& settings) : state_(std::make_unique<State>(settings)) {}
Log::~Log() = default;

bool Log::wants(conf::LogLevel level) const {
  return level >= state_->lowest.load(std::memory_order_relaxed);
}

void Log::set_level(conf::LogLevel level) { state_->lowest = level; }

void Log::record(const LogEntry& entry, bool refused) {
  const conf::LogLevel level = refused ? conf::LogLevel::Warn : conf::LogLevel::Info;
  if (wants(level)) state_->add(level, entry);
}

void Log::say(conf::LogLevel level, std::string_view sentence) {
  if (wants(level)) state_->add(level, sentence);
}

void Log::reopen() {
  if (state_->settings.file == "-") return;
  try {
    std::shared_ptr<spdlog::sinks::sink> sink = open_sink(state_->settings.file);
    std::lock_guard lock(state_->sink_mutex);
    state_->sink.swap(sink);
  } catch (const std::runtime_error& error) {
    say(conf::LogLevel::Error, std::string(error.what()) + " again, and goes on with the old one");
  }
}

}  // namespace gateway::log
