#include "gateway/message_reader.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

#include "gateway/framing.h"

namespace gateway {
namespace {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

constexpr std::uint64_t kMaxChunkExtensions = 4096;  // bytes of chunk extensions in one body
constexpr std::size_t kMaxConnectionOptions = 100;
constexpr std::size_t kShortestChunk = 5;  // bytes: the last one, "0 CRLF CRLF"

std::string_view view(BeastView bytes) { return {bytes.data(), bytes.size()}; }

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// Beast's parser with each field kept as a view. Beast alone would still let pass what the checks
// below refuse.
template <bool isRequest>
class Parser final : public http::basic_parser<isRequest> {
 public:
  std::string_view method, target, reason;
  int version = 0, status = 0;
  std::vector<Field>* fields = nullptr;
  std::vector<std::string_view>* connection = nullptr;
  std::vector<std::string_view>* pieces = nullptr;
  std::size_t max_fields = 0;
  Gathered gathered;
  bool too_many_fields = false;

  bool at_chunk_head() const { return this->chunked() && chunk_left_ == 0; }

 private:
  using Base = http::basic_parser<isRequest>;

  void on_request_impl(http::verb, BeastView method_text, BeastView target_text, int version_number,
                       BeastError&) override {
    method = view(method_text);
    target = view(target_text);
    version = version_number;
  }

  void on_response_impl(int code, BeastView reason_text, int version_number, BeastError&) override {
    status = code;
    reason = view(reason_text);
    version = version_number;
  }

  void on_field_impl(http::field name, BeastView name_text, BeastView value_text,
                     BeastError& error) override {
    if (++fields_seen_ > max_fields) {
      too_many_fields = true;
      error = http::error::header_limit;
      return;
    }
    if (head_done_) return;  // a trailer: checked by Beast, and dropped
    std::string_view value = view(value_text);
    fields->push_back(Field{view(name_text), value});
    gather(name, value);
    if (too_many_fields) error = http::error::header_limit;
  }

  void gather(http::field name, std::string_view value) {
    switch (name) {
      case http::field::content_length:
        ++gathered.content_lengths;
        gathered.content_length = value;
        break;
      case http::field::transfer_encoding:
        ++gathered.transfer_encodings;
        gathered.transfer_encoding = value;
        break;
      case http::field::connection:
        each_element(value, [this](std::string_view option) {
          if (connection->size() == kMaxConnectionOptions) too_many_fields = true;
          if (too_many_fields) return;
          connection->push_back(option);
          if (same_name(option, "close")) gathered.close = true;
          if (same_name(option, "keep-alive")) gathered.keep_alive = true;
        });
        break;
      default:
        break;
    }
  }

  void on_header_impl(BeastError&) override {
    head_done_ = true;
    fields_seen_ = 0;
  }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, BeastError&) override {}
  std::size_t on_body_impl(BeastView bytes, BeastError&) override {
    pieces->push_back(view(bytes));
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t size, BeastView extensions, BeastError& error) override {
    chunk_left_ = size;
    extension_bytes_ += extensions.size();
    bool clean = std::none_of(extensions.begin(), extensions.end(), is_control);
    if (extension_bytes_ > kMaxChunkExtensions || !clean) error = http::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView bytes, BeastError&) override {
    chunk_left_ -= bytes.size();
    pieces->push_back(view(bytes));
    return bytes.size();
  }
  void on_finish_impl(BeastError&) override {}

  std::size_t fields_seen_ = 0;
  std::uint64_t chunk_left_ = 0;  // payload bytes to come
  std::uint64_t extension_bytes_ = 0;
  bool head_done_ = false;
};

// "HTTP/" DIGIT "." DIGIT at the end of the request line, of a version that isn't 1.0 or 1.1.
bool names_other_version(std::string_view head) {
  std::string_view line = head.substr(0, head.find("\r\n"));
  std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return false;
  std::string_view version = line.substr(space + 1);
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && digit(version[5]) &&
         version[6] == '.' && digit(version[7]) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

template <bool isRequest>
Parse head_error(const Parser<isRequest>& parser, const BeastError& error, std::string_view head,
                 Flaw& flaw) {
  if (parser.too_many_fields)
    return bad(flaw, Fault::HeadTooLarge, "too many fields, or options of Connection, in the head");
  if (error == http::error::bad_version && names_other_version(head)) {
    return bad(flaw, Fault::VersionNotSupported, "not HTTP/1.0 or HTTP/1.1");
  }
  std::string line = shown(head.substr(0, head.find("\r\n")));
  return bad(flaw, Fault::Malformed, "head doesn't parse (" + error.message() + "): " + line);
}

template <bool isRequest>
Parse run_body(Parser<isRequest>& parser, std::string_view bytes, std::size_t& used,
               std::vector<std::string_view>& pieces, Flaw& flaw) {
  used = 0;
  if (parser.is_done()) return Parse::Done;
  parser.pieces = &pieces;
  parser.eager(true);
  BeastError error;
  while (!parser.is_done()) {
    boost::asio::const_buffer rest(bytes.data() + used, bytes.size() - used);
    if (rest.size() == 0) return Parse::NeedMore;
    // Beast takes for granted that it never sees less of the last chunk.
    if (parser.at_chunk_head() && rest.size() < kShortestChunk) return Parse::NeedMore;
    std::size_t taken = parser.put(rest, error);
    used += taken;
    if (error == http::error::need_more) return Parse::NeedMore;
    if (error) return bad(flaw, Fault::Malformed, "body doesn't parse (" + error.message() + ")");
    if (taken == 0 && !parser.is_done()) return Parse::NeedMore;
  }
  return Parse::Done;
}

}  // namespace

struct RequestReader::State {
  std::optional<Parser<true>> parser;
};

RequestReader::RequestReader() : state_(std::make_unique<State>()) {}
RequestReader::~RequestReader() = default;

namespace {

// What the fields of a request say beyond framing. One pass; Host, Authorization and the like may
// stand once.
Parse read_fields(const Gathered& gathered, RequestHead& out, Flaw& flaw) {
  unsigned hosts = 0, types = 0;
  for (const Field& field : out.fields) {
    switch (field.name.size()) {
      case 4:
        if (!same_name(field.name, "host")) break;
        ++hosts;
        out.host = field.value;
        break;
      case 6:
        if (same_name(field.name, "accept") && out.accept.empty()) out.accept = field.value;
        if (!same_name(field.name, "expect")) break;
        if (same_name(field.value, "100-continue")) {
          out.expect_continue = true;
        } else {
          out.expect_other = true;
        }
        break;
      case 12:
        if (!same_name(field.name, "content-type")) break;
        ++types;
        out.content_type = field.value;
        break;
      case 13:
        if (!same_name(field.name, "authorization")) break;
        if (out.has_authorization) {
          return bad(flaw, Fault::Malformed, "Authorization given more than once");
        }
        out.has_authorization = true;
        out.authorization = field.value;
        break;
      default:
        break;
    }
  }
  if (types > 1) return bad(flaw, Fault::Malformed, "Content-Type given more than once");
  if (hosts > 1) return bad(flaw, Fault::Malformed, "Host given more than once");
  if (hosts == 0 && out.minor == 1) return bad(flaw, Fault::Malformed, "no Host");
  out.keep_alive = !gathered.close && (out.minor == 1 || gathered.keep_alive);
  return Parse::Done;
}

}  // namespace

Parse RequestReader::read_head(std::string_view head, const HeadBounds& bounds, RequestHead& out,
                               Flaw& flaw) {
  out = RequestHead{.fields = std::move(out.fields), .connection = std::move(out.connection)};
  out.fields.clear();
  out.connection.clear();
  Parser<true>& parser = state_->parser.emplace();
  parser.header_limit(static_cast<std::uint32_t>(bounds.head_bytes));
  parser.body_limit(boost::none);
  parser.fields = &out.fields;
  parser.connection = &out.connection;
  parser.max_fields = bounds.fields;
  BeastError error;
  std::size_t used = parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error || used != head.size() || !parser.is_header_done()) {
    return head_error(parser, error, head, flaw);
  }
  if (parser.target.size() > bounds.target_bytes) {
    return bad(flaw, Fault::TargetTooLong, "target too long");
  }
  if (parser.method.size() > kMaxMethod) {
    return bad(flaw, Fault::Malformed, "method too long: " + shown(parser.method));
  }
  out.method = parser.method;
  out.target = parser.target;
  out.minor = parser.version == 10 ? 0 : 1;
  if (check_framing(parser.gathered, parser.version, out.framing, out.length, flaw) == Parse::Bad) {
    return Parse::Bad;
  }
  if (out.framing == Framing::Length && out.length == 0) out.framing = Framing::None;
  return read_fields(parser.gathered, out, flaw);
}

Parse RequestReader::read_body(std::string_view bytes, std::size_t& used,
                               std::vector<std::string_view>& pieces, Flaw& flaw) {
  return run_body(*state_->parser, bytes, used, pieces, flaw);
}

bool RequestReader::body_done() const { return state_->parser && state_->parser->is_done(); }

struct ResponseReader::State {
  std::optional<Parser<false>> parser;
};

ResponseReader::ResponseReader() : state_(std::make_unique<State>()) {}
ResponseReader::~ResponseReader() = default;

Parse ResponseReader::read_head(std::string_view head, const HeadBounds& bounds, bool bodiless,
                                ResponseHead& out, Flaw& flaw) {
  out = ResponseHead{.fields = std::move(out.fields), .connection = std::move(out.connection)};
  out.fields.clear();
  out.connection.clear();
  Parser<false>& parser = state_->parser.emplace();
  parser.header_limit(static_cast<std::uint32_t>(bounds.head_bytes));
  parser.body_limit(boost::none);
  parser.skip(bodiless);
  parser.fields = &out.fields;
  parser.connection = &out.connection;
  parser.max_fields = bounds.fields;
  BeastError error;
  std::size_t used = parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error || used != head.size() || !parser.is_header_done()) {
    return head_error(parser, error, head, flaw);
  }
  out.minor = parser.version == 10 ? 0 : 1;
  out.status = static_cast<unsigned>(parser.status);
  out.reason = parser.reason;
  if (out.status < 100 || out.status > 599) {
    return bad(flaw, Fault::UpstreamBroken, "status out of range: " + std::to_string(out.status));
  }
  const Gathered& gathered = parser.gathered;
  if (check_framing(gathered, parser.version, out.framing, out.length, flaw) == Parse::Bad) {
    return Parse::Bad;
  }
  if (bodiless || out.status / 100 == 1 || out.status == 204 || out.status == 304) {
    out.framing = Framing::None;
  }
  out.keep_alive = !gathered.close && (out.minor == 1 || gathered.keep_alive) &&
                   out.framing != Framing::UntilClose;
  return Parse::Done;
}

Parse ResponseReader::read_body(std::string_view bytes, std::size_t& used,
                                std::vector<std::string_view>& pieces, Flaw& flaw) {
  return run_body(*state_->parser, bytes, used, pieces, flaw);
}

bool ResponseReader::end_of_stream() {
  BeastError error;
  state_->parser->put_eof(error);
  return !error;
}

bool ResponseReader::body_done() const { return state_->parser && state_->parser->is_done(); }

}  // namespace gateway
