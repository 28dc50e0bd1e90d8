#include "gateway/server/serve_request.h"

#include "gateway/exchange/access_line.h"
#include "gateway/exchange/ask_backend.h"
#include "gateway/exchange/find_route.h"
#include "gateway/exchange/prove.h"
#include "gateway/exchange/read_request.h"
#include "gateway/exchange/relay.h"
#include "gateway/exchange/respond.h"
#include "gateway/provider/provider.h"

namespace gateway::server {

net::Task<exchange::Next> serve_request(exchange::Exchange& x) {
  exchange::RefusalPtr refusal;
  if (!exchange::head_at_hand(x, refusal)) refusal = co_await exchange::read_rest_of_head(x);
  x.connection.clear();
  x.head_read = !refusal;
  if (!refusal) refusal = exchange::hear_proxies(x);
  if (!refusal) refusal = exchange::find_route(x);
  if (!refusal) refusal = exchange::check_length(x);
  if (!refusal) refusal = exchange::check_form_is_clear(x);
  if (!refusal && exchange::must_hold_form(x)) {
    if (!exchange::body_at_hand(x)) refusal = exchange::early_refusal(x);
    if (!refusal) refusal = co_await exchange::hold_form(x);
  }
  if (!refusal && exchange::may_be_signed(x)) refusal = co_await exchange::prove(x);
  if (!refusal && x.endpoint) {
    refusal = co_await provider::provide(x);
  } else if (!refusal) {
    refusal = co_await exchange::ask_backend(x);
  }
  exchange::Next next = exchange::Next::Abort;
  if (refusal) {
    const reply::Refusal& why = *refusal;
    if (!provider::show_refusal(x, why)) x.own_response.reset();
    next = co_await exchange::refuse(x, why);
  } else if (x.own_response) {
    next = co_await exchange::respond(x);
  } else if (!exchange::relay_at_hand(x, next)) {
    next = co_await exchange::relay_rest(x);
  }
  x.connection.clear();
  exchange::write_access_line(x);
  exchange::release_body(x);
  co_return next;
}

}  // namespace gateway::server
