// Compiles Asio once, so that no other file has to.

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
