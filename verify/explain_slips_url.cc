// Slips in the first two parts of a base string: method and URL.

#include <algorithm>
#include <array>

#include "verify/explain_slips.h"

namespace verify {
namespace {

constexpr std::size_t kMaxSegments = 3;  // at the front of a path, left out one after the other

std::string upper_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// ":8443", or nothing.
std::string_view port_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == authority.npos || authority.find(']', colon) != authority.npos) return {};
  return authority.substr(colon);
}

std::string without_port(const std::string& authority) {
  return authority.substr(0, authority.size() - port_of(authority).size());
}

std::string_view usual_port(std::string_view scheme) { return scheme == "https" ? ":443" : ":80"; }

void add_scheme(const Recipe& right, Slips& out) {
  const bool https = right.scheme == "https";
  const std::string other = https ? "http" : "https";
  const std::string sentence =
      https
          ? "The URL was signed with http:// and is https:// here: sign the https URL, or correct "
            "listen.external_url if clients do call http."
          : "The URL was signed with https:// and the gate takes it for http://: set "
            "listen.external_url to the https URL that clients call, or sign the http URL.";
  out.add(Aspect::Scheme, other, sentence, [other](Recipe& r) { r.scheme = other; });
}

void add_authority(const std::string& name, const std::string& authority,
                   const std::string& sentence, Slips& out) {
  out.add(Aspect::Authority, name, sentence, [authority](Recipe& r) { r.authority = authority; });
}

void add_ports(const Recipe& right, Slips& out) {
  const std::string host = without_port(right.authority);
  if (host != right.authority) {
    add_authority("port_left_out", host,
                  "The port was left out of the URL: sign " + shown(right.authority) +
                      ", or correct listen.external_url.",
                  out);
  }
  for (const std::string_view port :
       {usual_port(right.scheme), std::string_view(":80"), std::string_view(":443")}) {
    const std::string written = host + std::string(port);
    if (written == right.authority) continue;
    const bool usual = port == usual_port(right.scheme);
    const std::string known = usual ? "which a base string never has"
                                    : "which is not the port of " + right.scheme + " here";
    add_authority(usual ? "default_port_written" : "other_port_written", written,
                  "The URL was signed with " + std::string(port) + ", " + known + ": sign " +
                      shown(right.authority) + " as the host.",
                  out);
  }
}

void add_host(const Evidence& evidence, const Recipe& right, Slips& out) {
  const std::string host(evidence.host);
  if (!host.empty()) {
    const std::string sentence = "The host was signed as the Host field has it, " + shown(host) +
                                 ", and counts as " + shown(right.authority) +
                                 ": sign that, or correct listen.external_url.";
    add_authority("host_field", lower_case(host), sentence, out);
    add_authority("host_field_without_port", without_port(lower_case(host)), sentence, out);
    add_authority("port_of_host_field", without_port(right.authority) + std::string(port_of(host)),
                  sentence, out);
  }
  for (const std::string& written : {host, std::string(evidence.request.authority)}) {
    add_authority("host_in_capitals", written,
                  "The host was signed in capital letters: write it in lower case.", out);
  }
  const std::string capitals = without_port(host);
  const std::string_view port = usual_port(right.scheme);
  if (capitals != lower_case(capitals) && right.authority == lower_case(capitals)) {
    add_authority("host_in_capitals_and_port", capitals + std::string(port),
                  "The host was signed in capital letters and with " + std::string(port) +
                      ", which a base string never has: sign " + shown(right.authority) + '.',
                  out);
  }
}

void add_names_of_host(const Evidence& evidence, const Recipe& right, Slips& out) {
  const std::string& host = right.authority;
  const bool www = host.starts_with("www.");
  add_authority(www ? "www_left_out" : "www_added", www ? host.substr(4) : "www." + host,
                std::string("The host was signed ") + (www ? "without" : "with") +
                    " \"www.\" at its front: sign " + shown(host) +
                    ", or correct listen.external_url.",
                out);
  const std::string name = without_port(host);
  const std::string port(port_of(host));
  const bool dot = name.ends_with('.');
  add_authority(dot ? "host_dot_left_out" : "host_dot_added",
                (dot ? name.substr(0, name.size() - 1) : name + '.') + port,
                std::string("The host was signed ") + (dot ? "without the" : "with a") +
                    " '.' at its end: sign " + shown(host) + '.',
                out);
  for (const std::string local : {"localhost", "127.0.0.1", "[::1]"}) {
    add_authority("local_name", local + port,
                  "The host was signed as " + local + " and counts as " + shown(host) +
                      ": sign the URL that is called.",
                  out);
  }
  const std::string capitals = upper_case(host);
  if (evidence.host != capitals) {
    add_authority("host_in_capitals", capitals,
                  "The host was signed in capital letters: write it in lower case.", out);
  }
}

// Instead of scheme, authority and path.
void add_whole_urls(const Recipe& right, Slips& out) {
  const auto add = [&](const std::string& url, const std::string& what) {
    out.add(Aspect::Authority, "url_in_part",
            "Of the URL only " + what +
                " signed: sign scheme, "
                "host and path.",
            [url](Recipe& r) { r.url = url; });
  };
  add(right.path, "the path was");
  add(right.path.substr(1), "the path without its '/' was");
  add(right.authority + right.path, "host and path were");
  add("//" + right.authority + right.path, "host and path were");
  add(right.scheme + "://" + right.authority, "scheme and host were");
  out.add(Aspect::Scheme, "scheme_in_capitals",
          "The scheme was signed in capital letters: write it in lower case.",
          [](Recipe& r) { r.scheme = upper_case(r.scheme); });
}

// At the first ';', whatever segment it is of, or at that of the last one.
std::string without_parameters(const std::string& path, std::size_t from) {
  return path.substr(0, path.find(';', from));
}

// "/v1/x" without its first segments, for clients that know a URL by another base.
void add_segments(const Recipe& right, Slips& out) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < kMaxSegments; ++i) {
    at = right.path.find('/', at + 1);
    if (at == right.path.npos) return;
    const std::string front = right.path.substr(0, at), rest = right.path.substr(at);
    out.add(Aspect::Path, "path_front_left_out",
            "The path was signed without " + shown(front) +
                " at its front: sign the whole path that is called, or correct the path of "
                "listen.external_url.",
            [rest](Recipe& r) { r.path = rest; });
  }
}

void add_path(const std::string& name, const std::string& path, const std::string& sentence,
              Slips& out) {
  out.add(Aspect::Path, name, sentence, [path](Recipe& r) { r.path = path; });
}

void add_query_in_url(const Evidence& evidence, const Recipe& right, Slips& out) {
  const std::size_t mark = evidence.request.target.find('?');
  if (mark == evidence.request.target.npos) return;
  // Without what was added when the request was signed.
  std::string query;
  for (const Item& item : form_items(evidence.request.target.substr(mark + 1), Source::Query)) {
    if (is_own(item)) continue;
    query += (query.empty() ? '?' : '&') + item.name + (item.bare ? "" : "=" + item.value);
  }
  const std::string url = right.path + query;
  const std::string sentence =
      "The query was signed as part of the URL: sign the URL up to the '?', and the query's pairs "
      "among the parameters.";
  out.add(Aspect::Whole, "query_in_url", sentence, [url](Recipe& r) {
    r.path = url;
    std::erase_if(r.items,
                  [](const Item& item) { return item.source == Source::Query && !is_own(item); });
  });
  out.add(Aspect::Path, "query_in_url_too", sentence, [url](Recipe& r) { r.path = url; });
  add_path("question_mark_in_url", right.path + '?',
           "The URL was signed with the '?' before its query: sign it up to that.", out);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Escapes of unreserved bytes decoded, all others in upper or lower case (RFC 3986 6.2.2).
std::string escapes_rewritten(std::string_view path, bool upper, bool decode) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string_view escape = path.substr(i, 3);
    if (path[i] != '%' || escape.size() < 3 || !is_hex(escape[1]) || !is_hex(escape[2])) {
      out += path[i];
      continue;
    }
    std::string byte;
    if (decode && percent_decode(escape, byte) && is_unreserved(byte[0])) {
      out += byte;
    } else {
      out += upper ? upper_case(escape) : lower_case(escape);
    }
    i += 2;
  }
  return out;
}

std::string slashes_joined(const std::string& path) {
  std::string out = path;
  out.erase(
      std::unique(out.begin(), out.end(), [](char a, char b) { return a == '/' && b == '/'; }),
      out.end());
  return out;
}

// "/a/./b/../c" as "/a/c" (RFC 3986 5.2.4).
std::string dots_removed(std::string_view path) {
  std::vector<std::string_view> segments;
  bool open = false;  // ends in a '/'
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    open = segment == "." || segment == "..";
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!open) segments.push_back(segment);
  }
  std::string out;
  for (const std::string_view segment : segments) out += '/' + std::string(segment);
  return open ? out + '/' : out;
}

void add_spellings_of_path(const Recipe& right, Slips& out) {
  constexpr auto kSpelling =
      "The path was signed in another spelling than it is called in: sign what is called.";
  Item path{.name = right.path};
  const std::string decoded = decoded_name(path);
  const auto add = [&](const std::string& text) { add_path("path_recoded", text, kSpelling, out); };
  add_path("path_decoded", decoded,
           "The path was decoded before it was signed: sign it as it is called.", out);
  for (const std::string_view left : {"/", "/!*'()", "/:@!$&'()*+,;=", "/;,:@&=+$!*'()#"}) {
    const Codec codec{.left = left};
    add_path("path_encoded", encode(right.path, codec),
             "The path was encoded once more before it was signed: sign it as it is called.", out);
    add(encode(decoded, codec));
  }
  add(encode(decoded, {.left = "/", .plus_for_space = true}));
  add(encode(decoded, {.left = "/", .escaped = "~"}));
  add(encode(decoded, {.left = "/", .lower_case = true}));
  for (const bool upper : {true, false}) {
    for (const bool decode : {true, false}) add(escapes_rewritten(right.path, upper, decode));
  }
  add_path("path_slashes_joined", slashes_joined(right.path),
           "The path was signed with one '/' in place of several: sign what is called.", out);
  add_path("path_dots_removed", dots_removed(right.path),
           "The path was signed without its '.' and '..' segments: sign what is called.", out);
  const auto in_case = [&](const std::string& text) {
    add_path("path_in_other_case", text,
             "The path was signed in other letter case than it is called in: sign what is called.",
             out);
  };
  in_case(lower_case(right.path));
  in_case(upper_case(right.path));
}

}  // namespace

void add_url_slips(const Evidence& evidence, const Recipe& right, Slips& out) {
  add_scheme(right, out);
  for (const OtherUrl& other : evidence.other_urls) {
    out.add(Aspect::Authority, "other_url", other.sentence, [&other](Recipe& r) {
      r.scheme = other.scheme;
      r.authority = other.authority;
      r.path = other.path;
    });
  }
  add_ports(right, out);
  add_host(evidence, right, out);
  add_names_of_host(evidence, right, out);
  out.add(Aspect::UrlCodec, "url_not_encoded",
          "The URL stands in the base string as it is: encode it.",
          [](Recipe& r) { r.uri_encoded = false; });
  out.add(Aspect::UrlCodec, "url_encoded_twice",
          "The URL was encoded twice in the base string: encode it once.",
          [](Recipe& r) { r.uri_encoded_twice = true; });
}

void add_path_slips(const Evidence& evidence, const Recipe& right, Slips& out) {
  const RequestView& request = evidence.request;
  const std::string target(request.target.substr(0, request.target.find('?')));
  if (!request.path_prefix.empty()) {
    const std::string prefix(request.path_prefix);
    if (target.starts_with(prefix)) {
      add_path("path_prefix_once", target,
               "The path was signed with " + shown(prefix) +
                   " once, and listen.external_url adds it to a path that has it already: take it "
                   "out of listen.external_url.",
               out);
    }
    add_path("path_prefix_left_out", target.empty() ? "/" : target,
             "The path was signed without " + shown(prefix) +
                 ", which listen.external_url has: sign the URL that is called, or correct "
                 "listen.external_url.",
             out);
  }
  if (right.path == "/") {
    add_path("slash_left_out", "", "The URL was signed without the '/' of its empty path: add it.",
             out);
  } else if (right.path.ends_with('/')) {
    add_path("slash_left_out", right.path.substr(0, right.path.size() - 1),
             "The path was signed without the '/' at its end: sign the path that is called.", out);
  }
  add_path("slash_added", right.path + '/',
           "The path was signed with a '/' at its end that is not called: leave it out.", out);
  add_spellings_of_path(right, out);
  for (const std::size_t from : {right.path.rfind('/') + 1, std::size_t{0}}) {
    add_path("path_parameters_left_out", without_parameters(right.path, from),
             "The path was cut at the ';' before it was signed: sign it whole.", out);
  }
  add_query_in_url(evidence, right, out);
  add_segments(right, out);
  add_whole_urls(right, out);
}

void add_method_slips(const Evidence& evidence, const Recipe& right, Slips& out) {
  const auto signed_as = [&](const std::string& name, const std::string& method,
                             const std::string& sentence) {
    if (method == right.method) return;
    out.add(Aspect::Method, name, sentence, [method](Recipe& r) { r.method = method; });
  };
  signed_as("method_in_lower_case", lower_case(right.method),
            "The method was signed in lower case: write it " + right.method + ".");
  signed_as("method_in_lower_case", right.method.substr(0, 1) + lower_case(right.method.substr(1)),
            "The method was signed with small letters: write it " + right.method + ".");
  const std::string other(evidence.other_method);
  if (!other.empty()) {
    signed_as("method_override", other,
              "The method of an override field, " + shown(other) +
                  ", was signed: sign the one of the request line, " + right.method + ".");
  }
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}) {
    signed_as("method_" + lower_case(method), method,
              "The method was signed as " + method + " and is " + right.method +
                  ": sign the method that is used (a library that repeats a request, or follows a "
                  "redirect, may change it).");
  }
}

}  // namespace verify
