#pragma once

// What is known of the browser that asks for a page, and what it gets. A browser has a
// cookie: a random name for it, or the id of its session once its user has signed in. Forms bear a
// token that only this browser's pages could have (CSRF), and come from our own origin.

#include <optional>
#include <string>
#include <string_view>

#include "gateway/exchange/context.h"
#include "gateway/pages/pages.h"
#include "gateway/provider/form.h"
#include "store/sessions.h"

namespace gateway::provider {

struct Visit {
  std::string cookie;     // as the browser has it; or new, and then sent with the next page
  bool fresh = false;     // it is new
  std::string user;       // who is signed in; empty: nobody
  std::int64_t seen = 0;  // of a session: the last visit noted
};

// Who is there, by login.mode. A refusal if that can't be found out.
net::Task<exchange::RefusalPtr> find_visit(exchange::Exchange& x, Visit& visit);
// app_session.cc: login.mode "app": asks the application, with the browser's cookies alone.
net::Task<exchange::RefusalPtr> ask_application(exchange::Exchange& x, std::string& user);

store::SessionLimits session_limits(const conf::Login& login);

// The token for a form of that purpose ("consent") about that thing (a request token), for this
// browser and this user.
std::string form_token(const exchange::Exchange& x, const Visit& visit, std::string_view purpose,
                       std::string_view about);
// The form as it was sent, if it may be believed: a form by its media type, from our own origin,
// with the right token.
std::optional<Form> sent_form(const exchange::Exchange& x);
bool from_here(const exchange::Exchange& x);
bool is_ours(const exchange::Exchange& x, const Visit& visit, const Form& form,
             std::string_view purpose, std::string_view about);

// A name that tells the browser apart without being its cookie: for the record of a consent.
std::string browser_name(const Visit& visit);

// A page. `make` is given its Frame.
template <class Make>
void show(exchange::Exchange& x, const Visit& visit, int status, std::string_view callback_origin,
          Make make);

// 303 to an address; and to the error page, or wherever oauth.error_uri is, with ?error=WORD.
void send_to(exchange::Exchange& x, std::string location);
void send_to_error(exchange::Exchange& x, std::string_view word);
// To where people sign in, and back to `target` afterwards.
void send_to_sign_in(exchange::Exchange& x, std::string_view target);

// One of our own addresses, as browsers know it.
std::string own_path(const exchange::Exchange& x, routing::Endpoint endpoint);

// -- for show()
struct PageStyle {
  std::string nonce;
  std::string sign_out_url;
};
PageStyle style_of(const exchange::Exchange& x, const Visit& visit);
void answer_page(exchange::Exchange& x, const Visit& visit, int status,
                 std::string_view callback_origin, const PageStyle& style, std::string html);

template <class Make>
void show(exchange::Exchange& x, const Visit& visit, int status, std::string_view callback_origin,
          Make make) {
  const PageStyle style = style_of(x, visit);
  const pages::Frame frame{
      .style_nonce = style.nonce, .user = visit.user, .sign_out_url = style.sign_out_url};
  answer_page(x, visit, status, callback_origin, style, make(frame));
}

}  // namespace gateway::provider
