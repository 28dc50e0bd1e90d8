#include "verify/explain_search.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "verify/explain.h"

namespace verify {
namespace {

constexpr std::size_t kMaxOfOnePart = 3;  // slips
constexpr std::size_t kStages = 4;        // that take long
constexpr std::size_t kBuilding = 12;     // times as dear as hashing, about
constexpr std::size_t kOverhead = 300;    // bytes that are hashed in the time that each text costs

bool go_together(const Slip& a, const Slip& b) {
  return a.aspect != b.aspect || a.aspect == Aspect::Items || a.aspect == Aspect::OneItem;
}

// It may make a difference beside another slip, though it makes none by itself.
bool may_wake(const Slip& slip) {
  return slip.aspect == Aspect::Order || slip.aspect == Aspect::Codec ||
         slip.aspect == Aspect::UrlCodec || slip.aspect == Aspect::Text;
}

Recipe changed(const Recipe& recipe, const SlipSet& slips) {
  Recipe out = recipe;
  for (const Slip* slip : slips) slip->apply(out);
  return out;
}

std::string part_of(const Recipe& recipe, Part part) {
  switch (part) {
    case Part::Method:
      return method_part(recipe);
    case Part::Url:
      return url_part(recipe);
    default:
      return parameter_part(recipe);
  }
}

}  // namespace

Search::Search(const Recipe& right, std::vector<Slip> slips, bool pairs, std::size_t most_work)
    : right_(right),
      slips_(std::move(slips)),
      pairs_(pairs),
      share_(pairs ? most_work / kStages : most_work),  // one slip alone takes fewer stages
      left_(share_),
      building_left_(share_) {
  worlds_.push_back({right, {}});
  std::unordered_set<std::string> seen{base_string(right)};
  for (const Slip& slip : slips_) {
    if (part_of(slip.aspect) != Part::Whole) continue;
    World world{changed(right, {&slip}), {&slip}};
    if (seen.insert(base_string(world.recipe)).second) worlds_.push_back(std::move(world));
  }
}

void Search::begin_stage() {
  left_ = share_;
  building_left_ = share_;
  cut_short_ = false;
  for (World& world : worlds_) {
    for (Ways& part : world.parts) {
      if (part.cut_short) part = {};
    }
  }
}

bool Search::spend(std::size_t units) {
  if (units > left_) cut_short_ = ever_cut_short_ = true;
  left_ -= std::min(units, left_);
  return !cut_short_;
}

// What is not made is not tried in this stage, and the rest is. The last one made may cost more
// than was left.
bool Search::add_way(World& world, Part part, SlipSet slips, std::vector<Way>& out) {
  Ways& ways = world.parts[static_cast<std::size_t>(part)];
  if (building_left_ == 0) {
    ways.cut_short = ever_cut_short_ = true;
    return false;
  }
  std::string text = part_of(changed(world.recipe, slips), part);
  building_left_ -= std::min(kBuilding * (text.size() + kOverhead), building_left_);
  if (!ways.seen.insert(std::hash<std::string>()(text)).second) return true;
  if (slips.size() == 1) ways.live.push_back(slips[0]);
  out.push_back({std::move(text), std::move(slips)});
  return true;
}

void Search::add_single(World& world, Part part, std::vector<Way>& out) {
  const bool first = &world == &worlds_.front();
  if (!first) ways(worlds_.front(), part, 1);
  const Ways& usual = worlds_.front().parts[static_cast<std::size_t>(part)];
  // Not all slips that make a difference are known then.
  if (usual.cut_short) world.parts[static_cast<std::size_t>(part)].cut_short = true;
  const std::unordered_set<const Slip*> by_itself(usual.live.begin(), usual.live.end());
  for (const Slip& slip : slips_) {
    if (part_of(slip.aspect) != part) continue;
    if (!first && !by_itself.contains(&slip) && !may_wake(slip)) continue;
    if (!add_way(world, part, {&slip}, out)) return;
  }
}

void Search::add_pairs(World& world, Part part, std::vector<Way>& out) {
  const auto& live = world.parts[static_cast<std::size_t>(part)].live;
  const std::unordered_set<const Slip*> by_itself(live.begin(), live.end());
  std::vector<const Slip*> all;
  for (const Slip& slip : slips_) {
    if (part_of(slip.aspect) != part) continue;
    if (by_itself.contains(&slip) || may_wake(slip)) all.push_back(&slip);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t k = i + 1; k < all.size(); ++k) {
      if (!go_together(*all[i], *all[k])) continue;
      if (!by_itself.contains(all[i]) && !by_itself.contains(all[k])) continue;
      if (!add_way(world, part, {all[i], all[k]}, out)) return;
    }
  }
}

void Search::add_triples(World& world, Part part, std::vector<Way>& out) {
  const auto live = world.parts[static_cast<std::size_t>(part)].live;
  for (std::size_t i = 0; i < live.size(); ++i) {
    for (std::size_t k = i + 1; k < live.size(); ++k) {
      if (!go_together(*live[i], *live[k])) continue;
      for (std::size_t l = k + 1; l < live.size(); ++l) {
        if (!go_together(*live[i], *live[l]) || !go_together(*live[k], *live[l])) continue;
        if (!add_way(world, part, {live[i], live[k], live[l]}, out)) return;
      }
    }
  }
}

const std::vector<Search::Way>& Search::ways(World& world, Part part, std::size_t count) {
  auto& made = world.parts[static_cast<std::size_t>(part)].by_count[count];
  if (made) return *made;
  std::vector<Way> out;
  if (count > 0) ways(world, part, count - 1);  // so that what takes fewer is known
  if (count == 0) add_way(world, part, {}, out);
  if (count == 1) add_single(world, part, out);
  if (count == 2) add_pairs(world, part, out);
  if (count == 3) add_triples(world, part, out);
  return made.emplace(std::move(out));
}

// Leaves out what makes no difference.
SlipSet Search::needed(const SlipSet& slips, const std::string& base) const {
  SlipSet out = slips;
  for (std::size_t i = 0; i < out.size();) {
    SlipSet fewer = out;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (base_string(changed(right_, fewer)) == base) {
      out = std::move(fewer);
      i = 0;
    } else {
      ++i;
    }
  }
  return out;
}

std::optional<SlipSet> Search::find_so(World& world, const std::array<std::size_t, 3>& counts,
                                       const Accept& accept) {
  const auto& methods = ways(world, Part::Method, counts[0]);
  const auto& urls = ways(world, Part::Url, counts[1]);
  const auto& parameters = ways(world, Part::Parameters, counts[2]);
  for (const Way& p : parameters) {
    for (const Way& u : urls) {
      for (const Way& m : methods) {
        const std::string base = framed(world.recipe, m.text, u.text, p.text);
        if (!spend(kOverhead)) return std::nullopt;
        if (!accept(base)) continue;
        SlipSet slips = world.slips;
        for (const Way* way : {&m, &u, &p}) {
          slips.insert(slips.end(), way->slips.begin(), way->slips.end());
        }
        return needed(slips, base);
      }
    }
  }
  return std::nullopt;
}

// With so many slips, and so many of them in the parameters.
std::optional<SlipSet> Search::find_in(World& world, std::size_t count, std::size_t parameters,
                                       const Accept& accept) {
  if (count < world.slips.size() + parameters) return std::nullopt;
  const std::size_t rest = count - world.slips.size() - parameters;
  for (std::size_t method = 0; method <= std::min<std::size_t>(rest, 1); ++method) {
    if (rest - method > kMaxOfOnePart) continue;
    auto found = find_so(world, {method, rest - method, parameters}, accept);
    if (found || cut_short_) return found;
  }
  return std::nullopt;
}

// The cheap ones first. What is not of one part alone comes first where it is alone, since its
// sentence says more.
std::optional<SlipSet> Search::find(std::size_t count, const Accept& accept) {
  if (count > 1 && !pairs_) return std::nullopt;
  for (std::size_t parameters = 0; parameters <= std::min(count, kMaxOfOnePart); ++parameters) {
    for (World& world : worlds_) {
      auto found = find_in(world, count, parameters, accept);
      if (found || cut_short_) return found;
    }
  }
  return std::nullopt;
}

}  // namespace verify
