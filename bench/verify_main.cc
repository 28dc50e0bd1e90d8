// verify-bench: what one verification costs, and each of its steps. One thread, no network.
//
//   verify-bench             a table
//   verify-bench --json      the same for programs
//   verify-bench --only N    N batches and nothing else, for a tool that counts instructions

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/instructions.h"
#include "bench/verification.h"
#include "store/standard_files.h"

namespace {

std::uint64_t g_allocations = 0;

}  // namespace

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCountsAllocations = false;
#else
constexpr bool kCountsAllocations = true;

// In place of the C library's, for every library of this process.
extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* __libc_calloc(std::size_t count, std::size_t size);
extern "C" void* __libc_realloc(void* memory, std::size_t size);
extern "C" void* malloc(std::size_t size) {
  ++g_allocations;
  return __libc_malloc(size);
}
extern "C" void* calloc(std::size_t count, std::size_t size) {
  ++g_allocations;
  return __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, std::size_t size) {
  ++g_allocations;
  return __libc_realloc(memory, size);
}
#endif

namespace {

using bench::Verification;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRounds = 15, kWarmup = 12'000, kBatches = 4'000;
constexpr std::array<const char*, Verification::kSteps> kStepNames = {
    "claim",                                         // read the parameters, admit the claim
    "keys",                                          // find them among those remembered
    "base string", "HMAC-SHA1", "judge", "ledger"};  // hash the keys, commit the batch

// Nanoseconds for one verification, one figure for each round.
struct Figures {
  std::vector<double> rounds;
  double median() const {
    std::vector<double> sorted = rounds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double least() const { return *std::min_element(rounds.begin(), rounds.end()); }
  double most() const { return *std::max_element(rounds.begin(), rounds.end()); }
};

struct Outcome {
  Figures whole;
  std::array<Figures, Verification::kSteps> steps;
  double allocations = 0;  // for each verification, before the ledger
  double allocations_of_commit = 0;
  std::optional<double> instructions;
};

double per_verification(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / (Verification::kBatch * kBatches);
}

// False when a request was not accepted: then the figures mean nothing.
bool measure_whole(Verification& verification, Figures& out) {
  std::chrono::nanoseconds time{};
  for (std::size_t i = 0; i < kBatches; ++i) {
    verification.sign();
    const auto start = Clock::now();
    if (!verification.verify()) return false;
    time += Clock::now() - start;
  }
  out.rounds.push_back(per_verification(time));
  return true;
}

bool measure_steps(Verification& verification, std::array<Figures, Verification::kSteps>& out) {
  std::array<std::chrono::nanoseconds, Verification::kSteps> times{};
  for (std::size_t i = 0; i < kBatches; ++i) {
    verification.sign();
    for (std::size_t step = 0; step < Verification::kSteps; ++step) {
      const auto start = Clock::now();
      if (!verification.take(static_cast<Verification::Step>(step))) return false;
      times[step] += Clock::now() - start;
    }
  }
  for (std::size_t step = 0; step < Verification::kSteps; ++step) {
    out[step].rounds.push_back(per_verification(times[step]));
  }
  return true;
}

// Allocations of the steps that make up a verification, those before the ledger and the ledger's.
bool count_allocations(Verification& verification, Outcome& out) {
  using Step = Verification::Step;
  std::uint64_t before_ledger = 0, of_ledger = 0;
  for (std::size_t i = 0; i < kBatches; ++i) {
    verification.sign();
    for (const Step step : {Step::Claim, Step::Keys, Step::Judge, Step::Ledger}) {
      const std::uint64_t before = g_allocations;
      if (!verification.take(step)) return false;
      (step == Step::Ledger ? of_ledger : before_ledger) += g_allocations - before;
    }
  }
  out.allocations = static_cast<double>(before_ledger) / (Verification::kBatch * kBatches);
  out.allocations_of_commit = static_cast<double>(of_ledger) / kBatches;
  return true;
}

bool count_instructions(Verification& verification, Outcome& out) {
  auto counter = bench::Instructions::open();
  if (!counter) return true;
  for (std::size_t i = 0; i < kBatches; ++i) {
    verification.sign();
    counter->start();
    const bool good = verification.verify();
    counter->stop();
    if (!good) return false;
  }
  out.instructions = static_cast<double>(counter->count()) / (Verification::kBatch * kBatches);
  return true;
}

bool repeat(Verification& verification, std::size_t batches) {
  for (std::size_t i = 0; i < batches; ++i) {
    verification.sign();
    if (!verification.verify()) return false;
  }
  return true;
}

bool measure(Verification& verification, Outcome& out) {
  if (!repeat(verification, kWarmup)) return false;
  for (std::size_t round = 0; round < kRounds; ++round) {
    if (!measure_whole(verification, out.whole)) return false;
    if (!measure_steps(verification, out.steps)) return false;
  }
  return count_allocations(verification, out) && count_instructions(verification, out);
}

std::string table(const Outcome& outcome) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(0);
  const auto row = [&](const std::string& name, const Figures& figures) {
    out << std::left << std::setw(22) << name << std::right << std::setw(7) << figures.median()
        << " ns   [" << figures.least() << ".." << figures.most() << "]\n";
  };
  row("one verification", outcome.whole);
  for (std::size_t step = 0; step < Verification::kSteps; ++step) {
    row(std::string("  ") + kStepNames[step], outcome.steps[step]);
  }
  out << std::setprecision(3);
  if (kCountsAllocations) {
    out << "heap allocations      " << std::setw(7) << outcome.allocations
        << " for each verification, and " << outcome.allocations_of_commit
        << " for each commit of the ledger\n";
  } else {
    out << "heap allocations      not counted under a sanitizer\n";
  }
  out << std::setprecision(0) << "instructions          ";
  if (outcome.instructions) {
    out << std::setw(7) << *outcome.instructions << " for each verification, outside the kernel\n";
  } else {
    out << "no counter on this machine; ./bench/verify counts with valgrind\n";
  }
  return out.str();
}

std::string json(const Outcome& outcome) {
  std::ostringstream out;
  const auto figures = [&](const std::string& name, const Figures& f) {
    out << '"' << name << "\":[" << f.median() << ',' << f.least() << ',' << f.most() << "],";
  };
  out << '{';
  figures("one verification", outcome.whole);
  for (std::size_t step = 0; step < Verification::kSteps; ++step) {
    figures(kStepNames[step], outcome.steps[step]);
  }
  if (kCountsAllocations) {
    out << "\"allocations\":" << outcome.allocations
        << ",\"allocations of a commit\":" << outcome.allocations_of_commit << ',';
  }
  if (outcome.instructions) out << "\"instructions\":" << *outcome.instructions << ',';
  out << "\"rounds\":" << kRounds << ",\"verifications\":" << kBatches * Verification::kBatch
      << ",\"batch\":" << Verification::kBatch << ",\"clients\":" << Verification::kIdentities
      << ",\"requests in a second\":" << Verification::kBatch * Verification::kPerSecond << "}\n";
  return out.str();
}

// A folder that goes with the program. On a disk: /tmp is often memory, and a ledger in memory
// would flatter the figures.
class Folder {
 public:
  Folder() {
    std::string name = "/var/tmp/portcullis-verify-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

int fail(const std::string& sentence) {
  std::cerr << "verify-bench: " << sentence << '\n';
  return 1;
}

int usage() {
  std::cerr << "usage: verify-bench [--json | --only BATCHES]\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (!store::open_standard_files()) return 1;
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const bool as_json = arguments.size() == 1 && arguments[0] == "--json";
  std::size_t only = 0;
  if (arguments.size() == 2 && arguments[0] == "--only") {
    const char* const end = arguments[1].data() + arguments[1].size();
    if (std::from_chars(arguments[1].data(), end, only).ptr != end || only == 0) return usage();
  } else if (!arguments.empty() && !as_json) {
    return usage();
  }
  const Folder folder;
  if (folder.path().empty()) return fail("can't make a folder in /var/tmp");
  auto verification = Verification::make(folder.path());
  if (!verification) return fail(verification.error());
  if (!(*verification)->refuses()) return fail("a replay or a changed nonce was accepted");
  if (only > 0) return repeat(**verification, only) ? 0 : fail("a good request was refused");
  Outcome outcome;
  if (!measure(**verification, outcome)) return fail("a good request was refused");
  if (as_json) {
    std::cout << json(outcome);
    return 0;
  }
  std::cout << "GET with two query parameters and an Authorization field, HMAC-SHA1; "
            << Verification::kIdentities << " clients with a token each;\nthe ledger commits "
            << Verification::kBatch << " at a time. Median of " << kRounds << " rounds of "
            << kBatches * Verification::kBatch << ", with the least and the most.\n\n"
            << table(outcome);
  return 0;
}
