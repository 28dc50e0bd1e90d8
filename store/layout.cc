#include "store/layout.h"

#include <optional>
#include <utility>

namespace store {

namespace {

static_assert(static_cast<int>(CallbackMatch::Exact) == 0);
static_assert(static_cast<int>(CallbackMatch::IgnoreQuery) == 1);
static_assert(static_cast<int>(CallbackMatch::Prefix) == 2);
static_assert(static_cast<int>(CallbackMatch::Any) == 3);

void put_integer(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift & 0xff));
}

std::uint64_t integer(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// Appends fields. Its memory is claimed at once, so that no copy of a secret stays behind in an
// outgrown one.
class Writer {
 public:
  Writer(RecordKind kind, std::size_t estimate) {
    out_.reserve(estimate);
    put_integer(out_, kLayoutVersion, 1);
    put_integer(out_, static_cast<std::uint8_t>(kind), 1);
  }

  template <class Field>
  void element(Field field, std::string_view a, std::string_view b = {}, std::string_view c = {}) {
    put_integer(out_, static_cast<std::uint8_t>(field), 1);
    put_integer(out_, a.size() + b.size() + c.size(), 4);
    out_.append(a).append(b).append(c);
  }
  template <class Field>
  void text(Field field, std::string_view bytes) {
    if (!bytes.empty()) element(field, bytes);
  }
  template <class Field>
  void byte(Field field, std::uint8_t value) {
    const char c = static_cast<char>(value);
    element(field, {&c, 1});
  }
  template <class Field>
  void flag(Field field, bool value) {
    byte(field, value ? 1 : 0);
  }
  template <class Field>
  void list(Field field, const std::vector<std::string>& all) {
    for (const std::string& one : all) element(field, one);
  }

  Result<verify::Secret> finish(const char* what) {
    if (out_.size() > kMaxRecordBytes)
      return fail(Error::Kind::Invalid, std::string("the record of a ") + what + " has " +
                                            std::to_string(out_.size()) + " bytes; at most " +
                                            std::to_string(kMaxRecordBytes) + " can be stored");
    return verify::Secret(std::move(out_));
  }

 private:
  std::string out_;
};

std::string time_bytes(std::int64_t time) {
  std::string out;
  put_integer(out, static_cast<std::uint64_t>(time), 8);
  return out;
}

constexpr std::size_t kFieldRoom = 32;  // more than any field needs beside its text

std::size_t room(const std::vector<std::string>& all) {
  std::size_t out = 0;
  for (const std::string& one : all) out += one.size() + kFieldRoom;
  return out;
}

std::size_t room(const Client& client) {
  std::size_t out = 16 * kFieldRoom + client.name.size() + client.description.size() +
                    room(client.redirect_uris) + room(client.realms) + room(client.default_realms) +
                    room(client.rsa_public_keys) + room(client.signature_methods);
  for (const ClientSecret& one : client.secrets) out += one.secret.reveal().size() + kFieldRoom;
  for (const auto& [name, value] : client.extra) out += name.size() + value.size() + kFieldRoom;
  return out;
}

Failure<Error> damaged(const char* what, const std::string& why) {
  return fail(Error::Kind::Unavailable, std::string("a stored ") + what + " is damaged: " + why);
}

// Takes a record apart. The first mistake is kept and ends the reading; callers ask once, at the
// end.
class Scanner {
 public:
  Scanner(const char* what, RecordKind kind, std::string_view bytes) : what_(what), rest_(bytes) {
    if (!rest_.empty()) version_ = static_cast<std::uint8_t>(rest_[0]);
    if (rest_.size() < 2) {
      wrong("it is cut short");
    } else if (version_ != kLayoutVersion) {
      wrong("its version is " + std::to_string(version_));
    } else if (static_cast<std::uint8_t>(rest_[1]) != static_cast<std::uint8_t>(kind)) {
      wrong("it is of another kind");
    } else {
      rest_.remove_prefix(2);
    }
  }

  // Steps to the next field; false at the end or after a mistake. Only fields in `lists` may
  // repeat.
  bool next(std::uint32_t lists) {
    if (mistake_ || rest_.empty()) return false;
    if (rest_.size() < 5) return wrong("it is cut short"), false;
    const auto number = static_cast<std::uint8_t>(rest_[0]);
    const std::uint64_t length = integer(rest_.substr(1, 4));
    rest_.remove_prefix(5);
    if (length > rest_.size()) return wrong("it is cut short"), false;
    const bool repeats = number < 32 && (lists >> number & 1) != 0;
    if (number < number_ || (number == number_ && !repeats))
      return wrong("field " + std::to_string(number) + " is out of order"), false;
    number_ = number;
    seen_ |= number < 32 ? 1u << number : 0;
    bytes_ = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return true;
  }

  std::uint8_t number() const { return number_; }
  std::string_view bytes() const { return bytes_; }
  std::string text() {
    if (bytes_.empty()) wrong("field " + std::to_string(number_) + " is empty");
    return std::string(bytes_);
  }
  std::uint8_t byte(std::uint8_t highest) {
    const std::uint8_t value =
        bytes_.size() == 1 ? static_cast<std::uint8_t>(bytes_[0]) : std::uint8_t{0xff};
    if (value <= highest) return value;
    return bad_value(), std::uint8_t{0};
  }
  bool flag() { return byte(1) != 0; }
  std::int64_t time() {
    if (bytes_.size() != 8) return bad_value(), 0;
    return static_cast<std::int64_t>(integer(bytes_));
  }
  void bad_value() { wrong("field " + std::to_string(number_) + " has no meaning"); }

  // Nothing if all was well and the fields in `needed` were there.
  std::optional<Failure<Error>> mistake(std::uint32_t needed) {
    if (!mistake_ && (seen_ & needed) != needed) wrong("a field is missing");
    if (!mistake_) return std::nullopt;
    if (version_ > kLayoutVersion)
      return fail(Error::Kind::Newer, std::string("a stored ") + what_ +
                                          " was written by a newer version of portcullis (layout " +
                                          std::to_string(version_) + "): use that version");
    return damaged(what_, *mistake_);
  }

 private:
  void wrong(std::string why) {
    if (!mistake_) mistake_ = std::move(why);
  }

  const char* what_;
  std::string_view rest_, bytes_;
  std::uint8_t version_ = 0, number_ = 0;
  std::uint32_t seen_ = 0;
  std::optional<std::string> mistake_;
};

template <class Field>
constexpr std::uint32_t bit(Field field) {
  return 1u << static_cast<unsigned>(field);
}

void take_secret(Scanner& in, Client& client) {
  const std::string_view bytes = in.bytes();
  const bool expires = !bytes.empty() && bytes[0] == 1;
  const std::size_t start = expires ? 9 : 1;
  if (bytes.size() < start || static_cast<unsigned char>(bytes[0]) > 1) return in.bad_value();
  ClientSecret& made = client.secrets.emplace_back();
  if (expires) made.expires = static_cast<std::int64_t>(integer(bytes.substr(1, 8)));
  made.secret = verify::Secret(bytes.substr(start));
}

void take_extra(Scanner& in, Client& client) {
  const std::string_view bytes = in.bytes();
  const std::uint64_t length = bytes.size() < 4 ? 0 : integer(bytes.substr(0, 4));
  if (bytes.size() < 4 || length > bytes.size() - 4) return in.bad_value();
  const std::string_view name = bytes.substr(4, length);
  if (!client.extra.empty() && name <= client.extra.rbegin()->first) return in.bad_value();
  client.extra.emplace_hint(client.extra.end(), name, bytes.substr(4 + length));
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
      client.rsa_public_keys.emplace_back(in.bytes());
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
  }
  in.bad_value();
}

}  // namespace

Result<verify::Secret> encode(const Client& client) {
  using enum ClientField;
  Writer out(RecordKind::Client, room(client));
  for (const ClientSecret& one : client.secrets) {
    const std::string_view flag(one.expires ? "\x01" : "\x00", 1);
    out.element(Secret, flag, one.expires ? time_bytes(*one.expires) : std::string(),
                one.secret.reveal());
  }
  out.text(Name, client.name);
  out.text(Description, client.description);
  out.list(RedirectUri, client.redirect_uris);
  out.byte(ClientField::CallbackMatch, static_cast<std::uint8_t>(client.callback_match));
  out.flag(AllowOob, client.allow_oob);
  out.list(Realm, client.realms);
  out.list(DefaultRealm, client.default_realms);
  out.list(RsaPublicKey, client.rsa_public_keys);
  out.list(SignatureMethod, client.signature_methods);
  for (const auto& [name, value] : client.extra) {
    std::string length;
    put_integer(length, name.size(), 4);
    out.element(Extra, length, name, value);
  }
  if (client.reply_realms) out.flag(ReplyRealms, *client.reply_realms);
  out.flag(Enabled, client.enabled);
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
                                    8 * kFieldRoom);
  out.text(TokenField::Client, token.client);
  out.text(TokenField::User, token.user);
  out.text(TokenField::Secret, token.secret.reveal());
  out.list(TokenField::Realm, token.realms);
  if (token.expires) out.element(TokenField::Expires, time_bytes(*token.expires));
  out.flag(TokenField::Revoked, token.revoked);
  return out.finish("token");
}

Result<Client> decode_client(std::string_view key, std::string_view bytes) {
  using enum ClientField;
  constexpr std::uint32_t kLists = bit(Secret) | bit(RedirectUri) | bit(Realm) | bit(DefaultRealm) |
                                   bit(RsaPublicKey) | bit(SignatureMethod) | bit(Extra);
  Scanner in("client", RecordKind::Client, bytes);
  Client out;
  out.key = key;
  while (in.next(kLists)) take(in, out);
  if (auto wrong = in.mistake(bit(ClientField::CallbackMatch) | bit(AllowOob) | bit(Enabled)))
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

std::string user_index_prefix(std::string_view client) { return user_index_value(client, {}); }

std::string user_index_value(std::string_view client, std::string_view token) {
  std::string out;
  out.reserve(1 + client.size() + token.size());
  out.push_back(static_cast<char>(client.size()));
  out.append(client).append(token);
  return out;
}

Result<UserIndexEntry> parse_user_index(std::string_view value) {
  const std::size_t length = value.empty() ? 0 : static_cast<unsigned char>(value[0]);
  if (value.size() < 1 + length) return damaged("index of tokens", "an entry is cut short");
  return UserIndexEntry{value.substr(1, length), value.substr(1 + length)};
}

}  // namespace store
