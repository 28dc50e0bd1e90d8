// Sign-in and sign-out, where the gate has users of its own (login.mode "local").

#include <algorithm>

#include "gateway/provider/browser.h"
#include "gateway/provider/callback.h"
#include "gateway/provider/cookie.h"
#include "gateway/provider/counted_address.h"
#include "gateway/provider/provider.h"
#include "verify/crypto.h"
#include "verify/password.h"

namespace gateway::provider {
namespace {

constexpr std::size_t kMaxPassword = 1024;  // bytes

using Problem = pages::SignIn::Problem;

bool is_local(const exchange::Exchange& x) {
  return x.config.settings.login.mode == conf::LoginMode::Local;
}

// Where to go afterwards: a page of our own, whatever the address says.
std::string next_of(const exchange::Exchange& x, std::string_view wanted) {
  for (const routing::Endpoint page :
       {routing::Endpoint::Authorize, routing::Endpoint::Grants, routing::Endpoint::SignOut}) {
    const std::string path = own_path(x, page);
    const bool plain =
        std::all_of(wanted.begin(), wanted.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (plain && wanted.starts_with(path) &&
        (wanted.size() == path.size() || wanted[path.size()] == '?')) {
      return std::string(wanted);
    }
  }
  return own_path(x, routing::Endpoint::Grants);
}

// The name of the client on whose behalf, if `next` is its consent page.
std::string client_of(exchange::Exchange& x, std::string_view next) {
  if (!next.starts_with(own_path(x, routing::Endpoint::Authorize))) return {};
  const auto form = Form::parse(query_of(next));
  if (!form) return {};
  auto token = x.worker.reader().request_token(form->value("oauth_token"));
  if (!token) return {};
  auto client = x.worker.reader().client(token->client);
  if (!client) return {};
  return std::string(shown_name(*client));
}

struct Shown {
  Problem problem = Problem::None;
  std::string username;
  std::int64_t seconds = 0;  // with Problem::Throttled
};

int status_of(Problem problem) {
  switch (problem) {
    case Problem::None:
      return 200;
    case Problem::Throttled:
      return 429;
    case Problem::Failed:
    case Problem::Stale:
      break;
  }
  return 403;
}

void show_form(exchange::Exchange& x, const Visit& visit, std::string_view next,
               const Shown& shown) {
  const std::string action = own_path(x, routing::Endpoint::SignIn);
  const std::string csrf = form_token(x, visit, "sign_in", {});
  const std::string client = client_of(x, next);
  const std::string seconds = std::to_string(shown.seconds);
  show(x, visit, status_of(shown.problem), {}, [&](const pages::Frame& frame) {
    return x.config.pages.sign_in(frame, {.action = action,
                                          .csrf = csrf,
                                          .next = next,
                                          .client = client,
                                          .username = shown.username,
                                          .problem = shown.problem,
                                          .seconds = seconds});
  });
  if (shown.problem == Problem::Throttled)
    x.own_response->fields.emplace_back("Retry-After", seconds);
}

struct Attempt {
  std::string user;
  std::string address;  // that a failure counts against; empty: none
  std::string browser;  // the id by which it is known for this user; empty: none
  verify::Secret password;
  std::string hash;    // empty: nobody can sign in by that name
  std::string cookie;  // the browser's so far, perhaps of a session, which the new one replaces
  verify::PasswordWork least;  // that checking any password takes, whosever name it comes with

  store::Attempt who() const { return {user, address, browser}; }
};

struct Checked {
  std::int64_t wait = 0;  // seconds, if too many others failed before its turn came; 0: none did
  verify::PasswordCheck found = verify::PasswordCheck::Wrong;
};

// A failure counts before the next password has its turn. Noted among the writes, it would count
// only after all those that wait there, and as many passwords could be tried meanwhile.
store::Result<Checked> check(store::Sessions& sessions, const Attempt& attempt, std::int64_t now) {
  Checked out{.wait = sessions.wait(attempt.who(), now)};
  if (out.wait > 0) return out;
  out.found = verify::check_password(attempt.password.reveal(), attempt.hash, attempt.least);
  if (out.found != verify::PasswordCheck::Wrong) return out;
  auto noted = sessions.note_failure(attempt.who(), now);
  if (!noted) return noted.failure();
  return out;
}

// A password that was kept in a foreign or weaker way is kept in ours from now on. Returns the hash
// that the store has then.
std::string rehash(store::Credentials& credentials, const Attempt& attempt) {
  const std::string hash = verify::hash_password(attempt.password.reveal());
  auto change = credentials.begin();
  if (!change) return attempt.hash;
  auto user = change->user(attempt.user);
  if (!user || user->password_hash != attempt.hash) return attempt.hash;
  user->password_hash = hash;
  const bool put = change->put(*user, store::Credentials::Change::Mode::Replace).ok();
  return put && change->commit() ? hash : attempt.hash;
}

// Whether the password is still the one that was checked, and its user may sign in.
store::Result<bool> still_good(const store::Credentials& credentials, const std::string& name,
                               const std::string& hash) {
  auto reader = credentials.reader();
  if (!reader) return reader.failure();
  auto user = reader->user(name);
  if (user) return user->enabled && user->password_hash == hash;
  if (user.error().kind == store::Error::Kind::NotFound) return false;
  return user.failure();
}

// What a browser has once its user has signed in.
struct Settled {
  std::string session, known;  // empty: the password is no longer right
};

// A password that is changed ends all sessions there are, and all knowledge of browsers: hence the
// second look once these are there too.
store::Result<Settled> settle(exchange::Storage& storage, const Attempt& attempt, bool weak,
                              const store::SessionLimits& limits, std::int64_t now) {
  store::Sessions& sessions = storage.sessions;
  const std::string hash = weak ? rehash(storage.credentials, attempt) : attempt.hash;
  auto noted = sessions.note_success(attempt.who());
  if (!noted) return noted.failure();
  auto known = sessions.remember(attempt.browser, attempt.user, now);
  if (!known) return known.failure();
  auto id = sessions.begin(attempt.user, limits, now);
  if (!id) return id.failure();
  auto good = still_good(storage.credentials, attempt.user, hash);
  const bool stays = good && *good;
  auto ended = sessions.end(stays ? attempt.cookie : *id);
  if (!stays && ended) ended = sessions.forget(*known);
  if (!good) return good.failure();
  if (!ended) return ended.failure();
  return stays ? Settled{*std::move(id), *std::move(known)} : Settled{};
}

exchange::RefusalPtr read_hash(exchange::Exchange& x, Attempt& attempt) {
  store::Credentials::Reader& reader = x.worker.reader();
  auto least = reader.password_work();
  if (!least) return store_fault(least.error());
  attempt.least = *least;
  auto user = reader.user(attempt.user);
  if (user) {
    if (user->enabled) attempt.hash = user->password_hash;
    return nullptr;
  }
  if (user.error().kind == store::Error::Kind::NotFound) return nullptr;
  return store_fault(user.error());
}

// `settled` stays empty if that is no way in; `shown` then says why.
net::Task<exchange::RefusalPtr> try_to_sign_in(exchange::Exchange& x, const Attempt& attempt,
                                               Shown& shown, Settled& settled) {
  using Kind = net::Background::Kind;
  exchange::Storage& storage = x.config.storage;
  const std::int64_t now = x.config.clock.unix_seconds();
  const store::SessionLimits limits = session_limits(x.config.settings.login);
  auto hash = [&storage, &attempt, now] { return check(storage.sessions, attempt, now); };
  const Kind queue = attempt.browser.empty() ? Kind::Hash : Kind::KnownHash;
  const auto checked = co_await in_background(x, queue, std::move(hash));
  if (!checked) co_return busy();
  if (!*checked) co_return store_fault(checked->error());
  const Checked& outcome = **checked;
  shown.seconds = outcome.wait;
  shown.problem = outcome.wait > 0 ? Problem::Throttled : Problem::Failed;
  if (outcome.wait > 0 || outcome.found == verify::PasswordCheck::Wrong) co_return nullptr;
  const bool weak = outcome.found == verify::PasswordCheck::RightButRehash;
  auto write = [&storage, &attempt, &limits, weak, now] {
    return settle(storage, attempt, weak, limits, now);
  };
  const Kind kind = weak ? Kind::Write : Kind::Session;
  auto done = co_await in_background(x, kind, std::move(write));
  if (!done) co_return busy();
  if (!*done) co_return store_fault(done->error());
  settled = **std::move(done);
  co_return nullptr;
}

std::string_view address_of(const exchange::Exchange& x) {
  const Arrival arrival{.peer = x.connection.peer_address(),
                        .peer_ip = x.connection.peer_ip(),
                        .secure = x.connection.stream().secure(),
                        .scheme = x.external->scheme,
                        .authority = x.external->authority,
                        .client = x.forwarded.client};
  return counted_address(arrival, x.request.fields, x.config.settings.listen.trusted_proxies);
}

// The id by which the browser is known for this user; one that is signed in as this user has its
// session's.
std::string browser_of(const exchange::Exchange& x, const Visit& visit, std::string_view signed_in,
                       std::string_view user, std::int64_t now) {
  const auto ids = known_ids(x.request, x.external->scheme == "https");
  const auto found = std::find_if(ids.begin(), ids.end(), [&](const std::string& id) {
    return x.config.storage.sessions.knows(id, user, now);
  });
  if (found != ids.end()) return *found;
  return signed_in == user ? visit.cookie : std::string();
}

void give_cookies(exchange::Exchange& x, const Settled& settled) {
  const bool https = x.external->scheme == "https";
  std::vector<std::string> ids{settled.known};
  for (std::string& id : known_ids(x.request, https))
    if (id != settled.known) ids.push_back(std::move(id));
  auto& fields = x.own_response->fields;
  fields.emplace_back("Set-Cookie", set_cookie(https, settled.session));
  fields.emplace_back("Set-Cookie",
                      set_known_cookie(https, own_path(x, routing::Endpoint::SignIn), ids));
}

// `signed_in`: who was until now, in this browser.
net::Task<exchange::RefusalPtr> take_password(exchange::Exchange& x, const Visit& visit,
                                              const std::string& signed_in) {
  const auto form = sent_form(x);
  if (!form || !from_here(x)) {
    send_to_error(x, "forged");
    co_return nullptr;
  }
  const std::string next = next_of(x, form->value("next"));
  // What nobody can be called is not looked up, hashed, counted or shown again.
  const std::string_view name = form->value("username");
  const bool possible = store::is_user_name(name);
  Shown shown{.username = std::string(possible ? name : std::string_view())};
  if (!possible || !is_ours(x, visit, *form, "sign_in", {})) {
    shown.problem = possible ? Problem::Stale : Problem::Failed;
    show_form(x, visit, next, shown);
    co_return nullptr;
  }
  const std::int64_t now = x.config.clock.unix_seconds();
  const std::string_view password = form->value("password");
  Attempt attempt{.user = shown.username,
                  .address = std::string(address_of(x)),
                  .browser = browser_of(x, visit, signed_in, shown.username, now),
                  .password = verify::Secret(password.substr(0, kMaxPassword + 1)),
                  .hash = {},
                  .cookie = visit.cookie,
                  .least = {}};
  shown.seconds = x.config.storage.sessions.wait(attempt.who(), now);
  if (shown.seconds > 0) {
    shown.problem = Problem::Throttled;
    show_form(x, visit, next, shown);
    co_return nullptr;
  }
  if (exchange::RefusalPtr failed = read_hash(x, attempt)) co_return failed;
  if (password.size() > kMaxPassword) attempt.hash.clear();
  Settled settled;
  exchange::RefusalPtr failed = co_await try_to_sign_in(x, attempt, shown, settled);
  if (failed) co_return failed;
  if (settled.session.empty()) {
    show_form(x, visit, next, shown);
    co_return nullptr;
  }
  send_to(x, next);
  give_cookies(x, settled);
  co_return nullptr;
}

net::Task<exchange::RefusalPtr> end_session(exchange::Exchange& x, const Visit& visit) {
  const auto form = sent_form(x);
  if (!form || !is_ours(x, visit, *form, "sign_out", {})) {
    send_to_error(x, "forged");
    co_return nullptr;
  }
  exchange::Storage& storage = x.config.storage;
  auto end = [&storage, &visit] { return storage.sessions.end(visit.cookie); };
  auto ended = co_await in_background(x, net::Background::Kind::Session, std::move(end));
  if (!ended) co_return busy();
  if (!*ended) co_return store_fault(ended->error());
  send_to(x, own_path(x, routing::Endpoint::SignOut));
  x.own_response->fields.emplace_back("Set-Cookie", clear_cookie(x.external->scheme == "https"));
  co_return nullptr;
}

}  // namespace

net::Task<exchange::RefusalPtr> sign_in(exchange::Exchange& x) {
  if (!is_local(x)) co_return exchange::stop({.kind = reply::RefusalKind::NoRoute});
  Visit visit;
  exchange::RefusalPtr failed = co_await find_visit(x, visit);
  if (failed) co_return failed;
  const std::string signed_in = std::move(visit.user);
  visit.user.clear();  // whoever it was: the form is for signing in anew
  if (x.request.method == "POST") {
    failed = co_await take_password(x, visit, signed_in);
    co_return failed;
  }
  const auto form = Form::parse(query_of(x.target.origin));
  const std::string next = next_of(x, form ? form->value("next") : std::string_view());
  const Shown shown;
  show_form(x, visit, next, shown);
  co_return nullptr;
}

net::Task<exchange::RefusalPtr> sign_out(exchange::Exchange& x) {
  if (!is_local(x)) co_return exchange::stop({.kind = reply::RefusalKind::NoRoute});
  Visit visit;
  exchange::RefusalPtr failed = co_await find_visit(x, visit);
  if (failed) co_return failed;
  if (x.request.method == "POST" && !visit.user.empty()) {
    failed = co_await end_session(x, visit);
    co_return failed;
  }
  const std::string action = own_path(x, routing::Endpoint::SignOut);
  const std::string csrf = form_token(x, visit, "sign_out", {});
  const bool signed_in = !visit.user.empty();
  show(x, visit, 200, {}, [&](const pages::Frame& frame) {
    return signed_in ? x.config.pages.sign_out(frame, action, csrf)
                     : x.config.pages.signed_out(frame);
  });
  co_return nullptr;
}

}  // namespace gateway::provider
