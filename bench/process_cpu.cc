#include "bench/process_cpu.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace bench {

namespace {

// The fields of proc(5), counted from the state, which follows the name in parentheses.
constexpr std::size_t kParent = 1;
constexpr std::size_t kUserTicks = 11;
constexpr std::size_t kSystemTicks = 12;

std::optional<ProcessStat> stat_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return read_stat(line);
}

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> out;
  struct Close {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  const std::unique_ptr<DIR, Close> dir(::opendir("/proc"));
  while (dir) {
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc{} || stop != name.data() + name.size()) continue;
    if (const auto stat = stat_of(pid)) out.push_back(*stat);
  }
  return out;
}

}  // namespace

std::optional<ProcessStat> read_stat(std::string_view line) {
  // The name may hold anything, also spaces and parentheses.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  ProcessStat out;
  const auto pid = std::from_chars(line.data(), line.data() + line.size(), out.pid);
  if (pid.ec != std::errc{}) return std::nullopt;
  std::istringstream rest{std::string(line.substr(name_end + 1))};
  std::vector<std::string> fields;
  for (std::string field; fields.size() <= kSystemTicks && rest >> field;) fields.push_back(field);
  if (fields.size() <= kSystemTicks) return std::nullopt;
  const auto number = [&fields](std::size_t i) {
    return std::strtoull(fields[i].c_str(), nullptr, 10);
  };
  out.parent = static_cast<pid_t>(number(kParent));
  out.ticks = number(kUserTicks) + number(kSystemTicks);
  return out;
}

std::vector<pid_t> process_tree(pid_t root) {
  const std::vector<ProcessStat> all = all_processes();
  std::vector<pid_t> tree;
  if (std::any_of(all.begin(), all.end(), [root](const auto& p) { return p.pid == root; })) {
    tree.push_back(root);
  }
  // Grows while it is walked: the children of each member are put at its end.
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const ProcessStat& process : all) {
      if (process.parent == tree[i]) tree.push_back(process.pid);
    }
  }
  return tree;
}

double cpu_seconds(const std::vector<pid_t>& processes) {
  static const long kTicksPerSecond = ::sysconf(_SC_CLK_TCK);
  unsigned long long ticks = 0;
  for (const pid_t pid : processes) {
    if (const auto stat = stat_of(pid)) ticks += stat->ticks;
  }
  return static_cast<double>(ticks) / static_cast<double>(kTicksPerSecond);
}

}  // namespace bench
