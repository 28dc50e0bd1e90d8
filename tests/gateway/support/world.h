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

#include "gateway/exchange.h"
#include "gateway/session.h"
#include "tests/gateway/support/mem_stream.h"
#include "tests/gateway/support/origin.h"

namespace gateway::testing {

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class FixedClock final : public Clock {
 public:
  std::int64_t unix_seconds() const override { return now; }
  std::int64_t now = 1'700'000'000;
};

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

// Settings for a store in this folder and an upstream on this port.
conf::Settings settings_for(const std::filesystem::path& folder, std::uint16_t port);
conf::Route route(const std::string& path, conf::Auth auth);

// The store of World, ready to be opened.
std::unique_ptr<store::Credentials> open_store(const conf::Settings& settings);
std::unique_ptr<store::Sessions> open_sessions(const conf::Settings& settings);
std::unique_ptr<store::Ledger> open_ledger(const conf::Settings& settings, std::int64_t now);

std::unique_ptr<store::Usage> open_usage(const conf::Settings& settings);

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
  Log log;
  std::unique_ptr<store::Credentials> credentials;
  std::unique_ptr<store::Sessions> sessions;
  Desk desk;
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<store::Usage> usage;
  Run run;
  std::unique_ptr<Worker> worker;
  std::unique_ptr<Origin> origin;
  int nonces = 0;
};

}  // namespace gateway::testing
