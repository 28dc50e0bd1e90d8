#pragma once

// Requests whose body's hash is signed, and what is held for them on disk.

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/exchange/body_frame.h"
#include "tests/server/world.h"
#include "verify/crypto.h"
#include "verify/percent.h"

namespace gateway::testing {

inline constexpr std::size_t kInMemory = 100;

// Held bodies go to the folder that the store is in.
inline void holding(conf::Settings& settings) {
  settings.limits.form_bytes = kInMemory;
  settings.store.temporary = std::filesystem::path(settings.store.path).parent_path().string();
}

inline std::string hash_of(verify::Hash hash, std::string_view body) {
  return verify::to_base64(verify::digest(hash, body).view());
}

inline std::string sha1_of(std::string_view body) { return hash_of(verify::Hash::Sha1, body); }

inline std::string sized(std::size_t size) {
  return "Content-Length: " + std::to_string(size) + "\r\n";
}
inline const std::string kChunked = "Transfer-Encoding: chunked\r\n";

inline std::string in_chunks(std::string_view body, std::size_t at_a_time) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += at_a_time) {
    const std::string_view chunk = body.substr(at, at_a_time);
    exchange::chunk_head(chunk.size(), out);
    out += std::string(chunk) + "\r\n";
  }
  return out + "0\r\nX-OAuth-User: eve\r\n\r\n";
}

inline std::string bytes_of(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; out.size() < size; ++i) out += std::to_string(i * 7919);
  return out.substr(0, size);
}

struct Hashed {
  std::string hash{};  // the value of oauth_body_hash; empty: there is none
  verify::Method method = verify::Method::HmacSha1;
  std::string secrets = "S&TS";
  std::int64_t ago = 0;  // seconds that the timestamp is behind
};

// The protocol parameters without their signature, as name=value&...
inline std::string parameters(World& world, const Hashed& hashed) {
  std::string out = "oauth_consumer_key=K&oauth_token=T&oauth_version=1.0";
  out += "&oauth_timestamp=" + std::to_string(world.clock.now - hashed.ago);
  out += "&oauth_nonce=b" + std::to_string(++world.nonces);
  out += "&oauth_signature_method=" + std::string(verify::name(hashed.method));
  if (!hashed.hash.empty()) out += "&oauth_body_hash=" + verify::percent_encode(hashed.hash);
  return out;
}

inline std::string signature(const verify::RequestView& view, const Hashed& hashed) {
  verify::Workspace workspace;
  auto claim = verify::read_claim(view, {}, workspace);
  REQUIRE(claim.ok());
  const std::string_view base = verify::base_string(view, *claim, workspace);
  const verify::Hash hash = hashed.method == verify::Method::HmacSha1     ? verify::Hash::Sha1
                            : hashed.method == verify::Method::HmacSha256 ? verify::Hash::Sha256
                                                                          : verify::Hash::Sha512;
  const verify::Digest mac = verify::HmacKey(hash, hashed.secrets).sign(base);
  return verify::percent_encode(verify::to_base64(mac.view()));
}

inline std::string signed_with(World& world, Ask ask, const Hashed& hashed) {
  std::string header = "OAuth ";
  for (char c : parameters(world, hashed) + "&") {
    if (c == '&') header += "\",";
    if (c != '&') header += c;
    if (c == '=') header += '"';
  }
  verify::RequestView view{
      .method = ask.method, .scheme = "http", .authority = "gate", .target = ask.target};
  const std::string unsigned_yet = header + "oauth_signature=\"\"";
  view.authorization = unsigned_yet;
  if (!ask.form.empty()) view.form = ask.form;
  ask.lines = "Authorization: " + header + "oauth_signature=\"" + signature(view, hashed) +
              "\"\r\n" + ask.lines;
  return World::plain(ask);
}

// A PUT of this body, with its hash by SHA-1.
inline std::string put(World& world, const std::string& body, std::string_view of = {}) {
  return signed_with(world, {.method = "PUT", .lines = sized(body.size()), .body = body},
                     {.hash = sha1_of(of.empty() ? body : of)});
}

inline std::string put_chunks(World& world, const std::string& body, std::size_t at_a_time) {
  return signed_with(world,
                     {.method = "PUT", .lines = kChunked, .body = in_chunks(body, at_a_time)},
                     {.hash = sha1_of(body)});
}

// The descriptors of files of this folder that have no name any more.
inline std::vector<int> nameless(const std::filesystem::path& folder) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string to = std::filesystem::read_symlink(entry.path(), gone).string();
    if (gone || !to.starts_with(folder.string() + "/") || !to.ends_with("(deleted)")) continue;
    found.push_back(std::stoi(entry.path().filename().string()));
  }
  return found;
}

inline void check_nothing_left(World& world) {
  CHECK(world.run.holdings.memory.taken() == 0);
  CHECK(world.run.holdings.disk.taken() == 0);
  CHECK(nameless(world.folder.path()).empty());
}

inline std::string status_of(World& world, const std::string& bytes) {
  const Outcome outcome = world.talk(bytes);
  REQUIRE(outcome.answers.size() == 1);
  return outcome.text().substr(0, 3);
}

// Waits until the log has these words; false if it never does.
inline bool logged(const World& world, std::string_view words) {
  const net::TimePoint last = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < last) {
    std::ifstream in(world.settings.log.file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.find(words) != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace gateway::testing
