#pragma once

// The OAuth provider inside the gate (RFC 5849 section 2): request tokens, consent, access tokens,
// and the pages that users see. serve_request() calls provide() for a request to one of its
// addresses, in place of asking a backend.

#include <string_view>
#include <utility>

#include "gateway/exchange/context.h"
#include "gateway/net/background.h"
#include "gateway/net/net.h"
#include "store/error.h"
#include "store/records.h"

namespace gateway::provider {

// Requires x.endpoint, and x.accepted if requests to it are signed. Null: x.own_response is the
// response; otherwise why the request is refused. Its body is read where it is a form.
net::Task<exchange::RefusalPtr> provide(exchange::Exchange& x);

// For browsers, what is wrong as a page: sets x.own_response. False if it isn't a browser's
// address, or if the refusal has more to say than a page can.
bool show_refusal(exchange::Exchange& x, const reply::Refusal& refusal);

// For the files of this folder.
exchange::RefusalPtr store_fault(const store::Error& error);
// A job for another thread (gateway/net/background.h) was turned away.
exchange::RefusalPtr busy();
template <class Job>
auto in_background(exchange::Exchange& x, net::Background::Kind kind, Job job) {
  const net::Executor home = x.worker.context().get_executor();
  return x.config.storage.background.run(home, kind, std::move(job));
}
// What people call the client.
std::string_view shown_name(const store::Client& client);

// tokens.cc: for clients, who sign.
net::Task<exchange::RefusalPtr> issue_request_token(exchange::Exchange& x);
net::Task<exchange::RefusalPtr> exchange_tokens(exchange::Exchange& x);
net::Task<exchange::RefusalPtr> revoke_own_token(exchange::Exchange& x);

// consent.cc: for users, with a browser.
net::Task<exchange::RefusalPtr> consent(exchange::Exchange& x);
net::Task<exchange::RefusalPtr> grants(exchange::Exchange& x);
net::Task<exchange::RefusalPtr> error_page(exchange::Exchange& x);
// sign_in.cc
net::Task<exchange::RefusalPtr> sign_in(exchange::Exchange& x);
net::Task<exchange::RefusalPtr> sign_out(exchange::Exchange& x);

}  // namespace gateway::provider
