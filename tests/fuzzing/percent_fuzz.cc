// Encoding and decoding undo each other, and recoding is one after the other.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "verify/percent.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verify;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string back;
  if (!percent_decode(percent_encode(text), back) || back != text) std::abort();
  for (const Plus plus : {Plus::Literal, Plus::Space}) {
    std::string decoded;
    const bool good =
        plus == Plus::Space ? form_decode(text, decoded) : percent_decode(text, decoded);
    std::vector<char> room(3 * size + 1);
    const char* const end = percent_recode(text, plus, room.data());
    if (good != (end != nullptr)) std::abort();
    const std::string_view recoded(room.data(),
                                   good ? static_cast<std::size_t>(end - room.data()) : 0);
    if (good && recoded != percent_encode(decoded)) std::abort();
  }
  return 0;
}
