// Reading what layout.cc writes.

#include <optional>

#include "store/fields.h"
#include "store/layout.h"

namespace store {

namespace {

// What may expire: flag, time if 01, bytes.
struct Ending {
  std::optional<std::int64_t> expires;
  std::string_view bytes;
};

std::optional<Ending> take_ending(Scanner& in) {
  const std::string_view bytes = in.bytes();
  const bool expires = !bytes.empty() && bytes[0] == 1;
  const std::size_t start = expires ? 9 : 1;
  if (bytes.size() < start || static_cast<unsigned char>(bytes[0]) > 1) {
    in.bad_value();
    return std::nullopt;
  }
  Ending out{std::nullopt, bytes.substr(start)};
  if (expires) out.expires = static_cast<std::int64_t>(take_integer(bytes.substr(1, 8)));
  return out;
}

void take_secret(Scanner& in, Client& client) {
  if (auto ending = take_ending(in))
    client.secrets.push_back({verify::Secret(ending->bytes), ending->expires});
}

void take_key(Scanner& in, Client& client) {
  if (auto ending = take_ending(in))
    client.rsa_public_keys.push_back({std::string(ending->bytes), ending->expires});
}

void take_extra(Scanner& in, Client& client) {
  const std::string_view bytes = in.bytes();
  const std::uint64_t length = bytes.size() < 4 ? 0 : take_integer(bytes.substr(0, 4));
  if (bytes.size() < 4 || length > bytes.size() - 4) return in.bad_value();
  const std::string_view name = bytes.substr(4, length);
  if (!client.extra.empty() && name <= client.extra.rbegin()->first) return in.bad_value();
  client.extra.emplace_hint(client.extra.end(), name, bytes.substr(4 + length));
}

void take_since_2(Scanner& in, Client& client) {
  switch (static_cast<ClientField>(in.number())) {
    case ClientField::RsaKey:
      return take_key(in, client);
    case ClientField::Quirk:
      client.quirks.emplace_back(in.bytes());
      return;
    case ClientField::HeaderRealm:
      client.header_realm = in.text();
      return;
    case ClientField::Renewable:
      client.renewable = in.flag();
      return;
    case ClientField::SameToken:
      client.same_token = in.flag();
      return;
    default:
      in.bad_value();
  }
}

void take(Scanner& in, Client& client) {
  switch (static_cast<ClientField>(in.number())) {
    case ClientField::Secret:
      return take_secret(in, client);
    case ClientField::Name:
      client.name = in.text();
      return;
    case ClientField::Description:
      client.description = in.text();
      return;
    case ClientField::RedirectUri:
      client.redirect_uris.emplace_back(in.bytes());
      return;
    case ClientField::CallbackMatch:
      client.callback_match = static_cast<CallbackMatch>(in.byte(3));
      return;
    case ClientField::AllowOob:
      client.allow_oob = in.flag();
      return;
    case ClientField::Realm:
      client.realms.emplace_back(in.bytes());
      return;
    case ClientField::DefaultRealm:
      client.default_realms.emplace_back(in.bytes());
      return;
    case ClientField::RsaPublicKey:
      if (in.version() != 1) break;
      client.rsa_public_keys.push_back({std::string(in.bytes()), std::nullopt});
      return;
    case ClientField::SignatureMethod:
      client.signature_methods.emplace_back(in.bytes());
      return;
    case ClientField::Extra:
      return take_extra(in, client);
    case ClientField::ReplyRealms:
      client.reply_realms = in.flag();
      return;
    case ClientField::Enabled:
      client.enabled = in.flag();
      return;
    default:
      if (in.version() < 2) break;
      return take_since_2(in, client);
  }
  in.bad_value();
}

void take(Scanner& in, User& user) {
  switch (static_cast<UserField>(in.number())) {
    case UserField::PasswordHash:
      user.password_hash = in.text();
      return;
    case UserField::Enabled:
      user.enabled = in.flag();
      return;
  }
  in.bad_value();
}

void take(Scanner& in, Token& token) {
  switch (static_cast<TokenField>(in.number())) {
    case TokenField::Client:
      token.client = in.text();
      return;
    case TokenField::User:
      token.user = in.text();
      return;
    case TokenField::Secret:
      token.secret = verify::Secret(in.bytes());
      return;
    case TokenField::Realm:
      token.realms.emplace_back(in.bytes());
      return;
    case TokenField::Expires:
      token.expires = in.time();
      return;
    case TokenField::Revoked:
      token.revoked = in.flag();
      return;
    case TokenField::Created:
      if (in.version() < 2) break;
      token.created = in.time();
      return;
    case TokenField::SessionHandle:
      if (in.version() < 2) break;
      token.session_handle.emplace(in.text());
      return;
    case TokenField::AuthorizationExpires:
      if (in.version() < 2) break;
      token.authorization_expires = in.time();
      return;
  }
  in.bad_value();
}

void take(Scanner& in, RequestToken& request) {
  switch (static_cast<RequestField>(in.number())) {
    case RequestField::Client:
      request.client = in.text();
      return;
    case RequestField::Secret:
      request.secret = verify::Secret(in.text());
      return;
    case RequestField::Realm:
      request.realms.emplace_back(in.bytes());
      return;
    case RequestField::Callback:
      request.callback = in.text();
      return;
    case RequestField::Created:
      request.created = in.time();
      return;
    case RequestField::Expires:
      request.expires = in.time();
      return;
    case RequestField::State:
      request.state = static_cast<RequestState>(in.byte(3));
      return;
    case RequestField::Session:
      request.session = in.text();
      return;
    case RequestField::User:
      request.user = in.text();
      return;
    case RequestField::Granted:
      request.granted.emplace_back(in.bytes());
      return;
    case RequestField::Verifier:
      request.verifier = verify::Secret(in.text());
      return;
    case RequestField::Wrong:
      request.wrong = in.byte(0xfe);
      return;
  }
  in.bad_value();
}

}  // namespace

Result<Client> decode_client(std::string_view key, std::string_view bytes) {
  using enum ClientField;
  constexpr std::uint32_t kLists = bit(Secret) | bit(RedirectUri) | bit(Realm) | bit(DefaultRealm) |
                                   bit(RsaPublicKey) | bit(SignatureMethod) | bit(Extra) |
                                   bit(RsaKey) | bit(ClientField::Quirk);
  Scanner in("client", RecordKind::Client, bytes);
  Client out;
  out.key = key;
  while (in.next(kLists)) take(in, out);
  const std::uint32_t since_2 = in.version() < 2 ? 0 : bit(Renewable) | bit(SameToken);
  if (auto wrong =
          in.mistake(bit(ClientField::CallbackMatch) | bit(AllowOob) | bit(Enabled) | since_2))
    return *wrong;
  return out;
}

Result<User> decode_user(std::string_view name, std::string_view bytes) {
  Scanner in("user", RecordKind::User, bytes);
  User out;
  out.name = name;
  while (in.next(0)) take(in, out);
  if (auto wrong = in.mistake(bit(UserField::Enabled))) return *wrong;
  return out;
}

Result<Token> decode_token(std::string_view token, std::string_view bytes) {
  using enum TokenField;
  Scanner in("token", RecordKind::Token, bytes);
  store::Token out;
  out.token = token;
  while (in.next(bit(Realm))) take(in, out);
  if (auto wrong = in.mistake(bit(TokenField::Client) | bit(TokenField::User) |
                              bit(TokenField::Secret) | bit(Revoked)))
    return *wrong;
  return out;
}

Result<RequestToken> decode_request_token(std::string_view token, std::string_view bytes) {
  using enum RequestField;
  Scanner in("request token", RecordKind::RequestToken, bytes);
  store::RequestToken out;
  out.token = token;
  while (in.next(bit(Realm) | bit(Granted))) take(in, out);
  if (auto wrong =
          in.mistake(bit(RequestField::Client) | bit(RequestField::Secret) | bit(Callback) |
                     bit(Created) | bit(Expires) | bit(State) | bit(Wrong)))
    return *wrong;
  return out;
}

Result<UserIndexEntry> parse_user_index(std::string_view value) {
  const std::size_t length = value.empty() ? 0 : static_cast<unsigned char>(value[0]);
  if (value.size() < 1 + length) return damaged("index of tokens", "an entry is cut short");
  return UserIndexEntry{value.substr(1, length), value.substr(1 + length)};
}

Result<TimeIndexEntry> parse_time_index(std::string_view entry) {
  if (entry.size() < 8) return damaged("index by time", "an entry is cut short");
  return TimeIndexEntry{static_cast<std::int64_t>(take_integer(entry.substr(0, 8))),
                        entry.substr(8)};
}

}  // namespace store
