#include "gateway/worker.h"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "gateway/forwarded.h"
#include "gateway/policy.h"
#include "verify/crypto.h"

namespace gateway {
namespace {

constexpr std::size_t kFreeScratch = 256;       // kept by a thread; more are given back to the heap
constexpr std::size_t kUsualBuffer = 64 << 10;  // larger ones are not kept
// Of limits.connections: room is made while fewer than one in kReserve is free, by one in kAtOnce
// connections at most.
constexpr std::uint32_t kReserve = 16;
constexpr std::size_t kAtOnce = 64;
constexpr std::chrono::seconds kTidyUpstreams{5};
constexpr std::chrono::seconds kHandOverUses{1};

std::string run_id() {
  std::array<unsigned char, 6> bytes{};
  verify::fill_random(bytes);
  return verify::to_hex(bytes);
}

conf::IpAddress bytes_of(const asio::ip::address& address) {
  return address.is_v6()
             ? address.to_v6().to_bytes()
             : asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
}

pages::Pages load_pages(const conf::Provider& provider) {
  auto loaded = pages::Pages::load(provider.templates.value_or(""), provider.texts.value_or(""));
  if (!loaded) throw std::runtime_error(loaded.error());
  return *std::move(loaded);
}

}  // namespace

asio::ip::address unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

Gate::Gate(conf::Settings given, Desk& writes, store::Ledger& replay_ledger,
           const Clock& wall_clock, Log& the_log, RefusalKeeper* keeper)
    : settings(std::move(given)),
      desk(writes),
      ledger(replay_ledger),
      clock(wall_clock),
      log(the_log),
      refusal_keeper(keeper),
      routes(settings),
      authorities(settings.listen, &settings.provider),
      endpoints(settings),
      pages(load_pages(settings.provider)),
      hygiene(settings.headers, settings.login),
      policy(policy_of(settings.oauth)) {
  const conf::Settings& all = settings;
  for (const conf::Route& route : all.routes) {
    requirements.push_back(requirement_of(route));
    route_bounds.push_back(bounds_of(route, all.limits));
  }
  client_requirement.token = false;
  endpoint_bounds = provider_bounds(all);
  style.realm_name = all.oauth.realm_name;
  style.realm_failure_status = static_cast<int>(all.oauth.realm_failure_status);
  style.verbose = all.oauth.verbose_errors;
  style.window_past_s = policy.window_past_s;
  style.window_future_s = policy.window_future_s;
  head_bounds.head_bytes = all.limits.header_bytes;
  head_bounds.target_bytes = all.limits.target_bytes;
  head_bounds.fields = all.limits.headers;
  if (all.listen.tls) tls.emplace(*all.listen.tls);
}

Run::Run(const store::Usage* counts) : id(run_id()), usage(counts) {}

Shift::Shift(std::shared_ptr<const Gate> gate, const Run& run, store::Credentials::Reader& reader,
             Executor executor, Deadlines& deadlines, const Shift* before)
    : gate_(std::move(gate)),
      credentials_(gate_->desk.credentials, reader, gate_->settings.headers, run.usage) {
  const Duration patience = gate_->settings.timeouts.upstream_connect;
  for (const conf::Upstream& upstream : gate_->settings.upstreams) {
    std::shared_ptr<UpstreamPool>& pool = pools_[upstream.name];
    if (before != nullptr) {
      const auto old = before->pools_.find(upstream.name);
      if (old != before->pools_.end() && old->second->serves(upstream, patience))
        pool = old->second;
    }
    if (!pool) pool = std::make_shared<UpstreamPool>(executor, deadlines, upstream, patience);
  }
}

void Shift::tidy() {
  for (auto& [name, pool] : pools_) pool->tidy();
}

void Shift::end(const Shift& next) {
  for (auto& [name, pool] : pools_) {
    const auto found = next.pools_.find(name);
    if (found == next.pools_.end() || found->second != pool) pool->end();
  }
}

Connection::Connection(Worker& worker, std::unique_ptr<Stream> stream, const Tcp::endpoint& peer)
    : Deadline(worker.deadlines()),
      worker_(worker),
      shift_(worker.shift_),
      stream_(std::move(stream)),
      peer_(unmapped(peer.address()).to_string()),
      address_size_(peer_.size()),
      peer_ip_(bytes_of(peer.address())),
      index_(worker.connections_.size()) {
  peer_ += ':';
  peer_ += std::to_string(peer.port());
  worker_.connections_.push_back(this);
}

Connection::~Connection() {
  Connection* last = worker_.connections_.back();
  worker_.connections_[index_] = last;
  last->index_ = index_;
  worker_.connections_.pop_back();
  worker_.run_.connection_shares.give_back(network_of(peer_ip_), 1);
  if (made_room_) worker_.run_.ending.fetch_sub(1);
  worker_.run_.connections.fetch_sub(1);
}

void Connection::make_room() {
  made_room_ = true;
  worker_.run_.ending.fetch_add(1);
  stream_->close(true);
}

void Connection::renew_shift() {
  if (shift_ == worker_.shift_) return;
  shift_ = worker_.shift_;
  authority = {};
}

std::string_view Connection::peer_address() const {
  return std::string_view(peer_).substr(0, address_size_);
}

RequestId::RequestId(std::string_view run_id, unsigned worker, std::uint64_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char* out = std::copy_n(run_id.data(), 12, digits_.data());
  for (int shift = 4; shift >= 0; shift -= 4) *out++ = kDigits[(worker >> shift) & 15];
  for (int shift = 36; shift >= 0; shift -= 4) *out++ = kDigits[(count >> shift) & 15];
}

Worker::Worker(std::shared_ptr<const Gate> first, Run& run, store::Credentials::Reader reader,
               unsigned number)
    : run_(run),
      number_(number),
      reader_(std::move(reader)),
      shift_(std::make_shared<Shift>(std::move(first), run_, reader_, context_.get_executor(),
                                     deadlines_, nullptr)),
      replay_guard_(context_.get_executor(), gate().ledger, gate().clock),
      uses_(run.uses) {}

Worker::~Worker() {
  replay_guard_.abandon();  // its coroutines go through the loop, hence first
  context_.end();
}

// Idle connections go along at once, so that nothing old lasts longer than the requests under way.
void Worker::adopt(std::shared_ptr<const Gate> next) {
  const std::shared_ptr<Shift> before = shift_;
  shift_ = std::make_shared<Shift>(std::move(next), run_, reader_, context_.get_executor(),
                                   deadlines_, before.get());
  before->end(*shift_);
  for (Connection* connection : connections_) {
    if (connection->waiting) connection->renew_shift();
  }
}

Worker::Admission Worker::admit(const Tcp::endpoint& peer) {
  const conf::Settings& settings = gate().settings;
  const std::uint32_t limit = settings.limits.connections;
  const conf::IpAddress address = bytes_of(peer.address());
  const conf::IpAddress network = network_of(address);
  const bool many = is_trusted(settings.listen.trusted_proxies, address);
  std::uint64_t most = settings.limits.connections_per_address;
  if (most == 0 || many) most = conf::kUnlimited;
  if (!run_.connection_shares.take(network, 1, most)) return Admission::TooManyOfAddress;
  const auto staying = [this] { return run_.connections.load() - run_.ending.load(); };
  if (staying() >= limit - limit / kReserve) make_room_for(network);
  if (run_.connections.fetch_add(1) - run_.ending.load() < limit) return Admission::Granted;
  run_.connections.fetch_sub(1);
  run_.connection_shares.give_back(network, 1);
  return Admission::TooMany;
}

// Of the address that has most on this thread, among those that have more than the one that comes:
// connections that wait for their client while nobody is proven on them, idle ones first. Several
// at once, so that the look at all of them is paid for.
void Worker::make_room_for(const conf::IpAddress& network) {
  const std::uint64_t has = run_.connection_shares.taken(network);
  if (deadlines_.now() < no_room_until_ && has >= no_room_for_) return;
  struct Crowd {
    std::size_t size = 0;
    std::vector<Connection*> may_end;
  };
  const conf::Settings& settings = gate().settings;
  std::map<conf::IpAddress, Crowd> crowds;
  for (Connection* one : connections_) {
    if (one->made_room() || is_trusted(settings.listen.trusted_proxies, one->peer_ip())) continue;
    Crowd& crowd = crowds[network_of(one->peer_ip())];
    ++crowd.size;
    if (one->armed() && !one->proven) crowd.may_end.push_back(one);
  }
  const std::size_t own = crowds[network].size + 1;
  Crowd* largest = nullptr;
  for (auto& [address, crowd] : crowds) {
    if (crowd.may_end.empty() || crowd.size <= own) continue;
    if (largest == nullptr || crowd.size > largest->size) largest = &crowd;
  }
  if (largest == nullptr) {
    no_room_until_ = deadlines_.now() + Deadlines::kSweep;
    no_room_for_ = has;
    return;
  }
  std::vector<Connection*>& may_end = largest->may_end;
  std::stable_partition(may_end.begin(), may_end.end(),
                        [](Connection* one) { return one->waiting; });
  std::size_t count = std::max<std::size_t>(settings.limits.connections / kAtOnce, 1);
  count = std::min({count, may_end.size(), largest->size - own});
  for (std::size_t i = 0; i < count; ++i) may_end[i]->make_room();
}

std::unique_ptr<Scratch> Worker::take_scratch() {
  if (free_.empty()) return std::make_unique<Scratch>(run_.holdings);
  std::unique_ptr<Scratch> scratch = std::move(free_.back());
  free_.pop_back();
  return scratch;
}

void Worker::give_back(std::unique_ptr<Scratch> scratch) {
  if (free_.size() >= kFreeScratch || scratch->in.capacity() > kUsualBuffer ||
      scratch->up.capacity() > kUsualBuffer) {
    return;
  }
  scratch->in.clear();
  scratch->up.clear();
  free_.push_back(std::move(scratch));
}

RequestId Worker::next_request_id() { return RequestId(run_.id, number_, ++request_count_); }

Task<void> Worker::keep_time() {
  Timer timer(context_);
  TimePoint tidy_at = deadlines_.now() + kTidyUpstreams;
  TimePoint hand_over_at = deadlines_.now() + kHandOverUses;
  for (;;) {
    timer.expires_after(Deadlines::kSweep);
    auto [error] = co_await timer.async_wait(kAwait);
    if (error) co_return;
    deadlines_.sweep(std::chrono::steady_clock::now());
    if (deadlines_.now() >= hand_over_at) {
      hand_over_at = deadlines_.now() + kHandOverUses;
      uses_.hand_over();
    }
    if (deadlines_.now() < tidy_at) continue;
    tidy_at = deadlines_.now() + kTidyUpstreams;
    shift_->tidy();
  }
}

void Worker::drain() {
  draining_ = true;
  for (Connection* connection : connections_) {
    if (!connection->waiting) continue;
    if (connection->requests > 0) {
      connection->fire_soon();
    } else {
      connection->set(kDrainGrace);
    }
  }
}

}  // namespace gateway
