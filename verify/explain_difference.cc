#include "verify/explain_difference.h"

#include <algorithm>
#include <string>
#include <vector>

#include "verify/explain_slips.h"
#include "verify/percent.h"

namespace verify {
namespace {

constexpr std::string_view kBetweenPairs = "%26", kBehindName = "%3D";

// "method&URL&parameters"; only the first two '&' divide.
struct Parts {
  std::size_t url = 0, parameters = 0;  // where they begin

  explicit Parts(std::string_view base) {
    url = std::min(base.find('&'), base.size() - 1) + 1;
    parameters = std::min(base.find('&', url), base.size() - 1) + 1;
  }
};

// One pair of the parameters, as it stands there.
struct Place {
  std::string name;       // decoded
  bool in_value = false;  // the byte looked at
  bool any = false;       // there is a pair at all
};

std::string decoded_twice(std::string_view text) {
  std::string once, twice;
  if (!percent_decode(text, once)) return std::string(text);
  return percent_decode(once, twice) ? twice : once;
}

std::string name_of(std::string_view pair) {
  return decoded_twice(pair.substr(0, pair.find(kBehindName)));
}

// The escape that the byte at `at` is part of begins here.
std::size_t begin_of_escape(std::string_view text, std::size_t at) {
  for (std::size_t back = 1; back <= 2 && back <= at; ++back) {
    if (text[at - back] == '%') return at - back;
  }
  return at;
}

// A pair ends here, or all of them do.
bool is_end(std::string_view text, std::size_t at) {
  return at == text.size() || text.substr(at, kBetweenPairs.size()) == kBetweenPairs;
}

// Requires that no escape is cut in two at `at`.
Place place_of(std::string_view text, std::size_t at) {
  const std::size_t mark = at == 0 ? text.npos : text.rfind(kBetweenPairs, at - 1);
  const std::size_t begin = mark == text.npos ? 0 : mark + kBetweenPairs.size();
  const std::string_view pair = text.substr(begin, text.find(kBetweenPairs, begin) - begin);
  Place out;
  out.any = !pair.empty();
  out.name = name_of(pair);
  const std::size_t equals = pair.find(kBehindName);
  out.in_value = equals != pair.npos && at - begin > equals;
  return out;
}

// The pair behind the end of another.
Place place_behind(std::string_view text, std::size_t at) {
  if (at == text.size()) return {};
  return place_of(text, at + kBetweenPairs.size());
}

bool has(std::string_view rest, const std::string& name) {
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(kBetweenPairs), rest.size());
    if (name_of(rest.substr(0, end)) == name) return true;
    rest.remove_prefix(std::min(end + kBetweenPairs.size(), rest.size()));
  }
  return false;
}

// `at`: the first byte in these, the third parts, that differs.
void describe_parameters(std::string_view ours, std::string_view theirs, std::size_t at,
                         Difference& out) {
  at = begin_of_escape(ours, at);
  const auto place = is_end(ours, at) && is_end(theirs, at) ? &place_behind : &place_of;
  const Place here = place(ours, at), there = place(theirs, at);
  out.part = "parameters";
  out.parameter = here.any ? here.name : there.name;
  if (here.any && there.any && here.name == there.name) {
    out.sentence = (here.in_value ? "The value of the parameter " : "The parameter ") +
                   shown(here.name) + " is written in another way.";
  } else if (there.any && !has(ours, there.name)) {
    out.parameter = there.name;
    out.sentence = "The client signed the parameter " + shown(there.name) +
                   ", which the request does not have.";
  } else if (here.any && !has(theirs, here.name)) {
    out.sentence = "The client did not sign the parameter " + shown(here.name) + ".";
  } else if (here.any && there.any) {
    out.sentence = "The order differs: here comes " + shown(here.name) +
                   ", and in the client's base string " + shown(there.name) + ".";
  } else {
    out.sentence = "One of them has the parameter " + shown(out.parameter) + " once more.";
  }
}

}  // namespace

std::optional<Difference> difference(std::string_view ours, std::string_view theirs) {
  if (ours == theirs) return std::nullopt;
  Difference out;
  const auto parting = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
  out.at = static_cast<std::size_t>(parting.first - ours.begin());
  const auto marks = std::count(theirs.begin(), theirs.end(), '&');
  if (marks != 2) {
    out.part = "form";
    out.sentence = "A base string has two '&', and the client's has " + std::to_string(marks) +
                   ": it is the method, the encoded URL and the encoded parameters.";
    return out;
  }
  const Parts here(ours), there(theirs);
  if (out.at < here.url) {
    out.part = "method";
    out.sentence = "The method differs.";
  } else if (out.at < here.parameters) {
    out.part = "URL";
    out.sentence = "The URL differs.";
  } else {
    describe_parameters(ours.substr(here.parameters), theirs.substr(there.parameters),
                        out.at - here.parameters, out);
  }
  return out;
}

}  // namespace verify
