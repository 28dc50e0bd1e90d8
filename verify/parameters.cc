#include "verify/parameters.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>

#include "verify/percent.h"

namespace verify {
namespace {

constexpr std::array<std::string_view, kFieldCount> kFieldNames = {
    "oauth_consumer_key", "oauth_token",     "oauth_signature_method", "oauth_signature",
    "oauth_timestamp",    "oauth_nonce",     "oauth_version",          "oauth_callback",
    "oauth_verifier",     "oauth_body_hash", "oauth_session_handle"};
// Section 3.1: whatever bears the prefix is a protocol parameter, known or not.
constexpr std::string_view kPrefix = "oauth_";

std::optional<Field> field_of(std::string_view name) {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (kFieldNames[i] == name) return static_cast<Field>(i);
  }
  return std::nullopt;
}

// As a big-endian number, so that numbers compare as the bytes do. A shorter name comes first as if
// filled with NUL, which no encoded name contains.
std::uint64_t order_of(std::string_view name) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  if (name.size() >= sizeof word) {
    std::memcpy(&word, name.data(), sizeof word);
  } else if (!name.empty()) {
    std::memcpy(&word, name.data(), name.size());
  }
  return __builtin_bswap64(word);
}

// What Bounds::split_callback_and_verifier is about.
bool may_stand_apart(std::optional<Field> field) {
  return field == Field::Callback || field == Field::Verifier || field == Field::SessionHandle;
}

Plus plus_in(Source source) { return source == Source::Header ? Plus::Literal : Plus::Space; }

// What a log shows of a name that a stranger chose.
std::string_view clipped(std::string_view name) { return name.substr(0, 64); }

}  // namespace

std::string_view name(Field field) { return kFieldNames[static_cast<std::size_t>(field)]; }

// It wants byte order: string_view compares bytes as unsigned char.
bool before(const Parameter& a, const Parameter& b) {
  if (a.order != b.order) return a.order < b.order;
  return std::tie(a.name, a.value) < std::tie(b.name, b.value);
}

std::optional<Rejection> Parameters::read(const RequestView& request, const Bounds& bounds) {
  clear();
  room_ = bounds.parameters;
  foreign_allowed_ = bounds.authorization_passed_on;
  std::optional<HeaderPairs> header;
  if (request.authorization) header = HeaderPairs::of(*request.authorization);
  if (header && !read_header(*header)) return std::move(problem_);
  const std::size_t mark = request.target.find('?');
  if (mark != std::string_view::npos) {
    if (!read_form(request.target.substr(mark + 1), Source::Query)) return std::move(problem_);
  }
  if (request.form && !read_form(*request.form, Source::Form)) return std::move(problem_);

  const auto used =
      std::find_if(places_.begin(), places_.end(), [](const Place& p) { return p.used; });
  // Ahead of `problem_`: without credentials it is none of our business how a query is spelled.
  const bool none = used == places_.end();
  if (none && !header) return Rejection{Reason::CredentialsAbsent, {}};
  // The scheme alone promises them.
  source_ = none ? Source::Header : static_cast<Source>(used - places_.begin());
  if (problem_) return std::move(problem_);
  if (auto reject = split(bounds.split_callback_and_verifier)) return reject;
  if (auto reject = misplaced(bounds.credentials)) return reject;
  sort();
  return repeated();
}

void Parameters::clear() {
  arena_.reset();
  sorted_.clear();
  fields_.fill(std::nullopt);
  realm_.reset();
  places_.fill(Place{});
  strangers_ = 0;
  twice_.reset();
  problem_.reset();
}

bool Parameters::read_header(HeaderPairs pairs) {
  Pair pair;
  while (true) {
    switch (pairs.next(pair)) {
      case Step::End:
        return true;
      case Step::Malformed:
        // Where, and not what: the field may hold a PLAINTEXT signature.
        problem_ =
            Rejection{Reason::AuthorizationMalformed, "at byte " + std::to_string(pairs.offset())};
        return false;
      case Step::Pair:
        break;
    }
    if (!is_realm(pair.name.text)) {
      if (!add(pair, Source::Header)) return false;
    } else {
      if (!take_room()) return false;
      add_realm(pair.value.text);
    }
  }
}

bool Parameters::read_form(std::string_view text, Source source) {
  FormPairs pairs(text);
  Pair pair;
  while (pairs.next(pair)) {
    if (!add(pair, source)) return false;
  }
  return true;
}

bool Parameters::take_room() {
  if (room_ == 0) {
    problem_ = Rejection{Reason::ParameterTooMany, {}};
    return false;
  }
  --room_;
  return true;
}

// False when reading must end.
bool Parameters::add(Pair pair, Source source) {
  if (!take_room()) return false;
  Piece value = pair.value;
  const bool plain = pair.name.plain && pair.value.plain;
  if (!recode(pair.name, source)) {
    note(Reason::ParameterMalformed, clipped(pair.name.text));
    return true;
  }
  const std::string_view name = pair.name.text;
  const bool is_signature = name == kFieldNames[static_cast<std::size_t>(Field::Signature)];
  if (!is_signature && !recode(pair.value, source)) {
    note(Reason::ParameterMalformed, clipped(name));
    value = pair.value = Piece{};
  }
  if (name.starts_with(kPrefix)) {
    add_field(name, value, source);
  } else if (source == Source::Header && !foreign_allowed_) {
    note(Reason::ParameterForeign, clipped(name));
  }
  if (is_signature) return true;
  sorted_.push_back({order_of(name), name, pair.value.text, plain, source});
  return true;
}

// `name` is encoded, but no byte of a name that is looked for would be changed by that.
void Parameters::add_field(std::string_view name, Piece value, Source source) {
  const std::optional<Field> field = field_of(name);
  const bool apart = may_stand_apart(field);
  Place& place = places_[static_cast<std::size_t>(source)];
  if (place.first.empty() || (place.apart && !apart)) {
    place = Place{true, name, place.apart && apart};
  }
  if (!field) {
    ++strangers_;
    return;
  }
  std::optional<std::string_view>& slot = fields_[static_cast<std::size_t>(*field)];
  if (slot && !twice_) twice_ = name;
  slot = decode(value, source);
  if (!slot) note(Reason::ParameterMalformed, clipped(name));
}

// Section 3.4.1.3.1 leaves it out. Some clients encode it and some don't, so a bad '%' is no fault.
void Parameters::add_realm(std::string_view value) {
  if (realm_) twice_ = "realm";
  realm_ = value;
  if (value.find('%') == std::string_view::npos) return;
  char* const start = arena_.take(value.size());
  char* const end = percent_decode(value, Plus::Literal, start);
  if (end != nullptr) realm_ = std::string_view(start, static_cast<std::size_t>(end - start));
  arena_.give_back(end == nullptr ? start : end);
}

// To the spelling that is signed. False on a bad '%'.
bool Parameters::recode(Piece& piece, Source source) {
  if (piece.plain) return true;
  char* const start = arena_.take(3 * piece.text.size());
  char* const end = percent_recode(piece.text, plus_in(source), start);
  arena_.give_back(end == nullptr ? start : end);
  if (end == nullptr) return false;
  piece = Piece{std::string_view(start, static_cast<std::size_t>(end - start)), true};
  return true;
}

// Nothing on a bad '%'.
std::optional<std::string_view> Parameters::decode(Piece piece, Source source) {
  if (piece.plain) return piece.text;
  char* const start = arena_.take(piece.text.size());
  char* const end = percent_decode(piece.text, plus_in(source), start);
  arena_.give_back(end == nullptr ? start : end);
  if (end == nullptr) return std::nullopt;
  return std::string_view(start, static_cast<std::size_t>(end - start));
}

void Parameters::note(Reason reason, std::string_view detail) {
  if (!problem_) problem_ = Rejection{reason, std::string(detail)};
}

// Section 3.5: one of the three places. `apart`: oauth_callback and oauth_verifier may stand in
// others than the Authorization field, if that is used.
std::optional<Rejection> Parameters::split(bool apart) const {
  bool found = false;
  for (const Place& place : places_) {
    if (!place.used || (found && apart && places_[0].used && place.apart)) continue;
    if (found) return Rejection{Reason::ParameterSplit, std::string(clipped(place.first))};
    found = true;
  }
  return std::nullopt;
}

std::optional<Rejection> Parameters::misplaced(const Places& allowed) const {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (!places_[i].used || allowed.has(static_cast<Source>(i))) continue;
    return Rejection{Reason::CredentialsMisplaced, std::string(clipped(places_[i].first))};
  }
  return std::nullopt;
}

// Requires sorted parameters: equal names are neighbours.
std::optional<Rejection> Parameters::repeated() const {
  std::optional<std::string_view> found = twice_;
  for (std::size_t i = 1; strangers_ > 1 && !found && i < sorted_.size(); ++i) {
    const std::string_view name = sorted_[i].name;
    if (name == sorted_[i - 1].name && name.starts_with(kPrefix)) found = name;
  }
  if (!found) return std::nullopt;
  return Rejection{Reason::ParameterDuplicate, std::string(clipped(*found))};
}

void Parameters::sort() {
  // What clients send is short and half sorted: there insertion is the quickest.
  constexpr std::size_t kFew = 24;
  if (sorted_.size() > kFew) {
    std::sort(sorted_.begin(), sorted_.end(), before);
    return;
  }
  for (std::size_t i = 1; i < sorted_.size(); ++i) {
    const Parameter moving = sorted_[i];
    std::size_t at = i;
    for (; at > 0 && before(moving, sorted_[at - 1]); --at) sorted_[at] = sorted_[at - 1];
    sorted_[at] = moving;
  }
}

}  // namespace verify
