#pragma once

// What the provider writes to, and the threads that do so: one for the whole program. What it
// refers to outlives it.

#include "gateway/background.h"
#include "store/credentials.h"
#include "store/sessions.h"

namespace gateway {

struct Desk {
  Desk(store::Credentials& the_credentials, store::Sessions& the_sessions)
      : credentials(the_credentials), sessions(the_sessions) {}
  store::Credentials& credentials;
  store::Sessions& sessions;
  Background background;
};

}  // namespace gateway
