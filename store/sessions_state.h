#pragma once

// What Sessions is made of. For sessions.cc and throttle.cc alone.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/layout.h"
#include "store/sessions.h"
#include "store/sessions_file.h"
#include "verify/crypto.h"

namespace store {

struct Sessions::State {
  explicit State(SessionsFile opened)
      : file(std::move(opened)), mac(verify::Hash::Sha256, file.key.reveal()) {}
  SessionsFile file;
  verify::HmacKey mac;
};

// The names in an index by time, oldest first, as long as `goes` (which gets the time, and how many
// went before) says so; at most kSweptBySession.
Result<std::vector<std::string>> oldest(const Txn& txn, Table by_time,
                                        const std::function<bool(std::int64_t, std::size_t)>& goes);

}  // namespace store
