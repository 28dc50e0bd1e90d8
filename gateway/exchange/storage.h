#pragma once

// What the provider writes to, and the threads that do so: one for the whole program. What it
// refers to outlives it.

#include "gateway/net/background.h"
#include "store/credentials.h"
#include "store/sessions.h"

namespace gateway::exchange {

struct Storage {
  Storage(store::Credentials& the_credentials, store::Sessions& the_sessions)
      : credentials(the_credentials), sessions(the_sessions) {}
  store::Credentials& credentials;
  store::Sessions& sessions;
  net::Background background;
};

}  // namespace gateway::exchange
