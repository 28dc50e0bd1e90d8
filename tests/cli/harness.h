#pragma once

// Runs the command line in this process, on streams and a clock of the test's own. One thread.

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway/cli/program.h"
#include "gateway/net/json.h"

namespace tests {

namespace fs = std::filesystem;
namespace json = gateway::json;

inline constexpr std::int64_t kNow = 1'900'000'000;  // 2030-03-17T17:46:40Z

struct FixedClock final : gateway::net::Clock {
  std::int64_t now = kNow;
  std::int64_t unix_seconds() const override { return now; }
};

struct Ran {
  int code = 0;
  std::string out, err;
};

inline std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A folder of its own, gone with the object, and the commands run on a store in it.
class Shell {
 public:
  Shell() {
    std::string pattern = (fs::temp_directory_path() / "cli-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    top_ = pattern;
  }
  ~Shell() { fs::remove_all(top_); }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  fs::path path(const std::string& name) const { return top_ / name; }
  std::string store() const { return path("store").string(); }

  fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }

  // Exactly these arguments.
  Ran run(const std::vector<std::string>& arguments, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out, err;
    gateway::cli::Console console{in, out, err};
    const int code = gateway::cli::run(arguments, {console, clock, serve});
    return {code, out.str(), err.str()};
  }

  // The same, on the store of this shell.
  Ran on_store(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.end(), {"--store", store()});
    return run(arguments, input);
  }

  // A configuration with this [oauth], and the store of this shell.
  std::string config(const std::string& oauth) const {
    return write("portcullis.toml", "[store]\npath = \"" + store() +
                                        "\"\nmap_size = \"64MiB\"\nledger_size = \"1MiB\"\n"
                                        "[oauth]\n" +
                                        oauth)
        .string();
  }

  FixedClock clock;
  gateway::cli::Serve serve = [](const auto&, const auto&) { return 0; };

 private:
  fs::path top_;
};

inline json::object object(const std::string& text) { return json::parse(text).as_object(); }

// As it stands in JSON, with its quotes.
inline std::string quoted(const std::string& text) { return json::serialize(json::value(text)); }

inline std::string text(const json::value& value) { return std::string(value.as_string()); }

inline std::vector<json::object> objects(const std::string& lines) {
  std::vector<json::object> out;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) out.push_back(object(line));
  return out;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tests
