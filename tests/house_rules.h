#pragma once

// The rules of the house, read off the source files themselves: who may include whom, which file is
// the door of a foreign library, how long a file and a function may be, and what a coroutine may
// not say to this compiler. violations() is a function of a folder. Pure but for reading that
// folder.

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/house_tables.h"

namespace tests {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

// ---- Reading

inline bool begins(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}
inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}
inline bool is_code(const fs::path& path) {
  return path.extension() == ".cc" || path.extension() == ".h";
}

inline Lines lines_of(const std::string& text) {
  Lines lines;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

// The end of the literal or comment that begins at `at`, or `at` itself if none does.
inline std::size_t skip(const std::string& text, std::size_t at) {
  const auto after = [&](std::string_view mark, std::size_t from) {
    const std::size_t found = text.find(mark, from);
    return found == std::string::npos ? text.size() : found + mark.size();
  };
  if (text.compare(at, 2, "//") == 0) return std::min(text.find('\n', at), text.size());
  if (text.compare(at, 2, "/*") == 0) return after("*/", at + 2);
  const bool in_word = at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0;
  if (text.compare(at, 2, "R\"") == 0 && !in_word) {
    const std::size_t open = text.find('(', at);
    if (open == std::string::npos) return text.size();
    return after(")" + text.substr(at + 2, open - at - 2) + "\"", open);
  }
  if (text[at] != '"' && (text[at] != '\'' || in_word)) return at;  // 1'000 is a number
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != text[at] && text[end] != '\n')
    end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

// The text with comments and literals blanked, line by line as long as it was.
inline std::string code_of(const std::string& text) {
  std::string code = text;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = skip(text, at);
    for (std::size_t i = at; i < end; ++i) {
      if (code[i] != '\n') code[i] = ' ';
    }
    at = std::max(end, at + 1);
  }
  return code;
}

struct File {
  std::string name;  // from the top, with '/'
  std::string text;
  Lines lines;
  std::string code;
};

class Report {
 public:
  void add(const File& file, std::size_t line, const std::string& sentence) {
    found_.push_back(file.name + ":" + std::to_string(line) + ": " + sentence);
  }
  Lines found() && { return std::move(found_); }

 private:
  Lines found_;
};

// ---- The rules

inline bool stands_in(std::string_view file, std::string_view room) {
  return begins(file, room) && file.size() > room.size() && file[room.size()] == '/';
}

// Null: none.
inline const Room* room_of(std::string_view file) {
  const Room* found = nullptr;
  for (const Room& room : kRooms) {
    if (stands_in(file, room.name) && (!found || room.name.size() > found->name.size()))
      found = &room;
  }
  return found;
}

// The tests of a room do without what the room does without.
inline const Room* judged_as(const File& file) {
  const std::string tested =
      "gateway" + file.name.substr(std::min<std::size_t>(5, file.name.size()));
  const Room* room = begins(file.name, "tests/") ? room_of(tested) : nullptr;
  return room != nullptr && room->name != "gateway" ? room : room_of(file.name);
}

inline void check_own_include(const File& file, std::size_t line, std::string_view header,
                              Report& report) {
  const Room* room = judged_as(file);
  if (room == nullptr) return;
  const auto used = [header](std::string_view other) { return stands_in(header, other); };
  const bool own = used(room->name) || (begins(file.name, "tests/") && used("tests"));
  if (own || std::any_of(room->may_use.begin(), room->may_use.end(), used)) return;
  report.add(file, line, "includes " + std::string(header) + " against the arrows");
}

inline void check_foreign_include(const File& file, std::size_t line, std::string_view header,
                                  Report& report) {
  for (const Door& door : kDoors) {
    if (!begins(header, door.header)) continue;
    for (const std::string_view allowed : door.files) {
      if (file.name == allowed || (allowed.back() == '/' && begins(file.name, allowed))) return;
    }
    return report.add(file, line, "is not the door of <" + std::string(header) + ">");
  }
  if (header.find_first_of("/.") == std::string_view::npos) return;  // the standard library's
  if (std::find(kSystemHeaders.begin(), kSystemHeaders.end(), header) != kSystemHeaders.end())
    return;
  for (const std::string_view folder : kSystemFolders) {
    if (begins(header, folder)) return;
  }
  report.add(file, line, "includes <" + std::string(header) + ">, which has no door");
}

inline void check_includes(const File& file, Report& report) {
  static const std::regex include(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::smatch match;
    if (!has(file.lines[i], "include")) continue;  // a regex takes long
    if (!std::regex_search(file.lines[i], match, include)) continue;
    const std::string header = match[2];
    if (match[1] == "\"")
      check_own_include(file, i + 1, header, report);
    else
      check_foreign_include(file, i + 1, header, report);
  }
}

inline void check_text(const File& file, Report& report) {
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    if (line.find('\t') != std::string::npos) report.add(file, i + 1, "has a tab");
    if (!line.empty() && (line.back() == ' ' || line.back() == '\r')) {
      report.add(file, i + 1, "ends in white space");
    }
    for (const std::string_view word : kLeftovers) {
      if (line.find(word) != std::string::npos) {
        report.add(file, i + 1, "says " + std::string(word));
      }
    }
  }
  if (file.lines.size() > kFileLines) {
    report.add(file, file.lines.size(), "is longer than " + std::to_string(kFileLines) + " lines");
  }
}

// A function of a namespace ends at a lone brace in the first column, and begins at the nearest
// line before that stands in the first column too. Members inside a class are not measured.
inline void check_functions(const File& file, Report& report) {
  const Lines code = lines_of(file.code);
  std::size_t start = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (!code[i].empty() && std::isalpha(static_cast<unsigned char>(code[i][0])) != 0) start = i;
    if (file.lines[i] != "}" || i - start + 1 <= kFunctionLines) continue;
    report.add(file, start + 1,
               "begins a function of more than " + std::to_string(kFunctionLines) + " lines");
  }
}

// g++ 12 miscompiles some of these, and all of them are hard to read.
inline void check_coroutines(const File& file, Report& report) {
  static const std::regex conditional(R"([?]\s*co_await|[?][^;{}]*[^:]:\s*co_await)");
  static const std::regex await(R"(\bco_await\b)");
  std::size_t line = 1, from = 0;
  while (from < file.code.size()) {
    std::size_t end = std::min(file.code.find_first_of(";{}", from), file.code.size());
    const std::string statement = file.code.substr(from, end - from);
    const bool awaits = has(statement, "co_await");
    const auto count =
        !awaits ? 0
                : std::distance(std::sregex_iterator(statement.begin(), statement.end(), await),
                                std::sregex_iterator());
    const auto first_line =
        line + static_cast<std::size_t>(std::count(
                   statement.begin(),
                   statement.begin() + static_cast<std::ptrdiff_t>(std::min(
                                           statement.find_first_not_of(" \n"), statement.size())),
                   '\n'));
    if (count > 1) report.add(file, first_line, "has two co_await in one statement");
    if (awaits && std::regex_search(statement, conditional))
      report.add(file, first_line, "has co_await in ?:");
    line += static_cast<std::size_t>(std::count(statement.begin(), statement.end(), '\n'));
    if (file.code.compare(end, 9, "{co_await") == 0) {
      report.add(file, line, "has co_await in braces");
    }
    if (end < file.code.size() && file.code[end] == '\n') ++line;
    from = end + 1;
  }
}

inline void check_header(const File& file, Report& report) {
  const Lines code = lines_of(file.code);
  const auto first = std::find_if(code.begin(), code.end(), [](const std::string& line) {
    return line.find_first_not_of(' ') != std::string::npos;
  });
  if (first == code.end() || *first != "#pragma once")
    report.add(file, 1, "does not begin with #pragma once");
}

// Two types of one name in one program are undefined behaviour that no compiler sees. Those of a
// namespace without a name, and inside functions and classes, are their file's own.
class TypeNames {
 public:
  void check(const File& file, Report& report) {
    std::vector<std::string> open;  // namespaces; "" for anything else
    std::size_t from = 0;
    for (std::size_t at = 0; at < file.code.size(); ++at) {
      const char c = file.code[at];
      if (c == '}' && !open.empty()) open.pop_back();
      if (c == '{')
        open.push_back(enter(file, at, file.code.substr(from, at - from), open, report));
      if (c == '{' || c == '}' || c == ';') from = at + 1;
    }
  }

 private:
  struct Place {
    std::string file;
    std::size_t line;
  };

  // Tests of one folder are one program with all that is tested; each fuzz target is one.
  static std::string program(const std::string& file) {
    if (!begins(file, "tests/")) return "";
    return begins(file, "tests/fuzzing/") ? file : file.substr(0, file.rfind('/'));
  }

  std::string enter(const File& file, std::size_t at, const std::string& head,
                    const std::vector<std::string>& open, Report& report) {
    static const std::regex space(R"(\bnamespace\s+([\w:]+)\s*$)");
    static const std::regex type(
        R"(\b(?:struct|class|union|enum)\s+([A-Za-z_][\w:]*(?:<[^{}]*>)?)(?:\s+final)?\s*(?::[^:][^{}]*)?$)");
    std::smatch match;
    if (has(head, "namespace") && std::regex_search(head, match, space)) return match[1];
    if (std::find(open.begin(), open.end(), "") != open.end()) return "";
    if (!std::regex_search(head, match, type)) return "";
    std::string name;
    for (const std::string& one : open) name += one + "::";
    name += match[1];
    const auto line = static_cast<std::size_t>(
        1 +
        std::count(file.code.begin(), file.code.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    for (const Place& other : places_[name]) {
      const std::string here = program(file.name), there = program(other.file);
      if (other.file == file.name || (here != there && !here.empty() && !there.empty())) continue;
      report.add(
          file, line,
          "defines " + name + ", as " + other.file + ":" + std::to_string(other.line) + " does");
      break;
    }
    places_[name].push_back({file.name, line});
    return "";
  }

  std::map<std::string, std::vector<Place>> places_;
};

// ---- The tree

inline bool is_ours(const fs::path& path) {
  static const Names kinds{".h", ".cc", ".py", ".js", ".sh", ".toml", ".txt", ".html", ""};
  const std::string kind = path.extension().string();
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

inline Lines violations(const fs::path& top) {
  static const Names skipped{"out",    "__pycache__", "node_modules", ".pytest_cache",
                             "corpus", "vectors",     "seeds"};
  Report report;
  TypeNames types;
  for (const Room& room : kRooms) {
    if (!fs::exists(top / room.name)) continue;
    for (auto it = fs::recursive_directory_iterator(top / room.name); it != fs::end(it); ++it) {
      const fs::path path = it->path();
      if (it->is_directory() &&
          std::find(skipped.begin(), skipped.end(), path.filename().string()) != skipped.end()) {
        it.disable_recursion_pending();
      }
      if (!it->is_regular_file() || !is_ours(path)) continue;
      File file{path.lexically_relative(top).generic_string(), {}, {}, {}};
      if (room_of(file.name) != &room) continue;  // one within it
      std::ifstream in(path, std::ios::binary);
      file.text.assign(std::istreambuf_iterator<char>(in), {});
      file.lines = lines_of(file.text);
      check_text(file, report);
      if (!is_code(path)) continue;
      file.code = code_of(file.text);
      check_includes(file, report);
      check_coroutines(file, report);
      types.check(file, report);
      if (path.extension() == ".h") check_header(file, report);
      if (room.name != "tests") check_functions(file, report);
    }
  }
  return std::move(report).found();
}

}  // namespace tests
