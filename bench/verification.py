"""Measures one verification and each of its steps; started by bench/verify, which builds verify-bench first.

Times are of the processor as it is, instructions of valgrind's: perf's counters are not to be had on most
virtual machines.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

from host import TOP, file_system_of, machine, own_version

GOAL_NS = 1500
BATCHES = 16_000  # that valgrind runs through: enough for the ledger to drop what is old
STEPS = [
    ("claim", "read header, query and parameters (3.5.1, 3.4.1.3.1), sort them, and refuse what needs no key",
     ["bench::Verification::State::claim("]),
    ("keys", "find client and token among those remembered", ["gateway::Credentials::remembered("]),
    ("judge", "base string, HMAC and comparison, then whether client, token, user and realms allow it", ["verify::judge("]),
    ("base string", "of these", ["verify::build_base_string("]),
    ("HMAC-SHA1", "of these", ["verify::HmacKey::sign("]),
    ("ledger", "hash what is claimed, and one commit for the whole batch",
     ["store::Ledger::Keyer::operator()", "store::Ledger::claim("]),
]
WHOLE = "bench::Verification::verify()"


class Failure(Exception):
    pass


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{command[0]} failed: {done.stderr.strip()[-1000:]}")
    return done.stdout


def count_instructions(program, batch):
    """Instructions of each function that stands for a step, for one verification."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/callgrind.out"
        run("valgrind", "--tool=callgrind", "--collect-atstart=no", f"--toggle-collect={WHOLE}",
            f"--callgrind-out-file={out}", str(program), "--only", str(BATCHES))
        listing = run("callgrind_annotate", "--inclusive=yes", "--auto=no", "--threshold=100", out)

    def of(symbol):
        for line in listing.splitlines():
            count, _, where = line.strip().partition(" ")
            if f":{symbol}" in where:
                return int(count.replace(",", "")) / (BATCHES * batch)
        raise Failure(f"valgrind saw nothing of {symbol}")

    return of(WHOLE), {name: sum(map(of, symbols)) for name, _, symbols in STEPS}


def document(runs, whole_instructions, instructions):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    first = runs[0]

    def figures(name):
        medians = [one[name][0] for one in runs]
        return f"**{statistics.median(medians):,.0f}** [{min(medians):,.0f}..{max(medians):,.0f}]"

    rows = [f"| one verification | {figures('one verification')} | {whole_instructions:,.0f} | all that follows |"]
    for name, what, _ in STEPS:
        indent = "&nbsp;&nbsp;" if what == "of these" else ""
        rows.append(f"| {indent}{name} | {figures(name)} | {instructions[name]:,.0f} | {'part of judge' if indent else what} |")
    table = "\n".join(rows)
    return f"""# What one verification costs

Written by `./bench/verify` on {now}.

- Machine: {machine()}. The ledger lay on {file_system_of('/var/tmp')}.
- {own_version()}.

| step | ns [least..most] | instructions | what it does |
|---|---|---|---|
{table}

Heap allocations: **{first['allocations']:.3f}** for each verification, and {first['allocations of a commit']:.2f} for each commit of the ledger.

## How it was measured

- One thread, no network: the gate's own code without its coroutines, in the order of gateway/exchange/prove.cc. Every request is a GET with two query parameters and an Authorization field, signed anew with HMAC-SHA1 by one of {first['clients']} clients with a token each, so that caches are warm. Signing is not counted.
- The ledger commits {first['batch']} requests at a time. Each second of the requests' clock has {first['requests in a second']:,} of them, and what is too old is dropped as it goes on.
- {first['rounds']} rounds of {first['verifications']:,} verifications make a run, whose figure is the median of its rounds; this is the median of {len(runs)} runs, with the least and the most. The steps are measured in rounds of their own: looking at the clock between them and leaving the caches in between make their sum another than the whole.
- Instructions are those that valgrind ran, in {BATCHES:,} batches. It knows no SHA instructions, so it counts more for HMAC-SHA1 than a processor that has them runs.
- Before it measures, the program checks that a replay and a changed nonce are refused, and it ends with an error if a request is not accepted.

## How to read it

- To reach were {GOAL_NS:,} ns. A claim of the ledger is looked up in memory, and what a batch claims is written four to a record: hashing it is a third of the ledger's instructions, and the commit is shared by all.
- The allocations of a commit are the owner of its transaction, LMDB's list of pages to use again and its growing, a cursor while old entries are dropped, and now and then a larger table for the second that is going on. Nothing is allocated for a request.
- Other work on the machine shows in all times at once, by up to a factor of two; instructions don't change with it.
"""


def main():
    parser = argparse.ArgumentParser(
        prog="bench/verify", description="What one verification costs; writes bench/VERIFICATION.md.")
    parser.add_argument("--runs", type=int, default=5, help="times that all is measured (default 5, about 10 s each)")
    parser.add_argument("--output", type=pathlib.Path, default=TOP / "bench" / "VERIFICATION.md",
                        help="write the document there instead")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error("runs is a positive number")
    program = TOP / "build" / "release" / "verify-bench"
    try:
        runs = []
        for number in range(1, options.runs + 1):
            runs.append(json.loads(run(str(program), "--json")))
            print(f"run {number}: {runs[-1]['one verification'][0]:,.0f} ns for one verification", flush=True)
        print("counting instructions", flush=True)
        whole, steps = count_instructions(program, runs[0]["batch"])
    except Failure as failure:
        print(f"bench/verify: {failure}", file=sys.stderr)
        return 1
    options.output.write_text(document(runs, whole, steps))
    print(f"{whole:,.0f} instructions for one verification. Written to {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
