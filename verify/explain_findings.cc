#include "verify/explain_findings.h"

#include <algorithm>
#include <array>
#include <string>

#include "verify/crypto.h"
#include "verify/explain_recipe.h"
#include "verify/explain_slips.h"

namespace verify {
namespace {

std::string_view advice(Reason reason) {
  switch (reason) {
    case Reason::ParameterSplit:
      return "Send all oauth_ parameters in one place: the Authorization field, the query or the "
             "form.";
    case Reason::CredentialsMisplaced:
      return "The route's key credentials says where they may stand.";
    case Reason::ParameterForeign:
      return "Send it in the query or the form: in the Authorization field it is signed and does "
             "not reach the backend, unless the route has pass_authorization.";
    case Reason::FormUnclear:
      return "Escape it as %3B in a form that bears the OAuth parameters.";
    case Reason::ParameterDuplicate:
      return "Send it once.";
    case Reason::ParameterAbsent:
      return "Send it, and sign it.";
    case Reason::ParameterMalformed:
      return "Percent-encode names and values; keys, tokens and nonces have 1 to 255 bytes, and "
             "oauth_timestamp is a positive number.";
    case Reason::AuthorizationMalformed:
      return "It reads: OAuth name=\"value\", name=\"value\", with every value in quotes.";
    case Reason::VersionRejected:
      return "Send oauth_version=1.0, or leave it out.";
    case Reason::MethodRejected:
      return "Use one that the provider, the route and the client allow, such as HMAC-SHA1, in "
             "capital letters.";
    case Reason::CredentialsAbsent:
      return "Send them in an Authorization field of the scheme OAuth, in the query, or in a form "
             "body whose Content-Type is application/x-www-form-urlencoded.";
    default:
      return {};
  }
}

std::string with(std::string_view sentence, const std::string& detail, std::string_view more) {
  std::string out(sentence);
  if (!detail.empty()) {
    if (out.ends_with('.')) out.pop_back();
    out += ": " + detail + '.';
  }
  if (!more.empty()) out += ' ' + std::string(more);
  return out;
}

std::string joined(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

class Finder {
 public:
  Finder(const Evidence& evidence, const Claim& claim, const Keys& keys, const Rules& rules,
         Explanation& out)
      : evidence_(evidence), claim_(claim), keys_(keys), rules_(rules), out_(out) {}

  void run() {
    if (rules_.policy.enforce_tls && evidence_.request.scheme != "https") {
      found(Reason::InsecureTransport,
            "The URL is taken for http here: set listen.external_url to the https URL that clients "
            "call, or turn oauth.enforce_tls off.");
    }
    method();
    timestamp();
    client();
    if (keys_.client_known) {
      if (claim_.has_token()) {
        token();
      } else if (rules_.requirement.token) {
        found(Reason::TokenAbsent, "Send oauth_token, and sign with its secret.");
      }
      header_realm();
      realms();
    }
    body_hash();
  }

 private:
  void found(Reason reason, const std::string& more) {
    out_.findings.push_back({reason, with(sentence(reason), {}, more)});
  }

  void method() {
    const std::string method(name(claim_.method));
    const auto lacks = [this](const MethodSet& methods) {
      return !methods.empty() && !methods.has(claim_.method);
    };
    if (!rules_.policy.methods.has(claim_.method)) {
      found(Reason::MethodRejected, "oauth.signature_methods does not have " + method + '.');
    } else if (lacks(rules_.requirement.methods)) {
      found(Reason::MethodRejected, "The route does not take " + method + '.');
    } else if (lacks(keys_.client_methods)) {
      found(Reason::MethodRejected, "The client may not use " + method + '.');
    }
  }

  void timestamp() {
    if (claim_.method == Method::Plaintext && !claim_.has_nonce()) return;
    const QuirkSet quirks = keys_.quirks | rules_.requirement.quirks;
    if (claim_.in_milliseconds() && !quirks.has(Quirk::Milliseconds)) {
      return found(Reason::TimestampRefused,
                   "oauth_timestamp counts milliseconds: send seconds, or set the quirk "
                   "milliseconds for this client or route.");
    }
    const Policy& policy = rules_.policy;
    const std::int64_t ahead = claim_.seconds() - rules_.now;
    if (ahead <= policy.window_future_s && -ahead <= policy.window_past_s) return;
    const std::string distance =
        "oauth_timestamp is " + std::to_string(ahead < 0 ? -ahead : ahead) + " seconds " +
        (ahead < 0 ? "before" : "ahead of") + " the time " +
        (rules_.now_is_known ? "of the request" : "now") + ", and " +
        std::to_string(ahead < 0 ? policy.window_past_s : policy.window_future_s) + " are allowed";
    if (rules_.now_is_known) {
      found(Reason::TimestampRefused, distance + ": set the client's clock.");
    } else {
      out_.remarks.push_back(distance +
                             ". If the request was sent just now, that is a reason to refuse it; "
                             "if it is an old one, it is not.");
    }
  }

  void client() {
    if (!keys_.client_known) {
      found(Reason::ClientUnknown,
            shown(claim_.client) + " is not in the store: look for a slip in oauth_consumer_key.");
    } else if (!keys_.client_enabled) {
      found(Reason::ClientDisabled, "portcullis client enable lets it in again.");
    }
  }

  void token() {
    if (!keys_.token_known) {
      return found(Reason::TokenUnknown,
                   "The oauth_token is not in the store: the client needs a new one, or uses one "
                   "of another provider.");
    }
    if (!keys_.token_of_client) {
      return found(Reason::TokenNotOfClient, "A token goes with the client that it was issued to.");
    }
    if (keys_.token_revoked) found(Reason::TokenRevoked, "The user has to grant a new one.");
    if (keys_.token_expires && *keys_.token_expires <= rules_.now) {
      found(Reason::TokenExpired,
            "It did " + std::to_string(rules_.now - *keys_.token_expires) + " seconds ago.");
    }
    if (!keys_.user_enabled) {
      found(Reason::UserDisabled, "portcullis user enable lets the user in again.");
    }
  }

  void header_realm() {
    const std::string_view realm = claim_.realm.value_or("");
    for (const std::string_view wanted :
         {std::string_view(keys_.header_realm), rules_.requirement.header_realm}) {
      if (wanted.empty() || realm == wanted) continue;
      return found(Reason::HeaderRealmWrong, "It has to be realm=" + shown(wanted) + ", and is " +
                                                 (claim_.realm ? shown(realm) : "missing") + '.');
    }
  }

  void realms() {
    std::vector<std::string> missing;
    for (const std::string& realm : rules_.requirement.realms) {
      const auto& held = keys_.realms;
      if (std::find(held.begin(), held.end(), realm) == held.end()) missing.push_back(realm);
    }
    const bool any = missing.size() < rules_.requirement.realms.size();
    if (missing.empty() || (rules_.requirement.any_realm && any)) return;
    found(Reason::RealmMissing,
          (rules_.requirement.any_realm ? "One is needed of " : "Missing: ") + joined(missing) +
              ". Held: " + (keys_.realms.empty() ? "none" : joined(keys_.realms)) + '.');
  }

  void body_hash() {
    if (!claim_.body_hash) return;
    // An empty form is no different from no body at all.
    if (evidence_.request.form && !evidence_.request.form->empty()) {
      return found(Reason::BodyHashOfForm, "Leave it out.");
    }
    const Hash own = hash_of(claim_.method).value_or(Hash::Sha1);
    const auto is_hash_of = [&](std::string_view body) {
      return to_base64(digest(Hash::Sha1, body).view()) == *claim_.body_hash ||
             to_base64(digest(own, body).view()) == *claim_.body_hash;
    };
    if (is_hash_of(evidence_.body)) return;
    const bool of_nothing = is_hash_of("");
    found(Reason::BodyHashMismatch,
          of_nothing ? "It is the hash of an empty body."
                     : "It is base64 of the SHA-1, or of the signature method's hash, of the body "
                       "byte for byte as it is sent.");
  }

  const Evidence& evidence_;
  const Claim& claim_;
  const Keys& keys_;
  const Rules& rules_;
  Explanation& out_;
};

}  // namespace

Finding unreadable(const Rejection& reject, const Evidence& evidence) {
  std::string more(advice(reject.reason));
  const bool other_scheme = evidence.request.authorization.has_value();
  if (reject.reason == Reason::CredentialsAbsent && other_scheme) {
    more = "The Authorization field is of another scheme than OAuth. " + more;
  }
  return {reject.reason, with(sentence(reject.reason), reject.detail, more)};
}

void find_other_reasons(const Evidence& evidence, const Claim& claim, const Keys& keys,
                        const Rules& rules, Explanation& out) {
  Finder(evidence, claim, keys, rules, out).run();
}

void remark_on_search(const RequestView& request, const Claim& claim, const Keys& keys,
                      const Rules& rules, Workspace& workspace, Explanation& out) {
  const auto hash = hash_of(claim.method);
  std::array<unsigned char, 64> bytes{};
  const auto size = from_base64(claim.signature, bytes);
  if (hash && !is_rsa(claim.method) && (!size || *size != digest(*hash, "").size)) {
    out.remarks.push_back("The signature is not base64 of " +
                          std::to_string(digest(*hash, "").size) + " bytes, as one of " +
                          std::string(name(claim.method)) + " is.");
  }
  // The gate's own word on the client's keys.
  const auto judged =
      judge(request, claim, keys, rules.policy, rules.requirement, rules.now, workspace);
  if (!judged.ok() && judged.error().reason == Reason::SignatureInvalid &&
      !judged.error().detail.empty()) {
    out.remarks.push_back("The log says: " + judged.error().detail + '.');
  }
  if (out.base_string.size() > kMaxPairedBytes) {
    out.remarks.emplace_back("The request is too long to try two changes at a time.");
  }
}

}  // namespace verify
