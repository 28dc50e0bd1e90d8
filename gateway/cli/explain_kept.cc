// Requests that the gate refused and kept: what they were, and why they were refused.

#include <algorithm>
#include <utility>

#include "conf/quoting.h"
#include "gateway/cli/explain.h"
#include "gateway/reply/refusal.h"
#include "store/refusals.h"

namespace gateway::cli {
namespace {

using verify::Reason;

bool is(const std::string& word, Reason reason) { return word == verify::name(reason); }

// What helps against a reason that only the gate could see.
std::string_view advice(const std::string& word) {
  if (is(word, Reason::NonceUsed)) {
    return " The gate had accepted this nonce with this timestamp before: each request needs a "
           "nonce of its own, also when it is sent again.";
  }
  if (is(word, Reason::BodyHashMismatch)) {
    return " The signed oauth_body_hash is not that of the body that came: hash the bytes as they "
           "are sent, and sign after that.";
  }
  return {};
}

std::string sentence(const KeptReason& kept) {
  std::string out(reply::sentence_of(kept.word));
  if (out.empty()) out = "The gate refused it as " + conf::escaped(kept.word) + '.';
  if (!kept.detail.empty()) {
    out.pop_back();
    out += ": " + conf::escaped(kept.detail) + '.';
  }
  return out + std::string(advice(kept.word));
}

bool is_told(const std::string& word, const ExplainReport& report) {
  const auto& findings = report.explanation.findings;
  return std::any_of(report.causes.begin(), report.causes.end(),
                     [&](const Cause& one) { return one.name == word; }) ||
         std::any_of(findings.begin(), findings.end(),
                     [&](const verify::Finding& one) { return is(word, one.reason); });
}

store::Result<store::KeptRefusal> find(const std::string& id, const Place& place) {
  auto kept = store::find_refusal(place.folder, id);
  if (kept || kept.error().kind != store::Error::Kind::NotFound) return kept;
  return store::fail(
      store::Error::Kind::NotFound,
      "no refusal is kept under " + conf::quoted(id) +
          ": kept are the last ones, as many as log.refusals says and about ten a "
          "second, of requests that could be read and name a client that there is, "
          "unless a backend was at fault. The log has the reason of all, in the line "
          "with this id");
}

}  // namespace

Outcome<Subject> read_kept(const std::string& id, const Place& place) {
  auto kept = find(id, place);
  if (!kept) return refused(kept.error());
  auto request = read_http(kept->request);
  if (!request) return refused("what was kept can't be read: " + request.error());
  Subject out;
  out.request = *std::move(request);
  out.received = kept->time;
  out.kept = KeptReason{kept->reason, kept->detail, kept->signed_removed};
  UrlUsed url = choose_url(out.request, place.settings ? &*place.settings : nullptr);
  if (!kept->scheme.empty()) {
    url.external = {kept->scheme, kept->authority, kept->path_prefix};
    url.because = "the gate took it when the request came, from " + kept->url_reason;
    url.refused.reset();
  }
  url.scheme_is_a_guess = false;
  out.url = std::move(url);
  out.request.remark("The gate refused it as " + kept->reason +
                     (kept->detail.empty() ? "." : ": " + conf::escaped(kept->detail)));
  if (kept->signed_removed) {
    out.request.remark(
        "A signed value was taken out before the request was kept, so its signature can't be made "
        "again here.");
  }
  if (kept->truncated || kept->body == store::KeptBody::Passing) {
    out.request.remark("The body was not kept, or not all of it.");
  }
  return out;
}

void settle(const KeptReason& kept, ExplainReport& report) {
  if (kept.signed_removed) {
    // The credentials were there when it came, in what was taken out.
    std::erase_if(report.explanation.findings, [](const verify::Finding& one) {
      return one.reason == Reason::CredentialsAbsent;
    });
  }
  if (!is(kept.word, Reason::SignatureInvalid)) {
    if (is_told(kept.word, report)) return;
    report.causes.insert(report.causes.begin(), {kept.word, sentence(kept)});
    return;
  }
  if (report.explanation.signature != verify::Explanation::Signature::Right) return;
  report.causes.insert(report.causes.begin(),
                       {kept.word,
                        "The signature did not match when the request came, and does with what the "
                        "store and the configuration say now: one of them was changed since."});
}

}  // namespace gateway::cli
