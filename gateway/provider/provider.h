#pragma once

// The OAuth provider inside the gate (RFC 5849 section 2): request tokens, consent, access tokens,
// and the pages that users see. provide() is what exchange() does with a request to one of its
// addresses, in place of asking a backend.

#include <string_view>
#include <utility>

#include "gateway/background.h"
#include "gateway/exchange.h"
#include "gateway/net.h"
#include "store/error.h"
#include "store/records.h"

namespace gateway::provider {

// Sets x.endpoint if the request is for one of its addresses; a refusal if it can't be made there.
Step find_endpoint(Exchange& x);

// Requires x.endpoint, and x.accepted if requests to it are signed. Null: x.answer is the answer;
// otherwise why the request is refused. Its body is read where it is a form.
Task<Step> provide(Exchange& x);

// For browsers, what is wrong as a page: sets x.answer. False if it isn't a browser's address, or
// if the refusal has more to say than a page can.
bool show_refusal(Exchange& x, const Refusal& refusal);

// For the files of this folder.
Step store_fault(const store::Error& error);
// A job for another thread (gateway/background.h) was turned away.
Step busy();
template <class Job>
auto in_background(Exchange& x, Background::Kind kind, Job job) {
  const Executor home = x.worker.context().get_executor();
  return x.gate.desk.background.run(home, kind, std::move(job));
}
// What people call the client.
std::string_view shown_name(const store::Client& client);

// tokens.cc: for clients, who sign.
Task<Step> issue_request_token(Exchange& x);
Task<Step> exchange_tokens(Exchange& x);
Task<Step> revoke_own_token(Exchange& x);

// consent.cc: for users, with a browser.
Task<Step> consent(Exchange& x);
Task<Step> grants(Exchange& x);
Task<Step> error_page(Exchange& x);
// sign_in.cc
Task<Step> sign_in(Exchange& x);
Task<Step> sign_out(Exchange& x);

}  // namespace gateway::provider
