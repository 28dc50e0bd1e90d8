#pragma once

// What this process is to the others that have an environment open. Its map of one can only move
// while none of its threads reads, and what lies beyond its map it can't read.

#include <cstdint>

namespace store {

enum class MapRole : std::uint8_t {
  Fixed,      // the map never moves
  Served,     // so it is, for this is the gate, and others keep within its map
  Following,  // keeps within the map of the gate that runs, and adopts a larger one of its like
};

// For all environments that are opened from then on; Fixed at first. Not safe beside other threads
// that open some.
void set_map_role(MapRole role);
MapRole map_role();

}  // namespace store
