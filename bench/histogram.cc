#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace bench {

namespace {

constexpr std::uint64_t kPerPower = std::uint64_t{1} << Histogram::kPrecisionBits;

}  // namespace

Histogram::Histogram() : buckets_(bucket_of(std::numeric_limits<std::uint64_t>::max()) + 1) {}

std::size_t Histogram::bucket_of(std::uint64_t value) {
  if (value < kPerPower) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kPrecisionBits;
  // value >> shift lies in [kPerPower, 2 * kPerPower).
  return (std::size_t{shift} << kPrecisionBits) + (value >> shift);
}

std::uint64_t Histogram::upper_edge(std::size_t bucket) {
  if (bucket < 2 * kPerPower) return bucket;
  const std::size_t shift = (bucket >> kPrecisionBits) - 1;
  const std::uint64_t leading = bucket - (shift << kPrecisionBits);
  return (leading << shift) + ((std::uint64_t{1} << shift) - 1);
}

void Histogram::record(std::uint64_t value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, value);
}

std::uint64_t Histogram::quantile(double share) const {
  if (count_ == 0) return 0;
  const double exact = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(exact));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(upper_edge(i), max_);
  }
  return max_;
}

}  // namespace bench
