#pragma once

// Latencies in logarithmic buckets: any value from 0 to 2^64-1 is kept to within 1/128 of itself,
// in a fixed 60 KiB and one increment. A plain value; one thread at a time.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

class Histogram {
 public:
  // Values below 2^kPrecisionBits are exact; above, that many buckets divide each power of two.
  static constexpr unsigned kPrecisionBits = 7;

  Histogram();
  void record(std::uint64_t value);

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  // The smallest recorded bucket's upper edge such that a `share` (0 to 1) of all values lie at or
  // below it; never more than max(). 0 when nothing was recorded.
  std::uint64_t quantile(double share) const;

  static std::size_t bucket_of(std::uint64_t value);
  // The largest value that falls into the bucket.
  static std::uint64_t upper_edge(std::size_t bucket);

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace bench
