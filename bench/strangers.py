#!/usr/bin/python3
"""What a stranger, who can prove nothing, costs a gate: memory and the time of its event loops. Loopback alone, a minute at most.

    PORTCULLIS_BINARY=build/release/portcullis bench/strangers.py
"""

import os
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/e2e"))

from backend import Recorder  # noqa: E402
from conftest import granted  # noqa: E402
from gate import HOST, ROUTES, Gate, Store  # noqa: E402
from signer import SECRET, TOKEN_SECRET, Signer  # noqa: E402
from wire import Closed, Wire  # noqa: E402

TICK = 1000 / os.sysconf("SC_CLK_TCK")  # ms


def processor(gate):
    """Milliseconds that each thread of the gate has used."""
    used = {}
    for task in Path(f"/proc/{gate.process.pid}/task").iterdir():
        fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
        used[task.name] = (int(fields[11]) + int(fields[12])) * TICK
    return used


def loops_cost(gate, work, times):
    """Milliseconds of the event loop for each of `times` pieces of work, and of other threads: the loop is the one that
    also serves small requests."""
    gate.exchange(b"GET /nothing HTTP/1.1\r\nHost: %s\r\n\r\n" % HOST.encode())
    before = processor(gate)
    for _ in range(200):
        gate.exchange(b"GET /nothing HTTP/1.1\r\nHost: %s\r\n\r\n" % HOST.encode())
    marked = processor(gate)
    loop = max(marked, key=lambda task: marked[task] - before.get(task, 0))
    start = processor(gate)
    for _ in range(times):
        work()
    end = processor(gate)
    spent = {task: end[task] - start.get(task, 0) for task in end}
    return spent.pop(loop) / times, sum(spent.values()) / times


def main():
    room = Path(tempfile.mkdtemp(prefix="strangers-"))
    store, backend = Store(room / "store"), Recorder()
    store.take(*granted("client", SECRET, "alice", "token", TOKEN_SECRET))
    alice = Signer("client", SECRET, "token", TOKEN_SECRET)
    listen = {"external_url": f"http://{HOST}", "threads": 1}

    def gate(**sections):
        made = Gate(room, store, {"api": [backend.url]}, ROUTES, log={"level": "error", "refusals": 0},
                    listen={**listen, **sections.pop("listen", {})}, **sections)  # fmt: skip
        return made.start()

    one = gate()
    form = b"a=" + b"\xff" * ((1 << 20) - 2)
    signed = one.request(alice.but(secret="wrong"), "POST", "/api/x", form="a=1").replace(b"Content-Length: 3", b"Content-Length: %d" % len(form))
    loop, others = loops_cost(one, lambda: one.exchange(signed[: -len(b"a=1")] + form), 20)
    print(f"an unproven form of 1 MiB: {loop:.1f} ms of the event loop, {others:.1f} ms of other threads")

    name = b"username=" + b"%3C" * ((1 << 20) // 3 - 3)
    post = b"POST /oauth/sign_in HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
    loop, _ = loops_cost(one, lambda: one.exchange(post % (HOST.encode(), len(name)) + name), 20)
    print(f"a user name of 1 MiB: {loop:.1f} ms of the event loop")

    before = one.status("VmRSS")
    with one.wire() as wire:
        for i in range(20000):
            wire.send(one.request(alice.but(key=f"nobody{i}"), "GET", "/api/x", oauth_signature_method="HMAC-SHA1"))
            wire.read()
    print(f"20,000 unknown clients: {(one.status('VmRSS') - before) / 1024:.1f} MiB stay with the thread")
    one.stop()

    held, served = [], 0
    one = gate(limits={"form_bytes": "1MiB", "forms_bytes": "32MiB"})
    for _ in range(40):
        wire = one.wire()
        head, body = one.request(alice, "POST", "/api/x", form="a=" + "b" * ((1 << 20) - 2)).split(b"\r\n\r\n", 1)
        wire.try_send(head + b"\r\n\r\n" + body[:-1])
        held.append(wire)
    for _ in range(10):
        other = Wire.__new__(Wire)
        other.socket, other.buffer = socket.create_connection(("127.0.0.1", one.port), 20, source_address=("127.0.0.2", 0)), b""
        with other:
            try:
                served += other.try_send(one.request(alice, "POST", "/api/x", form="a=" + "b" * 100000)).read().status == 200
            except Closed:
                pass
    print(f"while 40 connections of one address hold forms: {served} of 10 forms of another are served")
    for wire in held:
        wire.socket.close()
    one.stop()

    certificate, key = room / "cert.pem", room / "key.pem"
    os.system(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={HOST} "
              f"-keyout {key} -out {certificate} 2>/dev/null")  # fmt: skip
    for what, tls in (("plain", {}), ("TLS", {"listen.tls": {"certificate": str(certificate), "key": str(key)}})):
        one = gate(listen={"external_url": f"{'https' if tls else 'http'}://{HOST}"}, **tls)
        before, silent = one.status("VmRSS"), []
        for _ in range(800):
            silent.append(one.wire())
        time.sleep(2)
        print(f"a {what} connection that says nothing: {(one.status('VmRSS') - before) / 800:.1f} KiB")
        for wire in silent:
            wire.socket.close()
        one.stop()
    backend.stop()


if __name__ == "__main__":
    main()
