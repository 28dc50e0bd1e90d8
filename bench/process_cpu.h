#pragma once

// The processor time that another process and its descendants have used, from /proc. Linux only.

#include <optional>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace bench {

// What /proc/PID/stat says. Times are in clock ticks, user and system together.
struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  unsigned long long ticks = 0;
};
std::optional<ProcessStat> read_stat(std::string_view line);

// A process and all that descend from it, as of the call; empty if there is no such process.
std::vector<pid_t> process_tree(pid_t root);

// Seconds of user and system time that these processes have used so far; one that has ended counts
// 0. Only the sum is exact: the kernel samples how it divides.
double cpu_seconds(const std::vector<pid_t>& processes);

}  // namespace bench
