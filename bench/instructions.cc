#include "bench/instructions.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace bench {

std::optional<Instructions> Instructions::open() {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.disabled = 1;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  const long descriptor =
      ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  return Instructions(static_cast<int>(descriptor));
}

Instructions::~Instructions() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Instructions::start() { ::ioctl(descriptor_, PERF_EVENT_IOC_ENABLE, 0); }
void Instructions::stop() { ::ioctl(descriptor_, PERF_EVENT_IOC_DISABLE, 0); }

std::uint64_t Instructions::count() const {
  std::uint64_t value = 0;
  return ::read(descriptor_, &value, sizeof value) == sizeof value ? value : 0;
}

}  // namespace bench
