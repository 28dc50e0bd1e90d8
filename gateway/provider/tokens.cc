// The endpoints for clients, who sign what they ask (RFC 5849 2.1, 2.3): a request token, its
// exchange for an access token, the renewal of one, the end of one.

#include <algorithm>

#include "gateway/provider/callback.h"
#include "gateway/provider/form.h"
#include "gateway/provider/provider.h"
#include "store/request_tokens.h"
#include "verify/crypto.h"

namespace gateway::provider {
namespace {

constexpr std::uint32_t kRandomLength = 27;  // characters: 160 bits
constexpr std::size_t kMaxCallback = 2048;   // bytes

using verify::Reason;
using Names = std::vector<std::string>;

exchange::RefusalPtr rejected_for(Reason reason, std::string detail) {
  return exchange::rejected(verify::Rejection{reason, std::move(detail)});
}

exchange::RefusalPtr problem(store::FlowProblem problem) {
  switch (problem) {
    case store::FlowProblem::ClientUnknown:
      return exchange::rejected(Reason::ClientDisabled);
    case store::FlowProblem::TooMany:
      return exchange::stop({.kind = reply::RefusalKind::TooManyRequestTokens});
    case store::FlowProblem::TokenUnknown:
      return exchange::rejected(Reason::TokenUnknown);
    case store::FlowProblem::TokenExpired:
    case store::FlowProblem::AuthorizationExpired:
      return exchange::rejected(Reason::TokenExpired);
    case store::FlowProblem::TokenUsed:
      return exchange::rejected(Reason::TokenUsed);
    case store::FlowProblem::NotAuthorized:
      return exchange::rejected(Reason::TokenNotAuthorized);
    case store::FlowProblem::UserRefused:
      return exchange::rejected(Reason::UserRefused);
    case store::FlowProblem::VerifierWrong:
      return rejected_for(Reason::VerifierWrong, "oauth_verifier");
    case store::FlowProblem::UserUnknown:
      return exchange::rejected(Reason::UserDisabled);
    case store::FlowProblem::HandleWrong:
      return rejected_for(Reason::SessionHandleWrong, "oauth_session_handle");
  }
  return exchange::stop({.kind = reply::RefusalKind::InternalFault});
}

std::int64_t seconds(std::chrono::milliseconds duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

std::string fresh_name(const conf::OAuth& oauth) {
  return verify::random_name(std::clamp(kRandomLength, oauth.key_length_min, oauth.key_length_max));
}

Names words(std::string_view text) {
  Names out;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string word(text.substr(0, space));
    if (!word.empty() && std::find(out.begin(), out.end(), word) == out.end()) out.push_back(word);
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return out;
}

std::string joined(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
  return out;
}

// What a client asks for: in the Authorization field, or as a parameter for those that have none.
// Where that field has to name the client's own realm, it asks for nothing.
Names asked_realms(const exchange::Exchange& x, const store::Client& client) {
  const verify::Claim& claim = *x.claim;
  if (!client.header_realm.empty() && claim.realm == client.header_realm) return {};
  if (claim.realm) return words(*claim.realm);
  if (claim.source == verify::Source::Header) return {};
  const auto form = Form::parse(claim.source == verify::Source::Form ? x.scratch.held.in_memory()
                                                                     : query_of(x.target.origin));
  return form ? words(form->value("realm")) : Names();
}

// Its default realms if it asks for none; all of them must be the provider's and its own.
exchange::RefusalPtr choose_realms(const exchange::Exchange& x, const store::Client& client,
                                   Names& out) {
  out = asked_realms(x, client);
  if (out.empty()) out = client.default_realms;
  for (const std::string& realm : out) {
    const auto& all = x.config.settings.oauth.realms;
    const bool there = std::any_of(all.begin(), all.end(),
                                   [&](const conf::Realm& one) { return one.name == realm; });
    const bool may =
        std::find(client.realms.begin(), client.realms.end(), realm) != client.realms.end();
    if (!there) return rejected_for(Reason::RealmUnknown, realm);
    if (!may) return rejected_for(Reason::RealmRefused, realm);
  }
  return nullptr;
}

exchange::RefusalPtr choose_callback(const exchange::Exchange& x, const store::Client& client,
                                     std::string& out) {
  const verify::Claim& claim = *x.claim;
  if (claim.callback && !claim.callback->empty()) {
    out = *claim.callback;
  } else if (x.config.settings.oauth.default_callback && !client.redirect_uris.empty()) {
    out = client.redirect_uris.front();
  } else {
    return rejected_for(Reason::ParameterAbsent, "oauth_callback");
  }
  if (out.size() > kMaxCallback || !may_call_back(client, out)) {
    return rejected_for(Reason::CallbackRefused, "oauth_callback");
  }
  return nullptr;
}

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

// Extras never speak in place of what the protocol says: settings and records refuse names that
// begin with "oauth_".
void respond(exchange::Exchange& x, Pairs fields, const std::map<std::string, std::string>& extra,
             const std::map<std::string, std::string>& more) {
  for (const auto& [name, value] : extra) {
    if (!more.contains(name)) fields.emplace_back(name, value);
  }
  for (const auto& [name, value] : more) fields.emplace_back(name, value);
  x.own_response = std::make_unique<reply::Response>();
  x.own_response->content_type = "application/x-www-form-urlencoded";
  x.own_response->fields = {{"Pragma", "no-cache"}};
  x.own_response->body = form_encoded(fields);
}

void reply_with(exchange::Exchange& x, const store::Token& token, const store::Client& client) {
  const conf::OAuth& oauth = x.config.settings.oauth;
  const std::int64_t now = x.config.clock.unix_seconds();
  const std::string realms = joined(token.realms);
  std::string expires, authorization_expires;
  Pairs fields{{"oauth_token", token.token}, {"oauth_token_secret", token.secret.reveal()}};
  if (client.reply_realms.value_or(oauth.reply_realms)) {
    fields.emplace_back("oauth_authorized_realms", realms);
  }
  if (token.session_handle) {
    fields.emplace_back("oauth_session_handle", token.session_handle->reveal());
    if (token.expires) {
      expires = std::to_string(*token.expires - now);
      fields.emplace_back("oauth_expires_in", expires);
    }
    if (token.authorization_expires) {
      authorization_expires = std::to_string(*token.authorization_expires - now);
      fields.emplace_back("oauth_authorization_expires_in", authorization_expires);
    }
  }
  respond(x, std::move(fields), oauth.access_token_extra, client.extra);
}

store::Token fresh_token(const exchange::Exchange& x, const store::Client& client,
                         std::int64_t now) {
  const conf::OAuth& oauth = x.config.settings.oauth;
  store::Token token;
  token.token = fresh_name(oauth);
  token.secret = verify::Secret(fresh_name(oauth));
  token.created = now;
  if (oauth.access_token_lifetime) token.expires = now + seconds(*oauth.access_token_lifetime);
  if (client.renewable) {
    token.session_handle.emplace(fresh_name(oauth));
    if (oauth.renewal_lifetime) {
      token.authorization_expires = now + seconds(*oauth.renewal_lifetime);
    }
  }
  return token;
}

// The client as it is now; it was known a moment ago.
exchange::RefusalPtr find_client(exchange::Exchange& x, store::Client& client) {
  auto found = x.worker.reader().client(x.claim->client);
  if (!found && found.error().kind == store::Error::Kind::NotFound) {
    return exchange::rejected(Reason::ClientUnknown);
  }
  if (!found) return store_fault(found.error());
  client = *std::move(found);
  return nullptr;
}

// What a write came to: a refusal, or `out`.
template <class T>
exchange::RefusalPtr outcome(std::optional<store::Flow<T>> done, T& out) {
  if (!done) return busy();
  if (!*done) return store_fault(done->error());
  if (!**done) return problem((**done).error());
  out = std::move(***done);
  return nullptr;
}

net::Task<exchange::RefusalPtr> renew(exchange::Exchange& x, const store::Client& client) {
  const verify::Claim& claim = *x.claim;
  exchange::Storage& storage = x.config.storage;
  const std::int64_t now = x.config.clock.unix_seconds();
  const store::Renewal renewal{.client = std::string(claim.client),
                               .token = std::string(claim.token.value_or("")),
                               .handle = verify::Secret(*claim.session_handle),
                               .fresh = fresh_token(x, client, now),
                               .now = now};
  auto write = [&storage, &renewal] { return store::renew(storage.credentials, renewal); };
  auto done = co_await in_background(x, net::Background::Kind::Write, std::move(write));
  store::Token token;
  if (exchange::RefusalPtr refusal = outcome(std::move(done), token)) co_return refusal;
  reply_with(x, token, client);
  co_return nullptr;
}

net::Task<exchange::RefusalPtr> exchange(exchange::Exchange& x, const store::Client& client) {
  const verify::Claim& claim = *x.claim;
  exchange::Storage& storage = x.config.storage;
  const std::int64_t now = x.config.clock.unix_seconds();
  const store::TokenExchange wanted{.client = std::string(claim.client),
                                    .request_token = std::string(claim.token.value_or("")),
                                    .verifier = verify::Secret(*claim.verifier),
                                    .fresh = fresh_token(x, client, now),
                                    .now = now};
  auto write = [&storage, &wanted] { return store::exchange(storage.credentials, wanted); };
  auto done = co_await in_background(x, net::Background::Kind::Write, std::move(write));
  store::Token token;
  if (exchange::RefusalPtr refusal = outcome(std::move(done), token)) co_return refusal;
  reply_with(x, token, client);
  co_return nullptr;
}

}  // namespace

net::Task<exchange::RefusalPtr> issue_request_token(exchange::Exchange& x) {
  store::Client client;
  store::RequestToken token;
  exchange::RefusalPtr refusal = find_client(x, client);
  if (!refusal) refusal = choose_callback(x, client, token.callback);
  if (!refusal) refusal = choose_realms(x, client, token.realms);
  if (refusal) co_return refusal;
  const conf::OAuth& oauth = x.config.settings.oauth;
  token.token = fresh_name(oauth);
  token.secret = verify::Secret(fresh_name(oauth));
  token.client = client.key;
  token.created = x.config.clock.unix_seconds();
  token.expires = token.created + seconds(oauth.request_token_lifetime);
  const store::IssueRequest request{.token = token,
                                    .most_of_client = x.config.settings.limits.request_tokens,
                                    .now = token.created};
  exchange::Storage& storage = x.config.storage;
  auto write = [&storage, &request] {
    return store::issue_request_token(storage.credentials, request);
  };
  auto done = co_await in_background(x, net::Background::Kind::Write, std::move(write));
  store::Done issued;
  refusal = outcome(std::move(done), issued);
  if (refusal) co_return refusal;
  Pairs fields{{"oauth_token", token.token},
               {"oauth_token_secret", token.secret.reveal()},
               {"oauth_callback_confirmed", "true"}};
  respond(x, std::move(fields), oauth.request_token_extra, {});
  co_return nullptr;
}

net::Task<exchange::RefusalPtr> exchange_tokens(exchange::Exchange& x) {
  store::Client client;
  exchange::RefusalPtr refusal = find_client(x, client);
  if (refusal) co_return refusal;
  const verify::Claim& claim = *x.claim;
  if (claim.renews()) {
    refusal = co_await renew(x, client);
  } else if (!claim.verifier || claim.verifier->empty()) {
    refusal = rejected_for(Reason::ParameterAbsent, "oauth_verifier");
  } else {
    refusal = co_await exchange(x, client);
  }
  co_return refusal;
}

net::Task<exchange::RefusalPtr> revoke_own_token(exchange::Exchange& x) {
  exchange::Storage& storage = x.config.storage;
  const std::string token(x.claim->token.value_or(""));
  auto write = [&storage, &token]() -> store::Result<store::Done> {
    auto change = storage.credentials.begin();
    if (!change) return change.failure();
    if (auto gone = change->revoke_token(token); !gone) return gone.failure();
    return change->commit();
  };
  auto done = co_await in_background(x, net::Background::Kind::Write, std::move(write));
  if (!done) co_return busy();
  if (!*done) co_return store_fault(done->error());
  respond(x, {{"revoked", "true"}}, {}, {});
  co_return nullptr;
}

}  // namespace gateway::provider
