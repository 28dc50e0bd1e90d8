#include "gateway/log/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gateway/log/log_line.h"
#include "gateway/net/json.h"

namespace {

namespace fs = std::filesystem;
using gateway::log::LogEntry;

// 2026-01-02T03:04:05.678Z
const gateway::log::Stamp kStamp{
    std::chrono::system_clock::time_point(std::chrono::milliseconds(1767323045678)),
    conf::LogLevel::Info};

LogEntry entry() {
  return {.request_id = "7f3a",
          .peer = "127.0.0.1:1234",
          .method = "GET",
          .target = "/path?oauth_signature=s",
          .host = "api.example",
          .status = 200,
          .reason = "ok",
          .client = "key",
          .user = "alice",
          .upstream = "api",
          .bytes_out = 123,
          .microseconds = 456};
}

std::string text(const LogEntry& entry) {
  std::string out;
  gateway::log::text_line(kStamp, entry, out);
  return out;
}

// A folder of its own, gone with the object.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "log-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

conf::Log settings(const std::string& file) {
  conf::Log settings;
  settings.file = file;
  return settings;
}

}  // namespace

TEST_CASE("a text line says who asked what, and what came of it") {
  CHECK(
      text(entry()) ==
      "2026-01-02T03:04:05.678Z info  id=7f3a 127.0.0.1:1234 \"GET /path\" host=api.example 200 ok "
      "client=key user=alice upstream=api in=0 out=123 us=456\n");
  LogEntry more = entry();
  more.from = "203.0.113.7";
  more.scheme = "http";
  CHECK(text(more) ==
        "2026-01-02T03:04:05.678Z info  id=7f3a 127.0.0.1:1234 \"GET /path\" from=203.0.113.7 "
        "host=api.example scheme=http 200 ok client=key user=alice upstream=api in=0 out=123 "
        "us=456\n");
  LogEntry cut{.reason = "client_gone", .detail = "it \"left\"\n", .bytes_in = 7};
  CHECK(text(cut) ==
        "2026-01-02T03:04:05.678Z info  - \"- -\" - client_gone in=7 out=0 us=0 "
        "detail=\"it \\x22left\\x22\\x0a\"\n");
}

TEST_CASE("nothing from outside can end a line, a quote or a word") {
  LogEntry hostile = entry();
  hostile.method = "G\"T";
  hostile.target = "/a b\r\nx\x1b[2J\\\xC3\xA9\x7f?secret";
  hostile.host = "h user=root";
  hostile.client = std::string_view("k\0=", 3);
  hostile.user = "Ann Lee";
  CHECK(text(hostile) ==
        "2026-01-02T03:04:05.678Z info  id=7f3a 127.0.0.1:1234 "
        "\"G\\x22T /a\\x20b\\x0d\\x0ax\\x1b[2J\\x5c\\xc3\\xa9\\x7f\" host=h\\x20user=root 200 ok "
        "client=k\\x00= user=Ann\\x20Lee upstream=api in=0 out=123 us=456\n");
  std::string out;
  gateway::log::text_line({kStamp.time, conf::LogLevel::Error}, "a \"b\"\nc\xff", out);
  CHECK(out == "2026-01-02T03:04:05.678Z error a \"b\"\\x0ac\\xff\n");
}

TEST_CASE("a value is cut after 2048 bytes") {
  LogEntry full = entry();
  const std::string most(2048, 'a'), more(2049, 'a');
  full.host = most;
  CHECK(text(full).find("host=" + most + " ") != std::string::npos);
  full.host = more;
  CHECK(text(full).find("host=" + most + "... ") != std::string::npos);
}

TEST_CASE("a JSON line is one object with the same facts") {
  namespace json = gateway::json;
  std::string out = "before\n";
  LogEntry hostile = entry();
  hostile.user = "\xC3\xA9lo\"\xC3\xAFse";
  hostile.detail = "\xff\n\"q\"";
  hostile.upstream = {};
  hostile.from = "1.2.3.4";
  hostile.scheme = "http";
  gateway::log::json_line({kStamp.time, conf::LogLevel::Warn}, hostile, out);
  REQUIRE(out.starts_with("before\n{"));
  CHECK(std::count(out.begin(), out.end(), '\n') == 2);
  CHECK(json::parse(out.substr(7)) == json::value({{"time", "2026-01-02T03:04:05.678Z"},
                                                   {"level", "warn"},
                                                   {"id", "7f3a"},
                                                   {"peer", "127.0.0.1:1234"},
                                                   {"from", "1.2.3.4"},
                                                   {"method", "GET"},
                                                   {"target", "/path"},
                                                   {"host", "api.example"},
                                                   {"scheme", "http"},
                                                   {"status", 200},
                                                   {"reason", "ok"},
                                                   {"detail", "\\xff\\x0a\"q\""},
                                                   {"client", "key"},
                                                   {"user", "\xC3\xA9lo\"\xC3\xAFse"},
                                                   {"in", 0},
                                                   {"out", 123},
                                                   {"us", 456}}));
  out.clear();
  gateway::log::json_line(kStamp, "ready", out);
  CHECK(out ==
        "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\",\"message\":\"ready\"}\n");
}

TEST_CASE("a JSON line may be longer than the memory set aside for it") {
  const std::string long_value(2048, '\x01');
  LogEntry full{.request_id = long_value, .host = long_value, .detail = long_value};
  std::string out;
  gateway::log::json_line(kStamp, full, out);
  const auto line = gateway::json::parse(out);
  CHECK(line.at("detail").as_string().size() == 4 * 2048);
}

TEST_CASE("lines of a level below the one set are not written") {
  Folder folder;
  conf::Log wanted = settings(folder.file("log"));
  wanted.level = conf::LogLevel::Warn;
  {
    gateway::log::Log log(wanted);
    CHECK_FALSE(log.wants(conf::LogLevel::Info));
    CHECK(log.wants(conf::LogLevel::Warn));
    log.record(entry(), false);
    log.record(entry(), true);
    log.say(conf::LogLevel::Info, "quiet");
    log.say(conf::LogLevel::Error, "loud");
  }
  const auto lines = lines_of(wanted.file);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("Z warn  id=7f3a") != std::string::npos);
  CHECK(lines[1].ends_with("Z error loud"));
}

TEST_CASE("the log is appended to, in the form that is set") {
  Folder folder;
  conf::Log wanted = settings(folder.file("log"));
  { gateway::log::Log(wanted).say(conf::LogLevel::Info, "one"); }
  wanted.format = conf::LogFormat::Json;
  { gateway::log::Log(wanted).record(entry(), false); }
  const auto lines = lines_of(wanted.file);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].ends_with(" info  one"));
  CHECK(lines[1].starts_with("{\"time\":"));
}

TEST_CASE("lines of several threads stay whole, and none is lost") {
  Folder folder;
  const std::string file = folder.file("log");
  constexpr int kThreads = 4, kLines = 2000;
  {
    gateway::log::Log log(settings(file));
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&log, t] {
        const std::string peer = "peer" + std::to_string(t);
        LogEntry mine = entry();
        mine.peer = peer;
        for (int i = 0; i < kLines; ++i) {
          mine.microseconds = static_cast<std::uint64_t>(i);
          log.record(mine, false);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::vector<int> next(kThreads, 0);
  int whole = 0;
  for (const std::string& line : lines_of(file)) {
    for (int t = 0; t < kThreads; ++t) {
      if (line.find(" peer" + std::to_string(t) + " ") == std::string::npos) continue;
      const auto index = static_cast<std::size_t>(t);
      whole += line.ends_with(" out=123 us=" + std::to_string(next[index]++));
    }
  }
  CHECK(whole == kThreads * kLines);
}

TEST_CASE("after a rotation lines go to the new file") {
  Folder folder;
  const std::string file = folder.file("log"), old = folder.file("log.1");
  {
    gateway::log::Log log(settings(file));
    fs::rename(file, old);
    log.reopen();
    log.say(conf::LogLevel::Info, "after");
  }
  const auto lines = lines_of(file);
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.back().ends_with("after"));
  CHECK(lines_of(old).empty());
}

TEST_CASE("a file that can't be opened again is complained about, and the old one is kept") {
  Folder folder;
  fs::create_directory(folder.file("d"));
  const std::string file = folder.file("d/log"), moved = folder.file("gone/log");
  {
    gateway::log::Log log(settings(file));
    fs::rename(folder.file("d"), folder.file("gone"));
    std::ofstream(folder.file("d")) << "in the way";
    log.reopen();
    log.say(conf::LogLevel::Info, "after");
  }
  const auto lines = lines_of(moved);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("can't open the log file") != std::string::npos);
  CHECK(lines[1].ends_with("after"));
}

TEST_CASE("a log that can't be opened at all is one sentence") {
  Folder folder;
  const std::string file = folder.file("");
  CHECK_THROWS_WITH_AS(gateway::log::Log(settings(file)),
                       ("can't open the log file \"" + file + "\": Is a directory").c_str(),
                       std::runtime_error);
}

// A named pipe that nobody reads is a disk that stands still.
TEST_CASE("when the disk stands still the oldest lines go, and the log says how many") {
  Folder folder;
  const std::string pipe = folder.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int reading = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reading >= 0);
  REQUIRE(::fcntl(reading, F_SETFL, 0) == 0);
  constexpr std::size_t kLines = 12'000;  // of 1 KiB: three times what may wait
  std::string all;
  std::thread reader;
  {
    gateway::log::Log log(settings(pipe));
    const std::string filler(1000, 'x');
    for (std::size_t i = 0; i < kLines; ++i) log.say(conf::LogLevel::Info, "line " + filler);
    log.say(conf::LogLevel::Info, "the end");
    reader = std::thread([reading, &all] {
      std::string piece(65536, 0);
      for (ssize_t n = 1; (n = ::read(reading, piece.data(), piece.size())) > 0;) {
        all.append(piece, 0, static_cast<std::size_t>(n));
      }
    });
  }
  reader.join();
  ::close(reading);
  std::size_t kept = 0, lost = 0;
  std::string last;
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line); last = line) {
    const std::size_t told = line.find("too slow and lost ");
    if (told != std::string::npos) lost += std::stoul(line.substr(told + 18));
    kept += told == std::string::npos;
  }
  CHECK(lost > kLines / 4);
  CHECK(kept + lost == kLines + 1);
  CHECK(last.ends_with(" info  the end"));
}
