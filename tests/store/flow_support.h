#pragma once

// The provider's steps, as short as a test wants them: a client "K" that may have the realms a and
// b, the user "alice", and a request token "R" of that client, which is good from 1000 to 1600.

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/request_tokens.h"
#include "tests/store/support.h"

namespace store {

inline constexpr std::int64_t kNow = 1000;

inline Client flow_client(std::string key = "K") {
  Client out = a_client(std::move(key));
  out.realms = {"a", "b"};
  return out;
}

inline RequestToken a_request(std::string token = "R", std::string client = "K") {
  RequestToken out;
  out.token = std::move(token);
  out.secret = verify::Secret(std::string_view("RS"));
  out.client = std::move(client);
  out.callback = "https://client.example/cb";
  out.realms = {"a", "b"};
  out.created = kNow;
  out.expires = kNow + 600;
  return out;
}

inline IssueRequest issuing(RequestToken token = a_request()) {
  return {.token = std::move(token), .most_of_client = 1000, .now = kNow};
}

inline Decision a_yes(std::string token = "R") {
  return {.token = std::move(token),
          .user = "alice",
          .session = "s",
          .granted = {"a"},
          .verifier = verify::Secret(std::string_view("V")),
          .make_user = false,
          .now = kNow};
}

inline TokenExchange exchanging(std::string fresh = "T", std::string request = "R") {
  TokenExchange out{.client = "K",
                    .request_token = std::move(request),
                    .verifier = verify::Secret(std::string_view("V")),
                    .fresh = {},
                    .now = kNow};
  out.fresh.token = std::move(fresh);
  out.fresh.secret = verify::Secret(std::string_view("TS"));
  return out;
}

inline Renewal renewing(std::string old, std::string fresh) {
  Renewal out{.client = "K",
              .token = std::move(old),
              .handle = verify::Secret(std::string_view("H")),
              .fresh = {},
              .now = kNow};
  out.fresh.token = std::move(fresh);
  out.fresh.secret = verify::Secret(std::string_view("TS2"));
  out.fresh.session_handle = verify::Secret(std::string_view("H2"));
  return out;
}

// What a step ended in: nothing when it went well.
template <class T>
std::optional<FlowProblem> problem_of(const Flow<T>& done) {
  if (!done) FAIL(done.error().sentence);
  if (*done) return std::nullopt;
  return (*done).error();
}

template <class T>
T must_flow(Flow<T> done) {
  if (!done) FAIL(done.error().sentence);
  if (!*done) FAIL("a step ended in problem " << static_cast<int>((*done).error()));
  return **std::move(done);
}

struct FlowStore {
  FlowStore() : store(open_store(dir / "s")) {
    put(*store, flow_client());
    put(*store, a_user());
  }
  // With an authorized R.
  FlowStore& authorized() {
    must_flow(issue_request_token(*store, issuing()));
    must_flow(decide(*store, a_yes()));
    return *this;
  }
  Credentials::Reader reader() const { return must(store->reader()); }
  RequestToken request(std::string_view token = "R") const {
    return must(reader().request_token(token));
  }
  bool has_request(std::string_view token) const { return reader().request_token(token).ok(); }
  bool has_token(std::string_view token) const { return reader().token(token).ok(); }

  TempDir dir;
  std::unique_ptr<Credentials> store;
};

}  // namespace store
