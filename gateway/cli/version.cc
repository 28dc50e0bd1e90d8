#include "gateway/cli/version.h"

#include <string_view>

namespace gateway::cli {

std::string version() {
  const std::string_view commit = PORTCULLIS_COMMIT;
  std::string text = PORTCULLIS_VERSION;
  if (!commit.empty()) text.append(" (").append(commit).append(")");
  return text;
}

}  // namespace gateway::cli
