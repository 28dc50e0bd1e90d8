#pragma once

// The memory that an exchange works in. One thread at a time.

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/buffer.h"
#include "gateway/http/message_reader.h"
#include "gateway/net/net.h"
#include "gateway/upstream/held_body.h"
#include "verify/judge.h"

namespace gateway::exchange {

// The memory of one busy connection; idle ones hold none.
struct Scratch {
  explicit Scratch(upstream::Holdings& holdings) : held(holdings) {}

  http::Buffer in{16 << 10};  // from the client
  http::Buffer up{16 << 10};  // from the upstream
  std::string head;           // the request's head, which all views of `request` point into
  http::RequestHead request;
  http::ResponseHead response;
  http::RequestReader request_reader;
  http::ResponseReader response_reader;
  verify::Workspace workspace;
  upstream::HeldBody held;    // a form, or a body whose hash was signed
  std::string out;            // a head on its way out
  std::string forwarded_for;  // the value of X-Forwarded-For that goes on
  std::vector<std::string_view> pieces;
  std::vector<asio::const_buffer> gathered;
  std::string frame;  // of a chunk among `gathered`
};

}  // namespace gateway::exchange
