#include "tests/gateway/support/world.h"

#include <cstdlib>
#include <stdexcept>

#include "verify/sign.h"

namespace gateway::testing {
namespace {

constexpr std::chrono::seconds kPatience{60};  // only a test that fails waits so long

template <class T>
T must(store::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().sentence);
  return *std::move(result);
}

conf::Settings changed(conf::Settings settings, const World::Change& change) {
  if (change) change(settings);
  return settings;
}

void fill(store::Credentials& credentials) {
  using Mode = store::Credentials::Change::Mode;
  store::Client client;
  client.key = "K";
  client.name = "client";
  client.secrets.push_back({verify::Secret(std::string("S")), std::nullopt});
  store::User user;
  user.name = "alice";
  store::Token token;
  token.client = "K";
  token.user = "alice";
  token.token = "T";
  token.secret = verify::Secret(std::string("TS"));
  auto begun = must(credentials.begin());
  must(begun.put(client, Mode::Insert));
  must(begun.put(user, Mode::Insert));
  must(begun.put(token, Mode::Insert));
  must(begun.commit());
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

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "gateway_test_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

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

conf::Route route(const std::string& path, conf::Auth auth) {
  std::string why;
  conf::Route route;
  route.path = conf::parse_pattern(path, why).value();
  route.auth = auth;
  route.upstream = "api";
  return route;
}

conf::Settings settings_for(const std::filesystem::path& folder, std::uint16_t port) {
  conf::Settings settings;
  settings.listen.address = conf::Address{"127.0.0.1", 0};
  settings.listen.threads = 1;
  settings.log.file = (folder / "log").string();
  settings.store.path = (folder / "store").string();
  settings.store.map_size = 64 << 20;
  settings.store.ledger_size = 8 << 20;
  settings.oauth.enforce_tls = false;
  conf::Url server;
  server.scheme = "http";
  server.host = "127.0.0.1";
  server.port = port;
  settings.upstreams.push_back(conf::Upstream{"api", {server}, {}});
  settings.routes = {route("/api/*", conf::Auth::Token), route("/maybe/*", conf::Auth::Optional),
                     route("/public/*", conf::Auth::None)};
  return settings;
}

std::unique_ptr<store::Credentials> open_store(const conf::Settings& settings) {
  auto credentials = must(store::Credentials::open({.path = settings.store.path,
                                                    .map_size = settings.store.map_size,
                                                    .create = true,
                                                    .ledger_size = settings.store.ledger_size}));
  fill(*credentials);
  return credentials;
}

std::unique_ptr<store::Sessions> open_sessions(const conf::Settings& settings) {
  return must(store::Sessions::open(settings.store.path));
}

std::unique_ptr<store::Ledger> open_ledger(const conf::Settings& settings, std::int64_t now) {
  return must(
      store::Ledger::open({.path = settings.store.path, .size = settings.store.ledger_size}, now));
}

std::unique_ptr<store::Usage> open_usage(const conf::Settings& settings) {
  std::string note;
  return must(store::Usage::open_or_make(settings.store.path, note));
}

World::World(const Change& change)
    : listening(listening_socket(port)),
      settings(changed(settings_for(folder.path(), port), change)),
      log(settings.log),
      credentials(open_store(settings)),
      sessions(open_sessions(settings)),
      desk(*credentials, *sessions),
      ledger(open_ledger(settings, clock.now)),
      usage(open_usage(settings)),
      run(usage.get()),
      worker(std::make_unique<Worker>(
          std::make_shared<const Gate>(settings, desk, *ledger, clock, log), run,
          must(credentials->reader()), 0)),
      origin(std::make_unique<Origin>(worker->context(), listening)) {
  asio::co_spawn(worker->context(), worker->keep_time(), asio::detached);
}

World::~World() {
  origin.reset();
  desk.background.end();
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
  const TimePoint last = std::chrono::steady_clock::now() + kPatience;
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
  const Tcp::endpoint peer(asio::ip::make_address("10.0.0.9"), 1234);
  asio::co_spawn(worker->context(), session(*worker, std::move(stream), peer),
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
