#pragma once

// A request as people have it at hand: a dump of its HTTP/1.1 bytes, or a curl command. Read
// leniently, since editors, terminals and mail change such texts; what was made up or passed over
// is remarked on. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/error.h"
#include "verify/result.h"

namespace gateway::cli {

struct RequestText {
  std::string method = "GET";
  std::string scheme, authority;  // of an absolute URL; empty: not told
  std::string target = "/";       // origin-form, as written
  std::vector<std::pair<std::string, std::string>> fields;
  std::string fragment;  // of the URL of a command; never sent
  std::string body;
  std::vector<std::string> remarks;
  std::vector<http::Error> flaws;  // for which the gate takes no such message

  // The first value of a field, in any case; null without one.
  const std::string* field(std::string_view name) const;
  std::string_view value_or_empty(std::string_view name) const;
  void remark(std::string sentence) { remarks.push_back(std::move(sentence)); }
};

// Fails with a sentence.
using ReadRequest = verify::Result<RequestText, std::string>;

// Request line, fields, an empty line, the body; lines end in CRLF or LF. The lines of `curl -v`
// that begin with "> " are taken too.
ReadRequest read_http(std::string_view text);

// A command line for a POSIX shell, or for cmd of Windows, as it is pasted. Fails on what browsers
// copy for other shells.
ReadRequest read_curl(std::string_view text);

// The words of the first command in a text for a POSIX shell, unquoted. Nothing is expanded.
struct ShellWords {
  std::vector<std::string> words;
  std::vector<std::string> remarks;
};
ShellWords shell_words(std::string_view text);

// The same as Windows takes a command apart: first cmd, with its '^', and then the program itself.
ShellWords cmd_words(std::string_view text);
// Whether the text is for cmd.
bool is_for_cmd(std::string_view text);

}  // namespace gateway::cli
