// curl's command line: what it would send.

#include <algorithm>
#include <optional>

#include "gateway/cli/curl_options.h"
#include "gateway/cli/request_text.h"
#include "gateway/http/message.h"
#include "verify/percent.h"

namespace gateway::cli {
namespace {

class Curl {
 public:
  ReadRequest read(std::string_view text) {
    const std::string other = kind_of(text);
    if (!other.empty()) {
      return verify::Failure(
          "it is " + other +
          ", which is not read here: copy the request as cURL, or give its bytes "
          "with --http");
    }
    ShellWords shell = is_for_cmd(text) ? cmd_words(text) : shell_words(text);
    out_.remarks = std::move(shell.remarks);
    words_ = std::move(shell.words);
    const auto command = std::find_if(words_.begin(), words_.end(), is_curl);
    if (command == words_.end()) return verify::Failure(std::string("there is no curl command"));
    words_.erase(words_.begin(), command + 1);
    for (at_ = 0; at_ < words_.size(); ++at_) word(words_[at_]);
    if (!url_) return verify::Failure(std::string("the curl command has no URL"));
    take_url(*url_);
    put_body();
    if (!target_.empty()) out_.target = target_;
    if (lost_credentials(text)) {
      return verify::Failure(
          std::string("its OAuth parameters are lost in its quotation marks: copy it as cURL for "
                      "bash, or give the request's bytes with --http"));
    }
    return std::move(out_);
  }

 private:
  // "curl", "/usr/bin/curl", "C:\\curl.exe"
  static bool is_curl(const std::string& word) {
    std::string name = word.substr(word.find_last_of("/\\") + 1);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return name == "curl" || name == "curl.exe";
  }

  // What else browsers and people copy; empty: nothing of the kind.
  static std::string kind_of(std::string_view text) {
    struct Kind {
      const char *mark, *name;
    };
    constexpr Kind kKinds[] = {
        {"Invoke-WebRequest", "a command for PowerShell"},
        {"Invoke-RestMethod", "a command for PowerShell"},
        {"fetch(", "a call of JavaScript's fetch"},
        {"XMLHttpRequest", "a call of JavaScript's XMLHttpRequest"},
        {"\"log\":", "an HTTP archive (HAR)"},
    };
    // Beyond the name of the program, all of these may be data.
    const std::string_view front = text.substr(0, text.find("curl"));
    for (const Kind& kind : kKinds) {
      if (front.find(kind.mark) != front.npos) return kind.name;
    }
    return {};
  }

  // A quotation that was read otherwise than it was meant leaves out what explain is asked about.
  bool lost_credentials(std::string_view text) const {
    constexpr std::string_view kMark = "oauth_signature";
    if (text.find(kMark) == text.npos || multipart_) return false;
    const auto has = [&](const std::string& in) { return in.find(kMark) != in.npos; };
    const std::string* field = out_.field("Authorization");
    if (field != nullptr && has(*field)) {
      const std::size_t behind = text.find(kMark) + kMark.size() + 1;
      const bool had_quotes =
          behind < text.size() && std::string_view("\"\\^").find(text[behind]) != text.npos;
      return had_quotes && field->find('"') == field->npos;
    }
    return !has(out_.target) && !has(out_.body);
  }

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
        return add_data(data_encoded(name, value));
      case Says::UrlQuery:
        query_ += (query_.empty() ? "" : "&") +
                  (value.starts_with('+') ? value.substr(1) : data_encoded(name, value));
        return;
      case Says::Next:
        out_.remark("The command makes more than one request; the first is looked at.");
        at_ = words_.size();
        return;
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
    if (value.empty() && http::same_name(name, "Content-Type")) typed_ = true;  // takes it away
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
  std::string data_encoded(const std::string& option, const std::string& value) {
    const std::size_t at = value.find_first_of("=@");
    if (at == value.npos) return verify::percent_encode(value);
    if (value[at] == '@') {
      no_file(option);
      return {};
    }
    const std::string name = value.substr(0, at + (at == 0 ? 0 : 1));
    return name + verify::percent_encode(std::string_view(value).substr(at + 1));
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
    const std::size_t hash = std::min(url.find('#'), url.size());
    out_.fragment = url.substr(std::min(hash + 1, url.size()));
    url = url.substr(0, hash);
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

  void add_query(const std::string& text) {
    out_.target += (out_.target.find('?') == out_.target.npos ? '?' : '&') + text;
  }

  void put_body() {
    if (!query_.empty()) add_query(query_);
    if (get_ && data_) {
      add_query(*data_);
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
  std::string method_, target_, query_;
  std::optional<std::string> url_, data_;
  bool get_ = false, head_ = false, json_ = false, multipart_ = false, upload_ = false;
  bool typed_ = false;      // a Content-Type is given, or taken away
  bool only_urls_ = false;  // behind "--"
};

}  // namespace

ReadRequest read_curl(std::string_view text) { return Curl().read(text); }

}  // namespace gateway::cli
