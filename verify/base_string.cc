#include "verify/base_string.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "verify/judge.h"
#include "verify/percent.h"

namespace verify {
namespace {

char* put(std::string_view text, char* out) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// Encodes what is encoded already: of its bytes only '%' changes.
char* put_twice_encoded(std::string_view text, char* out) {
  while (true) {
    const std::size_t percent = text.find('%');
    if (percent == std::string_view::npos) return put(text, out);
    out = put(text.substr(0, percent), out);
    out = put("%25", out);
    text.remove_prefix(percent + 1);
  }
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

char* put_encoded(char c, char* out) {
  if (!is_unreserved(c)) return percent_encode(std::string_view(&c, 1), out);
  *out = c;
  return out + 1;
}

bool is_https(std::string_view scheme) { return scheme.size() == 5; }

// Section 3.4.1.2: the port is left out if it is the scheme's own, or if none follows the colon.
std::string_view without_default_port(std::string_view authority, std::string_view scheme) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return authority;
  // In an IPv6 address without a port this ends in ']', and so is no usual port either.
  const std::string_view port = authority.substr(colon + 1);
  const std::string_view usual = is_https(scheme) ? "443" : "80";
  return port.empty() || port == usual ? authority.substr(0, colon) : authority;
}

std::size_t size_of(const std::vector<Parameter>& parameters) {
  std::size_t out = 0;
  for (const Parameter& p : parameters) out += 3 * (p.name.size() + p.value.size()) + 6;
  return out;
}

constexpr std::string_view kCrlf = "%0D%0A", kLf = "%0A";

bool change_parameters(QuirkSet quirks) {
  return quirks.has(Quirk::RawBodyHash) || quirks.has(Quirk::QueryInForm) ||
         quirks.has(Quirk::CrlfFields);
}

bool same(const Parameter& a, const Parameter& b) {
  return a.order == b.order && a.name == b.name && a.value == b.value;
}

bool has_crlf(const Parameter& parameter) {
  return parameter.source == Source::Form && parameter.value.find(kCrlf) != std::string_view::npos;
}

// What Quirk::RawBodyHash is about.
bool may_be_raw(const Parameter& parameter) {
  return parameter.name == name(Field::BodyHash) || parameter.name == name(Field::ConsumerKey);
}

// Appends `value`, which is encoded, with every CRLF in it as LF.
void append_with_line_feeds(std::string_view value, std::string& out) {
  for (std::size_t at = value.find(kCrlf); at != value.npos; at = value.find(kCrlf)) {
    out += value.substr(0, at);
    out += kLf;
    value.remove_prefix(at + kCrlf.size());
  }
  out += value;
}

// Puts LF for CRLF in form values. The new ones stand in `text`.
void use_line_feeds(std::vector<Parameter>& parameters, std::string& text) {
  std::size_t size = 0;
  for (const Parameter& p : parameters) size += has_crlf(p) ? p.value.size() : 0;
  text.reserve(size);  // so that it never moves
  for (Parameter& p : parameters) {
    if (!has_crlf(p)) continue;
    const std::size_t start = text.size();
    append_with_line_feeds(p.value, text);
    p.value = std::string_view(text).substr(start);
  }
}

// Of sorted parameters: takes out those of the form that repeat one of the query.
void drop_repeats(std::vector<Parameter>& parameters) {
  auto kept = parameters.begin();
  for (auto from = parameters.begin(); from != parameters.end();) {
    const auto to = std::find_if_not(from, parameters.end(),
                                     [&](const Parameter& p) { return same(p, *from); });
    auto repeats =
        std::count_if(from, to, [](const Parameter& p) { return p.source == Source::Query; });
    for (; from != to; ++from) {
      if (from->source == Source::Form && repeats-- > 0) continue;
      *kept++ = *from;
    }
  }
  parameters.erase(kept, parameters.end());
}

// As a client with these quirks puts them into its base string. Values that change stand in `text`.
std::vector<Parameter> quirky(const std::vector<Parameter>& parameters, QuirkSet quirks,
                              std::string& text) {
  std::vector<Parameter> out = parameters;
  if (quirks.has(Quirk::RawBodyHash)) {
    // What is plain isn't encoded for the second time, and so is encoded once in all.
    for (Parameter& parameter : out) parameter.plain = parameter.plain || may_be_raw(parameter);
  }
  if (quirks.has(Quirk::CrlfFields)) use_line_feeds(out, text);
  std::sort(out.begin(), out.end(), before);
  if (quirks.has(Quirk::QueryInForm)) drop_repeats(out);
  return out;
}

std::string_view build(const RequestView& request, const std::vector<Parameter>& sorted,
                       Arena& arena) {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  const std::size_t uri =
      request.scheme.size() + request.authority.size() + request.path_prefix.size() + path.size();
  const std::size_t most = request.method.size() + 3 * uri + size_of(sorted) + 16;
  char* const start = arena.take(most);
  char* out = start;

  for (char c : request.method) out = put_encoded(upper(c), out);
  *out++ = '&';
  for (char c : request.scheme) out = put_encoded(lower(c), out);
  out = put("%3A%2F%2F", out);
  for (char c : without_default_port(request.authority, request.scheme)) {
    out = put_encoded(lower(c), out);
  }
  out = percent_encode(request.path_prefix, out);
  out = percent_encode(path, out);
  if (path.empty() && request.path_prefix.empty()) out = put("%2F", out);
  *out++ = '&';
  bool first = true;
  for (const Parameter& parameter : sorted) {
    if (!first) out = put("%26", out);
    first = false;
    if (parameter.plain) {
      out = put(parameter.name, out);
      out = put("%3D", out);
      out = put(parameter.value, out);
    } else {
      out = put_twice_encoded(parameter.name, out);
      out = put("%3D", out);
      out = put_twice_encoded(parameter.value, out);
    }
  }
  arena.give_back(out);
  return {start, static_cast<std::size_t>(out - start)};
}

}  // namespace

std::string_view build_base_string(const RequestView& request, Parameters& parameters,
                                   QuirkSet quirks) {
  Arena& arena = parameters.arena();
  if (!change_parameters(quirks)) return build(request, parameters.sorted(), arena);
  std::string text;
  return build(request, quirky(parameters.sorted(), quirks, text), arena);
}

void release_base_string(std::string_view base, Parameters& parameters) {
  parameters.arena().give_back(const_cast<char*>(base.data()));
}

QuirkSet quirks_that_matter(const Parameters& parameters) {
  QuirkSet out;
  bool line_feed_in_query = false, in_query = false, in_form = false;
  const Parameter* last = nullptr;
  for (const Parameter& p : parameters.sorted()) {
    if (!p.plain && may_be_raw(p)) out.add(Quirk::RawBodyHash);
    if (last == nullptr || !same(*last, p)) in_query = in_form = false;
    last = &p;
    in_query = in_query || p.source == Source::Query;
    in_form = in_form || p.source == Source::Form;
    if (in_query && in_form) out.add(Quirk::QueryInForm);
    if (p.plain) continue;
    if (has_crlf(p)) out.add(Quirk::CrlfFields);
    if (p.source == Source::Query && p.value.find(kLf) != p.value.npos) line_feed_in_query = true;
  }
  // With LF for CRLF a form value may become one of the query's.
  if (line_feed_in_query && out.has(Quirk::CrlfFields)) out.add(Quirk::QueryInForm);
  return out;
}

std::string_view base_string(const RequestView& request, const Claim&, Workspace& workspace) {
  return build_base_string(request, workspace.state().parameters);
}

}  // namespace verify
