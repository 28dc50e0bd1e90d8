"""A full disk refuses writes with a sentence, and costs no gate and no request that needs none."""

import errno
import json
import os
import resource
import subprocess

import pytest

from dance import CALLBACK, PASSWORD, Client, User, granted
from gate import Store
from wire import eventually

PAGE = 4096
# Takes more pages than a store has to spare.
LARGE = ["client", "add", "--name", "N",
         *(part for i in range(30) for part in ("--redirect-uri", f"https://app.example/{i}/" + "w" * 1900))]
FULL = "No space left on device"


class Disk:
    """A file system of its own, that can be filled."""

    def __init__(self, path, size):
        self.path = path
        self.path.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", path], capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip("a file system of a known size can't be mounted here")

    def free(self):
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self, leave=0):
        self.empty()
        try:
            with open(self.path / "filling", "wb", buffering=0) as file:
                while (size := self.free() - leave) > 0:
                    file.write(bytes(size))
        except OSError as full:  # others write there too
            assert full.errno == errno.ENOSPC and not leave

    def empty(self):
        (self.path / "filling").unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def new_disk(room):
    disks = []

    def make(size):
        disks.append(Disk(room / f"disk{len(disks)}", size))
        return disks[-1]

    yield make
    for disk in disks:
        disk.unmount()


@pytest.fixture
def disk(new_disk):
    return new_disk("24m")


def sign_in(user):
    return user.submit(user.visit(user.gate.url("/oauth/sign_in")), username="alice", password=PASSWORD)


def until_refused(attempt):
    answers = [attempt()]
    while answers[-1].status_code != 503:
        assert len(answers) < 60, answers
        answers.append(attempt())
    return answers


def test_a_gate_on_a_full_disk_refuses_what_must_be_written_and_serves_the_rest(
    disk, provider, store, recorder  # noqa: F811
):
    store.path = disk.path / "store"
    gate = provider(client=["--callback-match", "ignore_query"], routes=[{"path": "/api/*", "upstream": "api"}])
    client, user = Client(gate), User(gate)
    granted(client, user)

    disk.fill()
    # A store reuses its own pages before it wants more of the disk.
    wide = Client(gate, callback=CALLBACK + "&" + "w" * 1900)
    answers = until_refused(wide.request_token)
    assert {answer.status_code for answer in answers} <= {200, 503} and b"store_fault" in answers[-1].content
    answers = until_refused(lambda: sign_in(User(gate)))
    assert {answer.status_code for answer in answers} <= {303, 503}
    for command in (LARGE, ["import", "-"], ["export", disk.path / "out"]):
        code, _, err = store.run(*command, input='{"type":"user","name":"bob"}\n')
        assert code == 1 and FULL in err, (command, code, err)
    assert Client(gate, secret="wrong").call("GET", "/api/x").status_code == 401  # though it can't be kept
    for _ in range(3):
        assert client.call("GET", "/api/x").status_code == 200
    eventually(lambda: FULL in gate.said(), "the log says why")
    gate.kill()
    gate.start()  # it has all that it needs
    client.gate = user.gate = wide.gate = gate
    assert client.call("GET", "/api/x").status_code == 200

    disk.empty()
    assert wide.request_token().status_code == 200
    granted(Client(gate), User(gate))
    store.ok(*LARGE)
    assert client.call("GET", "/api/x").status_code == 200
    assert len(recorder.seen) == 5


def test_a_gate_whose_files_may_not_grow_is_in_the_same_case(provider, recorder):  # noqa: F811
    """Where no disk can be made for the test, this one still holds."""
    gate = provider(client=["--callback-match", "ignore_query"], routes=[{"path": "/api/*", "upstream": "api"}],
                    log={"level": "warn"})
    client = Client(gate)
    granted(client, User(gate))
    before = resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, (64 << 10, resource.RLIM_INFINITY))
    wide = Client(gate, callback=CALLBACK + "&" + "w" * 1900)
    assert b"store_fault" in until_refused(wide.request_token)[-1].content
    assert client.call("GET", "/api/x").status_code == 200
    resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, before)
    assert wide.request_token().status_code == 200
    assert client.call("GET", "/api/x").status_code == 200


# Beside the ledger: for the mark, for half of the first pages, for no record, for all.
@pytest.mark.parametrize("pages, code", [(2, 1), (4, 1), (19, 1), (22, 1), (60, 0)])
def test_a_store_that_the_disk_has_no_room_for_is_not_made_and_is_made_later(pages, code, new_disk):
    disk = new_disk("2m")
    store = Store(disk.path / "store")
    disk.fill(leave=(1 << 20) + pages * PAGE)
    made, _, err = store.run("client", "add", "--name", "N", "--key", "k", "--secret", "s")
    assert (made, FULL in err) == (code, code == 1), err  # and no signal
    disk.empty()
    if code:
        store.ok("client", "add", "--name", "N", "--key", "k", "--secret", "s")
    assert json.loads(store.ok("client", "list", "--json"))["key"] == "k"
