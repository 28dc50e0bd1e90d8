// Slips in the first two parts of a base string: method and URL.

#include <algorithm>
#include <array>

#include "verify/explain_slips.h"

namespace verify {
namespace {

constexpr std::size_t kMaxSegments = 3;  // at the front of a path, left out one after the other

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
}

std::string without_parameters(const std::string& path) {
  const std::size_t at = path.find(';', path.rfind('/') + 1);
  return path.substr(0, at);
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
  const std::string url = right.path + std::string(evidence.request.target.substr(mark));
  const std::string sentence =
      "The query was signed as part of the URL: sign the URL up to the '?', and the query's pairs "
      "among the parameters.";
  out.add(Aspect::Path, "query_in_url", sentence, [url](Recipe& r) {
    r.path = url;
    std::erase_if(r.items,
                  [](const Item& item) { return item.source == Source::Query && !is_own(item); });
  });
  out.add(Aspect::Path, "query_in_url_too", sentence, [url](Recipe& r) { r.path = url; });
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
  out.add(Aspect::Whole, "url_not_encoded",
          "The URL stands in the base string as it is: encode it.",
          [](Recipe& r) { r.uri_encoded = false; });
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
  Item path;
  path.name = right.path;
  path.source = Source::Header;  // where '+' is no space
  const Codec keep_slashes{.left = "/"};
  add_path("path_decoded", decoded_name(path),
           "The path was decoded before it was signed: sign it as it is called.", out);
  add_path("path_encoded", encode(right.path, keep_slashes),
           "The path was encoded once more before it was signed: sign it as it is called.", out);
  add_path("path_recoded", encode(decoded_name(path), keep_slashes),
           "The path was signed in another spelling than it is called in: sign what is called.",
           out);
  add_path("path_parameters_left_out", without_parameters(right.path),
           "The path was cut at the ';' before it was signed: sign it whole.", out);
  add_query_in_url(evidence, right, out);
  add_segments(right, out);
}

void add_method_slips(const Evidence& evidence, const Recipe& right, Slips& out) {
  const auto signed_as = [&](const std::string& name, const std::string& method,
                             const std::string& sentence) {
    if (method == right.method) return;
    out.add(Aspect::Method, name, sentence, [method](Recipe& r) { r.method = method; });
  };
  signed_as("method_in_lower_case", lower_case(right.method),
            "The method was signed in lower case: write it " + right.method + ".");
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
