#pragma once

// The door to Boost.JSON: every other file of the gateway says what it needs of it through this
// name.

#include <boost/json.hpp>

namespace gateway {

namespace json = boost::json;

}  // namespace gateway
