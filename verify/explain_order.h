#pragma once

// The orders in which clients put the parameters of a base string. Pure.

#include <string>
#include <vector>

#include "verify/explain_recipe.h"

namespace verify {

// A parameter on its way into the parameter string.
struct Entry {
  std::string name, value;              // as they are joined
  std::string meant_name, meant_value;  // decoded, where the order needs it
  bool bare = false;

  std::string joined() const { return bare ? name : name + '=' + value; }
};

void sort(std::vector<Entry>& entries, Order order);

}  // namespace verify
