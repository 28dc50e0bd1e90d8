#include "gateway/cli/show_once.h"

#include <csignal>

namespace gateway::cli {

bool show_once(Console& console, const std::function<void(std::ostream&)>& print) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  print(console.out);
  const bool shown = static_cast<bool>(console.out.flush());
  std::signal(SIGPIPE, before);
  return shown;
}

}  // namespace gateway::cli
