#pragma once

// One worker with all that it needs: a real store and ledger in a folder of their own, a backend on
// the loopback, clients without sockets. Everything runs on one event loop, in the test's thread.
//
// Known are the client "K" with the secret "S", the user "alice", and her token "T" with "TS".
// Routes: /api/* for tokens, /maybe/* for tokens or nobody, /public/* for all.

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gateway/exchange/context.h"
#include "gateway/server/session.h"
#include "tests/net/mem_stream.h"
#include "tests/net/origin.h"
#include "tests/support/fixed_clock.h"
#include "tests/support/stores.h"
#include "tests/support/temp_folder.h"

namespace gateway::testing {

// A request as a client writes it.
struct Ask {
  std::string method = "GET";
  std::string target = "/api/x";
  std::string lines{};  // of fields, each with CR LF
  std::string body{};   // with its framing
  std::string form{};   // signed, and sent with its length
  std::string version = "HTTP/1.1";
  std::string signed_scheme = "http";  // and authority: the URL that the client believes to use
  std::string signed_authority = "gate";
};

// What came of a connection.
struct Outcome {
  std::vector<Message> answers;
  std::string rest;  // bytes that are no whole head
  Record record;
  // One line for each answer: status, body, what is special. Without what is new in every run.
  std::string text() const;
};

class World {
 public:
  using Change = std::function<void(conf::Settings&)>;
  explicit World(const Change& change = {});
  ~World();

  // Signed by K for T, with a nonce of its own.
  std::string signed_by_alice(const Ask& ask);
  static std::string plain(const Ask& ask);

  // Runs a connection to its end. `heads`: the methods, where an answer to HEAD must be known.
  Outcome talk(Client client, const std::vector<std::string>& methods = {});
  Outcome talk(const std::string& bytes) { return talk(Client{{Piece{bytes}}}); }
  // The bytes in two pieces.
  Outcome talk_cut(const std::string& bytes, std::size_t at);

  // Runs the loop until this holds. Fails the test when it never does.
  void until(const std::function<bool()>& holds);
  // What the backend was asked, one line each: method, target, user, body.
  std::string asked() const;

  TempFolder folder;
  FixedClock clock;
  std::uint16_t port = 0;
  int listening;
  conf::Settings settings;
  log::Log log;
  std::unique_ptr<store::Credentials> credentials;
  std::unique_ptr<store::Sessions> sessions;
  exchange::Storage storage;
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<store::Usage> usage;
  exchange::ProcessState run;
  std::unique_ptr<exchange::Worker> worker;
  std::unique_ptr<Origin> origin;
  int nonces = 0;
};

}  // namespace gateway::testing
