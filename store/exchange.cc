// A request token becomes an access token, and an access token the next one.

#include <algorithm>

#include "store/change_state.h"
#include "store/request_tokens.h"

namespace store {

namespace {

using State = ChangeAccess::State;
using Mode = ChangeAccess::Mode;

Flow<Token> ended(FlowProblem problem) {
  return verify::Result<Token, FlowProblem>(Failure(FlowProblem{problem}));
}

Flow<Token> made(Token token) { return verify::Result<Token, FlowProblem>(std::move(token)); }

bool same_set(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

// What stands against exchanging it, whatever the verifier.
std::optional<FlowProblem> obstacle(const RequestToken& token, const TokenExchange& exchange) {
  if (token.client != exchange.client) return FlowProblem::TokenUnknown;
  if (token.state == RequestState::Spent) return FlowProblem::TokenUsed;
  if (token.state == RequestState::Refused) return FlowProblem::UserRefused;
  if (token.expires <= exchange.now) return FlowProblem::TokenExpired;
  if (token.state == RequestState::Issued) return FlowProblem::NotAuthorized;
  return std::nullopt;
}

// The live token of this client and user for the very same realms.
Result<std::optional<Token>> find_like(const State& state, const Token& wanted, std::int64_t now) {
  std::optional<Token> found;
  const auto look = [&](std::string_view name) -> Result<bool> {
    auto token = of_index(read_token(*state.txn, state.tables(), name));
    if (!token) return token.failure();
    const bool live = !token->revoked && (!token->expires || *token->expires > now);
    if (live && same_set(token->realms, wanted.realms)) found = *std::move(token);
    return !found;
  };
  auto looked = each_name_of_user(*state.txn, state.tables(), wanted.user, wanted.client, look);
  if (!looked) return looked.failure();
  return found;
}

RequestToken spent(RequestToken token) {
  token.state = RequestState::Spent;
  token.verifier = {};
  return token;
}

// The last of the guesses leaves it spent.
Flow<Token> count_wrong_verifier(State& state, const RequestToken& before) {
  RequestToken after = before;
  if (++after.wrong >= kMaxWrongVerifiers) after = spent(std::move(after));
  if (auto put = state.replace_request_token(before, after); !put) return put.failure();
  return ended(FlowProblem::VerifierWrong);
}

Flow<Token> exchange_in(State& state, const TokenExchange& exchange) {
  const auto found = state.find_request_token(exchange.request_token);
  if (!found) return found.failure();
  if (!*found) return ended(FlowProblem::TokenUnknown);
  const RequestToken& request = **found;
  if (auto stopped = obstacle(request, exchange)) return ended(*stopped);
  const auto client = state.enabled_client(request.client);
  if (!client) return client.failure();
  if (!*client) return ended(FlowProblem::ClientUnknown);
  if (!(request.verifier == exchange.verifier)) return count_wrong_verifier(state, request);
  const auto enabled = state.user_enabled(request.user);
  if (!enabled) return enabled.failure();
  if (!*enabled) return ended(FlowProblem::UserUnknown);

  Token token = exchange.fresh;
  token.client = request.client;
  token.user = request.user;
  token.realms = both(request.granted, (*client)->realms);
  token.created = exchange.now;
  token.revoked = false;
  if (!(*client)->renewable) token.session_handle.reset();
  if (!token.session_handle) token.authorization_expires.reset();
  std::optional<Token> old;
  if ((*client)->same_token) {
    auto like = find_like(state, token, exchange.now);
    if (!like) return like.failure();
    old = *std::move(like);
  }
  if (old) {
    token = *std::move(old);
  } else {
    if (auto wrong = record_error(token)) return fail(Error::Kind::Invalid, *std::move(wrong));
    if (auto put = state.put_token(token, Mode::Insert); !put) return put.failure();
  }
  if (auto put = state.replace_request_token(request, spent(request)); !put) return put.failure();
  return made(std::move(token));
}

Flow<Token> renew_in(State& state, const Renewal& renewal) {
  auto found = read_token(*state.txn, state.tables(), renewal.token);
  if (!found && found.error().kind == Error::Kind::NotFound)
    return ended(FlowProblem::TokenUnknown);
  if (!found) return found.failure();
  const Token& old = *found;
  if (old.client != renewal.client) return ended(FlowProblem::TokenUnknown);
  const auto client = state.enabled_client(old.client);
  if (!client) return client.failure();
  if (!*client) return ended(FlowProblem::ClientUnknown);
  if (old.revoked) return ended(FlowProblem::TokenUsed);
  if (!(*client)->renewable || !old.session_handle || !(*old.session_handle == renewal.handle))
    return ended(FlowProblem::HandleWrong);
  if (old.authorization_expires && *old.authorization_expires <= renewal.now)
    return ended(FlowProblem::AuthorizationExpired);
  const auto enabled = state.user_enabled(old.user);
  if (!enabled) return enabled.failure();
  if (!*enabled) return ended(FlowProblem::UserUnknown);

  Token next = renewal.fresh;
  next.client = old.client;
  next.user = old.user;
  next.realms = both(old.realms, (*client)->realms);
  next.authorization_expires = old.authorization_expires;
  next.created = renewal.now;
  next.revoked = false;
  if (auto wrong = record_error(next)) return fail(Error::Kind::Invalid, *std::move(wrong));
  if (auto put = state.put_token(next, Mode::Insert); !put) return put.failure();
  if (auto revoked = state.revoke({old.token}); !revoked) return revoked.failure();
  return made(std::move(next));
}

}  // namespace

std::vector<std::string> both(const std::vector<std::string>& a,
                              const std::vector<std::string>& b) {
  std::vector<std::string> out;
  for (const std::string& one : a)
    if (std::find(b.begin(), b.end(), one) != b.end()) out.push_back(one);
  return out;
}

Flow<Token> exchange(Credentials& store, const TokenExchange& exchange) {
  return as_change(store, [&](State& state) { return exchange_in(state, exchange); });
}

Flow<Token> renew(Credentials& store, const Renewal& renewal) {
  return as_change(store, [&](State& state) { return renew_in(state, renewal); });
}

}  // namespace store
