#pragma once

// Whole verifications in batches, as gateway/exchange/prove.cc does them without its coroutines:
// read the claim, admit it, find its keys among those remembered, judge it, and commit the batch to
// the replay ledger. On a store of its own in a folder of the caller's. One thread.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "verify/result.h"

namespace bench {

class Verification {
 public:
  static constexpr std::size_t kBatch = 16;        // requests in one commit
  static constexpr std::size_t kIdentities = 16;   // clients with a token each
  static constexpr std::int64_t kWindow = 5;       // seconds, past and future
  static constexpr std::size_t kPerSecond = 1024;  // batches in each second of the clock

  // What one verification is made of, in this order. Judge builds the base string and the HMAC too.
  enum class Step : std::uint8_t { Claim, Keys, BaseString, Hmac, Judge, Ledger };
  static constexpr std::size_t kSteps = 6;

  // Fails with a sentence.
  static verify::Result<std::unique_ptr<Verification>, std::string> make(
      const std::filesystem::path& folder);
  ~Verification();
  Verification(const Verification&) = delete;
  Verification& operator=(const Verification&) = delete;

  // Signs kBatch requests that were never seen. The clock goes on with every kPerSecond batches, so
  // that the ledger also drops what is old.
  void sign();
  // Verifies them all. False unless every one is accepted and new to the ledger.
  bool verify();
  // One step alone, for the whole batch; those before it must have been done. As above.
  bool take(Step step);

  // Whether what is accepted once is refused the second time, and what was changed the first time.
  bool refuses();

 private:
  struct State;
  explicit Verification(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bench
