#include "verify/pairs.h"

#include <algorithm>
#include <cstring>

#include "verify/percent.h"

namespace verify {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

const char* skip_space(const char* at, const char* end) {
  while (at != end && is_space(*at)) ++at;
  return at;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() &&
         std::equal(text.begin(), text.end(), lower_case.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string_view between(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

const char* find(char wanted, const char* from, const char* end) {
  if (from == end) return end;
  const void* at = std::memchr(from, wanted, static_cast<std::size_t>(end - from));
  return at == nullptr ? end : static_cast<const char*>(at);
}

}  // namespace

bool is_realm(std::string_view name) { return equal_ignoring_case(name, "realm"); }

HeaderPairs::HeaderPairs(std::string_view field, std::size_t start)
    : field_(field), at_(field.data() + start), end_(field.data() + field.size()) {}

std::optional<HeaderPairs> HeaderPairs::of(std::string_view field) {
  constexpr std::string_view kScheme = "oauth";
  const std::size_t start = std::min(field.find_first_not_of(" \t"), field.size());
  const std::size_t end = start + kScheme.size();
  if (!equal_ignoring_case(field.substr(start, kScheme.size()), kScheme)) return std::nullopt;
  if (end < field.size() && !is_space(field[end]) && field[end] != ',') return std::nullopt;
  return HeaderPairs(field, end);
}

Step HeaderPairs::next(Pair& out) {
  while (at_ != end_ && (is_space(*at_) || *at_ == ',')) ++at_;
  if (at_ == end_) return Step::End;
  if (!read_name(out.name)) return Step::Malformed;
  at_ = skip_space(at_, end_);
  if (at_ == end_ || *at_ != '=') return Step::Malformed;
  at_ = skip_space(at_ + 1, end_);
  if (at_ == end_ || *at_ != '"') return Step::Malformed;
  ++at_;
  if (!read_quoted(out.value, is_realm(out.name.text))) return Step::Malformed;
  at_ = skip_space(at_, end_);
  return at_ == end_ || *at_ == ',' ? Step::Pair : Step::Malformed;
}

bool HeaderPairs::read_name(Piece& out) {
  const char* const start = at_;
  at_ = skip_unreserved(at_, end_);
  out.plain = at_ == end_ || *at_ == '=' || is_space(*at_);
  while (at_ != end_ && *at_ != '=' && *at_ != '"' && *at_ != ',' && !is_space(*at_)) ++at_;
  out.text = between(start, at_);
  return !out.text.empty();
}

bool HeaderPairs::read_quoted(Piece& out, bool may_escape) {
  const char* const start = at_;
  at_ = skip_unreserved(at_, end_);
  out.plain = at_ != end_ && *at_ == '"';
  if (may_escape) {
    while (at_ != end_ && *at_ != '"') at_ += *at_ == '\\' && end_ - at_ > 1 ? 2 : 1;
  } else {
    at_ = find('"', at_, end_);
  }
  out.text = between(start, at_);
  if (at_ == end_) return false;
  ++at_;
  return true;
}

bool FormPairs::next(Pair& out) {
  while (at_ != end_ && *at_ == '&') ++at_;
  if (at_ == end_) return false;
  const char* start = at_;
  at_ = skip_unreserved(at_, end_);
  out.name.plain = at_ == end_ || *at_ == '=' || *at_ == '&';
  while (at_ != end_ && *at_ != '=' && *at_ != '&') ++at_;
  out.name.text = between(start, at_);
  out.value = Piece{};
  if (at_ == end_ || *at_ == '&') return true;
  start = ++at_;
  at_ = skip_unreserved(at_, end_);
  out.value.plain = at_ == end_ || *at_ == '&';
  if (!out.value.plain) at_ = find('&', at_, end_);
  out.value.text = between(start, at_);
  return true;
}

}  // namespace verify
