// Any bytes as portcullis.toml: a verdict, and mistakes that are fit to print.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "conf/load.h"
#include "conf/review.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const conf::Loaded loaded = conf::load(text);
  if (const auto* settings = std::get_if<conf::Settings>(&loaded)) {
    conf::warnings(*settings);
    conf::not_yet_in_effect(*settings);
    return 0;
  }
  const auto& mistakes = *std::get_if<std::vector<conf::Error>>(&loaded);
  if (mistakes.empty()) std::abort();
  for (const conf::Error& mistake : mistakes) {
    if (mistake.where.line == 0 || mistake.where.column == 0) std::abort();
    for (const char c : conf::to_string("f", mistake)) {
      if (c < ' ' || c > '~') std::abort();
    }
  }
  return 0;
}
