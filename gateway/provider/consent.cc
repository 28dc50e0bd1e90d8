// The pages on which a user decides, and sees what was decided.

#include <algorithm>
#include <map>

#include "gateway/provider/browser.h"
#include "gateway/provider/callback.h"
#include "gateway/provider/provider.h"
#include "store/request_tokens.h"
#include "verify/crypto.h"
#include "verify/percent.h"

namespace gateway::provider {
namespace {

constexpr std::size_t kVerifierLength = 27;  // 160 bits; nobody types these
constexpr std::size_t kCodeDigits = 12;      // of a code that is typed in; five guesses at most

// What is asked on the page: the request token and whose it is.
struct Asked {
  store::RequestToken token;
  store::Client client;
};

std::string target_of(const exchange::Exchange& x, std::string_view token) {
  return with_parameters(own_path(x, routing::Endpoint::Authorize), {{"oauth_token", token}});
}

std::string_view word_of(store::FlowProblem problem) {
  switch (problem) {
    case store::FlowProblem::TokenExpired:
      return "expired_token";
    case store::FlowProblem::TokenUsed:
      return "token_used";
    case store::FlowProblem::ClientUnknown:
      return "invalid_client";
    case store::FlowProblem::UserUnknown:
      return "user_unknown";
    default:
      return "invalid_token";
  }
}

// False if there is nothing to decide: x.own_response then says so, or `failed` is set.
bool find_asked(exchange::Exchange& x, std::string_view token, Asked& asked,
                exchange::RefusalPtr& failed) {
  store::Credentials::Reader& reader = x.worker.reader();
  auto found = reader.request_token(token);
  if (!found) {
    if (found.error().kind == store::Error::Kind::NotFound) {
      send_to_error(x, "invalid_token");
    } else {
      failed = store_fault(found.error());
    }
    return false;
  }
  auto client = reader.client(found->client);
  if (!client && client.error().kind != store::Error::Kind::NotFound) {
    failed = store_fault(client.error());
    return false;
  }
  if (!client || !client->enabled) {
    send_to_error(x, "invalid_client");
    return false;
  }
  asked.token = *std::move(found);
  asked.client = *std::move(client);
  x.page_client = asked.client.key;
  return true;
}

std::vector<pages::RealmLine> lines_of(const exchange::Exchange& x,
                                       const std::vector<std::string>& realms) {
  std::vector<pages::RealmLine> out;
  for (const std::string& name : realms) {
    pages::RealmLine& line = out.emplace_back(pages::RealmLine{name, {}});
    for (const conf::Realm& realm : x.config.settings.oauth.realms) {
      if (realm.name == name) line.description = realm.description;
    }
  }
  return out;
}

void show_question(exchange::Exchange& x, const Visit& visit, const Asked& asked) {
  const std::string& callback = asked.token.callback;
  const bool out_of_band = callback == kOutOfBand;
  const std::string host = out_of_band ? std::string() : shown_host(callback);
  const std::string csrf = form_token(x, visit, "consent", asked.token.token);
  const std::string action = own_path(x, routing::Endpoint::Authorize);
  show(x, visit, 200, out_of_band ? std::string() : policy_source(callback),
       [&](const pages::Frame& frame) {
         return x.config.pages.consent(frame, {.action = action,
                                               .csrf = csrf,
                                               .oauth_token = asked.token.token,
                                               .client = shown_name(asked.client),
                                               .description = asked.client.description,
                                               .host = host,
                                               .realms = lines_of(x, asked.token.realms)});
       });
}

// By this user, in this browser, and not exchanged yet.
bool decided_here(const Visit& visit, const store::RequestToken& token) {
  const bool decided =
      token.state == store::RequestState::Authorized || token.state == store::RequestState::Refused;
  return decided && token.user == visit.user && token.session == browser_name(visit);
}

// For the browser that said yes to a client without a callback.
bool may_see_code(const Visit& visit, const store::RequestToken& token) {
  return token.state == store::RequestState::Authorized && token.callback == kOutOfBand &&
         decided_here(visit, token);
}

net::Task<exchange::RefusalPtr> show_page(exchange::Exchange& x) {
  const auto form = Form::parse(query_of(x.target.origin));
  if (!form) {
    send_to_error(x, "invalid_request");
    co_return nullptr;
  }
  Asked asked;
  exchange::RefusalPtr failed;
  if (!find_asked(x, form->value("oauth_token"), asked, failed)) co_return failed;
  if (asked.token.expires <= x.config.clock.unix_seconds()) {
    send_to_error(x, "expired_token");
    co_return nullptr;
  }
  Visit visit;
  failed = co_await find_visit(x, visit);
  if (failed) co_return failed;
  const bool decided = asked.token.state != store::RequestState::Issued;
  if (decided && !may_see_code(visit, asked.token)) {
    send_to_error(x, "token_used");
  } else if (visit.user.empty()) {
    const std::string target = target_of(x, asked.token.token);
    send_to_sign_in(x, target);
  } else if (decided) {
    const std::string code(asked.token.verifier.reveal());
    show(x, visit, 200, {}, [&](const pages::Frame& frame) {
      return x.config.pages.code(frame, shown_name(asked.client), code);
    });
  } else {
    show_question(x, visit, asked);
  }
  co_return nullptr;
}

// A code that is read off one screen and typed in at another: digits in groups.
std::string typed_code() {
  std::array<unsigned char, 8> bytes{};
  verify::fill_random(bytes);
  std::uint64_t number = 0;
  for (const unsigned char byte : bytes) number = number << 8 | byte;
  std::string out;
  for (std::size_t i = 0; i < kCodeDigits; ++i) {
    if (i > 0 && i % 4 == 0) out += '-';
    out += static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return out;
}

store::Decision decision_of(const exchange::Exchange& x, const Visit& visit, const Form& form,
                            const store::RequestToken& token) {
  store::Decision decision{.token = token.token,
                           .user = visit.user,
                           .session = browser_name(visit),
                           .granted = {},
                           .verifier = {},
                           .make_user = x.config.settings.login.mode != conf::LoginMode::Local,
                           .now = x.config.clock.unix_seconds()};
  if (form.value("confirm") != "yes") return decision;
  decision.granted = form.values("realm");
  decision.verifier.emplace(token.callback == kOutOfBand ? typed_code()
                                                         : verify::random_name(kVerifierLength));
  return decision;
}

// Where the user goes with what was decided.
void send_back(exchange::Exchange& x, const store::RequestToken& token) {
  const bool granted = token.state == store::RequestState::Authorized;
  if (token.callback == kOutOfBand) {
    if (!granted) return send_to_error(x, "denied");
    return send_to(x, target_of(x, token.token));
  }
  if (granted) {
    return send_to(x,
                   with_parameters(token.callback, {{"oauth_token", token.token},
                                                    {"oauth_verifier", token.verifier.reveal()}}));
  }
  if (x.config.settings.oauth.refusal_to == conf::RefusalTo::ErrorUri) {
    return send_to_error(x, "denied");
  }
  send_to(x, with_parameters(token.callback, {{"oauth_token", token.token},
                                              {"error", "denied"},
                                              {"oauth_problem", "user_refused"}}));
}

net::Task<exchange::RefusalPtr> take_decision(exchange::Exchange& x) {
  const auto form = sent_form(x);
  if (!form) {
    send_to_error(x, "invalid_request");
    co_return nullptr;
  }
  Asked asked;
  exchange::RefusalPtr failed;
  if (!find_asked(x, form->value("oauth_token"), asked, failed)) co_return failed;
  Visit visit;
  failed = co_await find_visit(x, visit);
  if (failed) co_return failed;
  if (visit.user.empty() || !is_ours(x, visit, *form, "consent", asked.token.token)) {
    send_to_error(x, "forged");
    co_return nullptr;
  }
  const store::Decision decision = decision_of(x, visit, *form, asked.token);
  exchange::Storage& storage = x.config.storage;
  auto decide = [&storage, &decision] { return store::decide(storage.credentials, decision); };
  auto done = co_await in_background(x, net::Background::Kind::Write, std::move(decide));
  if (!done) co_return busy();
  if (!*done) co_return store_fault(done->error());
  const auto& decided = **done;
  if (decided) {
    send_back(x, *decided);
    co_return nullptr;
  }
  // A double click sends the form twice, and the browser follows the second response.
  auto before = x.worker.reader().request_token(decision.token);
  if (before && decided_here(visit, *before)) {
    send_back(x, *before);
  } else {
    send_to_error(x, word_of(decided.error()));
  }
  co_return nullptr;
}

// What each client may do for a user: the realms of all its live tokens together.
struct Granted {
  std::string name;
  std::vector<std::string> realms;
};
using Grants = std::map<std::string, Granted>;

// Takes the longer, the more tokens the user has, and nothing bounds those: not for an event loop.
store::Result<Grants> find_grants(const store::Credentials& credentials, std::string_view user,
                                  std::int64_t now) {
  auto reader = credentials.reader();
  if (!reader) return reader.failure();
  Grants out;
  auto done = reader->each_token_of_user(user, [&](const store::Token& token) {
    const bool ended = token.expires && *token.expires <= now && !token.session_handle;
    if (token.revoked || ended) return true;
    std::vector<std::string>& realms = out[token.client].realms;
    for (const std::string& realm : token.realms) {
      if (std::find(realms.begin(), realms.end(), realm) == realms.end()) realms.push_back(realm);
    }
    return true;
  });
  if (!done) return done.failure();
  for (auto& [key, granted] : out) {
    auto client = reader->client(key);
    granted.name = client ? shown_name(*client) : key;
  }
  return out;
}

net::Task<exchange::RefusalPtr> show_grants(exchange::Exchange& x, const Visit& visit) {
  exchange::Storage& storage = x.config.storage;
  const std::int64_t now = x.config.clock.unix_seconds();
  auto find = [&storage, &visit, now] { return find_grants(storage.credentials, visit.user, now); };
  auto looked_up = co_await in_background(x, net::Background::Kind::Session, std::move(find));
  if (!looked_up) co_return busy();
  if (!*looked_up) co_return store_fault(looked_up->error());
  const Grants& found = **looked_up;
  const auto form = Form::parse(query_of(x.target.origin));
  const std::string action = own_path(x, routing::Endpoint::Grants);
  std::vector<std::string> tokens;
  tokens.reserve(found.size());
  std::vector<pages::Grant> lines;
  for (const auto& [key, granted] : found) {
    pages::Grant& line = lines.emplace_back();
    tokens.push_back(form_token(x, visit, "revoke", key));
    line = {.client = granted.name,
            .key = key,
            .csrf = tokens.back(),
            .realms = lines_of(x, granted.realms)};
  }
  // Who was just taken the right; a name from the store, never from the address.
  std::string revoked;
  if (form && !form->value("revoked").empty() &&
      !found.contains(std::string(form->value("revoked")))) {
    auto client = x.worker.reader().client(form->value("revoked"));
    if (client) revoked = shown_name(*client);
  }
  show(x, visit, 200, {}, [&](const pages::Frame& frame) {
    return x.config.pages.grants(frame, action, lines, revoked);
  });
  co_return nullptr;
}

net::Task<exchange::RefusalPtr> revoke_grant(exchange::Exchange& x, const Visit& visit) {
  const auto form = sent_form(x);
  if (!form || !is_ours(x, visit, *form, "revoke", form->value("client"))) {
    send_to_error(x, "forged");
    co_return nullptr;
  }
  const std::string client(form->value("client"));
  exchange::Storage& storage = x.config.storage;
  auto revoke = [&storage, &client, &visit]() -> store::Result<store::Done> {
    auto change = storage.credentials.begin();
    if (!change) return change.failure();
    if (auto gone = change->revoke_tokens(client, visit.user); !gone) return gone.failure();
    return change->commit();
  };
  auto done = co_await in_background(x, net::Background::Kind::Write, std::move(revoke));
  if (!done) co_return busy();
  if (!*done) co_return store_fault(done->error());
  send_to(x, with_parameters(own_path(x, routing::Endpoint::Grants), {{"revoked", client}}));
  co_return nullptr;
}

}  // namespace

net::Task<exchange::RefusalPtr> consent(exchange::Exchange& x) {
  exchange::RefusalPtr failed;
  if (x.request.method == "POST") {
    failed = co_await take_decision(x);
  } else {
    failed = co_await show_page(x);
  }
  co_return failed;
}

net::Task<exchange::RefusalPtr> grants(exchange::Exchange& x) {
  Visit visit;
  exchange::RefusalPtr failed = co_await find_visit(x, visit);
  if (failed) co_return failed;
  if (visit.user.empty()) {
    const std::string target = own_path(x, routing::Endpoint::Grants);
    send_to_sign_in(x, target);
    co_return nullptr;
  }
  if (x.request.method == "POST") {
    failed = co_await revoke_grant(x, visit);
  } else {
    failed = co_await show_grants(x, visit);
  }
  co_return failed;
}

net::Task<exchange::RefusalPtr> error_page(exchange::Exchange& x) {
  const auto form = Form::parse(query_of(x.target.origin));
  const std::string word(form ? form->value("error") : std::string_view());
  const Visit nobody;
  show(x, nobody, word == "denied" ? 200 : 400, {},
       [&](const pages::Frame& frame) { return x.config.pages.error(frame, word, x.request_id); });
  co_return nullptr;
}

}  // namespace gateway::provider
