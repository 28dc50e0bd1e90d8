#include "verify/explain.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "verify/base_string.h"
#include "verify/explain_difference.h"
#include "verify/explain_findings.h"
#include "verify/explain_fits.h"
#include "verify/explain_recipe.h"
#include "verify/explain_search.h"
#include "verify/explain_slips.h"
#include "verify/parameters.h"

namespace verify {
namespace {

using Changes = std::vector<Edit>;

Changes changes_of(const SlipSet& slips) {
  Changes out;
  for (const Slip* slip : slips) out.push_back(slip->change);
  return out;
}

constexpr std::string_view kTimestamp = "oauth_timestamp%3D";
constexpr std::int64_t kMaxDrift = 120;  // seconds between two looks at a clock

std::vector<std::string> timestamps_near(const std::string& sent) {
  constexpr std::size_t kMostDigits = 15;
  if (sent.empty() || sent.size() > kMostDigits) return {};
  const std::int64_t time = std::stoll(sent);
  std::vector<std::string> out;
  for (std::int64_t drift = 1; drift <= kMaxDrift; ++drift) {
    out.push_back(std::to_string(time + drift));
    out.push_back(std::to_string(time - drift));
  }
  out.push_back(sent + "000");
  out.push_back(std::to_string(time / 1000));
  return out;
}

// The search for changes with which the request's signature comes out, the fewest first. Requires
// that the signature isn't the right one.
class Finder {
 public:
  // `base`: of the request in the reading of `right`.
  Finder(std::string base, const Recipe& right, std::vector<Slip> slips, std::size_t most_work,
         const Fits& fits, std::optional<std::string_view> own, Explanation& out)
      : base_(std::move(base)),
        right_(right),
        search_(right_, std::move(slips), base_.size() <= kMaxPairedBytes, most_work),
        fits_(fits),
        own_(own),
        out_(out) {}

  // What the client says that it signed: whether the signature is of that.
  bool try_own() {
    if (!own_) return false;
    way_ = way_to_own();
    for (std::size_t count = 0; count <= Fits::kMaxChanges; ++count) {
      const Fits::Changes fit = fits_.with(count, *own_);
      if (!fit) continue;
      Changes all = way_;
      all.insert(all.end(), fit->begin(), fit->end());
      out_.near_misses.push_back({std::move(all), std::string(*own_), true});
      return true;
    }
    return false;
  }

  bool try_count(std::size_t count) {
    return try_changes(count) || (count == 1 && try_timestamps());
  }

  // Where the signature is of nothing that is known here.
  void tell_way_to_own() {
    if (!way_.empty()) out_.near_misses.push_back({way_, std::string(*own_), false});
  }

  bool cut_short() const { return search_.cut_short(); }
  const std::string& base() const { return base_; }

 private:
  bool try_changes(std::size_t count) {
    // One wrong thing in the key beside others is likely, and cheap to find.
    for (const std::size_t in_key : {1, 0, 2}) {
      if (in_key > count) continue;
      search_.begin_stage();
      Fits::Changes fit;
      std::string made;
      const auto slips = search_.find(count - in_key, [&](const std::string& base) {
        if (!search_.spend(fits_.cost(in_key) * (base.size() + kKeyCost))) return false;
        fit = fits_.with(in_key, base);
        if (fit) made = base;
        return fit.has_value();
      });
      if (slips) {
        Changes all = changes_of(*slips);
        all.insert(all.end(), fit->begin(), fit->end());
        out_.near_misses.push_back({std::move(all), std::move(made), true});
        return true;
      }
    }
    return false;
  }

  // A client that looks at the clock twice. The order of the parameters stays.
  bool try_timestamps() {
    const std::size_t begin = base_.find(kTimestamp);
    if (begin == std::string::npos) return false;
    const std::size_t at = begin + kTimestamp.size();
    const std::size_t size = base_.find_first_not_of("0123456789", at) - at;
    const std::string sent = base_.substr(at, size);
    for (const std::string& other : timestamps_near(sent)) {
      std::string base = base_;
      base.replace(at, sent.size(), other);
      const Fits::Changes fit = fits_.with(0, base);
      if (!fit) continue;
      std::string sentence = "The base string has the oauth_timestamp ";
      sentence.append(other).append(", and the request ").append(sent);
      sentence += ": look at the clock once, and send what is signed.";
      Changes all{{"other_timestamp_signed", std::move(sentence)}};
      all.insert(all.end(), fit->begin(), fit->end());
      out_.near_misses.push_back({std::move(all), std::move(base), true});
      return true;
    }
    return false;
  }

  // The changes that make the client's own base string, if they are known.
  Changes way_to_own() {
    for (std::size_t count = 1; count < kMaxChanges; ++count) {
      search_.begin_stage();
      const auto slips =
          search_.find(count, [this](const std::string& base) { return base == *own_; });
      if (slips) return changes_of(*slips);
    }
    return {};
  }

  static constexpr std::size_t kKeyCost = 100;  // bytes that are hashed besides

  const std::string base_;
  const Recipe right_;
  Search search_;
  const Fits& fits_;
  std::optional<std::string_view> own_;
  Explanation& out_;
  Changes way_;
};

// The base string of the request as if it came over that scheme.
std::string base_over(std::string_view scheme, const RequestView& request, Parameters& parameters,
                      QuirkSet quirks) {
  RequestView seen = request;
  seen.scheme = scheme;
  return std::string(build_base_string(seen, parameters, quirks));
}

bool is_right(const Fits& fits, const std::string& base) {
  const Fits::Changes changes = fits.with(0, base);
  return changes && changes->empty();
}

// The sets of quirks with which the request may be read, none first.
std::vector<QuirkSet> readings_of(const Parameters& parameters, QuirkSet quirks) {
  std::vector<QuirkSet> out;
  (quirks & quirks_that_matter(parameters)).each_subset([&](QuirkSet one) { out.push_back(one); });
  return out;
}

// The base string in one of the readings, if it is the one that was signed. Also if it is that of a
// scheme which the route accepts in place of the request's own.
bool signature_is_right(const Evidence& evidence, const Rules& rules, const Fits& fits,
                        Parameters& parameters, const std::vector<QuirkSet>& readings,
                        Explanation& out) {
  const auto is_over = [&](std::string_view scheme) {
    return std::any_of(readings.begin(), readings.end(), [&](QuirkSet reading) {
      std::string base = base_over(scheme, evidence.request, parameters, reading);
      if (!is_right(fits, base)) return false;
      out.base_string = std::move(base);
      return true;
    });
  };
  if (out.base_string.empty()) return is_right(fits, out.base_string);  // of PLAINTEXT
  if (is_over(evidence.request.scheme)) return true;
  for (const std::string& scheme : rules.requirement.schemes) {
    if (!is_over(scheme)) continue;
    out.remarks.push_back("The URL was signed with " + scheme +
                          "://, which accept_schemes of the route lets pass.");
    return true;
  }
  return false;
}

// Looks for what was done otherwise: the fewest changes first, in each reading of the request.
void search(const Evidence& evidence, const Fits& fits, Parameters& parameters, QuirkSet quirks,
            const std::vector<QuirkSet>& readings, const Rules& rules, Explanation& out) {
  const bool plaintext = out.base_string.empty();
  std::optional<std::string_view> own = evidence.base_string;
  if (own == out.base_string) own.reset();  // the way to it is known
  std::vector<std::unique_ptr<Finder>> finders;
  for (const QuirkSet reading : readings) {
    if (plaintext && !finders.empty()) break;
    const Recipe right = right_recipe(evidence.request, reading);
    std::string base;
    std::vector<Slip> slips;
    if (!plaintext) {
      base = base_over(evidence.request.scheme, evidence.request, parameters, reading);
      slips = slips_of(evidence, right, quirks);
    }
    finders.push_back(std::make_unique<Finder>(std::move(base), right, std::move(slips),
                                               rules.most_work / readings.size(), fits, own, out));
  }
  const auto found = [&](auto look) {
    return std::any_of(finders.begin(), finders.end(), [&](const auto& finder) {
      if (!look(*finder)) return false;
      out.base_string = finder->base();
      return true;
    });
  };
  if (found([](Finder& finder) { return finder.try_own(); })) return;
  for (std::size_t count = 0; count <= kMaxChanges; ++count) {
    if (found([count](Finder& finder) { return finder.try_count(count); })) return;
  }
  finders.front()->tell_way_to_own();
  const auto cut_short = [](const auto& finder) { return finder->cut_short(); };
  if (std::any_of(finders.begin(), finders.end(), cut_short)) {
    out.remarks.emplace_back("The search was ended before all combinations of changes were tried.");
  }
}

void compare_with_own(std::string_view own, Explanation& out) {
  out.difference = difference(out.base_string, own);
  out.same_base_string = !out.difference;
  const bool of_another = out.difference && (out.difference->parameter == name(Field::Nonce) ||
                                             out.difference->parameter == name(Field::Timestamp));
  const bool signed_so = !out.near_misses.empty() && out.near_misses.front().signature_fits;
  if (of_another && !signed_so) {
    out.remarks.emplace_back(
        "The client's base string has another nonce or timestamp: it is not of this request.");
  }
}

}  // namespace

std::size_t Explanation::steps() const {
  if (signature != Signature::Wrong) return 0;
  const bool known = !near_misses.empty() && near_misses.front().signature_fits;
  return known ? 1 + near_misses.front().changes.size() : 2 + 2 * kMaxChanges;
}

bool Explanation::cause_found() const {
  const bool told_apart = difference && difference->parameter != name(Field::Nonce) &&
                          difference->parameter != name(Field::Timestamp);
  return signature == Signature::Right || !findings.empty() || !near_misses.empty() || told_apart ||
         same_base_string;
}

Explanation explain(const Evidence& evidence, const Keys& keys, const KnownSecrets& secrets,
                    const Rules& rules) {
  Explanation out;
  Workspace workspace;
  const auto claim = read_claim(evidence.request, rules.bounds, workspace);
  if (!claim.ok()) {
    out.findings.push_back(unreadable(claim.error(), evidence));
    return out;
  }
  find_other_reasons(evidence, *claim, keys, rules, out);

  const QuirkSet quirks = keys.quirks | rules.requirement.quirks;
  Parameters& parameters = workspace.state().parameters;
  const bool plaintext = claim->method == Method::Plaintext;
  const std::vector<QuirkSet> readings = readings_of(parameters, quirks);
  if (!plaintext) {
    out.base_string = base_over(evidence.request.scheme, evidence.request, parameters, {});
    for (const QuirkSet reading : readings) {
      std::string base = base_over(evidence.request.scheme, evidence.request, parameters, reading);
      if (base == evidence.base_string) out.base_string = std::move(base);
    }
  }
  Fits fits(*claim, keys, secrets, quirks, rules);
  const bool known = keys.client_known && (keys.token_known || !claim->has_token());
  if (signature_is_right(evidence, rules, fits, parameters, readings, out)) {
    out.signature = Explanation::Signature::Right;
  } else if (known) {
    out.signature = Explanation::Signature::Wrong;
  }
  if (out.signature == Explanation::Signature::Right) {
    if (evidence.base_string && !plaintext) compare_with_own(*evidence.base_string, out);
    return out;
  }

  fits.look_further();
  search(evidence, fits, parameters, quirks, readings, rules, out);
  if (evidence.base_string && !plaintext) compare_with_own(*evidence.base_string, out);
  if (known && out.near_misses.empty()) {
    remark_on_search(evidence.request, *claim, keys, rules, workspace, out);
  }
  return out;
}

}  // namespace verify
