#pragma once

// The door to Boost.Asio: every other file of the gateway says what it needs of it through these
// names.
//
// House rules for coroutines (this compiler miscompiles some): one co_await per statement, its
// arguments are names, no co_await inside ?: or braces. A view or reference argument lives until
// the coroutine completes.

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <tuple>

namespace gateway {
namespace asio = boost::asio;
}  // namespace gateway

namespace gateway::net {

using ErrorCode = boost::system::error_code;
using Executor = asio::io_context::executor_type;

// A coroutine of one event loop. It starts when awaited.
template <class T>
using Task = asio::awaitable<T, Executor>;

using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Resolver = asio::ip::basic_resolver<Tcp, Executor>;

// Completion token: co_await gives a tuple that begins with the error code; nothing throws.
inline constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>());

// What reading or writing came to: the error, and how many bytes went all the same.
using Io = std::tuple<ErrorCode, std::size_t>;

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

}  // namespace gateway::net
