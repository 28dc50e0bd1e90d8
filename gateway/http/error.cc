#include "gateway/http/error.h"

#include <cstddef>
#include <utility>

namespace gateway::http {

std::string shown(std::string_view bytes) {
  constexpr std::size_t kShown = 60;
  return std::string(bytes.substr(0, kShown));
}

Parse bad(Error& error, ErrorKind kind, std::string sentence) {
  error.kind = kind;
  error.sentence = std::move(sentence);
  return Parse::Bad;
}

}  // namespace gateway::http
