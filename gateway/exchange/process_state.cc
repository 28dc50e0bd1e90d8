#include "gateway/exchange/process_state.h"

#include <array>

#include "verify/crypto.h"

namespace gateway::exchange {
namespace {

std::string run_id() {
  std::array<unsigned char, 6> bytes{};
  verify::fill_random(bytes);
  return verify::to_hex(bytes);
}

}  // namespace

ProcessState::ProcessState(const store::Usage* counts) : id(run_id()), usage(counts) {}

}  // namespace gateway::exchange
