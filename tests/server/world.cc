#include "tests/server/world.h"

#include <cstdlib>
#include <stdexcept>

#include "verify/sign.h"

namespace gateway::testing {
namespace {

constexpr std::chrono::seconds kPatience{60};  // only a test that fails waits so long

conf::Settings changed(conf::Settings settings, const World::Change& change) {
  if (change) change(settings);
  return settings;
}

Outcome outcome(const Record& record, const std::vector<std::string>& methods) {
  Outcome out{{}, record.received, record};
  Message message;
  const bool ended = !record.reset;
  for (std::size_t i = 0;; ++i) {
    const bool head = i < methods.size() && methods[i] == "HEAD";
    if (!take_message(out.rest, head, ended, message)) return out;
    out.answers.push_back(message);
  }
}

}  // namespace

std::string Outcome::text() const {
  std::string text;
  for (const Message& answer : answers) {
    text += std::to_string(answer.status()) + ' ' + answer.body;
    if (!answer.complete) text += " CUT";
    if (value(answer.head, "Connection") == "close") text += " close";
    text += '\n';
  }
  if (!rest.empty()) text += "+ " + rest + '\n';
  if (record.reset) text += "reset\n";
  return text;
}

World::World(const Change& change)
    : listening(listening_socket(port)),
      settings(changed(settings_for(folder.path(), port), change)),
      log(settings.log),
      credentials(open_store(settings)),
      sessions(open_sessions(settings)),
      storage(*credentials, *sessions),
      ledger(open_ledger(settings, clock.now)),
      usage(open_usage(settings)),
      run(usage.get()),
      worker(std::make_unique<exchange::Worker>(
          std::make_shared<const exchange::RuntimeConfig>(settings, storage, *ledger, clock, log),
          run, std::move(*credentials->reader()), 0)),
      origin(std::make_unique<Origin>(worker->context(), listening)) {
  asio::co_spawn(worker->context(), worker->keep_time(), asio::detached);
}

World::~World() {
  origin.reset();
  storage.background.end();
}

std::string World::plain(const Ask& ask) {
  std::string body = ask.body, lines = ask.lines;
  if (!ask.form.empty()) {
    lines += "Content-Type: application/x-www-form-urlencoded\r\n";
    lines += "Content-Length: " + std::to_string(ask.form.size()) + "\r\n";
    body = ask.form;
  }
  return ask.method + ' ' + ask.target + ' ' + ask.version + "\r\nHost: gate\r\n" + lines + "\r\n" +
         body;
}

std::string World::signed_by_alice(const Ask& ask) {
  verify::Signer signer;
  signer.client = "K";
  signer.client_secret = verify::Secret(std::string("S"));
  signer.token = "T";
  signer.token_secret = verify::Secret(std::string("TS"));
  verify::RequestView view{.method = ask.method,
                           .scheme = ask.signed_scheme,
                           .authority = ask.signed_authority,
                           .path_prefix = "",
                           .target = ask.target,
                           .authorization = std::nullopt,
                           .form = std::nullopt};
  if (!ask.form.empty()) view.form = ask.form;
  const std::string nonce = "n" + std::to_string(++nonces);
  auto header = verify::authorization_header(view, signer, clock.now, nonce);
  REQUIRE(header.ok());
  Ask with = ask;
  with.lines = "Authorization: " + *header + "\r\n" + with.lines;
  return plain(with);
}

void World::until(const std::function<bool()>& holds) {
  const net::TimePoint last = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    worker->context().run_one_for(std::chrono::milliseconds(50));
    REQUIRE(std::chrono::steady_clock::now() < last);
  }
}

Outcome World::talk(Client client, const std::vector<std::string>& methods) {
  auto record = std::make_shared<Record>();
  bool ended = false;
  run.connections.fetch_add(1);
  auto stream = mem_stream(worker->context(), std::move(client), record);
  const net::Tcp::endpoint peer(asio::ip::make_address("10.0.0.9"), 1234);
  asio::co_spawn(worker->context(), server::session(*worker, std::move(stream), peer),
                 [&ended](std::exception_ptr fault) {
                   ended = true;
                   if (fault) std::rethrow_exception(fault);
                 });
  until([&] { return ended; });
  CHECK(worker->idle());
  CHECK(run.connections == 0);
  return outcome(*record, methods);
}

Outcome World::talk_cut(const std::string& bytes, std::size_t at) {
  return talk(Client{{Piece{bytes.substr(0, at)}, Piece{bytes.substr(at)}}});
}

std::string World::asked() const {
  std::string text;
  for (const Asked& request : origin->asked) {
    const std::string line = request.start_line();
    text += line.substr(0, line.rfind(' ')) + " by " + value(request.head, "X-OAuth-User");
    if (!request.body.empty()) text += " \"" + request.body + "\"";
    if (!request.complete) text += " CUT";
    text += '\n';
  }
  return text;
}

}  // namespace gateway::testing
