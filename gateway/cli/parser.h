#pragma once

// The grammar of the command line; parser.cc is the door to CLI11. One thread, used once.

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/cli/error.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace gateway::cli {

using Action = std::function<Outcome<Done>()>;

class Parser;

// One command, or a family of them. A cheap handle, valid as long as its Parser. The variables must
// live until the Parser goes.
class Command {
 public:
  // `examples`: lines to paste, shown at the end of --help.
  Command command(const std::string& name, const std::string& summary, const std::string& examples);

  // Options with a value: "--name" and what stands for the value in the help, "N". A value that
  // begins with
  // '-' is taken after "--" or "=" alone, so that a forgotten value is noticed.
  void value(const std::string& name, const std::string& meta, std::string& out,
             const std::string& help);  // required
  void value(const std::string& name, const std::string& meta, std::optional<std::string>& out,
             const std::string& help);
  // May be given many times.
  void values(const std::string& name, const std::string& meta,
              std::optional<std::vector<std::string>>& out, const std::string& help);
  void flag(const std::string& name, bool& out, const std::string& help);
  // --name and --no-name
  void yes_or_no(const std::string& name, std::optional<bool>& out, const std::string& help);

  void argument(const std::string& name, std::string& out, const std::string& help);  // required
  void argument(const std::string& name, std::optional<std::string>& out, const std::string& help);

  void runs(Action action);

 private:
  friend class Parser;
  Command(CLI::App* app, Parser* parser, std::string path)
      : app_(app), parser_(parser), path_(std::move(path)) {}
  CLI::Option* take(const std::string& name, const std::string& meta,
                    std::function<void(std::vector<std::string>)> store, const std::string& help);

  CLI::App* app_;
  Parser* parser_;
  std::string path_;  // "client add"
};

class Parser {
 public:
  Parser(const std::string& description, const std::string& version, const std::string& examples);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  Command root();

  // `arguments` without the program's name. What the command that was named runs; for --help and
  // --version, which print to `out`, nothing more to do. Every mistake is a Problem with kUsage.
  Outcome<Action> parse(const std::vector<std::string>& arguments, std::ostream& out);

 private:
  friend class Command;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway::cli
