#include "bench/report.h"

#include <doctest/doctest.h>

namespace {

bench::Outcome sample() {
  bench::Outcome outcome;
  outcome.requests = 4;
  outcome.failed = 3;
  outcome.by_status[401] = 1;
  outcome.closed = 2;
  outcome.seconds = 2;
  outcome.head_bytes = 430;
  outcome.latency.record(1500);
  return outcome;
}

}  // namespace

TEST_CASE("the JSON object has all that was measured") {
  bench::Outcome outcome = sample();
  const std::string common =
      R"({"requests":4,"failed":3,"failures":{"status 401":1,"connection closed":2},)"
      R"("seconds":2.000000,"requests_per_second":2.0,"head_bytes":430.0,)"
      R"("latency_us":{"p50":1.5,"p90":1.5,"p99":1.5,"p99_9":1.5,"max":1.5})";
  CHECK(bench::to_json(outcome) == common + "}\n");
  outcome.cpu_seconds = 0.00005;
  CHECK(bench::to_json(outcome) == common + ",\"cpu_us_per_request\":12.500}\n");
}

TEST_CASE("the table names each reason for a failure once") {
  const std::string table = bench::to_table(sample());
  CHECK(table.find("  status 401             1\n") != std::string::npos);
  CHECK(table.find("  connection closed      2\n") != std::string::npos);
  CHECK(table.find("timed out") == std::string::npos);
  CHECK(table.find("CPU") == std::string::npos);
}

TEST_CASE("a run without requests has a rate of zero") {
  const std::string json = bench::to_json(bench::Outcome());
  CHECK(json.find("\"requests_per_second\":0.0") != std::string::npos);
}

TEST_CASE("the progress line gives the rate since the one before") {
  using namespace std::chrono_literals;
  CHECK(bench::progress_line(sample(), 1500ms, 100, 250ms) ==
        "   1.5 s           4 requests       400/s  3 failed");
}
