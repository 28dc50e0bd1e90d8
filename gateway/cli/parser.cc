#include "gateway/cli/parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "conf/quoting.h"
#include "gateway/cli/text.h"

namespace gateway::cli {
namespace {

// Values travel through CLI11 behind this mark: it would read an empty one, or one that begins with
// '-', in its own way.
constexpr char kMark = '=';

std::string unmarked(const std::string& value) { return value.substr(1); }

CLI::App* innermost(CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string full_name(const CLI::App* app) {
  std::string name = app->get_name();
  while ((app = app->get_parent()) != nullptr) name = app->get_name() + " " + name;
  return name;
}

// The suggestion, or where to look when there is none.
std::string or_help(const std::string& suggestion, const std::string& path) {
  if (!suggestion.empty()) return suggestion;
  return "; see portcullis " + path + (path.empty() ? "" : " ") + "--help";
}

std::string footer(const std::string& examples) {
  std::string out = "Examples:";
  std::size_t at = 0;
  while (at < examples.size()) {
    const std::size_t end = std::min(examples.find('\n', at), examples.size());
    out += "\n  " + examples.substr(at, end - at);
    at = end + 1;
  }
  return out;
}

}  // namespace

// What follows an option, and how often it may be given.
enum class Takes { Nothing, OneValue, Values };
using Options = std::map<std::string, Takes>;

struct Parser::State {
  CLI::App app;
  Action action;
  std::map<std::string, Options> options;  // of each command, by its path

  // The command that the arguments name, and how many arguments that took.
  std::pair<std::string, std::size_t> find(const std::vector<std::string>& arguments) const {
    std::string path;
    std::size_t count = 0;
    while (count < arguments.size()) {
      const std::string longer = path + (count == 0 ? "" : " ") + arguments[count];
      if (!options.contains(longer)) break;
      path = longer;
      ++count;
    }
    return {path, count};
  }

  Outcome<std::vector<std::string>> mark(const std::vector<std::string>& arguments) const;

  Outcome<Takes> takes_of(const std::string& path, const std::string& name) const;

  // Refuses a word in the place of a command that is none.
  Outcome<Done> check_command(const std::vector<std::string>& arguments) const;
};

Outcome<Done> Parser::State::check_command(const std::vector<std::string>& arguments) const {
  const auto [path, count] = find(arguments);
  if (count == arguments.size() || arguments[count].starts_with('-')) return Done{};
  const std::string family = path.empty() ? "" : path + " ";
  std::vector<std::string_view> known;
  for (const auto& [name, unused] : options) {
    if (!name.starts_with(family) || name.find(' ', family.size()) != name.npos) continue;
    known.push_back(std::string_view(name).substr(family.size()));
  }
  if (known.empty()) return Done{};
  return misused("there is no command " + conf::quoted(family + arguments[count]) +
                 or_help(conf::suggestion(arguments[count], known), path));
}

// Puts every value into an argument of its own, behind the mark: `--name=V`, `--name V` and `--name
// -- V` all become `--name`, `=V`.
Outcome<std::vector<std::string>> Parser::State::mark(
    const std::vector<std::string>& arguments) const {
  const auto [path, begin] = find(arguments);
  const auto at = [&](std::size_t i) {
    return arguments.begin() + static_cast<std::ptrdiff_t>(std::min(i, arguments.size()));
  };
  std::vector<std::string> out(at(0), at(begin));
  std::set<std::string> seen;
  for (std::size_t i = begin; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      out.insert(out.end(), at(i), arguments.end());
      break;
    }
    if (!arguments[i].starts_with("--")) {
      out.push_back(arguments[i]);
      continue;
    }
    const std::size_t equals = std::min(arguments[i].find('='), arguments[i].size());
    const std::string name = arguments[i].substr(0, equals);
    const auto takes = takes_of(path, name);
    if (!takes) return takes.failure();
    if (*takes == Takes::Nothing) {
      out.push_back(arguments[i]);
      continue;
    }
    if (!seen.insert(name).second && *takes == Takes::OneValue) {
      return misused(name + " is given twice");
    }
    out.push_back(name);
    if (equals < arguments[i].size()) {
      out.push_back(kMark + arguments[i].substr(equals + 1));
      continue;
    }
    const bool escaped = i + 1 < arguments.size() && arguments[i + 1] == "--";
    i += escaped ? 2 : 1;
    if (i >= arguments.size()) return misused(name + " needs a value");
    if (!escaped && arguments[i].size() > 1 && arguments[i].starts_with('-')) {
      return misused(name + " needs a value; write " + name +
                     " -- VALUE for one that begins with -");
    }
    out.push_back(kMark + arguments[i]);
  }
  return out;
}

Outcome<Takes> Parser::State::takes_of(const std::string& path, const std::string& name) const {
  std::vector<std::string_view> known{"--help"};
  if (path.empty()) known.push_back("--version");
  if (const auto mine = options.find(path); mine != options.end()) {
    const auto found = mine->second.find(name);
    if (found != mine->second.end()) return found->second;
    for (const auto& [option, takes] : mine->second) known.push_back(option);
  }
  if (std::find(known.begin(), known.end(), name) != known.end()) return Takes::Nothing;
  return misused("there is no option " + conf::quoted(name) +
                 or_help(conf::suggestion(name, known), path));
}

Command Command::command(const std::string& name, const std::string& summary,
                         const std::string& examples) {
  CLI::App* sub = app_->add_subcommand(name, summary);
  sub->footer(footer(examples));
  app_->require_subcommand(1);
  const std::string path = path_.empty() ? name : path_ + " " + name;
  parser_->state_->options[path];
  return {sub, parser_, path};
}

CLI::Option* Command::take(const std::string& name, const std::string& meta,
                           std::function<void(std::vector<std::string>)> store,
                           const std::string& help) {
  const bool positional = !name.starts_with('-');
  if (!positional) parser_->state_->options[path_][name] = Takes::OneValue;
  const auto callback = [store = std::move(store), positional](const CLI::results_t& results) {
    std::vector<std::string> values;
    for (const std::string& one : results) values.push_back(positional ? one : unmarked(one));
    store(std::move(values));
    return true;
  };
  return app_->add_option(name, callback, help)->type_name(meta)->type_size(1)->expected(1);
}

void Command::value(const std::string& name, const std::string& meta, std::string& out,
                    const std::string& help) {
  take(
      name, meta, [&out](auto values) { out = values.back(); }, help)
      ->required();
}

void Command::value(const std::string& name, const std::string& meta,
                    std::optional<std::string>& out, const std::string& help) {
  take(
      name, meta, [&out](auto values) { out = values.back(); }, help);
}

void Command::values(const std::string& name, const std::string& meta,
                     std::optional<std::vector<std::string>>& out, const std::string& help) {
  take(
      name, meta, [&out](auto values) { out = std::move(values); }, help)
      ->take_all()
      ->allow_extra_args(false);
  parser_->state_->options[path_][name] = Takes::Values;
}

void Command::flag(const std::string& name, bool& out, const std::string& help) {
  app_->add_flag(name, out, help);
  parser_->state_->options[path_][name] = Takes::Nothing;
}

void Command::yes_or_no(const std::string& name, std::optional<bool>& out,
                        const std::string& help) {
  const std::string no = "--no-" + name.substr(2);
  app_->add_flag_callback(
      name, [&out] { out = true; }, help);
  app_->add_flag_callback(
          no, [&out] { out = false; }, "Take " + name + " back")
      ->excludes(name);
  for (const std::string& one : {name, no}) parser_->state_->options[path_][one] = Takes::Nothing;
}

void Command::argument(const std::string& name, std::string& out, const std::string& help) {
  take(
      name, "", [&out](auto values) { out = values.back(); }, help)
      ->required();
}

void Command::argument(const std::string& name, std::optional<std::string>& out,
                       const std::string& help) {
  take(
      name, "", [&out](auto values) { out = values.back(); }, help);
}

void Command::runs(Action action) {
  Parser::State& state = *parser_->state_;
  app_->callback([&state, action = std::move(action)] { state.action = action; });
}

Parser::Parser(const std::string& description, const std::string& version,
               const std::string& examples)
    : state_(std::make_unique<State>()) {
  CLI::App& app = state_->app;
  app.name("portcullis");
  app.description(description);
  app.footer(footer(examples));
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", "portcullis " + version, "Print the version");
}

Parser::~Parser() = default;

Command Parser::root() { return {&state_->app, this, ""}; }

Outcome<Action> Parser::parse(const std::vector<std::string>& arguments, std::ostream& out) {
  CLI::App& app = state_->app;
  if (auto done = state_->check_command(arguments); !done) return done.failure();
  const auto marked = state_->mark(arguments);
  if (!marked) return marked.failure();
  try {
    app.parse(std::vector<std::string>(marked->rbegin(), marked->rend()));
  } catch (const CLI::CallForHelp&) {
    out << app.help();
    return Action([] { return Outcome<Done>(Done{}); });
  } catch (const CLI::CallForVersion& version) {
    out << version.what() << '\n';
    return Action([] { return Outcome<Done>(Done{}); });
  } catch (const CLI::ParseError& error) {
    return misused(printable(error.what()) + "; see " + full_name(innermost(&app)) + " --help");
  }
  return state_->action;
}

}  // namespace gateway::cli
