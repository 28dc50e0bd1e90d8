#pragma once

// Every base string that a client may have made by so many slips, each told apart from those that
// take fewer. Bounded. Slow; one thread at a time.

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "verify/explain_recipe.h"
#include "verify/explain_slips.h"

namespace verify {

// Slips in the order in which they are made.
using SlipSet = std::vector<const Slip*>;

class Search {
 public:
  // `right`: what the gate does. `pairs`: whether two slips are tried together at all.
  Search(const Recipe& right, std::vector<Slip> slips, bool pairs, std::size_t most_work);

  // Whether the base string is the one looked for.
  using Accept = std::function<bool(const std::string& base)>;

  // The slips that lead to what `accept` takes: exactly `count` of them, and none that is not
  // needed.
  std::optional<SlipSet> find(std::size_t count, const Accept& accept);

  // Begins a stage, which may take a share of the bound that those before it can't use up. Lists
  // for which their share was too small are made again.
  void begin_stage();
  // False: the share is used up. `units`: bytes, about.
  bool spend(std::size_t units);
  // Whether that was so in any stage.
  bool cut_short() const { return ever_cut_short_; }

 private:
  struct Way {
    std::string text;
    SlipSet slips;
  };
  // What can become of one part of the base string.
  struct Ways {
    std::array<std::optional<std::vector<Way>>, 4> by_count;
    std::unordered_set<std::size_t> seen;  // hashes of texts
    std::vector<const Slip*> live;         // slips that make a difference by themselves
    bool cut_short = false;                // one of the lists lacks some
  };
  // A recipe with one slip, or none, that is not of one part alone.
  struct World {
    Recipe recipe;
    SlipSet slips;
    std::array<Ways, 3> parts{};  // by Part
  };

  const std::vector<Way>& ways(World& world, Part part, std::size_t count);
  // False: nothing more is made in this stage.
  bool add_way(World& world, Part part, SlipSet slips, std::vector<Way>& out);
  void add_single(World& world, Part part, std::vector<Way>& out);
  void add_pairs(World& world, Part part, std::vector<Way>& out);
  void add_triples(World& world, Part part, std::vector<Way>& out);
  std::optional<SlipSet> find_in(World& world, std::size_t count, std::size_t parameters,
                                 const Accept& accept);
  std::optional<SlipSet> find_so(World& world, const std::array<std::size_t, 3>& counts,
                                 const Accept& accept);
  SlipSet needed(const SlipSet& slips, const std::string& base) const;

  const Recipe& right_;
  std::vector<Slip> slips_;
  std::vector<World> worlds_;  // the first one has no slip
  bool pairs_;
  std::size_t share_, left_, building_left_;  // of work
  bool cut_short_ = false, ever_cut_short_ = false;
};

}  // namespace verify
