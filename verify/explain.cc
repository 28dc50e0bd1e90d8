#include "verify/explain.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "verify/base_string.h"
#include "verify/explain_difference.h"
#include "verify/explain_findings.h"
#include "verify/explain_fits.h"
#include "verify/explain_recipe.h"
#include "verify/explain_slips.h"
#include "verify/parameters.h"

namespace verify {
namespace {

using Changes = std::vector<Change>;

// A way to make the base string that comes to another one.
struct Variant {
  const Slip* slip = nullptr;
  std::string base;
};

// The search for changes with which the request's signature comes out. It ends with the first step
// that finds some: fewer are more likely.
class Search {
 public:
  Search(const Recipe& right, std::vector<Slip> slips, const Fits& fits,
         std::optional<std::string_view> own, Explanation& out)
      : right_(right), slips_(std::move(slips)), fits_(fits), own_(own), out_(out) {}

  // Requires that the signature isn't the right one.
  void run() {
    make_variants();
    if (try_own() || try_right(&Fits::rightly)) return;
    if (try_right(&Fits::with_one_change) || try_variants(&Fits::rightly)) return;
    if (try_right(&Fits::with_two_changes) || try_variants(&Fits::with_one_change)) return;
    try_pairs();
  }

 private:
  using Try = Fits::Changes (Fits::*)(std::string_view) const;

  void make_variants() {
    std::set<std::string> seen{out_.base_string};
    for (const Slip& slip : slips_) {
      Recipe recipe = right_;
      slip.apply(recipe);
      std::string base = base_string(recipe);
      if (seen.insert(base).second) variants_.push_back({&slip, std::move(base)});
    }
  }

  // Whether `base`, to which `changes` led, is what was signed. If so, it is noted.
  bool fits(const std::string& base, Changes changes, Try fit) {
    const Fits::Changes more = (fits_.*fit)(base);
    if (!more) return false;
    changes.insert(changes.end(), more->begin(), more->end());
    out_.near_misses.push_back({std::move(changes), base, true});
    return true;
  }

  bool try_right(Try fit) { return fits(out_.base_string, {}, fit); }

  bool try_variants(Try fit) {
    bool found = false;
    for (const Variant& variant : variants_) {
      found = fits(variant.base, {variant.slip->change}, fit) || found;
    }
    return found;
  }

  // What the client says that it signed. If that is so, what is left is how it came to it.
  bool try_own() {
    if (!own_) return false;
    const std::string own(*own_);
    const Changes way = way_to(own);
    for (const Try fit : {&Fits::rightly, &Fits::with_one_change, &Fits::with_two_changes}) {
      if (fits(own, way, fit)) return true;
    }
    if (!way.empty()) out_.near_misses.push_back({way, own, false});
    return false;
  }

  // The changes that make `base`, if they are known.
  Changes way_to(const std::string& base) const {
    for (const Variant& variant : variants_) {
      if (variant.base == base) return {variant.slip->change};
    }
    Changes found;
    each_pair([&](const Slip& a, const Slip& b, const std::string& made) {
      if (made == base) found = {a.change, b.change};
      return found.empty();
    });
    return found;
  }

  void try_pairs() {
    each_pair([this](const Slip& a, const Slip& b, const std::string& base) {
      return !fits(base, {a.change, b.change}, &Fits::rightly);
    });
  }

  static bool go_together(const Slip& a, const Slip& b) {
    return a.aspect != b.aspect || a.aspect == Aspect::Items;
  }

  // Until `each` returns false.
  template <class Each>
  void each_pair(const Each& each) const {
    if (out_.base_string.size() > kMaxPairedBytes) return;
    std::size_t left = kMaxPairs;
    for (std::size_t i = 0; i < variants_.size(); ++i) {
      for (std::size_t k = i + 1; k < variants_.size(); ++k) {
        const Slip &a = *variants_[i].slip, &b = *variants_[k].slip;
        if (!go_together(a, b)) continue;
        if (left-- == 0) return;
        Recipe recipe = right_;
        a.apply(recipe);
        b.apply(recipe);
        if (!each(a, b, base_string(recipe))) return;
      }
    }
  }

  const Recipe& right_;
  std::vector<Slip> slips_;
  const Fits& fits_;
  std::optional<std::string_view> own_;
  Explanation& out_;
  std::vector<Variant> variants_;
};

// The base string of the request as if it came over that scheme.
std::string base_over(std::string_view scheme, const RequestView& request, Parameters& parameters,
                      QuirkSet quirks) {
  RequestView seen = request;
  seen.scheme = scheme;
  return std::string(build_base_string(seen, parameters, quirks));
}

bool is_right(const Fits& fits, const std::string& base) {
  const Fits::Changes changes = fits.rightly(base);
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

// Looks for what was done otherwise, in one reading of the request after the other.
void search(const Evidence& evidence, const Fits& fits, Parameters& parameters, QuirkSet quirks,
            const std::vector<QuirkSet>& readings, Explanation& out) {
  if (out.base_string.empty()) {  // of PLAINTEXT
    return Search(right_recipe(evidence.request, {}), {}, fits, evidence.base_string, out).run();
  }
  const std::string standard = out.base_string;
  for (const QuirkSet reading : readings) {
    out.base_string = base_over(evidence.request.scheme, evidence.request, parameters, reading);
    const Recipe right = right_recipe(evidence.request, reading);
    Search(right, slips_of(evidence, right, quirks), fits, evidence.base_string, out).run();
    if (!out.near_misses.empty()) return;
  }
  out.base_string = standard;
}

void compare_with_own(std::string_view own, Explanation& out) {
  out.difference = difference(out.base_string, own);
  out.same_base_string = !out.difference;
  const bool of_another = out.difference && (out.difference->parameter == name(Field::Nonce) ||
                                             out.difference->parameter == name(Field::Timestamp));
  if (of_another) {
    out.remarks.emplace_back(
        "The client's base string has another nonce or timestamp: it is not of this request.");
  }
}

}  // namespace

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
  const Fits fits(*claim, keys, secrets, quirks, rules);
  const bool known = keys.client_known && (keys.token_known || !claim->has_token());
  if (signature_is_right(evidence, rules, fits, parameters, readings, out)) {
    out.signature = Explanation::Signature::Right;
  } else if (known) {
    out.signature = Explanation::Signature::Wrong;
  }
  if (evidence.base_string && !plaintext) compare_with_own(*evidence.base_string, out);
  if (out.signature == Explanation::Signature::Right) return out;

  search(evidence, fits, parameters, quirks, readings, out);
  if (known && out.near_misses.empty()) {
    remark_on_search(evidence.request, *claim, keys, rules, workspace, out);
  }
  return out;
}

}  // namespace verify
