#include "bench/histogram.h"

#include <doctest/doctest.h>

#include <limits>

using bench::Histogram;

TEST_CASE("a value lies in a bucket that ends at most 1/128 above it") {
  for (unsigned power = 0; power < 64; ++power) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::uint64_t value = (std::uint64_t{1} << power) + static_cast<std::uint64_t>(off);
      CAPTURE(value);
      const std::uint64_t edge = Histogram::upper_edge(Histogram::bucket_of(value));
      CHECK(edge >= value);
      CHECK(edge - value <= value / 128);
    }
  }
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  CHECK(Histogram::upper_edge(Histogram::bucket_of(largest)) == largest);
}

TEST_CASE("each bucket begins one above the end of the one before") {
  const std::size_t last = Histogram::bucket_of(std::numeric_limits<std::uint64_t>::max());
  for (std::size_t bucket = 0; bucket < last; ++bucket) {
    const std::uint64_t edge = Histogram::upper_edge(bucket);
    REQUIRE(Histogram::bucket_of(edge) == bucket);
    REQUIRE(Histogram::bucket_of(edge + 1) == bucket + 1);
  }
}

TEST_CASE("small values are kept exactly and quantiles are ranks") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.record(value);
  CHECK(histogram.count() == 100);
  CHECK(histogram.max() == 100);
  const struct {
    double share;
    std::uint64_t expected;
  } cases[] = {{0, 1},     {0.01, 1},    {0.011, 2}, {0.5, 50},
               {0.99, 99}, {0.991, 100}, {1, 100},   {2, 100}};
  for (const auto& c : cases) {
    CAPTURE(c.share);
    CHECK(histogram.quantile(c.share) == c.expected);
  }
}

TEST_CASE("no quantile is above the largest value") {
  Histogram histogram;
  histogram.record(1'000'000'001);
  CHECK(histogram.quantile(0.5) == 1'000'000'001);
}

TEST_CASE("an empty histogram has no quantiles") { CHECK(Histogram().quantile(0.5) == 0); }
