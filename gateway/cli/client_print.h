#pragma once

// How clients are shown. No secret is, but for the one handed over.

#include <ostream>

#include "gateway/json.h"
#include "store/records.h"

namespace gateway::cli {

void print(const json::object& record, std::ostream& out);  // on a line of its own

// All that is known of the client, for people.
void print_client(const store::Client& client, std::ostream& out);

// The key and the newest secret: once, when it was made.
void print_credentials(const store::Client& client, std::ostream& out);

}  // namespace gateway::cli
