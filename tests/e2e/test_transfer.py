"""Import and export: hard keys and secrets, a running gate, an end in the middle, and memory that stays flat."""

import json
import re
import signal
import subprocess
import sys
import threading

import pytest

from gate import BINARY, PATIENCE, SANITIZED, Store
from signer import Signer

ALL_SECRET = "".join(map(chr, range(0x20, 0x7F)))
ALL_KEY = ALL_SECRET[1:]
MANY = 30_000  # lines; progress is told every ten thousand
LONG = MANY if SANITIZED else 2 * MANY
GROWTH = 1024  # KiB that an import or export of three times as many lines may take more, besides the store's pages


def longest(characters, size=255):
    return (characters * (size // len(characters) + 1))[:size]


def line(**record):
    return json.dumps(record) + "\n"


def people(key, secret, token, token_secret):
    return (
        line(type="client", key=key, secret=secret, realms=["email"]) + line(type="user", name="alice") +
        line(type="token", client=key, user="alice", token=token, secret=token_secret, realms=["email"])
    )


def many(path, lines):
    """Clients, users, and then tokens, in no order."""
    third = lines // 3
    with open(path, "w") as file:
        for i in range(third):
            file.write(f'{{"type":"client","key":"bulk{i}","secret":"S{i}","realms":["email"]}}\n')
            file.write(f'{{"type":"user","name":"user{i}"}}\n')
        for i in range(third):
            j = i * 7919 % third
            file.write(f'{{"type":"token","client":"bulk{j}","user":"user{i}","token":"t{j}","secret":"s{j}","realms":["email"]}}\n')
    return path


@pytest.mark.parametrize("key, secret, token, token_secret", [
    ("a%b&c=d+e", "with space", "t%26/?", "%&=+ ~"),
    (ALL_KEY, ALL_SECRET, ALL_KEY, ALL_SECRET),
    (longest(ALL_KEY), longest(ALL_SECRET), longest(ALL_KEY[::-1]), longest(ALL_SECRET[::-1])),
    ("%", " ", "&", "&"),
], ids=["odd", "all", "longest", "shortest"])
def test_any_printable_key_and_secret_comes_in_signs_and_goes_out(key, secret, token, token_secret, room, store, new_gate, recorder):
    store.ok("import", "-", input=people(key, secret, token, token_secret))
    gate = new_gate(recorder)
    signer = Signer(key, secret, token, token_secret)
    assert gate.call(signer, "GET", "/api/x").status == 200
    assert gate.call(signer.but(secret=secret[:-1] + chr(ord(secret[-1]) ^ 1)), "GET", "/api/x").status == 401
    assert gate.call(signer.but(token_secret=token_secret + "x"), "GET", "/api/x").status == 401
    first = store.ok("export")  # while the gate runs
    other = Store(room / "other")
    other.ok("import", "-", input=first)
    assert other.ok("export") == first


@pytest.mark.parametrize("record", [
    {"key": "k" * 256, "secret": "S"}, {"key": "k", "secret": "s" * 256}, {"key": "k", "secret": "s\u00e9"},
    {"key": "k", "secret": ""}, {"key": "k k", "secret": "S"},
])
def test_one_byte_more_or_another_charset_is_named_at_its_line(record, room, store):
    (room / "in.jsonl").write_text("\n" + line(type="client", **record))
    code, out, err = store.run("import", room / "in.jsonl")
    assert (code, out) == (1, "")
    assert f"{room}/in.jsonl:2: " in err
    assert len(record["secret"]) < 2 or record["secret"] not in err


def start(store, path):
    """An import that says how far it is."""
    command = [BINARY, "import", str(path), "--store", str(store.path), "--progress"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("stage", ["lines checked", "lines stored"])
def test_an_import_that_is_killed_leaves_the_store_as_it_was(stage, room, gate, alice, store):
    before, names = store.ok("export"), sorted(path.name for path in store.path.iterdir())
    process = start(store, many(room / "in.jsonl", MANY))
    assert any(stage in said for said in process.stderr)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    assert sorted(path.name for path in store.path.iterdir()) == names
    assert gate.call(alice, "GET", "/api/x").status == 200
    store.user("bob")  # nothing is locked
    after = store.ok("export")
    assert [line for line in after.splitlines() if '"bob"' not in line] == before.splitlines()


def test_requests_go_on_while_a_long_import_runs_and_it_tells_how_far_it_is(room, gate, alice, store):
    early = Signer("bulk0", "S0", "t0", "s0")
    process = start(store, many(room / "in.jsonl", LONG))
    said, storing = [], threading.Event()

    def listen():
        for text in process.stderr:
            said.append(text)
            if "lines stored" in text:
                storing.set()

    reader = threading.Thread(target=listen)
    reader.start()
    assert storing.wait(PATIENCE), said
    during = 0
    while process.poll() is None:
        assert gate.call(alice, "GET", "/api/x").status == 200
        hidden = gate.call(early, "GET", "/api/x").status == 401
        during += hidden and process.poll() is None
    reader.join()
    assert process.communicate()[0] == f"imported {LONG // 3} clients, {LONG // 3} users and {LONG // 3} tokens\n"
    assert during > 0  # and nothing of it showed before its end
    assert gate.call(early, "GET", "/api/x").status == 200
    numbers = [re.match(rf"(\d+) (lines checked|of {LONG} lines stored)$", text).group(1, 2) for text in said]
    assert [int(number) for number, _ in numbers] == 2 * list(range(10_000, LONG + 1, 10_000))


def test_what_comes_slowly_keeps_no_other_writer_waiting(store):
    store.client("k")
    process = subprocess.Popen([BINARY, "import", "-", "--store", str(store.path)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        process.stdin.write(line(type="user", name="slow"))
        process.stdin.flush()
        store.user("alice")  # would wait for ever
        out, _ = process.communicate(line(type="user", name="slower"), timeout=PATIENCE)
        assert out == "imported 0 clients, 2 users and 0 tokens\n"
    finally:
        process.kill()
        process.wait()


# Between this process and the command stands a small one: a child counts what its parent had when it was made.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(*arguments):
    """The KiB that one command took at most."""
    command = [sys.executable, "-I", "-c", PEAK, BINARY, *map(str, arguments)]
    return int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


@pytest.mark.skipif(SANITIZED, reason="memory is not the program's own where a sanitizer is in it")
def test_an_import_and_an_export_take_no_more_memory_for_more_lines(room):
    own = []  # besides the pages of the store itself
    for lines in (MANY // 3, MANY):
        store = Store(room / f"store{lines}")
        peaks = [peak("import", many(room / "in.jsonl", lines), "--store", store.path),
                 peak("export", room / "out.jsonl", "--store", store.path)]
        assert (room / "out.jsonl").read_text().count("\n") == lines // 3 * 3
        pages = (store.path / "credentials" / "data.mdb").stat().st_size // 1024
        own.append([one - pages for one in peaks])
    assert all(after < before + GROWTH for before, after in zip(*own)), own
