#include "gateway/exchange/worker.h"

#include <algorithm>
#include <map>
#include <utility>

#include "gateway/net/shares.h"
#include "gateway/routing/forwarded.h"

namespace gateway::exchange {
namespace {

constexpr std::size_t kFreeScratch = 256;       // kept by a thread; more are given back to the heap
constexpr std::size_t kUsualBuffer = 64 << 10;  // larger ones are not kept
// Of limits.connections: room is made while fewer than one in kReserve is free, by one in kAtOnce
// connections at most.
constexpr std::uint32_t kReserve = 16;
constexpr std::size_t kAtOnce = 64;
constexpr std::chrono::seconds kTidyUpstreams{5};
constexpr std::chrono::seconds kHandOverUses{1};

}  // namespace

Worker::Worker(std::shared_ptr<const RuntimeConfig> first, ProcessState& process,
               store::Credentials::Reader reader, unsigned number)
    : process_(process),
      number_(number),
      reader_(std::move(reader)),
      generation_(std::make_shared<Generation>(std::move(first), process_, reader_,
                                               context_.get_executor(), deadlines_, nullptr)),
      replay_guard_(context_.get_executor(), config().ledger, config().clock),
      uses_(process.uses) {}

Worker::~Worker() {
  replay_guard_.abandon();  // its coroutines go through the loop, hence first
  context_.end();
}

// Idle connections go along at once, so that nothing old lasts longer than the requests under way.
void Worker::adopt(std::shared_ptr<const RuntimeConfig> next) {
  const std::shared_ptr<Generation> before = generation_;
  generation_ = std::make_shared<Generation>(std::move(next), process_, reader_,
                                             context_.get_executor(), deadlines_, before.get());
  before->end(*generation_);
  for (Connection* connection : connections_) {
    if (connection->waiting) connection->renew_generation();
  }
}

Worker::Admission Worker::admit(const net::Tcp::endpoint& peer) {
  const conf::Settings& settings = config().settings;
  const std::uint32_t limit = settings.limits.connections;
  const conf::IpAddress address = net::bytes_of(peer.address());
  const conf::IpAddress network = net::network_of(address);
  const bool many = routing::is_trusted(settings.listen.trusted_proxies, address);
  std::uint64_t most = settings.limits.connections_per_address;
  if (most == 0 || many) most = conf::kUnlimited;
  if (!process_.connection_shares.take(network, 1, most)) return Admission::TooManyOfAddress;
  const auto staying = [this] { return process_.connections.load() - process_.ending.load(); };
  if (staying() >= limit - limit / kReserve) make_room_for(network);
  if (process_.connections.fetch_add(1) - process_.ending.load() < limit) return Admission::Granted;
  process_.connections.fetch_sub(1);
  process_.connection_shares.give_back(network, 1);
  return Admission::TooMany;
}

// Of the address that has most on this thread, among those that have more than the one that comes:
// connections that wait for their client while nobody is proven on them, idle ones first. Several
// at once, so that the look at all of them is paid for.
void Worker::make_room_for(const conf::IpAddress& network) {
  const std::uint64_t has = process_.connection_shares.taken(network);
  if (deadlines_.now() < no_room_until_ && has >= no_room_for_) return;
  struct Crowd {
    std::size_t size = 0;
    std::vector<Connection*> may_end;
  };
  const conf::Settings& settings = config().settings;
  std::map<conf::IpAddress, Crowd> crowds;
  for (Connection* one : connections_) {
    if (one->made_room() || routing::is_trusted(settings.listen.trusted_proxies, one->peer_ip()))
      continue;
    Crowd& crowd = crowds[net::network_of(one->peer_ip())];
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
    no_room_until_ = deadlines_.now() + net::Deadlines::kSweep;
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
  if (free_.empty()) return std::make_unique<Scratch>(process_.holdings);
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

RequestId Worker::next_request_id() { return RequestId(process_.id, number_, ++request_count_); }

net::Task<void> Worker::keep_time() {
  net::Timer timer(context_);
  net::TimePoint tidy_at = deadlines_.now() + kTidyUpstreams;
  net::TimePoint hand_over_at = deadlines_.now() + kHandOverUses;
  for (;;) {
    timer.expires_after(net::Deadlines::kSweep);
    auto [error] = co_await timer.async_wait(net::kAwait);
    if (error) co_return;
    deadlines_.sweep(std::chrono::steady_clock::now());
    if (deadlines_.now() >= hand_over_at) {
      hand_over_at = deadlines_.now() + kHandOverUses;
      uses_.hand_over();
    }
    if (deadlines_.now() < tidy_at) continue;
    tidy_at = deadlines_.now() + kTidyUpstreams;
    generation_->tidy();
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

}  // namespace gateway::exchange
