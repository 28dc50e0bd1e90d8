// Tables of <store>/usage:
//   meta     "layout" -> 01; "key" -> 32 bytes, the key of the MAC
//   clients  key -> item*, at most one of all, one of each method, and kKeysCounted of keys
//   routes   the first 16 bytes of the SHA-256 of its name -> times, last
//   item    := kind name times last     one byte, and 8 bytes each
//   kind    := 00 all (name 0) | 01 method (name: its number) | 02 secret or key (name: its id)
// Integers are big-endian, times are Unix seconds.

#include "store/usage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "store/env.h"
#include "store/fields.h"
#include "store/files.h"
#include "verify/crypto.h"
#include "verify/secret.h"

namespace store {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMapSize = 1ull << 30;  // bytes of address space; a client takes 0.5 KB
constexpr std::uint64_t kMapFloor = 16ull << 20;
constexpr char kLayout = 1;
constexpr std::size_t kMacKeyBytes = 32;
constexpr std::size_t kCountBytes = 16;
constexpr std::size_t kItemBytes = 1 + 8 + kCountBytes;

enum class Item : std::uint8_t { All = 0, Method = 1, Key = 2 };

// The numbers of methods are on disk.
static_assert(static_cast<int>(verify::Method::HmacSha1) == 0);
static_assert(static_cast<int>(verify::Method::HmacSha256) == 1);
static_assert(static_cast<int>(verify::Method::HmacSha512) == 2);
static_assert(static_cast<int>(verify::Method::RsaSha1) == 3);
static_assert(static_cast<int>(verify::Method::RsaSha256) == 4);
static_assert(static_cast<int>(verify::Method::RsaSha512) == 5);
static_assert(static_cast<int>(verify::Method::Plaintext) == 6);

fs::path folder_of(const fs::path& store) { return store / "usage"; }

bool there(const fs::path& path) {
  std::error_code code;
  return fs::exists(fs::symlink_status(path, code));
}

void put_count(std::string& out, const Count& count) {
  put_integer(out, count.times, 8);
  put_integer(out, static_cast<std::uint64_t>(count.last), 8);
}

// From 16 bytes.
Count take_count(std::string_view bytes) {
  return {take_integer(bytes.substr(0, 8)),
          static_cast<std::int64_t>(take_integer(bytes.substr(8, 8)))};
}

Failure<Error> counts_damaged(const char* what) {
  return fail(Error::Kind::Unavailable, std::string("the usage counts ") + what);
}

std::string encode(const ClientUsage& usage) {
  std::string out;
  const auto item = [&out](Item kind, std::uint64_t name, const Count& count) {
    out.push_back(static_cast<char>(kind));
    put_integer(out, name, 8);
    put_count(out, count);
  };
  item(Item::All, 0, usage.all);
  for (std::size_t i = 0; i < usage.methods.size(); ++i)
    if (usage.methods[i].times > 0) item(Item::Method, i, usage.methods[i]);
  for (const ClientUsage::Key& one : usage.keys) item(Item::Key, one.id, one.count);
  return out;
}

Result<ClientUsage> decode(std::string_view bytes) {
  ClientUsage out;
  if (bytes.size() % kItemBytes != 0) return counts_damaged("of a client are cut short");
  for (; !bytes.empty(); bytes.remove_prefix(kItemBytes)) {
    const std::uint64_t name = take_integer(bytes.substr(1, 8));
    const Count count = take_count(bytes.substr(9));
    switch (static_cast<Item>(bytes[0])) {
      case Item::All:
        out.all = count;
        break;
      case Item::Method:
        if (name >= out.methods.size()) return counts_damaged("of a client name an unknown method");
        out.methods[name] = count;
        break;
      case Item::Key:
        out.keys.push_back({name, count});
        break;
      default:
        return counts_damaged("of a client have an unknown item");
    }
  }
  return out;
}

void add(Count& to, const Count& more) {
  if (more.times == 0) return;
  to.times += more.times;
  to.last = std::max(to.last, more.last);
}

void add(ClientUsage& to, const KeyUse& use) {
  Count sum{0, use.last};
  for (std::size_t i = 0; i < use.times.size(); ++i) {
    sum.times += use.times[i];
    add(to.methods[i], {use.times[i], use.last});
  }
  add(to.all, sum);
  for (ClientUsage::Key& one : to.keys)
    if (one.id == use.key) return add(one.count, sum);
  if (to.keys.size() >= kKeysCounted)
    to.keys.erase(
        std::min_element(to.keys.begin(), to.keys.end(),
                         [](const auto& a, const auto& b) { return a.count.last < b.count.last; }));
  to.keys.push_back({use.key, sum});
}

std::string route_key(std::string_view name) {
  const verify::Digest digest = verify::digest(verify::Hash::Sha256, name);
  const auto bytes = digest.view().first(16);
  return {bytes.begin(), bytes.end()};
}

struct Opened {
  std::shared_ptr<Env> env;
  Table clients, routes;
  verify::Secret mac_key;
};

verify::Result<std::shared_ptr<Env>, OpenFailure> open_env(const fs::path& store) {
  EnvOptions how;
  how.folder = folder_of(store);
  how.like = store;
  how.map_size = kMapSize;
  how.map_floor = kMapFloor;
  how.tables = 3;
  how.durability = Durability::AllButLast;
  return Env::open(how);
}

Result<Done> write_tables(const std::shared_ptr<Env>& env) {
  auto txn = WriteTxn::begin(env);
  if (!txn) return txn.failure();
  WriteTxn& out = **txn;
  for (const char* name : {"clients", "routes"})
    if (auto made = out.make_table(name, WriteTxn::Duplicates::No); !made) return made.failure();
  auto meta = out.make_table("meta", WriteTxn::Duplicates::No);
  if (!meta) return meta.failure();
  std::array<unsigned char, kMacKeyBytes> key{};
  verify::fill_random(key);
  const verify::Secret secret(std::string(key.begin(), key.end()));
  verify::wipe(key.data(), key.size());
  if (auto put = out.put(*meta, "layout", {&kLayout, 1}); !put) return put;
  if (auto put = out.put(*meta, "key", secret.reveal()); !put) return put;
  return out.commit();
}

// Nothing if it has no tables yet.
verify::Result<std::optional<Opened>, OpenFailure> read_tables(const std::shared_ptr<Env>& env) {
  const auto failed = [](Failure<Error> f, bool damaged) {
    return Failure(OpenFailure{std::move(f.error), damaged});
  };
  ReadTxn txn(env);
  if (auto begun = txn.renew(); !begun) return failed(begun.failure(), false);
  Opened out;
  out.env = env;
  auto meta = open_table(txn, "meta");
  if (!meta) return failed(meta.failure(), true);
  if (!*meta) return std::optional<Opened>();
  const auto layout = txn.get(**meta, "layout");
  if (!layout) return failed(layout.failure(), true);
  if (*layout && (*layout)->size() == 1 && static_cast<unsigned char>((**layout)[0]) > kLayout)
    return failed(
        fail(Error::Kind::Newer, "the usage counts were written by a newer version of portcullis"),
        false);
  const auto key = txn.get(**meta, "key");
  if (!key) return failed(key.failure(), true);
  auto clients = open_table(txn, "clients"), routes = open_table(txn, "routes");
  if (!clients || !routes || !*clients || !*routes || !*layout ||
      **layout != std::string_view(&kLayout, 1) || !*key || (*key)->size() != kMacKeyBytes)
    return failed(counts_damaged("are incomplete"), true);
  out.clients = **clients;
  out.routes = **routes;
  out.mac_key = verify::Secret(**key);
  if (auto kept = txn.commit(); !kept) return failed(kept.failure(), false);
  return std::optional<Opened>(std::move(out));
}

verify::Result<Opened, OpenFailure> try_open(const fs::path& store, bool make) {
  auto env = open_env(store);
  if (!env) return env.failure();
  auto found = read_tables(*env);
  if (found && !*found) {
    if (!make)
      return Failure(
          OpenFailure{fail(Error::Kind::NotFound, "nothing has been counted yet").error, false});
    if (auto written = write_tables(*env); !written)
      return Failure(OpenFailure{std::move(written.error()), false});
    found = read_tables(*env);
  }
  if (!found) return found.failure();
  if (!*found) return Failure(OpenFailure{counts_damaged("can't be begun").error, false});
  (*env)->clear_stale_readers();
  return *std::move(*found);
}

}  // namespace

struct Usage::State {
  explicit State(Opened from)
      : env(std::move(from.env)),
        clients(from.clients),
        routes(from.routes),
        mac(verify::Hash::Sha256, from.mac_key.reveal()) {}

  std::shared_ptr<Env> env;
  Table clients, routes;
  verify::HmacKey mac;
};

Count ClientUsage::of(KeyId id) const {
  for (const Key& one : keys)
    if (one.id == id) return one.count;
  return {};
}

Usage::Usage(std::unique_ptr<State> state) : state_(std::move(state)) {}
Usage::~Usage() = default;

Result<std::unique_ptr<Usage>> Usage::open(const fs::path& store) {
  if (!there(folder_of(store) / "data.mdb"))
    return fail(Error::Kind::NotFound, "nothing has been counted yet");
  auto opened = try_open(store, /*make=*/false);
  if (!opened) return Failure(std::move(opened.error().error));
  return std::unique_ptr<Usage>(new Usage(std::make_unique<State>(*std::move(opened))));
}

Result<std::unique_ptr<Usage>> Usage::open_or_make(const fs::path& store, std::string& note) {
  const fs::path folder = folder_of(store), aside = store / "usage.damaged";
  if (auto made = make_folder(folder, store); !made) return made.failure();
  auto opened = try_open(store, /*make=*/true);
  if (!opened && opened.error().damaged) {
    std::error_code code;
    fs::remove_all(aside, code);
    fs::rename(folder, aside, code);
    if (code) return system_failure(code.value(), "setting aside " + in_quotes(folder.string()));
    note = "the usage counts were damaged (" + opened.error().error.sentence +
           "): they begin anew, and the old ones are in " + in_quotes(aside.string());
    if (auto made = make_folder(folder, store); !made) return made.failure();
    opened = try_open(store, /*make=*/true);
  }
  if (!opened) return Failure(std::move(opened.error().error));
  return std::unique_ptr<Usage>(new Usage(std::make_unique<State>(*std::move(opened))));
}

KeyId Usage::key_id(std::string_view client, KeyKind kind, std::string_view bytes) const {
  std::string message;
  message.reserve(9 + client.size() + bytes.size());
  put_integer(message, client.size(), 8);
  message.append(client);
  message.push_back(static_cast<char>(kind));
  message.append(bytes);
  const verify::Digest mac = state_->mac.sign(message);
  verify::wipe(message.data(), message.size());
  const auto bytes_of_id = mac.view().first(8);
  return take_integer(std::string(bytes_of_id.begin(), bytes_of_id.end()));
}

Result<Done> Usage::add(std::span<const KeyUse> keys, std::span<const RouteUse> routes) {
  auto txn = WriteTxn::begin(state_->env);
  if (!txn) return txn.failure();
  for (const KeyUse& use : keys) {
    auto bytes = (*txn)->get(state_->clients, use.client);
    if (!bytes) return bytes.failure();
    ClientUsage usage;
    if (*bytes)
      if (auto known = decode(**bytes); known) usage = *std::move(known);
    store::add(usage, use);
    if (auto put = (*txn)->put(state_->clients, use.client, encode(usage)); !put) return put;
  }
  for (const RouteUse& use : routes) {
    const std::string key = route_key(use.route);
    auto bytes = (*txn)->get(state_->routes, key);
    if (!bytes) return bytes.failure();
    Count count;
    if (*bytes && (*bytes)->size() == kCountBytes) count = take_count(**bytes);
    store::add(count, use.count);
    std::string value;
    put_count(value, count);
    if (auto put = (*txn)->put(state_->routes, key, value); !put) return put;
  }
  return (*txn)->commit();
}

Result<ClientUsage> Usage::client(std::string_view key) const {
  ReadTxn txn(state_->env);
  if (auto begun = txn.renew(); !begun) return begun.failure();
  auto bytes = txn.get(state_->clients, key);
  if (!bytes) return bytes.failure();
  if (!*bytes) return ClientUsage{};
  return decode(**bytes);
}

Result<Count> Usage::route(std::string_view name) const {
  ReadTxn txn(state_->env);
  if (auto begun = txn.renew(); !begun) return begun.failure();
  auto bytes = txn.get(state_->routes, route_key(name));
  if (!bytes) return bytes.failure();
  if (!*bytes) return Count{};
  if ((*bytes)->size() != kCountBytes) return counts_damaged("of a route are cut short");
  return take_count(**bytes);
}

Result<Done> Usage::forget(std::string_view client) {
  auto txn = WriteTxn::begin(state_->env);
  if (!txn) return txn.failure();
  if (auto erased = (*txn)->erase(state_->clients, client); !erased) return erased.failure();
  return (*txn)->commit();
}

}  // namespace store
