// Requests as people have them at hand: dumps of HTTP, and curl commands.

#include "gateway/cli/request_text.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using gateway::cli::read_curl;
using gateway::cli::read_http;
using gateway::cli::RequestText;
using gateway::cli::shell_words;

namespace {

using Words = std::vector<std::string>;

RequestText http(const std::string& text) {
  auto read = read_http(text);
  CAPTURE(text);
  REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error()));
  return *std::move(read);
}

RequestText curl(const std::string& text) {
  auto read = read_curl(text);
  CAPTURE(text);
  REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error()));
  return *std::move(read);
}

std::string url(const RequestText& request) {
  return request.scheme + "://" + request.authority + request.target;
}

std::string remarks(const RequestText& request) {
  std::string out;
  for (const std::string& remark : request.remarks) out += remark + '\n';
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a dump is read with either line end") {
  const std::string text =
      "POST /a?b=%20 HTTP/1.1\r\nHost: h:81\r\nauthorization:  OAuth x=\"y\" \r\n"
      "Content-Length: 5\r\n\r\na=b\r\n";
  for (const bool crlf : {true, false}) {
    std::string dump = text;
    while (!crlf && dump.find('\r') != dump.npos) dump.erase(dump.find('\r'), 1);
    if (!crlf) dump.replace(dump.find("5"), 1, "4");
    const RequestText request = http(dump);
    CHECK(request.method == "POST");
    CHECK(request.target == "/a?b=%20");
    CHECK(request.scheme.empty());
    CHECK(*request.field("HOST") == "h:81");
    CHECK(*request.field("Authorization") == "OAuth x=\"y\"");
    CHECK(request.field("Accept") == nullptr);
    CHECK(request.body == (crlf ? "a=b\r\n" : "a=b\n"));
    CHECK(request.remarks.empty());
  }
}

TEST_CASE("a body without Content-Length loses the line end that an editor adds") {
  CHECK(http("GET / HTTP/1.1\nHost: h\n\na=b\n").body == "a=b");
  CHECK(http("GET / HTTP/1.1\nHost: h\n\na=b").body == "a=b");
  CHECK(http("GET / HTTP/1.1\nHost: h\n\n").body.empty());
  CHECK(http("GET / HTTP/1.1\nHost: h").body.empty());
}

TEST_CASE("Content-Length cuts a body, and a shorter one is remarked on") {
  const RequestText more = http("GET / HTTP/1.1\nContent-Length: 3\n\na=bcd");
  CHECK(more.body == "a=b");
  CHECK(has(remarks(more), "Content-Length is 3, and the body here has 5"));
  CHECK(http("GET / HTTP/1.1\nContent-Length: 3\n\na=b\r\n").remarks.empty());
  const RequestText cut = http("GET / HTTP/1.1\nContent-Length: 9\n\na=b");
  CHECK(cut.body == "a=b");
  CHECK(has(remarks(cut), "Content-Length is 9, and the body here has 3"));
}

TEST_CASE("chunks are joined, and a body that is none from begin to end is taken as it stands") {
  const std::string head = "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n";
  CHECK(http(head + "3\r\na=b\r\n2;x=y\r\ncd\r\n0\r\n\r\n").body == "a=bcd");
  CHECK(http(head + "3\na=b\n0\n\n").body == "a=b");
  CHECK(http(head + "3\na=b\n0\nX: y\n\n").body == "a=b");
  for (const std::string body : {"3\na=b\n5\nc", "a=1&b=2", "x=payload alone", "3\na=b", "c",
                                 "2\na=b\n0\n\n", "-1\na\n0\n\n", "3\na=b\n0\n\nmore"}) {
    CAPTURE(body);
    const RequestText odd = http(head + body);
    // But for the line end that an editor adds.
    CHECK(odd.body == (body.ends_with('\n') ? body.substr(0, body.size() - 1) : body));
    CHECK(has(remarks(odd), "The head says that the body is chunked"));
  }
}

TEST_CASE("framing that the gate refuses is told") {
  const std::string line = "POST / HTTP/1.1\n";
  for (const std::string fields :
       {"Content-Length: 3\nContent-Length: 3\n", "Content-Length: +3\n", "Content-Length: 3,3\n",
        "Content-Length: 3\nTransfer-Encoding: chunked\n", "Transfer-Encoding: gzip, chunked\n"}) {
    CAPTURE(fields);
    const RequestText request = http(line + fields + "\na=b");
    CHECK(request.flaws.size() == 1);
    CHECK(request.body == "a=b");
  }
}

TEST_CASE("fields of which the gate takes one alone are told where they stand twice") {
  const std::string one = "GET / HTTP/1.1\nHost: h\nAuthorization: OAuth a\nContent-Type: a/b\n";
  CHECK(http(one + "Accept: a/b\nAccept: c/d\n\n").flaws.empty());
  for (const std::string name : {"Host", "authorization", "CONTENT-TYPE"}) {
    const RequestText request = http(one + name + ": x\n\n");
    REQUIRE(request.flaws.size() == 1);
    CHECK(has({request.flaws[0].sentence}, "given more than once"));
  }
  CHECK(http(one + "Host: i\nHost: j\nContent-Type: c\n\n").flaws.size() == 2);
}

TEST_CASE("what curl -v shows, other versions, and blank lines before it are taken") {
  const RequestText verbose = http(
      "*   Trying 127.0.0.1:80...\n> GET /a HTTP/2\n> Host: h\n> Accept: */*\n> \n* more\n"
      "< HTTP/2 401\n");
  CHECK(verbose.target == "/a");
  CHECK(*verbose.field("Host") == "h");
  CHECK(has(remarks(verbose), "HTTP/2"));
  CHECK(http("\n\r\nGET /a\nHost: h\n\n").target == "/a");
  CHECK(http("GET http://h/a HTTP/1.1\n\n").target == "http://h/a");
}

TEST_CASE("what is no request is refused with a sentence") {
  for (const std::string text :
       {"", "\n\n", "hello", "GET\n", " GET / HTTP/1.1", "GET / HTTP/1.1\nno colon\n\n",
        "GET / HTTP/1.1\nA\x01: b\n\n", "GET / HTTP/1.1\nHost: h\n folded\n\n"}) {
    CAPTURE(text);
    const auto read = read_http(text);
    if (text == " GET / HTTP/1.1") {
      CHECK(read.ok());
      continue;
    }
    REQUIRE_FALSE(read.ok());
    CHECK_FALSE(read.error().empty());
  }
}

TEST_CASE("words are taken apart as a shell does") {
  struct Row {
    std::string text;
    Words words;
  };
  const Row rows[] = {
      {"", {}},
      {"  a  b\tc ", {"a", "b", "c"}},
      {"a'b c'd", {"ab cd"}},
      {"''", {""}},
      {R"('a\b"c$d')", {R"(a\b"c$d)"}},
      {R"("a \"b\" \\ \c \$d")", {R"(a "b" \ \c $d)"}},
      {"\"a\\\nb\"", {"ab"}},
      {"a \\\n  b \\\r\n c", {"a", "b", "c"}},
      {R"(a\ b\'c)", {"a b'c"}},
      {R"($'a\'b\n\t\\\x41\102\u00e9\u20ac')", {"a'b\n\t\\AB\xc3\xa9\xe2\x82\xac"}},
      {"'it'\\''s'", {"it's"}},
      {"a | b", {"a"}},
      {"a > b", {"a"}},
      {"a;b", {"a"}},
      {"a\nb", {"a"}},
      {"\n\na", {"a"}},
      {"a&b", {"a"}},
      {"a 'b", {"a", "b"}},
      {"a \\", {"a"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(shell_words(row.text).words == row.words);
  }
  CHECK(shell_words("a 'b").remarks.size() == 1);
  CHECK(shell_words("a h?x&y").remarks.size() == 1);
  CHECK(shell_words("a & b").remarks.empty());
  CHECK(shell_words("a \"$B $C\" ${D}").remarks.size() == 1);
  CHECK(shell_words("a '$B' \"$\" 5$").remarks.empty());
}

TEST_CASE("a curl command is the request that curl would send") {
  struct Row {
    std::string options, method, url, body, type;
  };
  const std::string form = "application/x-www-form-urlencoded";
  const Row rows[] = {
      {"'https://h/a?b=1'", "GET", "https://h/a?b=1", "", ""},
      {"https://h", "GET", "https://h/", "", ""},
      {"https://h?b", "GET", "https://h/?b", "", ""},
      {"https://h/a#b", "GET", "https://h/a", "", ""},
      {"-X PUT https://h/", "PUT", "https://h/", "", ""},
      {"-XDELETE https://h/", "DELETE", "https://h/", "", ""},
      {"--request PATCH --url https://h/", "PATCH", "https://h/", "", ""},
      {"-I https://h/", "HEAD", "https://h/", "", ""},
      {"-d a=1 https://h/ -d b=2", "POST", "https://h/", "a=1&b=2", form},
      {"-da=1 https://h/", "POST", "https://h/", "a=1", form},
      {"--data a=1 --data-raw @b --data-binary c https://h/", "POST", "https://h/", "a=1&@b&c",
       form},
      {"--data-urlencode 'a=b c&' --data-urlencode '=d+' --data-urlencode e%20f https://h/", "POST",
       "https://h/", "a=b%20c%26&d%2B&e%2520f", form},
      {"-G -d a=1 https://h/", "GET", "https://h/?a=1", "", ""},
      {"-G -d a=1 'https://h/?b'", "GET", "https://h/?b&a=1", "", ""},
      {"-H 'Content-Type: text/plain' -d a https://h/", "POST", "https://h/", "a", "text/plain"},
      {"-H 'content-type:' -d a https://h/", "POST", "https://h/", "a", ""},
      {"--json '{\"a\":1}' https://h/", "POST", "https://h/", "{\"a\":1}", "application/json"},
      {"-F a=b https://h/", "POST", "https://h/", "", "multipart/form-data"},
      {"-T file https://h/", "PUT", "https://h/", "", ""},
      {"-sSLo out -w '%{http_code}' -m 5 https://h/", "GET", "https://h/", "", ""},
      {"-sXPOST https://h/", "POST", "https://h/", "", ""},
      {"--request-target /x https://h/a", "GET", "https://h/x", "", ""},
      {"h:81/a", "GET", "http://h:81/a", "", ""},
      {"https://u:p@h/a", "GET", "https://h/a", "", ""},
      {"-- https://h/a", "GET", "https://h/a", "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    const RequestText request = curl("curl " + row.options);
    CHECK(request.method == row.method);
    CHECK(url(request) == row.url);
    CHECK(request.body == row.body);
    CHECK(request.value_or_empty("Content-Type") == row.type);
    CHECK(request.value_or_empty("Host") == request.authority);
  }
}

TEST_CASE("the fields of a curl command are its own, as pasted") {
  const RequestText request = curl(
      "$ /usr/bin/curl -v \\\n  -H \"Authorization: OAuth a=\\\"b\\\"\" \\\n  -H 'Host: other:82' "
      "-H 'Empty;' \\\n  'https://h/'\n");
  CHECK(*request.field("Authorization") == "OAuth a=\"b\"");
  CHECK(*request.field("Host") == "other:82");
  CHECK(request.authority == "h");
  CHECK(request.remarks.empty());
}

TEST_CASE("what a curl command says and is not read is remarked on, secrets apart") {
  const auto remarked = [](const std::string& options) { return remarks(curl("curl " + options)); };
  CHECK(has(remarked("-u me:hunter2 https://h/"), "-u was passed over"));
  CHECK_FALSE(has(remarked("-u me:hunter2 https://h/"), "hunter2"));
  CHECK_FALSE(has(remarked("https://me:hunter2@h/"), "hunter2"));
  CHECK(has(remarked("-d @secret.txt https://h/"), "not read"));
  CHECK(has(remarked("--unheard-of https://h/"), "--unheard-of"));
  CHECK(has(remarked("-Q https://h/"), "-Q"));
  CHECK(has(remarked("https://h/ https://i/"), "more than one URL"));
  CHECK(has(remarked("https://h/?a=1&b=2"), "outside of quotes"));
  CHECK(has(remarked("-F a=b https://h/"), "multipart"));
  CHECK(has(remarked("h/"), "takes http"));
  CHECK_FALSE(read_curl("wget https://h/").ok());
  CHECK_FALSE(read_curl("curl -X").ok());
  CHECK_FALSE(read_curl("").ok());
}

TEST_CASE("a command copied for cmd of Windows is read as Windows reads it") {
  const std::string wanted = "OAuth oauth_nonce=\"n\", oauth_signature=\"a%2Bb%3D\"";
  const std::string commands[] = {
      "curl ^\"https://h/p?a=1^&b=%^2F^\" ^\r\n  -H ^\"Authorization: OAuth "
      "oauth_nonce=^\\^\"n^\\^\", "
      "oauth_signature=^\\^\"a^%^2Bb^%^3D^\\^\"^\" ^\r\n  --compressed",
      "curl.exe ^\"https://h/p?a=1^&b=^%^2F^\" ^\n -H ^\"Authorization: OAuth "
      "oauth_nonce=^\"^\"n^\"^\", "
      "oauth_signature=^\"^\"a^%^2Bb^%^3D^\"^\"^\"",
      "curl \"https://h/p?a=1&b=%2F\" ^\n -H \"Authorization: OAuth oauth_nonce=\\\"n\\\", "
      "oauth_signature=\\\"a%2Bb%3D\\\"\"",
      "curl \"https://h/p?a=1&b=%2F\" -H \"Authorization: OAuth oauth_nonce=\"\"n\"\", "
      "oauth_signature=\"\"a%2Bb%3D\"\"\"",
      "C:\\tools\\curl https://h/p?a=1^&b=%2F -H \"Authorization: OAuth oauth_nonce=\\\"n\\\", "
      "oauth_signature=\\\"a%2Bb%3D\\\"\"",
  };
  for (const std::string& command : commands) {
    CAPTURE(command);
    const auto request = gateway::cli::read_curl(command);
    REQUIRE(request.ok());
    CHECK(request->target == "/p?a=1&b=%2F");
    REQUIRE(request->field("Authorization") != nullptr);
    CHECK(*request->field("Authorization") == wanted);
    CHECK(has(remarks(*request), "cmd of Windows"));
  }
  const auto form = gateway::cli::read_curl(
      "curl ^\"https://h/^\" ^\n  --data-raw ^\"a=1^&b=x^\n\ny^&c=^%^C3^%^BC^\" ^\n  --insecure");
  REQUIRE(form.ok());
  CHECK(form->body == "a=1&b=x\ny&c=%C3%BC");
}

TEST_CASE("what browsers copy for other programs is refused by name") {
  const std::pair<std::string, std::string> rows[] = {
      {"Invoke-WebRequest -Uri \"https://h/\" -Headers @{\n\"Authorization\"=\"OAuth x\"}",
       "PowerShell"},
      {"$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n"
       "Invoke-WebRequest -UseBasicParsing -Uri \"https://h/\"",
       "PowerShell"},
      {"invoke-restmethod https://h/", "no curl command"},
      {"Invoke-RestMethod https://h/", "PowerShell"},
      {"fetch(\"https://h/\", {\"headers\": {\"authorization\": \"OAuth x\"}});", "fetch"},
      {"await fetch(\"https://h/\", {});", "fetch"},
      {"{\"log\": {\"entries\": []}}", "HAR"},
      // A quotation that takes the credentials with it.
      {"curl https://h/ -H Authorization: OAuth oauth_signature=\"x\"", "lost in its quotation"},
      {"curl https://h/ -H \"Authorization: OAuth oauth_nonce=\"n\", oauth_signature=\"s\"\"",
       "lost in its quotation"},
  };
  for (const auto& [text, why] : rows) {
    CAPTURE(text);
    const auto request = gateway::cli::read_curl(text);
    REQUIRE_FALSE(request.ok());
    CAPTURE(request.error());
    CHECK(has(request.error(), why));
  }
}
