"""Files of a store: nobody grows one beyond the gate's map, writes into one by accident, or finds half of one."""

import ctypes
import json
import os
import re
import resource
import shutil
import signal
import subprocess

import pytest

from gate import BINARY, PATIENCE, SANITIZED, Store, run
from wire import eventually

PAGE = 4096
LONG = "d" * 1000


def many(count, start=0):
    """Clients that take some 3 KiB each."""
    return "".join(
        json.dumps({"type": "client", "key": f"bulk{i}", "secret": "s", "description": LONG,
                    "redirect_uris": [f"https://app.example/{LONG}"]}) + "\n"
        for i in range(start, start + count))


def settings(room, store, map_size):
    """A configuration of the same store, with another map."""
    file = room / f"other-{map_size}.toml"
    file.write_text(f'[store]\npath = "{store.path}"\nmap_size = "{map_size}"\n'
                    '[[upstream]]\nname = "a"\nservers = ["http://127.0.0.1:9"]\n[[route]]\npath = "/*"\nupstream = "a"\n')
    return file


def contents(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# A command beside a gate with another map


@pytest.mark.parametrize("given", ["store", "16MiB", "8GiB"])
def test_an_import_beside_a_gate_with_another_map_never_takes_its_service_away(given, room, store, new_gate, recorder, alice):
    gate = new_gate(recorder, store={"map_size": "2MiB"})
    where = ["--store", store.path] if given == "store" else ["--config", settings(room, store, given)]
    assert run("import", "-", *where, input=many(100))[0] == 0
    assert gate.call(alice, "GET", "/api/x").status == 200
    code, _, err = run("import", "-", *where, input=many(5000, 100))
    assert code == 1 and "map" in err, err
    assert gate.call(alice, "GET", "/api/x").status == 200
    # All or nothing, and everybody goes on.
    assert len(store.ok("client", "list").splitlines()) < 110
    store.ok("export", room / "all.jsonl")
    store.ok("backup", room / "copy")
    assert gate.call(alice, "GET", "/api/x").status == 200
    store.ok("token", "revoke", "token")
    assert gate.call(alice, "GET", "/api/x").status == 401


def test_a_command_with_a_smaller_map_than_the_gate_has_can_write_all_the_same(room, store, new_gate, recorder, alice):
    gate = new_gate(recorder)
    small = settings(room, store, "1MiB")
    for first in (0, 1000):
        assert run("import", "-", "--config", small, input=many(1000, first))[0] == 0
        assert gate.call(alice, "GET", "/api/x").status == 200
    assert run("client", "show", "bulk1999", "--config", small)[0] == 0


def test_a_gate_that_starts_while_an_import_reads_its_lines_is_not_outgrown(store, new_gate, recorder, alice):
    slow = subprocess.Popen([BINARY, "import", "-", "--store", store.path], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    slow.stdin.write(many(10))
    slow.stdin.flush()
    opened = f"{store.path}/credentials/data.mdb"
    eventually(lambda: any(os.path.realpath(f"/proc/{slow.pid}/fd/{fd}") == opened for fd in os.listdir(f"/proc/{slow.pid}/fd")),
               "the import has opened the store")
    gate = new_gate(recorder, store={"map_size": "2MiB"})
    _, err = slow.communicate(many(5000, 10), timeout=5 * PATIENCE)
    assert slow.returncode == 1 and "map" in err, err
    assert gate.call(alice, "GET", "/api/x").status == 200
    store.ok("client", "add", "--name", "one more")


def test_a_store_that_outgrew_its_gate_while_that_was_down_is_served_and_written_to(room, store, new_gate, recorder, alice):
    store.ok("import", "-", input=many(1000))
    gate = new_gate(recorder, store={"map_size": "1MiB"})
    assert gate.call(alice, "GET", "/api/x").status == 200
    eventually(lambda: "holds more than store.map_size" in gate.said(), "the log says so")
    store.ok("client", "add", "--name", "one more", "--key", "more")
    assert run("client", "add", "--name", "x", "--config", settings(room, store, "1MiB"))[0] == 0
    gate.kill()  # what it announced goes with it
    store.ok("import", "-", input=many(5000, 1000))
    gate.start()
    assert gate.call(alice, "GET", "/api/y").status == 200


# Closed descriptors


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)], ids=str)
def test_descriptors_that_are_closed_at_the_start_cost_no_file(closed, room, store, new_gate, recorder, alice):
    gate = new_gate(recorder, start=False, log={"level": "debug"})
    before = store.ok("export")
    close = " ".join(f"{fd}{'<' if fd == 0 else '>'}&-" for fd in closed)
    out = room / "gate.out"
    process = subprocess.Popen(["/bin/sh", "-c", f'exec "$0" "$@" {close}', BINARY, "serve", "--config", str(gate.file)],
                               stdout=open(out, "wb"), stderr=open(gate.errors, "ab"))
    gate.process = process
    where = f"/proc/{process.pid}/net/tcp"

    def listening():
        try:
            own = {os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{process.pid}/fd")}
        except FileNotFoundError:  # it was closed meanwhile
            return
        for line in open(where).read().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
                yield int(fields[1].split(":")[1], 16)

    ports = eventually(lambda: sorted(listening()), "the gate listens")
    statuses = []
    for port in ports:
        gate.port = port
        for i in range(5):
            statuses.append(gate.call(alice, "GET", f"/api/{i}").status)
            gate.call(alice.but(secret="wrong"), "GET", f"/api/{i}")
    assert 200 in statuses
    for fd in range(3):
        assert os.path.exists(f"/proc/{process.pid}/fd/{fd}")
        if fd in closed:
            assert os.path.realpath(f"/proc/{process.pid}/fd/{fd}") == "/"
    gate.stop()
    assert store.ok("export") == before


@pytest.mark.parametrize("arguments", [["client", "list"], ["export"], ["user", "list"], ["client", "add", "--name", "n", "--key", "n"]], ids=str)
def test_a_command_whose_descriptors_are_closed_writes_into_no_file(arguments, room, store, alice):
    for close in ("0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"):
        words = [BINARY, *arguments, "--store", str(store.path)]
        if arguments[1:2] == ["add"]:
            words[-3] = "n" + str(len(close)) + close[0]
        done = subprocess.run(["/bin/sh", "-c", f'"$0" "$@" {close}', *words], capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == (1 if "1>" in close else 0), (close, done)
    assert json.loads(store.ok("client", "show", "client", "--json"))["key"] == "client"


# Files that are cut, and files that are not whole yet


def fake_key(store, count=3000):
    store.ok("import", "-", input=many(count))


def interrupt(words, number, watched, room):
    """Ends a command by a signal once it has something in the folder, or elsewhere, open for writing."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def writing():
        try:
            sizes = [os.stat(f"/proc/{process.pid}/fd/{fd}").st_size for fd in os.listdir(f"/proc/{process.pid}/fd")
                     if os.readlink(f"/proc/{process.pid}/fd/{fd}").startswith(str(watched))]
        except OSError:
            sizes = []
        return process.poll() is not None or any(size > 0 for size in sizes)

    eventually(writing, "the command writes")
    process.send_signal(number)
    process.wait(PATIENCE)
    return process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGPIPE])
def test_an_interrupted_backup_or_export_leaves_nothing_or_all(number, room, store):
    fake_key(store)
    target = room / "out"
    target.mkdir()
    for round in range(3):
        code = interrupt([BINARY, "backup", target / "copy", "--store", store.path], number, target, room)
        if code == 0 or (target / "copy" / "credentials" / "data.mdb").exists():
            assert len(Store(target / "copy").ok("client", "list").splitlines()) > 3000
            shutil.rmtree(target / "copy")
        else:
            assert code == -number and contents(target) == []
        code = interrupt([BINARY, "export", target / "all", "--store", store.path], number, target, room)
        if code == 0 or (target / "all").exists():
            assert len((target / "all").read_text().splitlines()) == 3000
            (target / "all").unlink()
        assert contents(target) == []


def test_what_a_full_disk_cuts_short_leaves_nothing(room, store):
    fake_key(store, 500)
    target = room / "out"
    target.mkdir()
    (target / "kept").write_text("as it was")

    def little():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    for words in (["backup", target / "copy"], ["export", target / "all"], ["export", target / "kept"]):
        done = subprocess.run([BINARY, *words, "--store", store.path], capture_output=True, text=True, timeout=PATIENCE,
                              preexec_fn=little, check=False)
        assert done.returncode == 1 and "File too large" in done.stderr, done
        assert contents(target) == ["kept"] and (target / "kept").read_text() == "as it was"


def test_two_backups_into_one_folder_at_once_make_one_whole_copy(room, store):
    fake_key(store, 1000)
    for round in range(4):
        copy = room / f"copy{round}"
        both = [subprocess.Popen([BINARY, "backup", copy, "--store", store.path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                for _ in range(3)]
        said = [one.communicate(timeout=PATIENCE)[1] for one in both]
        assert sorted(one.returncode for one in both) == [0, 1, 1], said
        assert contents(copy) == ["credentials", "credentials/data.mdb"]
        assert len(Store(copy).ok("client", "list").splitlines()) > 1000
        exports = [subprocess.Popen([BINARY, "export", room / "all", "--store", store.path], stdout=subprocess.DEVNULL) for _ in range(3)]
        assert [one.wait(PATIENCE) for one in exports] == [0, 0, 0]
        assert len((room / "all").read_text().splitlines()) == 1000
    assert not list(room.glob("*.tmp")) and not list(room.glob(".*.tmp"))


def test_a_backup_goes_into_what_an_interrupted_one_left_and_into_nothing_else(room, store, alice):
    (room / "copy" / "credentials").mkdir(parents=True)
    store.ok("backup", room / "copy")
    assert store.run("backup", room / "copy")[0] == 1
    (room / "other" / "credentials").mkdir(parents=True)
    (room / "other" / "more").touch()
    assert store.run("backup", room / "other")[0] == 1
    (room / "linked").mkdir()
    (room / "elsewhere").mkdir()
    (room / "linked" / "credentials").symlink_to(room / "elsewhere")
    assert store.run("backup", room / "linked")[0] == 1
    assert contents(room / "elsewhere") == []


@pytest.mark.parametrize("size", [0, 1, 4096, 6000, 8192, 3 * PAGE, -PAGE, -PAGE - 100, -1])
def test_a_store_that_was_cut_is_refused_with_a_sentence_by_every_command(size, room, store, new_gate, recorder, alice):
    fake_key(store, 300)
    data = store.path / "credentials" / "data.mdb"
    whole = data.stat().st_size
    os.truncate(data, size if size >= 0 else whole + size)
    before = data.read_bytes()
    gate = new_gate(recorder, start=False)
    for words in (["client", "list"], ["client", "add", "--name", "n"], ["export"], ["backup", room / "copy"], ["import", "-"],
                  ["token", "list"], ["user", "list"]):
        code, _, err = store.run(*words, input="")
        assert code == 1 and "data.mdb" in err or "LMDB" in err or "credentials" in err, (words, code, err)
        assert len(err.splitlines()) == 1
    code, _, err = run("serve", "--config", gate.file)
    assert code == 1 and err.count("\n") == 1, err
    assert run("check", "--live", "--config", gate.file)[0] == 1
    assert data.read_bytes() == before
    assert contents(room / "copy") == []


@pytest.mark.parametrize("name", ["sessions", "usage"])
def test_sessions_and_counts_that_were_cut_begin_anew(name, store, new_gate, recorder, alice):
    gate = new_gate(recorder)
    assert gate.call(alice, "GET", "/api/x").status == 200
    gate.stop()
    data = store.path / name / "data.mdb"
    os.truncate(data, 2 * PAGE)
    gate.start()
    assert gate.call(alice, "GET", "/api/y").status == 200
    gate.stop()
    assert data.stat().st_size > 2 * PAGE


def test_a_file_that_is_rightly_shorter_than_its_number_of_pages_is_not_taken_for_a_cut_one(store, alice):
    """LMDB counts pages at the end which a transaction took and gave back before it wrote them."""
    lmdb = ctypes.CDLL("liblmdb.so.0")

    class Value(ctypes.Structure):
        _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_char_p)]

    def value(data):
        return Value(len(data), data)

    env, txn, table = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint()
    folder = store.path / "credentials"
    assert lmdb.mdb_env_create(ctypes.byref(env)) == 0
    lmdb.mdb_env_set_maxdbs(env, 20)
    lmdb.mdb_env_set_mapsize(env, ctypes.c_size_t(1 << 24))
    assert lmdb.mdb_env_open(env, str(folder).encode(), 0, 0o600) == 0
    for _ in range(6):
        assert lmdb.mdb_txn_begin(env, None, 0, ctypes.byref(txn)) == 0
        assert lmdb.mdb_dbi_open(txn, b"clients", 0, ctypes.byref(table)) == 0
        key, long = value(b"zz"), value(b"x" * 20 * PAGE)
        assert lmdb.mdb_put(txn, table, ctypes.byref(key), ctypes.byref(long), 0) == 0
        assert lmdb.mdb_del(txn, table, ctypes.byref(key), None) == 0
        assert lmdb.mdb_txn_commit(txn) == 0
    lmdb.mdb_env_close(env)
    size = (folder / "data.mdb").stat().st_size
    assert "client" in store.ok("client", "list")
    assert (folder / "data.mdb").stat().st_size > size  # so it was short
    store.ok("client", "add", "--name", "one more")


@pytest.mark.skipif(SANITIZED, reason="sanitizers speak of the signal themselves")
def test_a_gate_whose_store_is_cut_while_it_runs_says_so(store, new_gate, recorder, alice):
    gate = new_gate(recorder)
    fake_key(store, 300)
    os.truncate(store.path / "credentials" / "data.mdb", 2 * PAGE)
    with gate.wire() as wire:
        wire.try_send(gate.request(alice, "GET", "/api/x"))
        assert gate.process.wait(PATIENCE) == -signal.SIGBUS
    assert "was cut" in gate.said()


# Links


@pytest.mark.parametrize("name", ["credentials/data.mdb", "credentials/lock.mdb", "credentials/served", "mark", "pulse", "refusals", "ledger/data.mdb",
                                  "sessions/data.mdb", "usage/data.mdb", "credentials", "ledger", "sessions", "usage"])
def test_a_link_in_place_of_a_file_of_the_store_is_not_followed(name, room, store, new_gate, recorder, alice):
    gate = new_gate(recorder)
    assert gate.call(alice, "GET", "/api/x").status == 200
    gate.stop()
    victim = room / "victim"
    path = store.path / name
    if path.is_dir():
        shutil.copytree(path, victim)
        shutil.rmtree(path)
    else:
        victim.write_bytes(b"" if name.endswith("data.mdb") else b"precious")
        path.unlink()
    before = {each: (victim / each).read_bytes() for each in contents(victim)} if victim.is_dir() else victim.read_bytes()
    path.symlink_to(victim)
    for words in (["client", "add", "--name", "n"], ["user", "passwd", "alice"], ["client", "remove", "client"]):
        store.run(*words, input="a long password\n")
    gate.process = subprocess.Popen([BINARY, "serve", "--config", str(gate.file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        gate.process.wait(1)
    except subprocess.TimeoutExpired:
        gate.kill()
    after = {each: (victim / each).read_bytes() for each in contents(victim)} if victim.is_dir() else victim.read_bytes()
    assert after == before


def test_the_log_is_for_its_owner_and_group_and_follows_no_link_of_strangers(room, new_gate, recorder, alice):
    file = room / "logs" / "gate.log"
    gate = new_gate(recorder, log={"file": str(file)})
    assert gate.call(alice, "GET", "/api/x").status == 200
    eventually(lambda: "/api/x" in file.read_text(), "the log has the line")
    assert file.stat().st_mode & 0o137 == 0
    gate.stop()
    victim = room / "victim"
    victim.write_text("precious")
    os.chmod(file.parent, 0o777)
    file.unlink()
    file.symlink_to(victim)
    code, _, err = run("serve", "--config", gate.file)
    assert code == 1 and "log file" in err
    assert victim.read_text() == "precious"


def test_a_log_goes_to_standard_output_by_its_name(room, new_gate, recorder, alice):
    gate = new_gate(recorder, log={"file": "/dev/stdout"}, start=False)
    out = room / "both"
    with open(out, "wb") as stdout, open(gate.errors, "ab") as stderr:
        gate.process = subprocess.Popen([BINARY, "serve", "--config", str(gate.file)], stdout=stdout, stderr=stderr)
    said = eventually(lambda: re.search(r"listening on 127\.0\.0\.1:(\d+)\n", out.read_text()), "the gate listens")
    gate.port = int(said[1])
    assert gate.call(alice, "GET", "/api/x").status == 200
    eventually(lambda: "/api/x" in out.read_text(), "the log has the line")
