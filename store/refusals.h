#pragma once

// The last refused requests of known clients (<store>/refusals), for whoever asks why a signature
// did not match. A ring of slots in one file that is read and written in place and never mapped:
// what a crash, a full disk or a stranger's hand spoils are the refusals it hit, and nothing else.
//
// Threads and processes: a Refusals belongs to one thread of the one process that serves the store.
// find_refusal() may be called meanwhile from any thread of any process.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/error.h"
#include "store/files.h"

namespace store {

inline constexpr std::size_t kRefusalBytes = 64 << 10;  // of the file, for each that is kept

enum class KeptBody : std::uint8_t {
  None = 0,     // the request had none
  Held = 1,     // it stands in the dump
  Passing = 2,  // it was not read before the refusal, so it is missing from the dump
};

// Whoever keeps one has taken out of it what would let a reader sign or sign in.
struct KeptRefusal {
  std::string request_id;
  std::int64_t time = 0;  // Unix seconds
  std::string reason;     // the true one, a word: "signature_invalid"
  std::string detail;     // what the log says besides
  // The URL that was taken for the signed one: its parts before the target, and why these.
  std::string scheme, authority, path_prefix;
  std::string url_reason;
  KeptBody body = KeptBody::None;
  bool truncated = false;  // the dump was cut at its end to fit
  // Something that was signed has been taken out: the signature can't be made again from the dump.
  bool signed_removed = false;
  std::string request;  // request line and fields as received, an empty line, the body
  friend bool operator==(const KeptRefusal&, const KeptRefusal&) = default;
};

class Refusals {
 public:
  // Keeps the last `count` (at least 1). What an earlier process kept stays, as far as it fits;
  // what is damaged counts as an empty slot.
  static Result<std::unique_ptr<Refusals>> open(const std::filesystem::path& store,
                                                std::uint32_t count);

  // In place of the oldest, once there are `count`. Cuts detail and dump so that it fits. Survives
  // the end of the process, not a power cut.
  Result<Done> keep(KeptRefusal refusal);

 private:
  Refusals(std::filesystem::path path, FileHandle file)
      : path_(std::move(path)), file_(std::move(file)) {}
  Result<Done> arrange(std::uint32_t count);

  std::filesystem::path path_;
  FileHandle file_;
  std::vector<std::uint32_t> order_;  // of slots, from the one to be overwritten next, in a circle
  std::size_t next_ = 0;              // in order_
  std::uint64_t sequence_ = 0;        // of the newest
};

// NotFound if none is kept under this id.
Result<KeptRefusal> find_refusal(const std::filesystem::path& store, std::string_view request_id);

}  // namespace store
