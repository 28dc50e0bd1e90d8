#pragma once

// HTTP messages as a test looks at them: simple text, taken apart by means of its own and not by
// the reader under test. Pure.

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::testing {

struct Message {
  std::string head;  // with the empty line at its end
  std::string body;  // without chunk framing
  bool complete = false;
  std::string start_line() const { return head.substr(0, head.find("\r\n")); }
  int status() const { return head.size() > 12 ? std::stoi(head.substr(9, 3)) : 0; }
};

inline std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// The values of a field, in order.
inline std::vector<std::string> values(const std::string& head, const std::string& name) {
  std::vector<std::string> found;
  const std::string lowered = lower(head), key = "\r\n" + lower(name) + ": ";
  for (std::size_t at = lowered.find(key); at != std::string::npos;
       at = lowered.find(key, at + 1)) {
    const std::size_t from = at + key.size();
    found.push_back(head.substr(from, head.find("\r\n", from) - from));
  }
  return found;
}

// The value of a field that stands once; "" when there is none, "!" when there are more.
inline std::string value(const std::string& head, const std::string& name) {
  const auto found = values(head, name);
  if (found.empty()) return "";
  return found.size() == 1 ? found.front() : "!";
}

// Without the lines of this field.
inline std::string without(std::string head, const std::string& name) {
  for (;;) {
    const std::size_t at = lower(head).find("\r\n" + lower(name) + ": ");
    if (at == std::string::npos) return head;
    head.erase(at, head.find("\r\n", at + 2) - at);
  }
}

// Takes the payload of chunks off `bytes`. False: the last chunk hasn't come.
inline bool take_chunks(std::string& bytes, std::string& body) {
  for (;;) {
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string::npos) return false;
    const std::size_t size = std::stoul(bytes.substr(0, end), nullptr, 16);
    if (bytes.size() < end + 2 + size + 2) {
      if (size > 0) body += bytes.substr(end + 2, size);
      bytes.clear();
      return false;
    }
    body += bytes.substr(end + 2, size);
    bytes.erase(0, end + 2 + size + 2);
    if (size == 0) return true;
  }
}

// Takes one message off the front of `bytes`. False: there isn't even a whole head. `closed`: the
// stream ended in good order behind `bytes`, which ends a body without length.
inline bool take_message(std::string& bytes, bool bodiless, bool closed, Message& out) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  out = Message{bytes.substr(0, end + 4), {}, true};
  bytes.erase(0, end + 4);
  const bool request = !out.head.starts_with("HTTP/");
  if (!request) {
    const int status = out.status();
    if (bodiless || status < 200 || status == 204 || status == 304) return true;
  }
  if (!values(out.head, "Transfer-Encoding").empty()) {
    out.complete = take_chunks(bytes, out.body);
  } else if (const std::string length = value(out.head, "Content-Length"); !length.empty()) {
    out.body = bytes.substr(0, std::stoul(length));
    bytes.erase(0, out.body.size());
    out.complete = out.body.size() == std::stoul(length);
  } else if (!request) {
    out.body = std::move(bytes);
    bytes.clear();
    out.complete = closed;
  }
  return true;
}

}  // namespace gateway::testing
