#include "store/layout.h"

#include <algorithm>
#include <optional>

#include "store/fields.h"

namespace store {

namespace {

static_assert(static_cast<int>(CallbackMatch::Exact) == 0);
static_assert(static_cast<int>(CallbackMatch::IgnoreQuery) == 1);
static_assert(static_cast<int>(CallbackMatch::Prefix) == 2);
static_assert(static_cast<int>(CallbackMatch::Any) == 3);
static_assert(static_cast<int>(RequestState::Issued) == 0);
static_assert(static_cast<int>(RequestState::Authorized) == 1);
static_assert(static_cast<int>(RequestState::Refused) == 2);
static_assert(static_cast<int>(RequestState::Spent) == 3);

std::size_t room_of(const Client& client) {
  std::size_t out = 18 * kFieldRoom + client.name.size() + client.description.size() +
                    room(client.redirect_uris) + room(client.realms) + room(client.default_realms) +
                    room(client.signature_methods) + room(client.quirks) +
                    client.header_realm.size();
  for (const ClientKey& one : client.rsa_public_keys) out += one.pem.size() + kFieldRoom;
  for (const ClientSecret& one : client.secrets) out += one.secret.reveal().size() + kFieldRoom;
  for (const auto& [name, value] : client.extra) out += name.size() + value.size() + kFieldRoom;
  return out;
}

}  // namespace

Result<verify::Secret> encode(const Client& client) {
  using enum ClientField;
  Writer out(RecordKind::Client, room_of(client));
  const auto ending = [&out](ClientField field, const std::optional<std::int64_t>& expires,
                             std::string_view bytes) {
    const std::string_view flag(expires ? "\x01" : "\x00", 1);
    out.element(field, flag, expires ? time_bytes(*expires) : std::string(), bytes);
  };
  for (const ClientSecret& one : client.secrets) ending(Secret, one.expires, one.secret.reveal());
  out.text(Name, client.name);
  out.text(Description, client.description);
  out.list(RedirectUri, client.redirect_uris);
  out.byte(ClientField::CallbackMatch, static_cast<std::uint8_t>(client.callback_match));
  out.flag(AllowOob, client.allow_oob);
  out.list(Realm, client.realms);
  out.list(DefaultRealm, client.default_realms);
  out.list(SignatureMethod, client.signature_methods);
  for (const auto& [name, value] : client.extra) {
    std::string length;
    put_integer(length, name.size(), 4);
    out.element(Extra, length, name, value);
  }
  if (client.reply_realms) out.flag(ReplyRealms, *client.reply_realms);
  out.flag(Enabled, client.enabled);
  for (const ClientKey& one : client.rsa_public_keys) ending(RsaKey, one.expires, one.pem);
  out.list(ClientField::Quirk, client.quirks);
  out.text(HeaderRealm, client.header_realm);
  out.flag(Renewable, client.renewable);
  out.flag(SameToken, client.same_token);
  return out.finish("client");
}

Result<verify::Secret> encode(const User& user) {
  Writer out(RecordKind::User, user.password_hash.size() + 4 * kFieldRoom);
  out.text(UserField::PasswordHash, user.password_hash);
  out.flag(UserField::Enabled, user.enabled);
  return out.finish("user");
}

Result<verify::Secret> encode(const Token& token) {
  Writer out(RecordKind::Token, token.client.size() + token.user.size() +
                                    token.secret.reveal().size() + room(token.realms) +
                                    kMaxKeyBytes + 10 * kFieldRoom);
  out.text(TokenField::Client, token.client);
  out.text(TokenField::User, token.user);
  out.text(TokenField::Secret, token.secret.reveal());
  out.list(TokenField::Realm, token.realms);
  if (token.expires) out.time(TokenField::Expires, *token.expires);
  out.flag(TokenField::Revoked, token.revoked);
  if (token.created) out.time(TokenField::Created, *token.created);
  if (token.session_handle) out.text(TokenField::SessionHandle, token.session_handle->reveal());
  if (token.authorization_expires)
    out.time(TokenField::AuthorizationExpires, *token.authorization_expires);
  return out.finish("token");
}

Result<verify::Secret> encode(const RequestToken& request) {
  using enum RequestField;
  Writer out(RecordKind::RequestToken,
             request.client.size() + request.secret.reveal().size() + room(request.realms) +
                 request.callback.size() + request.user.size() + request.session.size() +
                 room(request.granted) + request.verifier.reveal().size() + 12 * kFieldRoom);
  out.text(RequestField::Client, request.client);
  out.text(Secret, request.secret.reveal());
  out.list(Realm, request.realms);
  out.text(Callback, request.callback);
  out.time(Created, request.created);
  out.time(Expires, request.expires);
  out.byte(State, static_cast<std::uint8_t>(request.state));
  out.text(RequestField::User, request.user);
  out.text(Session, request.session);
  out.list(Granted, request.granted);
  out.text(Verifier, request.verifier.reveal());
  out.byte(Wrong, static_cast<std::uint8_t>(std::min<std::uint32_t>(request.wrong, 0xfe)));
  return out.finish("request token");
}

std::string user_index_prefix(std::string_view client) { return user_index_value(client, {}); }

std::string user_index_value(std::string_view client, std::string_view token) {
  std::string out;
  out.reserve(1 + client.size() + token.size());
  out.push_back(static_cast<char>(client.size()));
  out.append(client).append(token);
  return out;
}

std::string time_index_entry(std::int64_t time, std::string_view name) {
  return time_bytes(time).append(name);
}

}  // namespace store
