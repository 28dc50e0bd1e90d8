#include "gateway/log/kept_request.h"

#include <algorithm>

#include "verify/pairs.h"
#include "verify/percent.h"

namespace gateway::log {
namespace {

constexpr std::string_view kFieldWords[] = {"cookie",   "auth",    "token", "secret",
                                            "password", "session", "key",   "referer"};
constexpr std::string_view kParameterWords[] = {"password", "passwd",        "secret",
                                                "api_key",  "access_token",  "apikey",
                                                "verifier", "session_handle"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

template <std::size_t N>
bool has_word(const std::string& name, const std::string_view (&words)[N]) {
  return std::any_of(words, words + N,
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

std::string decoded(std::string_view text, verify::Plus plus) {
  std::string out;
  const bool good = plus == verify::Plus::Space ? verify::form_decode(text, out)
                                                : verify::percent_decode(text, out);
  return good ? out : std::string(text);
}

class Redaction {
 public:
  Redaction(const KeptBytes& bytes) : bytes_(bytes) {}  // NOLINT

  // Of a query or form.
  void pairs(std::string_view text, std::string& out) {
    verify::FormPairs all(text);
    verify::Pair pair;
    std::size_t done = 0;
    while (all.next(pair)) {
      if (!must_go(pair, verify::Plus::Space)) continue;
      replace(text, pair.value.text, done, out);
    }
    out += text.substr(done);
  }

  void authorization(std::string_view value, std::string& out) {
    auto all = verify::HeaderPairs::of(value);
    if (!all) {
      out += value.substr(0, std::min(value.find_first_of(" \t"), value.size()));
      out += ' ';
      out += kRemoved;
      return;
    }
    verify::Pair pair;
    std::size_t done = 0;
    verify::Step step = all->next(pair);
    for (; step == verify::Step::Pair; step = all->next(pair)) {
      if (!must_go(pair, verify::Plus::Literal)) continue;
      replace(value, pair.value.text, done, out);
    }
    if (step == verify::Step::End) {
      out += value.substr(done);
      return;
    }
    signed_removed_ = true;  // it can't be read, so nobody knows what it holds
    out += kRemoved;
  }

  bool signed_removed() const { return signed_removed_; }

 private:
  bool must_go(const verify::Pair& pair, verify::Plus plus) {
    if (pair.value.text.empty()) return false;
    const std::string name = lower(decoded(pair.name.text, plus));
    if (name == "oauth_signature") {
      if (bytes_.plaintext) return true;
      // A signature of any other method is base64. Secrets joined by '&' are not.
      const std::string value = decoded(pair.value.text, plus);
      return value.find('&') != std::string::npos || value.find("%26") != std::string::npos;
    }
    if (!has_word(name, kParameterWords)) return false;
    signed_removed_ = true;
    return true;
  }

  static void replace(std::string_view text, std::string_view value, std::size_t& done,
                      std::string& out) {
    const auto at = static_cast<std::size_t>(value.data() - text.data());
    out += text.substr(done, at - done);
    out += kRemoved;
    done = at + value.size();
  }

  const KeptBytes& bytes_;
  bool signed_removed_ = false;
};

void write_field(const http::Field& field, Redaction& redaction, std::string& out) {
  out += field.name;
  out += ": ";
  const std::string name = lower(field.name);
  if (name == "authorization") {
    redaction.authorization(field.value, out);
  } else if (has_word(name, kFieldWords)) {
    out += kRemoved;
  } else {
    out += field.value;
  }
  out += "\r\n";
}

}  // namespace

KeptRequest kept_request(const http::RequestHead& head, const KeptBytes& bytes, std::size_t bound) {
  Redaction redaction(bytes);
  KeptRequest out;
  std::string& dump = out.dump;
  dump += head.method;
  dump += ' ';
  const std::size_t query = std::min(head.target.find('?'), head.target.size());
  dump += head.target.substr(0, query);
  if (query < head.target.size()) {
    dump += '?';
    redaction.pairs(head.target.substr(query + 1), dump);
  }
  dump += head.minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  for (const http::Field& field : head.fields) write_field(field, redaction, dump);
  dump += "\r\n";
  // Cut first, for bodies may be long; a name that the cut hits has lost its value.
  const std::string_view body = bytes.body.substr(0, bound);
  if (bytes.form) {
    redaction.pairs(body, dump);
  } else {
    dump += body;
  }
  out.truncated = body.size() < bytes.body.size() || dump.size() > bound;
  if (dump.size() > bound) dump.resize(bound);
  out.signed_removed = redaction.signed_removed();
  return out;
}

}  // namespace gateway::log
