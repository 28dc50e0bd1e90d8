#include "verify/explain_keys.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "verify/crypto.h"
#include "verify/explain_slips.h"
#include "verify/percent.h"

namespace verify {
namespace {

// One of the two secrets as a client has it, before it is encoded.
struct Piece {
  std::string bytes;
  std::optional<Edit> change;
};

// How the two are encoded, and how they are joined.
struct Encoding {
  std::function<std::string(std::string_view)> client, token;
  std::optional<Edit> change;
};
struct Joint {
  std::string (*join)(const std::string& client, const std::string& token);
  std::optional<Edit> change;
};

std::string as_it_is(std::string_view text) { return std::string(text); }
std::string encoded(std::string_view text) { return percent_encode(text); }

std::string bytes_of_base64(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  std::string out(text.size(), '\0');
  const auto size = from_base64(text, {reinterpret_cast<unsigned char*>(out.data()), out.size()});
  out.resize(size.value_or(0));
  return out;
}

std::string bytes_of_hex(const std::string& text) {
  std::string escapes, out;
  if (text.size() % 2 != 0) return out;
  for (std::size_t i = 0; i < text.size(); i += 2) escapes += '%' + text.substr(i, 2);
  if (!percent_decode(escapes, out)) out.clear();
  return out;
}

std::string upper_case(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string without(std::string text, std::string_view bytes, bool at_ends) {
  if (!at_ends) {
    std::erase_if(text, [&](char c) { return bytes.find(c) != bytes.npos; });
    return text;
  }
  const std::size_t begin = text.find_first_not_of(bytes);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(bytes) + 1 - begin);
}

// Collects what can become of one secret. `whose`: "client"; `suffix`: of the names of changes.
class Pieces {
 public:
  Pieces(std::string whose, std::string suffix)
      : whose_("The " + std::move(whose) + "'s secret was used "), suffix_(std::move(suffix)) {}

  void right(const std::string& bytes) { all_.push_back({bytes, std::nullopt}); }
  void add(const std::string& bytes, const std::string& name, const std::string& sentence) {
    all_.push_back({bytes, Edit{name, sentence}});
  }
  void used(const std::string& bytes, const std::string& name, const std::string& how) {
    if (!bytes.empty()) add(bytes, name + suffix_, whose_ + how);
  }

  // What reading a secret from a file, a form or a letter makes of it.
  void add_forms(const std::string& s) {
    if (s.empty()) return;
    const std::string cut = ": cut it off where the secret is read.";
    used(s + '\n', "line_end_in_", "with a line end behind it" + cut);
    used(s + "\r\n", "line_end_in_", "with a line end (CRLF) behind it" + cut);
    used(s + '\r', "line_end_in_", "with a line end (CR) behind it" + cut);
    used(s + ' ', "space_in_", "with a space behind it" + cut);
    used(' ' + s, "space_in_", "with a space before it" + cut);
    used(' ' + s + ' ', "space_in_", "with spaces around it" + cut);
    used(s + '\t', "space_in_", "with a tab behind it" + cut);
    used('\t' + s, "space_in_", "with a tab before it" + cut);
    used('\n' + s, "line_end_in_", "with a line end before it" + cut);
    used(s + " \n", "line_end_in_", "with a space and a line end behind it" + cut);
    used(s + '\0', "line_end_in_", "with a NUL behind it" + cut);
    used('"' + s + '"', "quotes_in_", "with its quotation marks: take them off.");
    used('\'' + s + '\'', "quotes_in_", "with its quotation marks: take them off.");
    used("\xef\xbb\xbf" + s, "byte_order_mark_in_",
         "with a byte order mark before it: save the file without one.");
    used(s + '&', "ampersand_in_", "with an '&' of its own: it is added when the two are joined.");
    used(without(s, " \t\r\n", true), "space_left_out_of_",
         "without the spaces at its ends, which it has in the store.");
    used(without(s, " \t\r\n", false), "space_left_out_of_",
         "without its spaces, which it has in the store.");
    const std::string spelling = ": take it byte for byte.";
    used(upper_case(s), "case_of_", "in capital letters" + spelling);
    used(lower_case(s), "case_of_", "in small letters" + spelling);
    used(s.substr(0, s.size() - 1), "cut_", "without its last byte" + spelling);
    used(s.substr(1), "cut_", "without its first byte" + spelling);
    const std::string text = ": its bytes are the key as they stand.";
    used(bytes_of_base64(s), "decoded_", "decoded from base64" + text);
    used(bytes_of_hex(s), "decoded_", "decoded from hex" + text);
    std::string plain;
    if (percent_decode(s, plain)) used(plain, "decoded_", "percent-decoded" + text);
    const auto* const data = reinterpret_cast<const unsigned char*>(s.data());
    used(to_base64({data, s.size()}), "base64_of_", "as base64" + text);
    used(to_hex({data, s.size()}), "hex_of_", "as hex" + text);
  }

  std::vector<Piece> take() && { return std::move(all_); }

 private:
  std::string whose_, suffix_;
  std::vector<Piece> all_;
};

std::vector<Piece> client_pieces(const Claim& claim, const KnownSecrets& secrets,
                                 std::int64_t now) {
  Pieces out("client", "secret");
  std::vector<std::string> live;
  for (const KnownSecrets::One& one : secrets.client) {
    if (one.expires && *one.expires <= now) continue;
    live.emplace_back(one.secret.reveal());
    out.right(live.back());
  }
  for (const KnownSecrets::One& one : secrets.client) {
    out.add(std::string(one.secret.reveal()), "expired_secret",
            "The key has a secret of the client that has expired: give the client the new one.");
  }
  out.add("", "client_secret_left_out",
          "The client's secret was left out of the key: it is the client's secret, '&', and the "
          "token's.");
  out.add(std::string(claim.client), "client_key_as_secret",
          "oauth_consumer_key was used in place of the client's secret.");
  if (claim.has_token()) {
    out.add(std::string(*claim.token), "token_as_client_secret",
            "oauth_token was used in place of the client's secret.");
    out.add(std::string(secrets.token.reveal()), "token_secret_as_client_secret",
            "The token's secret was used in place of the client's too.");
  }
  for (const std::string& secret : live) out.add_forms(secret);
  return std::move(out).take();
}

std::vector<Piece> token_pieces(const Claim& claim, const KnownSecrets& secrets) {
  Pieces out("token", "token_secret");
  const std::string secret(secrets.token.reveal());
  out.right(secret);
  if (secret.empty()) {
    out.add(std::string(claim.client), "client_key_as_token_secret",
            "oauth_consumer_key stands behind the '&' of the key, where nothing stands without a "
            "token.");
  } else {
    out.add("", "token_secret_left_out",
            "The token's secret was left out of the key: it is the client's secret, '&', and the "
            "secret that belongs to oauth_token.");
    out.add(std::string(claim.client), "client_key_as_token_secret",
            "oauth_consumer_key was used in place of the token's secret.");
  }
  if (claim.has_token()) {
    out.add(std::string(*claim.token), "token_as_secret",
            "oauth_token was used in place of the token's secret.");
  }
  for (const KnownSecrets::One& one : secrets.client) {
    out.add(std::string(one.secret.reveal()), "client_secret_as_token_secret",
            "The client's secret was used in place of the token's too.");
  }
  for (const char* word : {"null", "undefined", "None", "nil", "false"}) {
    out.add(word, "token_secret_named",
            std::string("The word \"") + word +
                "\" was used in place of the token's secret: it is empty where there is none.");
  }
  if (claim.verifier && !claim.verifier->empty()) {
    out.add(std::string(*claim.verifier), "verifier_as_token_secret",
            "oauth_verifier was used in place of the token's secret.");
  }
  out.add_forms(secret);
  return std::move(out).take();
}

std::vector<Encoding> encodings(QuirkSet quirks) {
  std::vector<Encoding> out{{encoded, encoded, std::nullopt}};
  if (quirks.has(Quirk::UnencodedKey)) out.push_back({as_it_is, as_it_is, std::nullopt});
  const auto add = [&out](auto client, auto token, const char* name, const std::string& sentence) {
    out.push_back({client, token, Edit{name, sentence}});
  };
  add(as_it_is, as_it_is, "key_not_encoded",
      "The secrets went into the key as they are: percent-encode each, or set the quirk "
      "unencoded_key for this client or route.");
  add(as_it_is, encoded, "client_secret_not_encoded",
      "The client's secret went into the key as it is: percent-encode each of the two.");
  add(encoded, as_it_is, "token_secret_not_encoded",
      "The token's secret went into the key as it is: percent-encode each of the two.");
  const auto twice = [](std::string_view text) { return encoded(encoded(text)); };
  const char* const kTwice = "The secrets were encoded twice in the key: encode each once.";
  add(twice, twice, "key_encoded_twice", kTwice);
  add(twice, encoded, "key_encoded_twice", kTwice);
  add(encoded, twice, "key_encoded_twice", kTwice);
  for (const CodecRow& row : known_codecs()) {
    const auto way = [codec = row.codec](std::string_view text) { return encode(text, codec); };
    add(way, way, "key_encoded_otherwise",
        std::string(row.sentence) +
            ", in the secrets of the key: escape every byte but letters, digits and - . _ ~, as "
            "%XX in upper case.");
  }
  return out;
}

using Text = const std::string&;

std::vector<Joint> joints() {
  std::vector<Joint> out{{[](Text c, Text t) { return c + '&' + t; }, std::nullopt}};
  const auto add = [&out](auto join, const char* name, const char* sentence) {
    out.push_back({join, Edit{name, sentence}});
  };
  add([](Text c, Text t) { return c + t; }, "key_without_ampersand",
      "The '&' was left out of the key: it stands between the two secrets, and behind the first "
      "when there is no second.");
  add([](Text c, Text t) { return t + '&' + c; }, "key_in_wrong_order",
      "The secrets stand in the wrong order in the key: the client's comes first, then '&', then "
      "the token's.");
  add([](Text, Text t) { return t + '&'; }, "token_secret_alone",
      "The key has the token's secret in place of the client's: the client's comes first, then "
      "'&', then the token's.");
  add([](Text c, Text) { return c; }, "client_secret_alone",
      "The key is the client's secret alone: it is the client's secret, '&', and the token's "
      "secret.");
  add([](Text, Text t) { return t; }, "token_secret_alone",
      "The key is the token's secret alone: it is the client's secret, '&', and the token's "
      "secret.");
  add([](Text c, Text t) { return c + "%26" + t; }, "key_encoded_as_a_whole",
      "The '&' of the key was encoded: encode the two secrets, and then join them by '&'.");
  add([](Text c, Text t) { return encoded(c) + "%26" + encoded(t); }, "key_encoded_as_a_whole",
      "The key was encoded as a whole: encode the two secrets, and then join them by '&'.");
  add([](Text c, Text t) { return c + '&' + t + '&'; }, "key_with_ampersands",
      "The key has an '&' too many: one stands between the two secrets.");
  const char* const kBetween = "The secrets are joined by another byte than '&' in the key.";
  add([](Text c, Text t) { return c + '+' + t; }, "key_joined_otherwise", kBetween);
  add([](Text c, Text t) { return c + ':' + t; }, "key_joined_otherwise", kBetween);
  add([](Text c, Text t) { return c + ',' + t; }, "key_joined_otherwise", kBetween);
  add([](Text c, Text t) { return c + ' ' + t; }, "key_joined_otherwise", kBetween);
  add([](Text c, Text t) { return c + "&amp;" + t; }, "key_joined_otherwise",
      "The '&' of the key was written as \"&amp;\".");
  return out;
}

}  // namespace

std::vector<MadeKey> made_keys(const Claim& claim, const KnownSecrets& secrets, QuirkSet quirks,
                               std::int64_t now, std::size_t most_changes) {
  const std::vector<Piece> clients = client_pieces(claim, secrets, now);
  const std::vector<Piece> tokens = token_pieces(claim, secrets);
  const std::vector<Encoding> ways = encodings(quirks);
  const std::vector<Joint> all_joints = joints();
  std::unordered_set<std::size_t> seen;
  std::vector<MadeKey> out;
  const auto add = [&](const Piece& c, const Piece& t, const Encoding& e, const Joint& j) {
    std::string bytes = j.join(e.client(c.bytes), e.token(t.bytes));
    if (seen.insert(std::hash<std::string>()(bytes)).second) {
      MadeKey key{Secret(std::string_view(bytes)), {}};
      for (const auto* change : {&c.change, &t.change, &e.change, &j.change}) {
        if (*change) key.changes.push_back(**change);
      }
      out.push_back(std::move(key));
    }
    wipe(bytes.data(), bytes.size());
  };
  for (std::size_t count = 0; count <= most_changes; ++count) {
    for (const Piece& c : clients) {
      for (const Piece& t : tokens) {
        const std::size_t pieces = std::size_t{c.change.has_value()} + t.change.has_value();
        if (pieces > count) continue;
        for (const Encoding& e : ways) {
          for (const Joint& j : all_joints) {
            if (pieces + e.change.has_value() + j.change.has_value() == count) add(c, t, e, j);
          }
        }
      }
    }
  }
  return out;
}

}  // namespace verify
