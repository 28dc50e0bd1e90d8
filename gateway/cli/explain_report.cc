// What explain tells, for people and for programs.

#include <algorithm>

#include "gateway/cli/client_print.h"
#include "gateway/cli/explain.h"
#include "gateway/cli/text.h"
#include "gateway/net/json.h"
#include "verify/percent.h"

namespace gateway::cli {
namespace {

using Signature = verify::Explanation::Signature;

constexpr std::size_t kContext = 30;     // bytes shown on either side of a difference
constexpr std::size_t kShortSecret = 6;  // bytes; to hide one as short would hide the text too

std::string url_of(const ExplainReport& report) {
  const routing::External& external = report.url.external;
  return external.scheme + "://" + external.authority + external.path_prefix + report.url.target;
}

// The reasons besides the signature's, as they are told.
std::vector<Cause> reasons(const ExplainReport& report) {
  std::vector<Cause> out = report.causes;
  for (const verify::Finding& finding : report.explanation.findings) {
    out.push_back({std::string(name(finding.reason)), finding.sentence});
  }
  return out;
}

std::vector<std::string> remarks(const ExplainReport& report) {
  std::vector<std::string> out = report.request.remarks;
  const auto& more = report.explanation.remarks;
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

void list(const std::vector<std::string>& sentences, std::ostream& out) {
  for (const std::string& sentence : sentences) out << "  - " << told(sentence) << '\n';
}

void print_near_miss(const verify::NearMiss& miss, std::ostream& out) {
  if (miss.changes.empty()) {
    out << "  - The signature is right for the base string given: what differs in that is the "
           "cause.\n";
  }
  for (const verify::Edit& change : miss.changes) {
    out << "  - " << told(change.sentence) << '\n';
  }
}

void print_why(const ExplainReport& report, std::ostream& out) {
  const verify::Explanation& found = report.explanation;
  if (found.near_misses.empty()) {
    if (found.same_base_string) {
      out << "The signature does not match, though the base strings are the same: the client "
             "signs with another\nsecret than the store has, or the secrets are joined in another "
             "way than \"client secret & token secret\".\n";
      return;
    }
    out << "The signature does not match, and no usual cause was found. Most likely the client "
           "signs with another\nsecret than the store has: of another client, or of a token "
           "that was replaced. ";
    out << (report.base_string ? "Look at where the base strings differ.\n"
                               : "If it can tell its own base\nstring, --base-string FILE shows "
                                 "where that differs.\n");
    return;
  }
  out << "The signature does not match, and this is why:\n";
  for (const verify::NearMiss& miss : found.near_misses) {
    if (&miss != &found.near_misses.front()) out << "Or:\n";
    print_near_miss(miss, out);
  }
  if (!found.near_misses.front().signature_fits) {
    out << "Besides, the signature is not that of the client's own base string: its secrets differ "
           "too.\n";
  }
}

void print_verdict(const ExplainReport& report, std::ostream& out) {
  const std::vector<Cause> others = reasons(report);
  switch (report.explanation.signature) {
    case Signature::Right:
      out << (others.empty() ? "The signature is right, and nothing seen here would refuse the "
                               "request.\n"
                             : "The signature is right, but the request is refused:\n");
      break;
    case Signature::Wrong:
      print_why(report, out);
      if (!others.empty()) out << "\nBesides, the request is refused for this:\n";
      break;
    case Signature::NotChecked:
      out << (others.empty() ? "The signature could not be checked.\n"
                             : "The request is refused before its signature counts:\n");
      break;
  }
  for (const Cause& cause : others) out << "  - " << told(cause.sentence) << '\n';
}

void print_facts(const ExplainReport& report, std::ostream& out) {
  Table table({});
  table.add({"request", printable(report.request.method) + " " + printable(url_of(report))});
  table.add({"", "taken for this URL because " + told(report.url.because)});
  if (report.route) table.add({"route", told(*report.route)});
  if (!report.client.empty()) {
    const std::string also = report.client_name.empty() ? "" : " (" + report.client_name + ")";
    table.add({"client", printable(report.client + also)});
  }
  if (!report.token_id.empty()) {
    const std::string whose = report.user.empty() ? "a request token" : "of " + report.user;
    table.add({"token", printable(whose + ", id " + report.token_id)});
  }
  if (!report.signature_method.empty()) table.add({"method", report.signature_method});
  table.print(out);
}

struct Contexts {
  std::string here, client;
  std::size_t column = 0;  // of the byte that differs
};

std::string around(std::string_view text, std::size_t at) {
  const std::size_t begin = at > kContext ? at - kContext : 0;
  const bool more = begin + 2 * kContext < text.size();
  return (begin > 0 ? "..." : "") +
         printable(text.substr(std::min(begin, text.size()), 2 * kContext)) + (more ? "..." : "");
}

Contexts contexts(const ExplainReport& report) {
  const std::size_t at = report.explanation.difference->at;
  Contexts out{around(report.explanation.base_string, at), around(*report.base_string, at), 0};
  const auto parting =
      std::mismatch(out.here.begin(), out.here.end(), out.client.begin(), out.client.end());
  out.column = static_cast<std::size_t>(parting.first - out.here.begin());
  return out;
}

void print_base_strings(const ExplainReport& report, std::ostream& out) {
  const verify::Explanation& found = report.explanation;
  if (found.base_string.empty()) return;
  out << "\nBase string, as it is made here:\n" << printable(found.base_string) << '\n';
  const bool signed_otherwise = !found.near_misses.empty() && !report.base_string &&
                                found.near_misses.front().base_string != found.base_string;
  if (signed_otherwise) {
    out << "and as the client signed it:\n"
        << printable(found.near_misses.front().base_string) << '\n';
  }
  if (!found.difference) return;
  const Contexts both = contexts(report);
  out << "\nThe client's base string differs from byte " << found.difference->at + 1 << " on ("
      << found.difference->part << "). " << told(found.difference->sentence) << '\n';
  out << "  here    " << both.here << "\n  client  " << both.client << "\n          "
      << std::string(both.column, ' ') << "^\n";
}

std::string_view word(Signature signature) {
  switch (signature) {
    case Signature::Right:
      return "right";
    case Signature::Wrong:
      return "wrong";
    case Signature::NotChecked:
      break;
  }
  return "not_checked";
}

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::string(printable(text));
}

json::array near_misses(const ExplainReport& report) {
  json::array out;
  for (const verify::NearMiss& miss : report.explanation.near_misses) {
    json::array changes;
    for (const verify::Edit& change : miss.changes) {
      changes.push_back({{"name", change.name}, {"sentence", told(change.sentence)}});
    }
    out.push_back({{"changes", std::move(changes)},
                   {"base_string", text_or_null(miss.base_string)},
                   {"signature_fits", miss.signature_fits}});
  }
  return out;
}

json::value difference(const ExplainReport& report) {
  const auto& found = report.explanation.difference;
  if (!found) return nullptr;
  const Contexts both = contexts(report);
  return json::object{{"byte", found->at + 1},
                      {"part", found->part},
                      {"parameter", text_or_null(found->parameter)},
                      {"sentence", told(found->sentence)},
                      {"here", both.here},
                      {"client", both.client}};
}

void replace_all(std::string& text, const std::string& from) {
  constexpr std::string_view kHidden = "[secret]";
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at)) {
    text.replace(at, from.size(), kHidden);
    at += kHidden.size();
  }
}

void hide(const verify::Secret& secret, std::string& text) {
  if (secret.reveal().size() < kShortSecret) return;
  std::string spelling(secret.reveal());
  for (int times = 0; times < 3; ++times) {
    replace_all(text, spelling);
    spelling = verify::percent_encode(spelling);
  }
}

}  // namespace

void print_report(const ExplainReport& report, std::ostream& out) {
  print_verdict(report, out);
  out << '\n';
  print_facts(report, out);
  print_base_strings(report, out);
  const std::vector<std::string> all = remarks(report);
  if (all.empty()) return;
  out << "\nRemarks:\n";
  list(all, out);
}

void print_report_json(const ExplainReport& report, std::ostream& out) {
  const verify::Explanation& found = report.explanation;
  json::object all;
  all["signature"] = word(found.signature);
  all["cause_found"] = report.cause_found();
  all["near_misses"] = near_misses(report);
  json::array others;
  for (const Cause& cause : reasons(report)) {
    others.push_back({{"reason", cause.name}, {"sentence", told(cause.sentence)}});
  }
  all["reasons"] = std::move(others);
  all["method"] = printable(report.request.method);
  all["url"] = printable(url_of(report));
  all["because"] = told(report.url.because);
  all["route"] = report.route ? json::value(told(*report.route)) : nullptr;
  all["client"] = text_or_null(report.client);
  all["token_id"] = text_or_null(report.token_id);
  all["user"] = text_or_null(report.user);
  all["signature_method"] = text_or_null(report.signature_method);
  all["base_string"] = text_or_null(found.base_string);
  all["same_base_string"] = found.same_base_string;
  all["difference"] = difference(report);
  json::array said;
  for (const std::string& remark : remarks(report)) said.push_back(json::string(told(remark)));
  all["remarks"] = std::move(said);
  print(all, out);
}

void hide(const verify::KnownSecrets& secrets, ExplainReport& report) {
  std::vector<std::string*> texts{&report.explanation.base_string, &report.url.target,
                                  &report.request.method};
  if (report.base_string) texts.push_back(&*report.base_string);
  for (Cause& cause : report.causes) texts.push_back(&cause.sentence);
  for (verify::Finding& finding : report.explanation.findings) texts.push_back(&finding.sentence);
  for (verify::NearMiss& miss : report.explanation.near_misses) {
    texts.push_back(&miss.base_string);
    for (verify::Edit& change : miss.changes) texts.push_back(&change.sentence);
  }
  if (report.explanation.difference) {
    texts.push_back(&report.explanation.difference->sentence);
    texts.push_back(&report.explanation.difference->parameter);
  }
  for (std::string& remark : report.explanation.remarks) texts.push_back(&remark);
  for (std::string* text : texts) {
    for (const auto& one : secrets.client) hide(one.secret, *text);
    hide(secrets.token, *text);
  }
}

}  // namespace gateway::cli
