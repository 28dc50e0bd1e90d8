#include "bench/request_writer.h"

#include <algorithm>
#include <random>
#include <tuple>
#include <utility>

#include "verify/claim.h"
#include "verify/judge.h"
#include "verify/percent.h"
#include "verify/rejection.h"

namespace bench {

namespace {

using Error = verify::Failure<std::string>;

constexpr std::size_t kNoncePrefix = 12;
constexpr std::size_t kNonceCounter = 10;
constexpr std::int64_t kCheckedAt = 1'000'000'000;  // Unix seconds; any that reads as a timestamp
constexpr std::uint32_t kOrderSeed = 5849;  // any; the same order of identities in every run

std::string encoded(std::string_view bytes) { return verify::percent_encode(bytes); }

struct Parameter {
  std::string name, value;  // decoded, then percent-encoded
};

// The query's parameters, encoded and sorted as RFC 5849 section 3.4.1.3.2 has it. Empty on a bad
// escape.
bool read_query(std::string_view query, std::vector<Parameter>& out) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name, value;
    if (!verify::form_decode(pair.substr(0, equals), name)) return false;
    if (!verify::form_decode(pair.substr(std::min(pair.size(), equals + 1)), value)) return false;
    out.push_back({encoded(name), encoded(value)});
  }
  std::sort(out.begin(), out.end(), [](const Parameter& a, const Parameter& b) {
    return std::tie(a.name, a.value) < std::tie(b.name, b.value);
  });
  return true;
}

std::string_view query_of(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

// The value of the one Authorization field of a request this file wrote.
std::string_view authorization_of(std::string_view head) {
  constexpr std::string_view kField = "\r\nAuthorization: ";
  const std::size_t start = head.find(kField) + kField.size();
  return head.substr(start, head.find("\r\n", start) - start);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// The authority as it is signed: lower case, without the port that http implies.
std::string signed_authority(std::string_view authority) {
  std::string out = lower(authority);
  if (out.ends_with(":80")) out.resize(out.size() - 3);
  return out;
}

}  // namespace

verify::Result<RequestWriter, std::string> RequestWriter::make(
    std::string_view authority, std::string_view target, const std::vector<Identity>& identities) {
  std::vector<Parameter> parameters;
  if (target.empty() || target.front() != '/' || !read_query(query_of(target), parameters)) {
    return Error("the path and query \"" + std::string(target) + "\" can't be signed");
  }
  const auto oauth = [](const Parameter& p) { return p.name.starts_with("oauth_"); };
  if (std::any_of(parameters.begin(), parameters.end(), oauth)) {
    return Error("the query has a parameter whose name begins with oauth_");
  }
  RequestWriter writer;
  writer.head_before_ = "GET " + std::string(target) +
                        " HTTP/1.1\r\nHost: " + std::string(authority) +
                        "\r\nUser-Agent: portcullis-bench\r\nAccept: application/json\r\n";
  writer.head_after_ = "\r\n";
  if (identities.empty()) return writer;
  writer.head_before_ += "Authorization: OAuth ";
  writer.head_after_ = "\r\n\r\n";
  writer.nonce_ = verify::random_name(kNoncePrefix) + std::string(kNonceCounter, '0');
  writer.prepare_signers(identities);
  writer.prepare_base_string(authority, target);
  if (std::string wrong = writer.check(authority, target, identities); !wrong.empty()) {
    return Error(std::move(wrong));
  }
  return writer;
}

void RequestWriter::prepare_signers(const std::vector<Identity>& identities) {
  signers_.reserve(identities.size());
  for (std::size_t i = 0; i < identities.size(); ++i) {
    const Identity& who = identities[i];
    std::string key =
        encoded(who.client_secret.reveal()) + "&" + encoded(who.token_secret.reveal());
    const std::string client = encoded(who.client), token = encoded(who.token);
    signers_.push_back({verify::HmacKey(verify::Hash::Sha1, key), client, token, encoded(client),
                        encoded(token), i});
    verify::wipe(key.data(), key.size());
  }
  // Neighbours in the file share a client; real requests don't arrive in the order of a file.
  std::mt19937 order(kOrderSeed);
  std::shuffle(signers_.begin(), signers_.end(), order);
}

void RequestWriter::prepare_base_string(std::string_view authority, std::string_view target) {
  std::vector<Parameter> parameters;
  read_query(query_of(target), parameters);
  std::string before, after;  // the parameters that sort before and after oauth_*
  for (const Parameter& p : parameters) {
    if (p.name < "oauth_") {
      before += p.name + "=" + p.value + "&";
    } else {
      after += "&" + p.name + "=" + p.value;
    }
  }
  const std::string_view path = target.substr(0, target.find('?'));
  base_before_ = "GET&" + encoded("http://" + signed_authority(authority) + std::string(path)) +
                 "&" + encoded(before + "oauth_consumer_key=");
  base_after_ = encoded("&oauth_version=1.0" + after);
}

std::string RequestWriter::check(std::string_view authority, std::string_view target,
                                 const std::vector<Identity>& identities) {
  verify::Workspace workspace;
  for (std::size_t i = 0; i < signers_.size(); ++i) {
    verify::RequestView request;
    request.method = "GET";
    request.scheme = "http";
    request.authority = authority;
    request.target = target;
    request.authorization = authorization_of(write(i, kCheckedAt, nonce_));
    const auto claim = verify::read_claim(request, {}, workspace);
    if (!claim) {
      return "the verifier can't read the requests written here: " +
             std::string(verify::sentence(claim.error().reason)) + " (" + claim.error().detail +
             ")";
    }
    const Identity& who = identities[signers_[i].identity];
    const std::string_view base = verify::base_string(request, *claim, workspace);
    const verify::Digest mac = signers_[i].hmac.sign(base);
    if (claim->client != who.client || claim->token != who.token ||
        claim->signature != verify::to_base64(mac.view())) {
      return "the requests written here don't bear the signature that the verifier expects";
    }
  }
  return {};
}

void RequestWriter::refresh_timestamp(std::int64_t now) {
  if (now == timestamp_) return;
  timestamp_ = now;
  timestamp_text_ = std::to_string(now);
}

// Counts in the decimal digits at the end, so that no nonce of a run repeats.
void RequestWriter::refresh_nonce() {
  for (std::size_t i = nonce_.size(); i-- > kNoncePrefix;) {
    if (nonce_[i] != '9') {
      ++nonce_[i];
      return;
    }
    nonce_[i] = '0';
  }
}

std::string_view RequestWriter::write(std::size_t index, std::int64_t now, std::string_view nonce) {
  refresh_timestamp(now);
  const Signer& who = signers_[index];
  base_.assign(base_before_).append(who.client_twice);
  base_.append("%26oauth_nonce%3D").append(nonce);
  base_.append("%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D")
      .append(timestamp_text_);
  base_.append("%26oauth_token%3D").append(who.token_twice).append(base_after_);
  const std::string signature = verify::to_base64(who.hmac.sign(base_).view());

  out_.assign(head_before_);
  out_.append("oauth_consumer_key=\"").append(who.client);
  out_.append("\",oauth_nonce=\"").append(nonce).append("\",oauth_signature=\"");
  verify::percent_encode(signature, out_);
  out_.append("\",oauth_signature_method=\"HMAC-SHA1\",oauth_timestamp=\"").append(timestamp_text_);
  out_.append("\",oauth_token=\"").append(who.token).append("\",oauth_version=\"1.0\"");
  return out_.append(head_after_);
}

std::string_view RequestWriter::next(std::int64_t now) {
  if (signers_.empty()) return out_.assign(head_before_).append(head_after_);
  refresh_nonce();
  const std::size_t index = turn_;
  turn_ = turn_ + 1 == signers_.size() ? 0 : turn_ + 1;
  return write(index, now, nonce_);
}

}  // namespace bench
