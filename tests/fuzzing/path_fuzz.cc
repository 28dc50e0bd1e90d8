// Any bytes as a path: its interpretations are distinct, within the bound, and the path itself is
// the first. As the target of a request: where a public route is found, no interpretation, and no
// server of those below, takes it for a path of the API; nor one of the API for the address of
// mail.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "conf/load.h"
#include "gateway/http/target.h"
#include "gateway/routing/path_interpretations.h"
#include "gateway/routing/routes.h"

namespace {

using namespace gateway::routing;

void must(bool good) {
  if (!good) std::abort();
}

constexpr std::string_view kSettings = R"(
[listen]
address = "127.0.0.1:8080"
external_url = "https://h"
trusted_proxies = ["127.0.0.1/32"]
[store]
path = "/s"
[oauth]
realms = [{ name = "email", description = "Read your mail address" }]
[[upstream]]
name = "api"
servers = ["http://127.0.0.1:9000"]
[[route]]
path = "/api/email"
realms = ["email"]
upstream = "api"
[[route]]
path = "/api/*"
upstream = "api"
[[route]]
path = "/public/*"
auth = "none"
upstream = "api"
)";

const conf::Settings& settings() {
  static const conf::Loaded loaded = conf::load(kSettings);
  must(std::holds_alternative<conf::Settings>(loaded));
  return *std::get_if<conf::Settings>(&loaded);
}

// ---- What a server does with a path, one step at a time; written without a look at the gate's own

int hex(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
  const std::size_t at = kDigits.find(c);
  return at == kDigits.npos ? -1 : static_cast<int>(at % 16);
}

std::string decode(const std::string& path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool escape =
        path[i] == '%' && i + 2 < path.size() && hex(path[i + 1]) >= 0 && hex(path[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex(path[i + 1]) << 4 | hex(path[i + 2])) : path[i];
    if (escape) i += 2;
  }
  return out;
}

std::string backslashes(std::string path) {
  for (char& c : path) c = c == '\\' ? '/' : c;
  return path;
}

std::string merge(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || !out.ends_with('/')) out += c;
  }
  return out;
}

std::string resolve(const std::string& path) {
  std::vector<std::string> segments;
  bool folder = false;
  std::size_t begin = path.starts_with('/') ? 1 : 0;
  for (bool more = true; more;) {
    const std::size_t slash = path.find('/', begin);
    more = slash != path.npos;
    const std::string segment = path.substr(begin, more ? slash - begin : path.npos);
    folder = segment == "." || segment == "..";
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!folder) segments.push_back(segment);
    begin = slash + 1;
  }
  std::string out;
  for (const std::string& segment : segments) out += '/' + segment;
  return folder ? out + '/' : out;
}

std::string cut_parameters(const std::string& path) {
  std::string out;
  bool cut = false;
  for (const char c : path) {
    cut = c == ';' || (cut && c != '/');
    if (!cut) out += c;
  }
  return out;
}

std::string cut_end(const std::string& path) {
  return path.substr(0, path.find_first_of(std::string_view("\0?#", 3)));
}

// Steps: d decodes, b takes backslashes for slashes, m merges slashes, r resolves dots, p cuts
// parameters, e cuts what follows NUL, '?' and '#'. No server decodes more than twice.
constexpr std::string_view kServers[] = {
    "",     "d",     "r",     "m",      "p",      "mr",       "rm",     "dr",      "dmr",
    "drm",  "drmr",  "dbr",   "dbmr",   "bdr",    "bmdr",     "rd",     "rdr",     "mrdmr",
    "pdr",  "dpr",   "prd",   "pdmr",   "dpmr",   "dprm",     "prdpr",  "ddr",     "ddmr",
    "drdr", "ddbmr", "dbddr", "ddpr",   "pddmr",  "drdmr",    "mrdmrd", "dpdpbmr", "de",
    "der",  "ddemr", "dedr",  "dbemrp", "edpbmr", "dbmrdbmrp"};

std::string served(std::string_view steps, std::string path) {
  int decoded = 0;
  for (const char step : steps) {
    switch (step) {
      case 'd':
        if (decoded++ < 2) path = decode(path);
        break;
      case 'b':
        path = backslashes(std::move(path));
        break;
      case 'm':
        path = merge(path);
        break;
      case 'r':
        path = resolve(path);
        break;
      case 'p':
        path = cut_parameters(path);
        break;
      default:
        path = cut_end(path);
    }
  }
  return path;
}

// ---- What must hold

std::vector<std::string> interpretations(std::string_view path, bool& too_many) {
  PathInterpretations readings(path);
  std::vector<std::string> out;
  std::set<std::pair<std::string, unsigned>> seen;
  while (const PathInterpretation* reading = readings.next()) {
    if (out.empty()) must(reading->path == path && reading->changes == 0);
    must(reading->changes < kAllChanges);
    must(seen.insert({reading->path, reading->changes}).second);
    out.push_back(reading->path);
  }
  must(!out.empty());
  must(out.size() <= (path.size() > kLongPath ? kMaxInterpretationsOfLong : kMaxInterpretations));
  too_many = readings.too_many();
  return out;
}

// Without what careless servers overlook.
bool is_mail(std::string path) {
  for (char& c : path) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (path.ends_with('/')) path.pop_back();
  return path == "/api/email";
}

void check_route(std::string_view path) {
  static const RouteTable table(settings());
  const Match match = table.match("h", "GET", path);
  bool too_many = false;
  std::vector<std::string> readings = interpretations(path, too_many);
  if (form_of(path) != PathForm::Knotty) must(readings.size() == 1 && !too_many);
  if (match.kind != Match::Kind::Found) {
    must(match.route == nullptr);
    return;
  }
  must(!too_many);
  for (const std::string_view steps : kServers) {
    readings.push_back(served(steps, std::string(path)));
  }
  const std::string& found = match.route->path.text;
  for (const std::string& reading : readings) {
    if (found == "/api/email") must(reading == found);
    if (found == "/api/*") must(reading.starts_with("/api/") && !is_mail(reading));
    if (found == "/public/*") must(reading.starts_with("/public/"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  bool too_many = false;
  if (text.starts_with('/')) interpretations(text, too_many);
  gateway::http::Target target;
  std::string why;
  if (!gateway::http::parse_target("GET", text, target, why)) {
    must(!why.empty());
    return 0;
  }
  must(target.path.starts_with('/') && target.origin.starts_with(target.path));
  check_route(target.path);
  return 0;
}
