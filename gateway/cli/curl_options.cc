#include "gateway/cli/curl_options.h"

#include <algorithm>
#include <iterator>

namespace gateway::cli {
namespace {

struct Option {
  std::string_view name;  // "--request", or "-X"
  Says says;
};

constexpr Option kOptions[] = {
    {"-X", Says::Method},
    {"--request", Says::Method},
    {"-H", Says::Field},
    {"--header", Says::Field},
    {"-d", Says::Data},
    {"--data", Says::Data},
    {"--data-ascii", Says::Data},
    {"--data-raw", Says::Data},
    {"--data-binary", Says::Data},
    {"--data-urlencode", Says::DataEncoded},
    {"--json", Says::Json},
    {"-G", Says::Get},
    {"--get", Says::Get},
    {"-I", Says::Head},
    {"--head", Says::Head},
    {"--url", Says::Url},
    {"--request-target", Says::Target},
    {"-u", Says::User},
    {"--user", Says::User},
    {"--oauth2-bearer", Says::User},
    {"-F", Says::Part},
    {"--form", Says::Part},
    {"--form-string", Says::Part},
    {"-T", Says::Upload},
    {"--upload-file", Says::Upload},
    {"-A", Says::Value},
    {"--user-agent", Says::Value},
    {"-b", Says::Value},
    {"--cookie", Says::Value},
    {"-c", Says::Value},
    {"--cookie-jar", Says::Value},
    {"-C", Says::Value},
    {"-D", Says::Value},
    {"--dump-header", Says::Value},
    {"-e", Says::Value},
    {"--referer", Says::Value},
    {"-E", Says::Value},
    {"--cert", Says::Value},
    {"--key", Says::Value},
    {"--cacert", Says::Value},
    {"--capath", Says::Value},
    {"--pass", Says::Value},
    {"--ciphers", Says::Value},
    {"-K", Says::Value},
    {"--config", Says::Value},
    {"-m", Says::Value},
    {"--max-time", Says::Value},
    {"--connect-timeout", Says::Value},
    {"-o", Says::Value},
    {"--output", Says::Value},
    {"--output-dir", Says::Value},
    {"-r", Says::Value},
    {"--range", Says::Value},
    {"-w", Says::Value},
    {"--write-out", Says::Value},
    {"-x", Says::Value},
    {"--proxy", Says::Value},
    {"-U", Says::Value},
    {"--proxy-user", Says::Value},
    {"-y", Says::Value},
    {"-Y", Says::Value},
    {"-z", Says::Value},
    {"--resolve", Says::Value},
    {"--connect-to", Says::Value},
    {"--interface", Says::Value},
    {"--retry", Says::Value},
    {"--retry-delay", Says::Value},
    {"--retry-max-time", Says::Value},
    {"--max-redirs", Says::Value},
    {"--limit-rate", Says::Value},
    {"--unix-socket", Says::Value},
    {"--trace", Says::Value},
    {"--trace-ascii", Says::Value},
    {"--stderr", Says::Value},
    {"--url-query", Says::UrlQuery},
    {"--next", Says::Next},
    {"-:", Says::Next},
};

// Flags that change nothing that is signed.
constexpr std::string_view kShortFlags = "#0123469BfgijJklLNnOpqRsSv";
constexpr std::string_view kLongFlags[] = {"--silent",
                                           "--show-error",
                                           "--verbose",
                                           "--include",
                                           "--insecure",
                                           "--location",
                                           "--fail",
                                           "--compressed",
                                           "--globoff",
                                           "--path-as-is",
                                           "--no-buffer",
                                           "--http1.1",
                                           "--http1.0",
                                           "--http2",
                                           "--http3",
                                           "--remote-name",
                                           "--progress-bar",
                                           "--ipv4",
                                           "--ipv6",
                                           "--no-keepalive",
                                           "--raw",
                                           "--tlsv1.2",
                                           "--tlsv1.3",
                                           "--tcp-nodelay",
                                           "--location-trusted",
                                           "--fail-with-body",
                                           "--no-progress-meter",
                                           "--anyauth",
                                           "--basic"};

}  // namespace

std::optional<Says> look_up(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kOptions), std::end(kOptions),
                                         [&](const Option& option) { return option.name == name; });
  if (found != std::end(kOptions)) return found->says;
  if (name.size() == 2 && kShortFlags.find(name[1]) != kShortFlags.npos) return Says::Flag;
  if (std::find(std::begin(kLongFlags), std::end(kLongFlags), name) != std::end(kLongFlags)) {
    return Says::Flag;
  }
  return std::nullopt;
}

bool has_value(Says says) {
  return says != Says::Get && says != Says::Head && says != Says::Flag && says != Says::Next;
}

}  // namespace gateway::cli
