"""Measures the gate beside plain proxies; started by bench/run, which builds it first.

Every target runs alone on core 0 with one thread, the load generator and its upstream in one
busy-polling thread on core 1. The targets are visited in turn, each started anew in each round. What is
compared is the CPU time of all the target's processes per request.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import plots
from host import TICKS, TOP, core_busy_seconds, cpu_seconds, file_system_of, machine, versions
from targets import CLIENTS, CONNECTIONS, TOKENS, Failure, make_store, make_targets, write_gate

TARGET_CORE, LOAD_CORE = 0, 1
QUERY = "/items?fields=id%2Cname&limit=50&sort=-created_at"
START_SECONDS, STOP_SECONDS = 20, 20
SLOWEST = 500  # requests per second; a load that is slower has hung
OPEN_SECONDS = 10  # that an open loop is measured
DISTURBED = 1.10  # core 0 busy for more than this times the target's own CPU time: somebody else was there


def free_ports(count):
    """Ports on 127.0.0.1 that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


# ---- One measurement


def wait_until_it_listens(process, port, log):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Failure(f"{process.args[3]} did not start: {log.read_text()[-2000:].strip() or 'it said nothing'}")


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # Whatever it started goes with it: it leads a group of its own.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def measure(target, room, port, upstream, bench, load, patience):
    """Starts a target, loads it, stops it; returns what the load generator found."""
    log = room / f"{target.name}.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            ["taskset", "-c", str(TARGET_CORE), *target.command],
            stdout=out, stderr=out, start_new_session=True,
        )
    try:
        wait_until_it_listens(process, port, log)
        command = [
            str(bench), f"http://127.0.0.1:{port}{target.path}{QUERY}", "--json", "--spin",
            "--cpu", str(LOAD_CORE), "--upstream-port", str(upstream), "--keys", f"{room}/keys",
            "--connections", str(CONNECTIONS), "--cpu-of", str(process.pid), *load,
        ]
        busy, own = core_busy_seconds(TARGET_CORE), cpu_seconds(process.pid)
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False)
        busy, own = core_busy_seconds(TARGET_CORE) - busy, cpu_seconds(process.pid) - own
    except subprocess.TimeoutExpired as late:
        raise Failure(f"The load on {target.label} did not end within {patience:.0f} s.") from late
    finally:
        stop(process)
    if not done.stdout.startswith("{"):
        raise Failure(f"The load on {target.label} failed: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    if done.returncode != 0:
        said = log.read_text()[-1000:].strip()
        raise Failure(f"Requests through {target.label} failed: {result['failures']}. {said}")
    result["disturbed"] = busy > DISTURBED * own + 2 / TICKS
    result["core_busy"] = own / max(busy, own, 1e-9)
    return result


# ---- What comes out


def summary(rounds, nginx):
    """The figures of one row, from the rounds of one target and those of nginx."""
    cpu = [r["cpu_us_per_request"] for r in rounds]
    quiet = [r for r in rounds if not r["disturbed"]] or rounds
    row = {
        "cpu": statistics.median(cpu), "low": min(cpu), "high": max(cpu),
        "rate": statistics.median(r["requests_per_second"] for r in quiet),
        "p50": statistics.median(r["latency_us"]["p50"] for r in quiet),
        "p99": statistics.median(r["latency_us"]["p99"] for r in quiet),
        "disturbed": sum(r["disturbed"] for r in rounds), "rounds": len(rounds),
    }
    if nginx:
        row["ratio"] = row["cpu"] / statistics.median(r["cpu_us_per_request"] for r in nginx)
    return row


def table(rows):
    lines = [
        "| target | verifies | CPU us/request [min..max] | x nginx | requests/s | p50 us | p99 us | disturbed rounds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for label, verifies, row in rows:
        ratio = f"{row['ratio']:.2f}" if "ratio" in row else "-"
        lines.append(
            f"| {label} | {'yes' if verifies else 'no'} "
            f"| **{row['cpu']:.2f}** [{row['low']:.2f}..{row['high']:.2f}] | {ratio} | {row['rate']:,.0f} "
            f"| {row['p50']:,.0f} | {row['p99']:,.0f} | {row['disturbed']} of {row['rounds']} |"
        )
    return "\n".join(lines)


def document(tables, options, portcullis, file_system, head_bytes):
    """RESULTS.md."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    sections = "\n\n".join(f"## {title}\n\n{text}" for title, text in tables)
    return f"""# What it costs

Written by `{os.environ.get("PORTCULLIS_BENCH_COMMAND", "./bench/run")}` on {now}.

- Machine: {machine()}.
- Versions: {versions(portcullis)}.

{sections}

## How it was measured

- Each target runs with one thread, bound to core {TARGET_CORE}. The load generator and the upstream are one busy-polling thread on core {LOAD_CORE}, so that no target pays for waking them.
- {CONNECTIONS} keep-alive connections over plain HTTP on 127.0.0.1. Every request is a GET of {head_bytes:.0f} bytes with query parameters, signed with HMAC-SHA1 by one of {CLIENTS} clients x {TOKENS} tokens, with a nonce of its own; the reply has a body of 200 bytes. All targets get the same signed requests; one that does not verify ignores the signature.
- The targets were visited in turn in each of {options.rounds} rounds, and started anew each time; {options.warmup:,} requests to warm up, then {options.requests:,} measured{f" (open loop: for {OPEN_SECONDS} s)" if options.rate else ""}.
- CPU is user plus system time of all the target's processes over the measured requests. The figure is the median over the rounds, with the least and the most.
- The gate's store and replay ledger lie on {file_system}; it claims every nonce in the ledger before it forwards. nginx: 1 worker, `access_log off`, upstream `keepalive {2 * CONNECTIONS}`. HAProxy: `nbthread 1`, `http-reuse always`, no log. Portcullis: `threads = 1`, `log.level = "warn"`, one route that needs a token and no realm.
- No request failed in any round: the run ends with an error if one does.

## How to read it

- Read ratios less than 5 % apart as equal.
- This machine may have other work. A round counts as disturbed if core {TARGET_CORE} was busy for more than {DISTURBED:.1f} times the target's own CPU time. Requests per second and latencies are medians of the undisturbed rounds where there are any; CPU per request is of all rounds, as it moves much less.
- System time includes what the kernel does for loopback TCP on the target's behalf. Only the sum of user and system time is exact.
- In the closed loop, where the load generator itself is the slower of the two, requests per second say nothing about the target: compare CPU per request.
- What one verification costs by itself, and each of its steps, `./bench/verify` writes to VERIFICATION.md.
"""


def read_options():
    parser = argparse.ArgumentParser(
        prog="bench/run", description="The gate beside nginx and HAProxy; writes bench/RESULTS.md.")
    parser.add_argument("--rounds", type=int, help="visits to each target (default 5)")
    parser.add_argument("--requests", type=int, help="requests measured in each visit (default 200000)")
    parser.add_argument("--rate", type=float, help="measure also in an open loop, at so many requests per second")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 50000 requests; RESULTS.md stays as it is")
    parser.add_argument("--targets", default="gate,gate-open,nginx,haproxy",
                        help="comma-separated: gate, gate-open (its route without authentication), nginx, haproxy")
    parser.add_argument("--build-dir", type=pathlib.Path,
                        help="take the programs from this folder and build nothing")
    parser.add_argument("--output", type=pathlib.Path, help="write the document there instead")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.requests = options.requests or (50_000 if options.quick else 200_000)
    options.warmup = max(1, options.requests // 10)
    options.targets = options.targets.split(",")
    unknown = set(options.targets) - {"gate", "gate-open", "nginx", "haproxy"}
    if unknown:
        parser.error(f"there is no target {unknown.pop()}")
    if options.rounds < 1 or options.requests < 1 or (options.rate is not None and options.rate <= 0):
        parser.error("rounds, requests and rate are positive numbers")
    return options


def check_machine(needed):
    cores = os.sched_getaffinity(0)
    if not {TARGET_CORE, LOAD_CORE} <= cores:
        raise Failure("This needs two cores, 0 and 1: one for the target and one for the load. "
                      f"Here there {'is just one' if len(cores) == 1 else 'are others'}, and on one they would measure each other.")
    for path in needed:
        if not os.access(path, os.X_OK):
            raise Failure(f"{path} is missing: cmake --preset release && cmake --build --preset release makes it.")


def measure_all(targets, room, ports, upstream, bench, load, options, title):
    patience = 60 + (options.requests + options.warmup) / SLOWEST
    results = {target.name: [] for target in targets}
    for number in range(1, options.rounds + 1):
        for target in targets:
            port = ports["gate" if target.name == "gate-open" else target.name]
            result = measure(target, room, port, upstream, bench, load, patience)
            results[target.name].append(result)
            print(f"{title}, round {number}: {target.label:26} {result['cpu_us_per_request']:7.2f} us CPU/request "
                  f"{result['requests_per_second']:9,.0f}/s{'  (disturbed)' if result['disturbed'] else ''}", flush=True)
    return results


def compare(options, room):
    folder = options.build_dir or TOP / "build" / "release"
    bench = (folder / "portcullis-bench").absolute()
    with_gate = any(name.startswith("gate") for name in options.targets)
    portcullis = (folder / "portcullis").absolute() if with_gate else None
    check_machine([bench] + ([portcullis] if portcullis else []))
    numbers = free_ports(5)
    ports, upstream = dict(zip(("gate", "nginx", "haproxy"), numbers)), numbers[4]
    write_gate(room, ports["gate"], numbers[3], upstream)
    make_store(portcullis, bench, room)
    targets = make_targets(options.targets, room, ports, upstream, portcullis)

    loads = [("Closed loop", ["--requests", str(options.requests), "--warmup", str(options.warmup)])]
    if options.rate:
        loads.append((f"Open loop, {options.rate:,.0f} requests/s",
                      ["--rate", str(options.rate), "--duration", str(OPEN_SECONDS), "--warmup", str(int(options.rate) + 1)]))
    tables, drawn, raw, head_bytes = [], [], {}, 0
    for title, load in loads:
        raw[title] = measure_all(targets, room, ports, upstream, bench, load, options, title)
        head_bytes = raw[title][targets[0].name][0]["head_bytes"]
        rows = [(t.label, t.verifies, summary(raw[title][t.name], raw[title].get("nginx"))) for t in targets]
        tables.append((title, table(rows)))
        drawn.append((title, rows))
        print(f"\n{tables[-1][1]}\n", flush=True)

    out = TOP / "bench" / "out"
    out.mkdir(exist_ok=True)
    (out / "rounds.json").write_text(json.dumps(raw, indent=1) + "\n")
    path = options.output or (out / "quick.md" if options.quick else TOP / "bench" / "RESULTS.md")
    path.write_text(document(tables, options, portcullis, file_system_of(room), head_bytes))
    (out / "results.html").write_text(plots.page(drawn, [machine(), versions(portcullis)]))
    print(f"Written to {path}, plots to {out / 'results.html'}")


def main():
    options = read_options()
    # Ending by a signal passes through every `finally`, as the end of the run does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    # On a disk: /tmp is often memory, and a ledger in memory would flatter the gate.
    room = pathlib.Path(tempfile.mkdtemp(prefix="portcullis-bench-", dir="/var/tmp"))
    try:
        compare(options, room)
        return 0
    except Failure as failure:
        print(f"bench/run: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(room, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
