#include "gateway/exchange/request_id.h"

#include <algorithm>

namespace gateway::exchange {

RequestId::RequestId(std::string_view run_id, unsigned worker, std::uint64_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char* out = std::copy_n(run_id.data(), 12, digits_.data());
  for (int shift = 4; shift >= 0; shift -= 4) *out++ = kDigits[(worker >> shift) & 15];
  for (int shift = 36; shift >= 0; shift -= 4) *out++ = kDigits[(count >> shift) & 15];
}

}  // namespace gateway::exchange
