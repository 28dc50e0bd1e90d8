"""What was accepted stays spent, through kill -9, power cuts, damaged, lost and restored files, and clocks set back."""

import hashlib
import itertools
import os
import random
import shutil
import struct
import threading

import pytest

from backend import plain
from gate import HOST, ROUTES, SANITIZED, Gate, Store
from wire import Closed, Wire, eventually

ROUNDS = 3 if SANITIZED else 6
SENDERS = 8


class Load:
    """Requests that are all different, on several connections, until the gate is gone."""

    def __init__(self, gate, signer, number):
        self.requests = {}  # by target: bytes, and what was answered
        self.answers = {}
        self._count = itertools.count()
        self._gate, self._signer, self._number = gate, signer, number
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        try:
            with Wire(self._gate.port) as wire:
                while True:
                    target = f"/api/{self._number}/{next(self._count)}"
                    self.requests[target] = self._gate.request(self._signer, "GET", target)
                    self.answers[target] = wire.send(self.requests[target]).read().status
        except (Closed, OSError):
            pass

    def join(self):
        for thread in self._threads:
            thread.join(60)


def test_through_kills_at_random_moments_nothing_passes_twice_and_nothing_genuine_is_refused(gate, recorder, alice):
    moments = random.Random(5849)
    spent, reached, wanted = {}, threading.Event(), [0]

    def answer(seen, wire):
        if len(recorder.seen) >= wanted[0]:
            reached.set()
        return plain()

    recorder.answer = answer
    for number in range(ROUNDS):
        recorder.seen.clear()
        reached.clear()
        wanted[0] = moments.randint(1, 120)
        load = Load(gate, alice, number)
        assert reached.wait(60)
        eventually(lambda: load.answers, "somebody got an answer")
        gate.kill()
        load.join()
        assert set(load.answers.values()) == {200}, "nothing genuine was refused"
        forwarded = {seen.target for seen in recorder.seen}
        assert {target for target, status in load.answers.items()} <= forwarded
        spent.update((target, load.requests[target]) for target in forwarded)

        gate.start()
        recorder.seen.clear()
        with gate.wire() as wire:
            # At once, in the second of the kill and with a timestamp of before it.
            assert wire.send(gate.request(alice, "GET", "/api/fresh")).read().status == 200
            for target, data in spent.items():
                assert wire.send(data).read().status == 401, target
        assert [seen.target for seen in recorder.seen] == ["/api/fresh"]


# ---- Power cuts. What one leaves behind is a store whose mark names another boot.

SLOT, DISTANCE, CHECKSUM = 256, 4096, 16
BOOT = 4 + 1 + 8 + 2 * 8 + 1 + 2 * 16  # behind magic, version, sequence, mark and floor, clean, two identities
WRITTEN = BOOT + 37  # when the slot was written, by the file system's clock


def cut_power(store):
    """The machine has been started anew since a gate last had the ledger open, and nobody closed it."""
    with open(store.path / "mark", "r+b") as mark:
        for at in (0, DISTANCE):
            os.utime(mark.fileno())
            now = os.fstat(mark.fileno()).st_ctime_ns
            mark.seek(at)
            body = bytearray(mark.read(SLOT)[:-CHECKSUM])
            assert body[:5] == b"PMRK\x02" and body[BOOT] == 36, "the mark has another layout: see store/mark.h"
            body[BOOT + 1:BOOT + 37] = b"another-boot-another-boot-another-bo"
            body[WRITTEN:WRITTEN + 8] = now.to_bytes(8, "big")
            mark.seek(at)
            mark.write(bytes(body) + hashlib.sha256(body).digest()[:CHECKSUM])
            mark.flush()


def mark_of(store):
    """Beyond every timestamp that was accepted, as the newer slot has it."""
    data = (store.path / "mark").read_bytes()
    slots = [struct.unpack_from(">QqqB", data, at + 5) for at in (0, DISTANCE)]
    return max(slots)[1]


def tear_tail(store):
    cut_power(store)
    data = store.path / "ledger" / "data.mdb"
    size = data.stat().st_size
    with open(data, "r+b") as file:
        file.seek(8192)
        file.write(bytes(4096))  # a page that never reached the disk
        file.truncate(size - 4096)


def lose_ledger(store):
    (store.path / "ledger" / "data.mdb").unlink()


def lose_mark(store):
    (store.path / "mark").unlink()


def lose_both(store):
    lose_ledger(store)
    lose_mark(store)


def tear_mark(store):
    with open(store.path / "mark", "r+b") as mark:
        for at in (0, DISTANCE):
            mark.seek(at + 10)
            mark.write(b"torn")


def damage_ledger(store):
    """In the same boot: not a crash, but a disk that does not keep what it is given."""
    with open(store.path / "ledger" / "data.mdb", "r+b") as data:
        data.seek(8192)
        data.write(b"\xff" * 65536)


def restore(store):
    """A copy of the whole folder, taken while the gate ran, in its place."""
    shutil.rmtree(store.path)
    shutil.copytree(str(store.path) + ".copy", store.path)


# How far ahead of the last accepted timestamp the floor may lie: the mark, or the future window where nobody knows.
MARK, WINDOW = 11, 61
DISASTERS = {
    cut_power: MARK, tear_tail: MARK, damage_ledger: MARK,
    lose_ledger: WINDOW, lose_mark: WINDOW, lose_both: WINDOW, tear_mark: WINDOW, restore: WINDOW,
}


@pytest.mark.parametrize("disaster", DISASTERS, ids=lambda disaster: disaster.__name__)
def test_what_a_disaster_takes_from_the_ledger_is_refused_by_its_time(disaster, new_gate, recorder, alice, store, clock):
    gate = new_gate(recorder, clock=clock)

    def signed(target, ahead=0):
        return gate.request(alice, "GET", target, oauth_timestamp=str(clock.now() + ahead))

    first = [signed("/api/past", -50), signed("/api/now"), signed("/api/then", 3)]
    for data in first:
        assert gate.exchange(data).status == 200
    shutil.copytree(store.path, str(store.path) + ".copy")
    begun = clock.now()
    after = signed("/api/after", 5)  # the copy does not have
    assert gate.exchange(after).status == 200
    assert mark_of(store) >= begun + 5
    gate.kill()
    disaster(store)
    gate.start()
    recorder.seen.clear()
    for data in [*first, after]:
        refused = gate.exchange(data)
        assert refused.status == 401 and b"timestamp_refused" in refused.body
        since = int(refused.one("www-authenticate").split("oauth_acceptable_timestamps=\"")[1].split("-")[0])
        assert begun + 5 < since <= clock.now() + 5 + DISASTERS[disaster]
    clock.set(since - clock.now())  # and not a second longer
    assert gate.exchange(signed("/api/again")).status == 200
    gate.kill()  # a ledger that was begun anew is a ledger like any other
    gate.start()
    assert gate.exchange(signed("/api/again", 1)).status == 200
    for data in [*first, after]:
        assert gate.exchange(data).status == 401
    assert [seen.target for seen in recorder.seen] == ["/api/again", "/api/again"]


def test_a_power_cut_after_an_orderly_end_takes_nothing(gate, recorder, alice, store):
    data = gate.request(alice, "GET", "/api/x")
    assert gate.exchange(data).status == 200
    gate.stop()
    cut_power(store)
    gate.start()
    assert gate.exchange(data).status == 401
    assert gate.call(alice, "GET", "/api/y").status == 200  # of the same second
    assert [seen.target for seen in recorder.seen] == ["/api/x", "/api/y"]


@pytest.mark.parametrize("how", ["running", "stopped", "killed"])
def test_a_clock_that_is_set_back_reopens_nothing(how, new_gate, recorder, alice, clock):
    gate = new_gate(recorder, clock=clock)

    def signed(target):
        return gate.request(alice, "GET", target, oauth_timestamp=str(clock.now()))

    first = signed("/api/first")
    assert gate.exchange(first).status == 200
    clock.set(300)
    later = signed("/api/later")  # its claim purges the first one
    assert gate.exchange(later).status == 200
    assert gate.exchange(first).status == 401
    if how == "stopped":
        gate.stop()
    elif how == "killed":
        gate.kill()
    clock.set(0)
    if how != "running":
        gate.start()
    refused = gate.exchange(first)
    assert refused.status == 401 and b"timestamp_refused" in refused.body
    assert gate.exchange(later).status == 401  # from the future
    clock.set(20)
    assert gate.exchange(signed("/api/genuine")).status == 200  # only what was forgotten is refused by its time
    clock.set(300)
    assert gate.exchange(later).status == 401  # its time has come again
    assert [seen.target for seen in recorder.seen] == ["/api/first", "/api/later", "/api/genuine"]


def test_a_second_gate_on_a_store_ends_and_takes_nothing_from_the_first(new_gate, room, recorder, alice, store):
    gate = new_gate(recorder)
    data = gate.request(alice, "GET", "/api/x")
    assert gate.exchange(data).status == 200
    other = room / "other"
    other.mkdir()
    (room / "link").symlink_to(store.path)  # by whatever name
    for path in (store.path, room / "link"):
        second = Gate(other, Store(path), {"api": [recorder.url]}, ROUTES, listen={"external_url": f"http://{HOST}"})
        with pytest.raises(AssertionError, match="another process is serving the store"):
            second.start()
    assert gate.exchange(data).status == 401
    assert gate.call(alice, "GET", "/api/y").status == 200
    gate.kill()
    second.start()  # what holds the store ends with its process
    try:
        assert second.exchange(data).status == 401
        assert second.call(alice, "GET", "/api/z").status == 200
    finally:
        second.stop()
