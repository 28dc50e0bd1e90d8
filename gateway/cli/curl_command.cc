// curl's command line: what it would send.

#include <algorithm>
#include <array>
#include <optional>

#include "gateway/cli/request_text.h"
#include "gateway/message.h"
#include "verify/percent.h"

namespace gateway::cli {
namespace {

// What an option says about the request; Value: nothing, but it has a value; Flag: nothing.
enum class Says {
  Method,
  Field,
  Data,  // line ends cut from files, else as it is
  DataEncoded,
  Json,
  Get,
  Head,
  Url,
  Target,
  User,
  Part,
  Upload,
  Value,
  Flag
};

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
    {"--url-query", Says::Value},
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

bool has_value(Says says) { return says != Says::Get && says != Says::Head && says != Says::Flag; }

class Curl {
 public:
  ReadRequest read(std::string_view text) {
    ShellWords shell = shell_words(text);
    out_.remarks = std::move(shell.remarks);
    words_ = std::move(shell.words);
    const auto is_curl = [](const std::string& word) {
      const std::size_t slash = word.rfind('/');
      return (slash == word.npos ? word : word.substr(slash + 1)) == "curl";
    };
    const auto command = std::find_if(words_.begin(), words_.end(), is_curl);
    if (command == words_.end()) return verify::Failure(std::string("there is no curl command"));
    words_.erase(words_.begin(), command + 1);
    for (at_ = 0; at_ < words_.size(); ++at_) word(words_[at_]);
    if (!url_) return verify::Failure(std::string("the curl command has no URL"));
    take_url(*url_);
    put_body();
    if (!target_.empty()) out_.target = target_;
    return std::move(out_);
  }

 private:
  void word(const std::string& word) {
    if (only_urls_ || !word.starts_with('-') || word == "-") return url(word);
    if (word == "--") {
      only_urls_ = true;
    } else if (word.starts_with("--")) {
      long_option(word);
    } else {
      short_options(word);
    }
  }

  void long_option(const std::string& name) {
    const auto says = look_up(name);
    if (!says) return unknown(name);
    option(name, *says, has_value(*says) ? next() : std::string());
  }

  // "-sSX POST" and "-XPOST" alike.
  void short_options(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const std::string name{'-', word[i]};
      const auto says = look_up(name);
      if (!says) {
        unknown(name);
      } else if (has_value(*says)) {
        return option(name, *says, i + 1 < word.size() ? word.substr(i + 1) : next());
      } else {
        option(name, *says, {});
      }
    }
  }

  std::string next() { return at_ + 1 < words_.size() ? words_[++at_] : std::string(); }

  void unknown(const std::string& name) {
    out_.remark("The option " + name + " of curl is not known here, and was passed over.");
  }

  void option(const std::string& name, Says says, const std::string& value) {
    switch (says) {
      case Says::Method:
        method_ = value;
        return;
      case Says::Field:
        return field(value);
      case Says::Data:
        return data(name, value);
      case Says::DataEncoded:
        return data_encoded(name, value);
      case Says::Json:
        json_ = true;
        return data(name, value);
      case Says::Get:
        get_ = true;
        return;
      case Says::Head:
        head_ = true;
        return;
      case Says::Url:
        return url(value);
      case Says::Target:
        target_ = value;
        return;
      case Says::User:
        out_.remark(name + " was passed over: it is no OAuth signature.");
        return;
      case Says::Part:
        multipart_ = true;
        return;
      case Says::Upload:
        upload_ = true;
        out_.remark("The file of " + name + " is not read: the body is taken to be empty.");
        return;
      case Says::Value:
      case Says::Flag:
        return;
    }
  }

  void url(const std::string& value) {
    if (!url_) {
      url_ = value;
    } else {
      out_.remark("The command has more than one URL; the first is looked at.");
    }
  }

  void field(const std::string& line) {
    const std::size_t colon = line.find(':');
    if (line.starts_with('@')) return no_file("-H");
    if (colon == line.npos) return;  // "Name;" sends an empty one
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(" \t"));
    while (value.ends_with(' ') || value.ends_with('\t')) value.pop_back();
    const std::string name = line.substr(0, colon);
    if (value.empty() && same_name(name, "Content-Type")) typed_ = true;  // takes it away
    if (!value.empty()) out_.fields.emplace_back(name, value);
  }

  void no_file(const std::string& option) {
    out_.remark("The file that " + option +
                " names is not read: put what it holds in its place if it was sent.");
  }

  void data(const std::string& name, const std::string& value) {
    const bool file = value.starts_with('@') && name != "--data-raw";
    if (file) no_file(name);
    add_data(file ? std::string() : value);
  }

  // CONTENT, =CONTENT, NAME=CONTENT, @FILE, NAME@FILE
  void data_encoded(const std::string& option, const std::string& value) {
    const std::size_t at = value.find_first_of("=@");
    if (at == value.npos) return add_data(verify::percent_encode(value));
    if (value[at] == '@') {
      no_file(option);
      return add_data({});
    }
    const std::string name = value.substr(0, at + (at == 0 ? 0 : 1));
    add_data(name + verify::percent_encode(std::string_view(value).substr(at + 1)));
  }

  void add_data(const std::string& piece) {
    if (data_ && !json_) *data_ += '&';
    data_ = data_.value_or("") + piece;
  }

  void take_url(std::string_view url) {
    const std::size_t slashes = url.find("://");
    out_.scheme = slashes == url.npos ? "http" : url.substr(0, slashes);
    if (slashes == url.npos) {
      out_.remark("The URL names no scheme, and so curl takes http.");
    } else {
      url.remove_prefix(slashes + 3);
    }
    url = url.substr(0, url.find('#'));
    const std::size_t end = std::min(url.find_first_of("/?"), url.size());
    std::string_view authority = url.substr(0, end);
    const std::size_t user = authority.rfind('@');
    if (user != authority.npos) {
      out_.remark("The user information in the URL was passed over.");
      authority.remove_prefix(user + 1);
    }
    out_.authority = authority;
    out_.target = url.substr(end);
    if (!out_.target.starts_with('/')) out_.target.insert(0, "/");
  }

  void put_body() {
    if (get_ && data_) {
      out_.target += (out_.target.find('?') == out_.target.npos ? '?' : '&') + *data_;
      data_.reset();
    }
    out_.method = head_ ? "HEAD" : upload_ ? "PUT" : data_ || multipart_ ? "POST" : "GET";
    if (!method_.empty()) out_.method = method_;
    if (multipart_) out_.remark("The parts of a multipart body are not signed, nor shown here.");
    if (out_.field("Host") == nullptr) out_.fields.emplace_back("Host", out_.authority);
    const bool typed = typed_ || out_.field("Content-Type") != nullptr;
    if (multipart_ && !typed) out_.fields.emplace_back("Content-Type", "multipart/form-data");
    if (!data_) return;
    out_.body = *data_;
    if (typed) return;
    out_.fields.emplace_back("Content-Type",
                             json_ ? "application/json" : "application/x-www-form-urlencoded");
  }

  RequestText out_;
  std::vector<std::string> words_;
  std::size_t at_ = 0;  // the word looked at
  std::string method_, target_;
  std::optional<std::string> url_, data_;
  bool get_ = false, head_ = false, json_ = false, multipart_ = false, upload_ = false;
  bool typed_ = false;      // a Content-Type is given, or taken away
  bool only_urls_ = false;  // behind "--"
};

}  // namespace

ReadRequest read_curl(std::string_view text) { return Curl().read(text); }

}  // namespace gateway::cli
