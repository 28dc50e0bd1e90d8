#include "bench/process_cpu.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

TEST_CASE("a stat line is read whatever the process is called") {
  const auto stat = bench::read_stat("12 (a ) S 9) R 34 5 6 7 8 9 10 11 12 13 700 50 16 17");
  REQUIRE(stat.has_value());
  CHECK(stat->pid == 12);
  CHECK(stat->parent == 34);
  CHECK(stat->ticks == 750);
}

TEST_CASE("a line that is too short is not a stat line") {
  CHECK(bench::read_stat("1 (a) R 3 4 5 6 7 8 9 10 11 12 13 14").has_value());
  CHECK_FALSE(bench::read_stat("1 (a) R 3 4 5 6 7 8 9 10 11 12 13").has_value());
  CHECK_FALSE(bench::read_stat("1 a").has_value());
  CHECK_FALSE(bench::read_stat("").has_value());
}

TEST_CASE("the tree of a process has it and its descendants") {
  const auto tree = bench::process_tree(::getppid());
  CHECK(tree.front() == ::getppid());
  CHECK(std::find(tree.begin(), tree.end(), ::getpid()) != tree.end());
}

TEST_CASE("a process that is not there has no tree and no time") {
  constexpr pid_t kNone = 0x7FFFFFFF;
  CHECK(bench::process_tree(kNone).empty());
  CHECK(bench::cpu_seconds({kNone}) == 0);
}
