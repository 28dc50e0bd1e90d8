#include "store/layout.h"

#include <random>

#include "tests/store/support.h"
#include "verify/crypto.h"

namespace store {

namespace {

Client whole_client() {
  Client out;
  out.key = "K";
  out.secrets.push_back({verify::Secret(std::string_view("S1")), std::nullopt});
  out.secrets.push_back({verify::Secret(std::string_view("S2")), 258});
  out.name = "N";
  out.description = "D";
  out.redirect_uris = {"u", "v"};
  out.callback_match = CallbackMatch::Prefix;
  out.allow_oob = true;
  out.realms = {"r"};
  out.default_realms = {"d"};
  out.rsa_public_keys = {{"P", std::nullopt}, {"Q", 258}};
  out.signature_methods = {"HMAC-SHA1"};
  out.extra = {{"e", "x"}, {"f", ""}};
  out.reply_realms = false;
  out.enabled = false;
  out.quirks = {"crlf_fields"};
  out.header_realm = "h r";
  out.renewable = true;
  out.same_token = true;
  return out;
}

Token whole_token() {
  Token out = a_token();
  out.realms = {"a", "b"};
  out.expires = 1;
  out.revoked = true;
  out.created = 2;
  out.session_handle = verify::Secret(std::string_view("H"));
  out.authorization_expires = 3;
  return out;
}

RequestToken bare_request() {
  RequestToken out;
  out.token = "R";
  out.secret = verify::Secret(std::string_view("RS"));
  out.client = "K";
  out.callback = "oob";
  out.created = 1;
  out.expires = 2;
  return out;
}

RequestToken whole_request() {
  RequestToken out = bare_request();
  out.realms = {"a", "b"};
  out.state = RequestState::Authorized;
  out.user = "alice";
  out.session = "s";
  out.granted = {"b"};
  out.verifier = verify::Secret(std::string_view("V"));
  out.wrong = 4;
  return out;
}

std::string hex(const verify::Secret& bytes) {
  const std::string_view view = bytes.reveal();
  return verify::to_hex({reinterpret_cast<const unsigned char*>(view.data()), view.size()});
}

std::string spelled(const Client& client) { return std::string(must(encode(client)).reveal()); }
std::string spelled(const User& user) { return std::string(must(encode(user)).reveal()); }
std::string spelled(const Token& token) { return std::string(must(encode(token)).reveal()); }
std::string spelled(const RequestToken& token) { return std::string(must(encode(token)).reveal()); }

// What decodes must be spelled just so; whatever doesn't is an error and nothing worse.
template <class Record>
bool survives(Result<Record> (*decode)(std::string_view, std::string_view),
              const std::string& bytes) {
  // A heap block of the very size, so that AddressSanitizer sees a step too far.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  const auto record = decode("K", {exact.data(), exact.size()});
  if (!record) return true;
  const std::string now = spelled(*record);
  if (exact[0] == static_cast<char>(kLayoutVersion)) return now == bytes;
  return must(decode("K", now)) == *record;  // an older version, spelled anew
}

}  // namespace

TEST_CASE("records are written byte for byte as ever") {
  CHECK(hex(must(encode(whole_client()))) ==
        "0201"
        "0100000003"
        "005331"
        "010000000b"
        "0100000000000001025332"
        "0200000001"
        "4e"
        "0300000001"
        "44"
        "0400000001"
        "75"
        "0400000001"
        "76"
        "0500000001"
        "02"
        "0600000001"
        "01"
        "0700000001"
        "72"
        "0800000001"
        "64"
        "0a00000009"
        "484d41432d53484131"
        "0b00000006"
        "000000016578"
        "0b00000005"
        "0000000166"
        "0c00000001"
        "00"
        "0d00000001"
        "00"
        "0e00000002"
        "0050"
        "0e0000000a"
        "01000000000000010251"
        "0f0000000b"
        "63726c665f6669656c6473"
        "1000000003"
        "682072"
        "1100000001"
        "01"
        "1200000001"
        "01");
  CHECK(hex(must(encode(a_client()))) ==
        "0201"
        "0100000002"
        "0053"
        "0500000001"
        "00"
        "0600000001"
        "00"
        "0d00000001"
        "01"
        "1100000001"
        "00"
        "1200000001"
        "00");
  User user = a_user();
  CHECK(hex(must(encode(user))) ==
        "02020200000001"
        "01");
  user.password_hash = "$x";
  user.enabled = false;
  CHECK(hex(must(encode(user))) ==
        "0202010000000224780200000001"
        "00");
  CHECK(hex(must(encode(whole_token()))) ==
        "0203"
        "0100000001"
        "4b"
        "0200000005"
        "616c696365"
        "0300000002"
        "5453"
        "0400000001"
        "61"
        "0400000001"
        "62"
        "0500000008"
        "0000000000000001"
        "0600000001"
        "01"
        "0700000008"
        "0000000000000002"
        "0800000001"
        "48"
        "0900000008"
        "0000000000000003");
  CHECK(hex(must(encode(whole_request()))) ==
        "0205"
        "0100000001"
        "4b"
        "0200000002"
        "5253"
        "0300000001"
        "61"
        "0300000001"
        "62"
        "0400000003"
        "6f6f62"
        "0500000008"
        "0000000000000001"
        "0600000008"
        "0000000000000002"
        "0700000001"
        "01"
        "0800000005"
        "616c696365"
        "0900000001"
        "73"
        "0a00000001"
        "62"
        "0b00000001"
        "56"
        "0c00000001"
        "04");
}

TEST_CASE("the numbers on disk are the enumerators of the program") {
  CHECK(static_cast<int>(CallbackMatch::Exact) == 0);
  CHECK(static_cast<int>(CallbackMatch::IgnoreQuery) == 1);
  CHECK(static_cast<int>(CallbackMatch::Prefix) == 2);
  CHECK(static_cast<int>(CallbackMatch::Any) == 3);
  CHECK(static_cast<int>(RequestState::Issued) == 0);
  CHECK(static_cast<int>(RequestState::Authorized) == 1);
  CHECK(static_cast<int>(RequestState::Refused) == 2);
  CHECK(static_cast<int>(RequestState::Spent) == 3);
  CHECK(kLayoutVersion == 2);
}

TEST_CASE("a record decodes to what was encoded") {
  CHECK(must(decode_client("K", spelled(whole_client()))) == whole_client());
  CHECK(must(decode_client("K", spelled(a_client()))) == a_client());
  CHECK(must(decode_token("T", spelled(whole_token()))) == whole_token());
  CHECK(must(decode_token("T", spelled(a_token()))) == a_token());
  CHECK(must(decode_user("alice", spelled(a_user()))) == a_user());
  for (const RequestToken& token : {whole_request(), bare_request()})
    CHECK(must(decode_request_token("R", spelled(token))) == token);
  Client longest = whole_client();
  longest.secrets[0].secret = verify::Secret(std::string(255, 's'));
  longest.secrets[1].expires = -1;
  longest.reply_realms = true;
  CHECK(must(decode_client("K", spelled(longest))) == longest);
}

TEST_CASE("a record cut at any byte is an error") {
  for (const Client& client : {whole_client(), a_client()}) {
    const std::string whole = spelled(client);
    for (std::size_t cut = 0; cut < whole.size(); ++cut)
      CHECK_FALSE(decode_client("K", whole.substr(0, cut)).ok());
  }
  const std::string token = spelled(whole_token());
  Token least =
      whole_token();  // what comes behind the last field that is always there may be absent
  least.created.reset();
  least.session_handle.reset();
  least.authorization_expires.reset();
  for (std::size_t cut = 0; cut < token.size(); ++cut) {
    CAPTURE(cut);
    CHECK(survives(decode_token, token.substr(0, cut)));
    if (cut < spelled(least).size()) CHECK_FALSE(decode_token("T", token.substr(0, cut)).ok());
  }
  const std::string request = spelled(whole_request());
  for (std::size_t cut = 0; cut < request.size(); ++cut)
    CHECK_FALSE(decode_request_token("R", request.substr(0, cut)).ok());
  const std::string user = spelled(a_user());
  for (std::size_t cut = 0; cut < user.size(); ++cut)
    CHECK_FALSE(decode_user("a", user.substr(0, cut)).ok());
}

TEST_CASE("a record with any byte changed is an error or another record, spelled that way") {
  const std::string client = spelled(whole_client()), token = spelled(whole_token());
  const std::string user = spelled(a_user()), request = spelled(whole_request());
  for (const unsigned flip : {0x01u, 0x02u, 0x0fu, 0x80u, 0xffu}) {
    for (std::size_t at = 0; at < client.size(); ++at) {
      CAPTURE(at);
      std::string bytes = client;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flip);
      CHECK(survives(decode_client, bytes));
    }
    for (std::size_t at = 0; at < token.size(); ++at) {
      std::string bytes = token;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flip);
      CHECK(survives(decode_token, bytes));
    }
    for (std::size_t at = 0; at < user.size(); ++at) {
      std::string bytes = user;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flip);
      CHECK(survives(decode_user, bytes));
    }
    for (std::size_t at = 0; at < request.size(); ++at) {
      std::string bytes = request;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flip);
      CHECK(survives(decode_request_token, bytes));
    }
  }
}

TEST_CASE("random bytes are an error or a record spelled that way") {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> byte(0, 255), length(0, 64), number(0, 19);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes{static_cast<char>(1 + round / 3 % 2), static_cast<char>(1 + round % 5)};
    for (int fields = number(random) % 5; fields > 0; --fields) {
      const int size = length(random) % 12;
      bytes += static_cast<char>(number(random));
      bytes += std::string(3, 0) + static_cast<char>(size);
      for (int i = 0; i < size; ++i)
        bytes += static_cast<char>(byte(random) % (round % 2 ? 256 : 3));
    }
    CHECK(survives(decode_client, bytes));
    CHECK(survives(decode_user, bytes));
    CHECK(survives(decode_token, bytes));
    CHECK(survives(decode_request_token, bytes));
  }
}

TEST_CASE("a field twice, out of order, unknown, missing or without meaning is damage") {
  const std::string head{2, 2};
  const auto field = [](int number, const std::string& bytes) {
    return std::string(1, static_cast<char>(number)) + std::string(3, 0) +
           static_cast<char>(bytes.size()) + bytes;
  };
  const std::string on(1, 1), hash = field(1, "h"), enabled = field(2, on);
  CHECK(decode_user("a", head + hash + enabled).ok());
  for (const std::string& body :
       {hash + hash + enabled, enabled + hash, enabled + enabled, hash, std::string(),
        hash + enabled + field(3, "x"), field(0, "x") + enabled, hash + field(2, ""),
        hash + field(2, on + on), hash + field(2, std::string(1, 2)), field(1, "") + enabled,
        enabled + field(200, "x")}) {
    const auto user = decode_user("a", head + body);
    CHECK(kind_of(user) == Kind::Unavailable);
    CHECK(user.error().sentence.find("damaged") != std::string::npos);
  }
  CHECK(kind_of(decode_user("a", spelled(a_token()))) == Kind::Unavailable);
  CHECK(kind_of(decode_token("a", spelled(a_client()))) == Kind::Unavailable);
  CHECK(kind_of(decode_client("a", spelled(a_user()))) == Kind::Unavailable);
}

TEST_CASE("a record of a newer version says so, and one of version 0 is damaged") {
  std::string bytes = spelled(a_client());
  bytes[0] = 3;
  CHECK(kind_of(decode_client("K", bytes)) == Kind::Newer);
  bytes[0] = 0;
  CHECK(kind_of(decode_client("K", bytes)) == Kind::Unavailable);
}

TEST_CASE("a client of version 1 keeps its RSA keys, and knows no field of version 2") {
  std::string old = spelled(a_client());
  const std::string enabled = old.substr(old.size() - 18, 6);
  old.resize(old.size() - 18);
  old[0] = 1;
  old += std::string("\x09\0\0\0\x01P", 6) + enabled;
  CHECK(must(decode_client("K", old)).rsa_public_keys ==
        std::vector<ClientKey>{{"P", std::nullopt}});
  old[0] = 2;
  CHECK(kind_of(decode_client("K", old)) == Kind::Unavailable);
  std::string early = spelled(whole_client());
  early[0] = 1;
  CHECK(kind_of(decode_client("K", early)) == Kind::Unavailable);
}

TEST_CASE("a token of version 1 is one without a time of making, and knows no field of version 2") {
  std::string old = spelled(a_token());
  old[0] = 1;
  CHECK(must(decode_token("T", old)) == a_token());
  for (int field = 7; field <= 9; ++field) {
    Token token = a_token();
    if (field == 7) token.created = 1;
    if (field == 8) token.session_handle = verify::Secret(std::string_view("H"));
    if (field == 9) token.authorization_expires = 1;
    std::string early = spelled(token);
    CHECK(must(decode_token("T", early)) == token);
    early[0] = 1;
    CHECK(kind_of(decode_token("T", early)) == Kind::Unavailable);
  }
}

TEST_CASE("a record of 1 MiB can be stored and one byte more can not") {
  Client client = a_client();
  const std::size_t base = spelled(client).size() + 5;  // and the head of the description
  client.description = std::string(kMaxRecordBytes - base, 'd');
  CHECK(spelled(client).size() == kMaxRecordBytes);
  client.description += 'd';
  CHECK(kind_of(encode(client)) == Kind::Invalid);
}

}  // namespace store
