#include "conf/restart_keys.h"

namespace conf {
namespace {

// True if the key differed.
struct Fixed {
  const char* key;
  bool (*keep)(const Settings& running, Settings& next);
};

#define FIXED(key, member)                             \
  {                                                    \
    key, [](const Settings& running, Settings& next) { \
      const bool same = running.member == next.member; \
      next.member = running.member;                    \
      return !same;                                    \
    }                                                  \
  }
constexpr Fixed kFixed[] = {
    FIXED("listen.address", listen.address),
    FIXED("listen.threads", listen.threads),
    FIXED("admin.address", admin.address),
    FIXED("log.file", log.file),
    FIXED("log.format", log.format),
    FIXED("log.refusals", log.refusals),
    FIXED("store.path", store.path),
    FIXED("store.map_size", store.map_size),
    FIXED("store.ledger_size", store.ledger_size),
    FIXED("store.ledger_client_share", store.ledger_client_share),
    FIXED("store.temporary", store.temporary),
};
#undef FIXED

}  // namespace

std::vector<std::string> keep_restart_keys(const Settings& running, Settings& next) {
  std::vector<std::string> differed;
  for (const Fixed& one : kFixed) {
    if (one.keep(running, next)) differed.emplace_back(one.key);
  }
  return differed;
}

}  // namespace conf
