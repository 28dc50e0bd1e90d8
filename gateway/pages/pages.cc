#include "gateway/pages/pages.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "conf/quoting.h"
#include "conf/text_file.h"
#include "gateway/pages/embedded.h"
#include "gateway/pages/sealed.h"

namespace gateway::pages {
namespace {

namespace fs = std::filesystem;
using Fault = verify::Failure<std::string>;

constexpr std::size_t kLargestFile = 1 << 20;  // bytes

// What must stand in a template, whoever wrote it.
struct Contract {
  std::string_view name;
  std::vector<std::string_view> needs;
};
const std::vector<Contract>& contracts() {
  static const std::vector<Contract> kContracts = {
      {"sign_in", {"{{action}}", "{{csrf}}", "{{next}}", "name=\"username\"", "name=\"password\""}},
      {"consent",
       {"{{action}}", "{{csrf}}", "{{oauth_token}}", "name=\"realm\"", "name=\"confirm\"",
        "value=\"yes\"", "value=\"no\"", "{{client}}|{{asks}}"}},
      {"code", {"<code", "id=\"oauth_verifier\"", "{{code}}"}},
      {"error", {"{{problem}}"}},
      {"grants", {"{{action}}", "{{csrf}}", "{{key}}"}},
      {"sign_out", {"{{action}}", "{{csrf}}"}},
  };
  return kContracts;
}

// "a|b": one of them is enough.
bool stands_in(std::string_view text, std::string_view need) {
  const std::size_t bar = need.find('|');
  if (text.find(need.substr(0, bar)) != text.npos) return true;
  return bar != need.npos && stands_in(text, need.substr(bar + 1));
}

verify::Result<std::string, std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kLargestFile + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return Fault(conf::quoted(path.string()) + " can't be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kLargestFile) return Fault(conf::quoted(path.string()) + " is over 1 MiB");
  if (const auto other = conf::to_text(text); !other.empty()) {
    return Fault(conf::quoted(path.string()) + " " + std::string(other));
  }
  return text;
}

std::optional<std::string> read_folder(const fs::path& folder, Templates& out) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != ".mustache") continue;
    auto text = read_file(at->path());
    if (!text) return text.error();
    const std::string shown = conf::quoted(at->path().string());
    if (auto wrong = template_error(*text)) return shown + ": " + *wrong;
    const std::string name = at->path().stem().string();
    for (const Contract& contract : contracts()) {
      if (contract.name != name) continue;
      for (const std::string_view need : contract.needs) {
        if (!stands_in(*text, need)) return shown + " lacks " + std::string(need);
      }
    }
    out.insert_or_assign(name, *std::move(text));
  }
  if (error) return conf::quoted(folder.string()) + " can't be read: " + error.message();
  return std::nullopt;
}

void add_realms(const std::vector<RealmLine>& realms, TemplateFields& out) {
  std::vector<TemplateFields> lines;
  for (const RealmLine& realm : realms) {
    TemplateFields& line = lines.emplace_back();
    const std::string_view description = realm.description.empty() ? realm.name : realm.description;
    line.texts = {{"name", std::string(realm.name)}, {"description", sealed(description)}};
  }
  out.flags.emplace_back("has_realms", !lines.empty());
  out.lists.emplace_back("realms", std::move(lines));
}

}  // namespace

Pages Pages::defaults() {
  Pages out;
  out.texts_ = Texts::defaults();
  for (const auto& [name, text] : kEmbeddedTemplates) out.templates_.emplace(name, text);
  return out;
}

verify::Result<Pages, std::string> Pages::load(const std::string& folder,
                                               const std::string& texts) {
  Pages out = defaults();
  if (!folder.empty()) {
    if (auto wrong = read_folder(folder, out.templates_)) return Fault(*std::move(wrong));
  }
  if (!texts.empty()) {
    auto toml = read_file(texts);
    if (!toml) return toml.failure();
    auto words = out.texts_.with(*toml);
    if (!words) return Fault(conf::escaped(texts) + ":" + words.error());
    out.texts_ = *std::move(words);
  }
  return out;
}

std::string Pages::show(std::string_view name, const Frame& frame, std::string title,
                        TemplateFields fields) const {
  fields.texts.emplace_back("title", std::move(title));
  fields.texts.emplace_back("style_nonce", frame.style_nonce);
  fields.texts.emplace_back("user", sealed(frame.user));
  fields.texts.emplace_back("signed_in", texts_.text("page", "signed_in", {{"user", frame.user}}));
  fields.texts.emplace_back("sign_out_url", frame.sign_out_url);
  fields.groups.push_back({"t", texts_.fields()});
  return render(templates_, name, fields);
}

std::string Pages::sign_in(const Frame& frame, const SignIn& page) const {
  TemplateFields fields;
  fields.texts = {{"action", std::string(page.action)},
                  {"csrf", std::string(page.csrf)},
                  {"next", std::string(page.next)},
                  {"username", std::string(page.username)}};
  std::string lead, problem;
  if (!page.client.empty()) lead = texts_.text("sign_in", "lead", {{"client", page.client}});
  switch (page.problem) {
    case SignIn::Problem::None:
      break;
    case SignIn::Problem::Failed:
      problem = texts_.text("sign_in", "failed");
      break;
    case SignIn::Problem::Throttled:
      problem = texts_.text("sign_in", "throttled", {{"seconds", page.seconds}});
      break;
    case SignIn::Problem::Stale:
      problem = texts_.text("sign_in", "stale");
      break;
  }
  fields.texts.emplace_back("lead", std::move(lead));
  fields.texts.emplace_back("problem", std::move(problem));
  return show("sign_in", frame, texts_.text("sign_in", "title"), std::move(fields));
}

std::string Pages::consent(const Frame& frame, const Consent& page) const {
  const Values client{{"client", page.client}};
  TemplateFields fields;
  fields.texts = {
      {"action", std::string(page.action)},
      {"csrf", std::string(page.csrf)},
      {"oauth_token", std::string(page.oauth_token)},
      {"client", sealed(page.client)},
      {"host", sealed(page.host)},
      {"description", sealed(page.description)},
      {"asks", texts_.text("consent", "asks", client)},
      {"returns", page.host.empty() ? texts_.text("consent", "code")
                                    : texts_.text("consent", "returns", {{"host", page.host}})}};
  add_realms(page.realms, fields);
  return show("consent", frame, texts_.text("consent", "title", client), std::move(fields));
}

std::string Pages::code(const Frame& frame, std::string_view client, std::string_view code) const {
  TemplateFields fields;
  fields.texts = {{"lead", texts_.text("code", "lead", {{"client", client}})},
                  {"code", std::string(code)}};
  return show("code", frame, texts_.text("code", "title"), std::move(fields));
}

std::string Pages::error(const Frame& frame, std::string_view error,
                         std::string_view request_id) const {
  const std::string_view word = texts_.has("errors", error) ? error : "unknown";
  TemplateFields fields;
  fields.texts = {{"problem", texts_.text("errors", word)},
                  {"advice", texts_.text("error", "advice")}};
  if (!request_id.empty()) {
    fields.texts.emplace_back("reference", texts_.text("error", "reference", {{"id", request_id}}));
  }
  return show("error", frame, texts_.text("error", "title"), std::move(fields));
}

std::string Pages::grants(const Frame& frame, std::string_view action,
                          const std::vector<Grant>& grants, std::string_view revoked) const {
  TemplateFields fields;
  std::vector<TemplateFields> items;
  for (const Grant& grant : grants) {
    TemplateFields& item = items.emplace_back();
    item.texts = {{"client", sealed(grant.client)},
                  {"key", std::string(grant.key)},
                  {"csrf", std::string(grant.csrf)},
                  {"action", std::string(action)},
                  {"label", texts_.text("grants", "revoke_label", {{"client", grant.client}})},
                  {"what", texts_.text("grants", grant.realms.empty() ? "no_realms" : "realms")}};
    add_realms(grant.realms, item);
  }
  fields.flags.emplace_back("has_grants", !items.empty());
  fields.lists.emplace_back("grants", std::move(items));
  if (!revoked.empty()) {
    fields.texts.emplace_back("done", texts_.text("grants", "done", {{"client", revoked}}));
  }
  return show("grants", frame, texts_.text("grants", "title"), std::move(fields));
}

std::string Pages::sign_out(const Frame& frame, std::string_view action,
                            std::string_view csrf) const {
  TemplateFields fields;
  fields.texts = {{"action", std::string(action)},
                  {"csrf", std::string(csrf)},
                  {"lead", texts_.text("sign_out", "lead", {{"user", frame.user}})}};
  Frame plain = frame;
  plain.user = {};  // no second way out at the foot
  return show("sign_out", plain, texts_.text("sign_out", "title"), std::move(fields));
}

std::string Pages::signed_out(const Frame& frame) const {
  return show("signed_out", frame, texts_.text("signed_out", "title"), {});
}

std::string content_security_policy(std::string_view style_nonce,
                                    std::string_view callback_origin) {
  std::string out = "default-src 'none'; style-src 'nonce-";
  out += style_nonce;
  out += "'; img-src 'self'; form-action 'self'";
  if (!callback_origin.empty()) {
    out += ' ';
    out += callback_origin;
  }
  return out + "; frame-ancestors 'none'; base-uri 'none'";
}

}  // namespace gateway::pages
