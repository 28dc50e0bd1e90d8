#include "store/credentials.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "store/core.h"
#include "store/files.h"
#include "store/ledger.h"
#include "verify/crypto.h"
#include "verify/rsa.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMapFloor = 16ull << 20;  // bytes; with less there is no point in starting
constexpr std::size_t kDummyLength = 27;          // as long as the names and secrets made here
constexpr int kDummyBits = 2048;                  // as most RSA keys have
constexpr const char* kDummyClient = "dummy client";

fs::path folder_of(const fs::path& store) { return store / "credentials"; }

bool there(const fs::path& path) {
  std::error_code code;
  return fs::exists(fs::symlink_status(path, code));
}

Failure<Error> no_store(const fs::path& path) {
  return fail(Error::Kind::NotFound,
              "there is no store at " + in_quotes(path.string()) +
                  ": check the path, or make one with `portcullis client add`");
}

// Nothing if the environment has no layout yet.
Result<std::optional<std::uint8_t>> read_layout(const Txn& txn, Table meta) {
  auto layout = txn.get(meta, "layout");
  if (!layout) return layout.failure();
  if (!*layout) return std::optional<std::uint8_t>();
  if ((*layout)->size() != 1)
    return fail(Error::Kind::Unavailable, "the layout number of the store is damaged");
  return std::optional<std::uint8_t>(static_cast<std::uint8_t>((**layout)[0]));
}

Result<Done> check_layout(std::uint8_t layout, const fs::path& path) {
  if (layout >= kOldestLayout && layout <= kLayoutVersion) return Done{};
  const std::string is = "the store at " + in_quotes(path.string()) + " has layout " +
                         std::to_string(layout) + ", and this program knows " +
                         std::to_string(kLayoutVersion);
  if (layout > kLayoutVersion)
    return fail(Error::Kind::Newer, is + ": use the newer version of portcullis that wrote it");
  return fail(Error::Kind::Unavailable, is);
}

Result<Done> read_dummies(const Txn& txn, Core& core) {
  Dummies& out = core.dummies;
  for (auto [name, place] :
       {std::pair(kDummyClient, &out.client), std::pair("dummy token", &out.token),
        std::pair("dummy user", &out.user)}) {
    auto bytes = txn.get(core.tables.meta, name);
    if (!bytes) return bytes.failure();
    if (!*bytes) return fail(Error::Kind::Unavailable, "the store lacks its dummy records");
    *place = verify::Secret(**bytes);
  }
  auto client = decode_client(kDummyName, out.client.reveal());
  if (!client) return client.failure();
  core.dummy_client = *std::move(client);
  if (auto t = decode_token(kDummyName, out.token.reveal()); !t) return t.failure();
  if (auto u = decode_user(kDummyName, out.user.reveal()); !u) return u.failure();
  return Done{};
}

// What clients lack is taken from the dummy, so it must lack nothing.
Result<Done> check_dummy_client(const Client& client) {
  if (client.secrets.empty() || client.rsa_public_keys.empty() ||
      !verify::RsaKey::parse(client.rsa_public_keys[0].pem).ok())
    return fail(Error::Kind::Unavailable, "the store's dummy records are damaged");
  return Done{};
}

// False if there is no store in the environment: not even its layout number.
Result<bool> read_core(Core& core) {
  ReadTxn txn(core.env);
  if (auto begun = txn.renew(); !begun) return begun.failure();
  Tables& t = core.tables;
  for (auto [name, place] :
       {std::pair("meta", &t.meta), std::pair("clients", &t.clients), std::pair("users", &t.users),
        std::pair("tokens", &t.tokens), std::pair("tokens_by_client", &t.tokens_by_client),
        std::pair("tokens_by_user", &t.tokens_by_user)}) {
    auto table = open_table(txn, name);
    if (!table) return table.failure();
    const bool meta = place == &t.meta;
    if (!*table && meta) return false;
    if (!*table)
      return fail(Error::Kind::Unavailable, std::string("the store lacks the table ") + name);
    *place = **table;
    if (!meta) continue;
    auto layout = read_layout(txn, t.meta);
    if (!layout) return layout.failure();
    if (!*layout) return false;
    if (auto known = check_layout(**layout, core.path); !known) return known.failure();
    core.layout = **layout;
  }
  if (auto dummies = read_dummies(txn, core); !dummies) return dummies.failure();
  if (auto kept = txn.commit(); !kept) return kept.failure();
  return true;
}

Result<Done> write_dummies(WriteTxn& txn, Table meta) {
  Client client;
  client.secrets.push_back({verify::Secret(verify::random_name(kDummyLength)), std::nullopt});
  client.rsa_public_keys.push_back({verify::unpaired_rsa_key(kDummyBits), std::nullopt});
  Token token;
  token.client = verify::random_name(kDummyLength);
  token.user = verify::random_name(kDummyLength);
  token.secret = verify::Secret(verify::random_name(kDummyLength));
  const auto c = encode(client), t = encode(token), u = encode(User{});
  if (auto put = txn.put(meta, kDummyClient, c->reveal()); !put) return put;
  if (auto put = txn.put(meta, "dummy token", t->reveal()); !put) return put;
  return txn.put(meta, "dummy user", u->reveal());
}

Result<Done> write_core(const std::shared_ptr<Env>& env) {
  using Duplicates = WriteTxn::Duplicates;
  auto txn = WriteTxn::begin(env);
  if (!txn) return txn.failure();
  WriteTxn& out = **txn;
  for (const char* name : {"clients", "users", "tokens"})
    if (auto made = out.make_table(name, Duplicates::No); !made) return made.failure();
  for (const char* name : {"tokens_by_client", "tokens_by_user"})
    if (auto made = out.make_table(name, Duplicates::Sorted); !made) return made.failure();
  auto meta = out.make_table("meta", Duplicates::No);
  if (!meta) return meta.failure();
  const char layout = static_cast<char>(kLayoutVersion);
  if (auto put = out.put(*meta, "layout", {&layout, 1}); !put) return put;
  if (auto put = write_dummies(out, *meta); !put) return put;
  return out.commit();
}

// What an older program wrote stays as it is, for its records are read too; but older programs must
// not read what is written from now on. Its dummy client has no RSA key yet.
Result<Done> upgrade(Core& core) {
  auto txn = WriteTxn::begin(core.env);
  if (!txn) return txn.failure();
  const char layout = static_cast<char>(kLayoutVersion);
  if (auto put = (*txn)->put(core.tables.meta, "layout", {&layout, 1}); !put) return put;
  core.layout = kLayoutVersion;
  Client& client = core.dummy_client;
  client.rsa_public_keys = {{verify::unpaired_rsa_key(kDummyBits), std::nullopt}};
  auto bytes = encode(client);
  if (!bytes) return bytes.failure();
  if (auto put = (*txn)->put(core.tables.meta, kDummyClient, bytes->reveal()); !put) return put;
  core.dummies.client = *std::move(bytes);
  return (*txn)->commit();
}

// Ledger and mark come first: should this stop half way, the next attempt finds no store and goes
// on, and never does a store with clients lack them.
Result<Done> make_folders(const CredentialsOptions& options) {
  const fs::path& store = options.path;
  if (!there(store / "ledger") && !there(store / "mark"))
    if (auto made = Ledger::make(store, options.ledger_size); !made) return made;
  return make_folder(folder_of(store), store);
}

Result<std::shared_ptr<Env>> open_env(const CredentialsOptions& options) {
  EnvOptions how;
  how.folder = folder_of(options.path);
  how.like = options.path;
  how.map_size = options.map_size;
  how.map_floor = kMapFloor;
  how.tables = kTables;
  auto env = Env::open(how);
  if (!env) return Failure(std::move(env.error().error));
  return *std::move(env);
}

// The copy belongs to whom the folder belongs that it goes into.
Result<Done> copy_env(const Env& env, const fs::path& folder) {
  const fs::path inner = folder_of(folder), file = inner / "data.mdb";
  if (auto made = make_folder(inner, folder); !made) return made;
  if (auto made = make_file(file, folder); !made) return made;
  const FileHandle out(::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  const std::string writing = "writing " + in_quotes(file.string());
  if (!out.open()) return system_failure(errno, writing);
  if (auto copied = env.copy_to(out.get()); !copied) return copied;
  if (::fsync(out.get()) != 0) return system_failure(errno, writing);
  return sync_folder(inner);
}

}  // namespace

Credentials::Credentials(std::unique_ptr<State> state) : state_(std::move(state)) {}
Credentials::~Credentials() = default;

Result<std::unique_ptr<Credentials>> Credentials::open(const CredentialsOptions& options) {
  const fs::path& store = options.path;
  const fs::path file = folder_of(store) / "data.mdb";
  if (auto local = refuse_network_file_system(store); !local) return local.failure();
  if (!options.create && !there(file)) return no_store(store);
  if (options.create)
    if (auto made = make_folder(store); !made) return made.failure();
  // One process at a time makes or opens a store, so that none sees it half made.
  const auto lock = lock_folder(store, /*wait=*/true);
  if (!lock) return lock.failure();
  if (!there(file))
    if (auto made = make_folders(options); !made) return made.failure();

  auto env = open_env(options);
  if (!env) return env.failure();
  auto core = std::make_shared<Core>();
  core->path = store;
  core->env = *std::move(env);
  auto found = read_core(*core);
  if (found && !*found) {
    if (!options.create) return no_store(store);
    if (auto written = write_core(core->env); !written) return written.failure();
    if (auto synced = sync_folder(folder_of(store)); !synced) return synced.failure();
    found = read_core(*core);
  }
  if (!found) return found.failure();
  if (core->layout < kLayoutVersion)
    if (auto upgraded = upgrade(*core); !upgraded) return upgraded.failure();
  if (auto whole = check_dummy_client(core->dummy_client); !whole) return whole.failure();
  core->env->clear_stale_readers();
  return std::unique_ptr<Credentials>(
      new Credentials(std::make_unique<State>(State{std::move(core)})));
}

std::uint64_t Credentials::last_txn() const { return state_->core->env->last_txn(); }

const Client& Credentials::dummy_client() const { return state_->core->dummy_client; }

Result<Done> Credentials::backup(const fs::path& folder) const {
  std::error_code code;
  if (there(folder) && !fs::is_empty(folder, code))
    return fail(Error::Kind::Exists, "a backup goes into an empty or missing folder, and " +
                                         in_quotes(folder.string()) + " is neither");
  if (auto made = make_folder(folder); !made) return made;
  auto copied = copy_env(*state_->core->env, folder);
  if (!copied) fs::remove_all(folder_of(folder), code);  // no half copies that look whole
  return copied;
}

}  // namespace store
