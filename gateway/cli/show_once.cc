#include "gateway/cli/show_once.h"

namespace gateway::cli {

bool show_once(Console& console, const std::function<void(std::ostream&)>& print) {
  print(console.out);
  return static_cast<bool>(console.out.flush());
}

}  // namespace gateway::cli
