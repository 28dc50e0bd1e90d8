#include "store/credentials.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "store/credential_tables.h"
#include "store/files.h"
#include "store/ledger.h"
#include "store/new_file.h"
#include "store/ownership.h"
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

Result<Done> read_dummies(const Txn& txn, CredentialTables& core) {
  Dummies& out = core.dummies;
  for (auto [name, place] :
       {std::pair(kDummyClient, &out.client), std::pair("dummy token", &out.token),
        std::pair("dummy user", &out.user), std::pair("dummy request", &out.request)}) {
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
  if (auto r = decode_request_token(kDummyName, out.request.reveal()); !r) return r.failure();
  return Done{};
}

// What clients lack is taken from the dummy, so it must lack nothing.
Result<Done> check_dummy_client(const Client& client) {
  if (client.secrets.empty() || client.rsa_public_keys.empty() ||
      !verify::RsaKey::parse(client.rsa_public_keys[0].pem).ok())
    return fail(Error::Kind::Unavailable, "the store's dummy records are damaged");
  return Done{};
}

struct NamedTable {
  const char* name;
  Table Tables::*place;
  WriteTxn::Duplicates duplicates = WriteTxn::Duplicates::No;
};
constexpr NamedTable kNamedTables[] = {
    {"meta", &Tables::meta},
    {"clients", &Tables::clients},
    {"users", &Tables::users},
    {"tokens", &Tables::tokens},
    {"tokens_by_client", &Tables::tokens_by_client, WriteTxn::Duplicates::Sorted},
    {"tokens_by_user", &Tables::tokens_by_user, WriteTxn::Duplicates::Sorted},
    {"requests", &Tables::requests},
    {"requests_by_client", &Tables::requests_by_client, WriteTxn::Duplicates::Sorted},
    {"requests_by_expiry", &Tables::requests_by_expiry},
};
static_assert(std::size(kNamedTables) == kTables);

// The layout of the store in the environment; nothing if there is none.
Result<std::optional<std::uint8_t>> find_layout(const CredentialTables& core) {
  ReadTxn txn(core.env);
  if (auto begun = txn.renew(); !begun) return begun.failure();
  auto meta = open_table(txn, "meta");
  if (!meta) return meta.failure();
  if (!*meta) return std::optional<std::uint8_t>();
  auto layout = read_layout(txn, **meta);
  if (!layout || !*layout) return layout;
  if (auto known = check_layout(**layout, core.path); !known) return known.failure();
  return layout;
}

Result<Done> read_core(CredentialTables& core) {
  ReadTxn txn(core.env);
  if (auto begun = txn.renew(); !begun) return begun;
  for (const NamedTable& named : kNamedTables) {
    auto table = open_table(txn, named.name);
    if (!table) return table.failure();
    if (!*table)
      return fail(Error::Kind::Unavailable, std::string("the store lacks the table ") + named.name);
    core.tables.*named.place = **table;
  }
  if (auto dummies = read_dummies(txn, core); !dummies) return dummies;
  return txn.commit();
}

verify::Secret made_secret() { return verify::Secret(verify::random_name(kDummyLength)); }

// The dummy client of layout 1 has no RSA key; it is given one and keeps its secret.
Result<Done> write_dummy_client(WriteTxn& txn, Table meta) {
  Client client;
  const auto stored = txn.get(meta, kDummyClient);
  if (!stored) return stored.failure();
  if (*stored) {
    auto known = decode_client(kDummyName, **stored);
    if (!known) return known.failure();
    client = *std::move(known);
    if (!client.rsa_public_keys.empty()) return Done{};
  } else {
    client.secrets.push_back({made_secret(), std::nullopt});
  }
  client.rsa_public_keys.push_back({verify::unpaired_rsa_key(kDummyBits), std::nullopt});
  const auto bytes = encode(client);
  if (!bytes) return bytes.failure();
  return txn.put(meta, kDummyClient, bytes->reveal());
}

Result<Done> write_dummies(WriteTxn& txn, Table meta) {
  Token token;
  token.client = verify::random_name(kDummyLength);
  token.user = verify::random_name(kDummyLength);
  token.secret = made_secret();
  RequestToken request;
  request.client = verify::random_name(kDummyLength);
  request.secret = made_secret();
  request.callback = "oob";
  const auto t = encode(token), u = encode(User{}), r = encode(request);
  for (auto [name, record] :
       {std::pair("dummy token", &t), std::pair("dummy user", &u), std::pair("dummy request", &r)})
    if (auto put = txn.insert(meta, name, (*record)->reveal()); !put) return put.failure();
  return write_dummy_client(txn, meta);
}

// Makes a store, or what an older program's store lacks. The records of that stay as they are, for
// they are read too; but older programs must not read what is written from now on.
Result<Done> write_core(const std::shared_ptr<Env>& env) {
  auto txn = WriteTxn::begin(env);
  if (!txn) return txn.failure();
  WriteTxn& out = **txn;
  Tables tables;
  for (const NamedTable& named : kNamedTables) {
    auto made = out.make_table(named.name, named.duplicates);
    if (!made) return made.failure();
    tables.*named.place = *made;
  }
  const char layout = static_cast<char>(kLayoutVersion);
  if (auto put = out.put(tables.meta, "layout", {&layout, 1}); !put) return put;
  if (auto put = write_dummies(out, tables.meta); !put) return put;
  return out.commit();
}

// Ledger and mark come first: should this stop half way, the next attempt finds no store and goes
// on, and never does a store with clients lack them.
Result<Done> make_folders(const CredentialsOptions& options) {
  const fs::path& store = options.path;
  if (!there(store / "ledger") && !there(store / "mark"))
    if (auto made = Ledger::make(store, options.ledger_size); !made) return made;
  return make_folder(folder_of(store), store);
}

// LMDB would begin one anew.
Result<Done> refuse_empty(const fs::path& file) {
  std::error_code code;
  if (!fs::is_regular_file(fs::symlink_status(file, code)) || fs::file_size(file, code) > 0 ||
      code || !there(file.parent_path() / "lock.mdb"))
    return Done{};
  return fail(
      Error::Kind::Unavailable,
      in_quotes(file.string()) +
          " is empty: it was cut, or the store's making was; put back a backup, or remove it "
          "to begin anew");
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

// Also what an attempt that was cut off left behind.
bool holds_nothing(const fs::path& folder) {
  std::error_code code;
  if (!there(folder)) return true;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
    if (entry.path() != folder_of(folder) || !fs::is_directory(entry.symlink_status(code)) ||
        !fs::is_empty(entry.path(), code) || code)
      return false;
  }
  return !code;
}

// The copy belongs to whom the folder belongs that it goes into.
Result<Done> place_copy(NewFile& copy, const fs::path& folder) {
  const fs::path inner = folder_of(folder), file = inner / "data.mdb";
  if (auto made = make_folder(folder); !made) return made;
  if (auto made = make_folder(inner, folder); !made) return made;
  if (auto own = refuse_link_for_folder(inner); !own) return own;
  if (auto given = own_like(copy.get(), file, folder); !given) return given;
  return copy.publish(file, NewFile::Taken::Refuse);
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
  const bool make = !there(file);
  if (auto filled = refuse_empty(file); !filled) return filled.failure();
  if (make)
    if (auto made = make_folders(options); !made) return made.failure();

  auto env = open_env(options);
  if (!env && make) ::unlink(file.c_str());  // what a full disk cut short is no store for ever
  if (!env) return env.failure();
  auto core = std::make_shared<CredentialTables>();
  core->path = store;
  core->env = *std::move(env);
  const auto layout = find_layout(*core);
  if (!layout) return layout.failure();
  if (!*layout && !options.create) return no_store(store);
  if (*layout != kLayoutVersion) {
    if (auto written = write_core(core->env); !written) return written.failure();
    if (auto synced = sync_folder(folder_of(store)); !synced) return synced.failure();
  }
  if (auto read = read_core(*core); !read) return read.failure();
  if (auto whole = check_dummy_client(core->dummy_client); !whole) return whole.failure();
  core->env->clear_stale_readers();
  return std::unique_ptr<Credentials>(
      new Credentials(std::make_unique<State>(State{std::move(core)})));
}

std::uint64_t Credentials::last_txn() const { return state_->core->env->last_txn(); }

const Client& Credentials::dummy_client() const { return state_->core->dummy_client; }

Result<Done> Credentials::backup(const fs::path& folder) const {
  const auto taken = [&folder] {
    return fail(Error::Kind::Exists, "a backup goes into an empty or missing folder, and " +
                                         in_quotes(folder.string()) + " is neither");
  };
  if (!holds_nothing(folder)) return taken();
  const fs::path beside = nearest_folder(folder);
  auto copy = NewFile::make(beside);
  if (!copy) return copy.failure();
  if (auto copied = state_->core->env->copy_to(copy->get()); !copied) return copied;
  if (::fsync(copy->get()) != 0)
    return system_failure(errno, "writing a copy in " + in_quotes(beside.string()));
  const bool was_there = there(folder);
  const Undisturbed whole_step;
  auto placed = place_copy(*copy, folder);
  if (placed) return placed;
  ::rmdir(folder_of(folder).c_str());  // if nobody else has filled it
  if (!was_there) ::rmdir(folder.c_str());
  return placed.error().kind == Error::Kind::Exists ? taken() : placed;
}

}  // namespace store
