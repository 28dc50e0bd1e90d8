"""What one address may take of what all share: held bodies, connections, and work before anything is proven."""

import contextlib
import json
import re
import socket
import ssl

import pytest

from gate import HOST
from test_body_hash import JSON, hash_of
from test_held_rights import EXPECT
from wire import LIMIT, Closed, Wire, eventually

KIB = 1024
OPEN = [{"path": "/public/*", "upstream": "api", "auth": "none"}, {"path": "/api/*", "upstream": "api"}]
PING = f"GET /public/x HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def wire_from(gate, address):
    wire = Wire.__new__(Wire)
    wire.socket = socket.create_connection(("127.0.0.1", gate.port), timeout=LIMIT, source_address=(address, 0))
    wire.buffer = b""
    return wire


def form(gate, signer, *fields, size=64 * KIB):
    return gate.request(signer, "POST", "/api/x", form="a=" + "b" * (size - 2), headers=[EXPECT, *fields])


def hashed(gate, signer, *fields, size=300 * KIB):
    body = b"c" * size
    return gate.request(signer, "PUT", "/api/x", body, headers=[JSON, EXPECT, *fields], oauth_body_hash=hash_of(body))


class Holder:
    """Bodies of which the last byte is missing, each on a connection of its own."""

    def __init__(self, gate, request_of):
        self.gate, self.request_of, self.wires = gate, request_of, []

    def hold(self, signer, address="127.0.0.1", *fields):
        """True if it is held; else what was answered."""
        head, body = self.request_of(self.gate, signer, *fields).split(b"\r\n\r\n", 1)
        wire = wire_from(self.gate, address)
        self.wires.append(wire)
        assert wire.send(head + b"\r\n\r\n").head().status == 100
        wire.try_send(body[:-1])
        with contextlib.suppress(TimeoutError):
            wire.socket.settimeout(0.3)
            return wire.read().status
        wire.socket.settimeout(LIMIT)
        return True

    def end(self):
        for wire in self.wires:
            wire.socket.close()


@pytest.fixture
def holder():
    made = []

    def make(*given):
        made.append(Holder(*given))
        return made[-1]

    yield make
    for one in made:
        one.end()


LIMITS = {"form_bytes": "64KiB", "forms_bytes": "1MiB"}  # a share is 64 + 256 KiB: five forms


def test_forms_of_one_address_leave_room_for_others(new_gate, recorder, alice, holder):
    gate = new_gate(recorder, limits=LIMITS)
    held = holder(gate, form)
    assert [held.hold(alice, "127.0.0.2") for _ in range(6)] == [True] * 5 + [503]
    eventually(lambda: "limits.address_share" in gate.said(), "the log says why")
    assert [held.hold(alice, "127.0.0.3") for _ in range(2)] == [True] * 2
    assert gate.exchange(form(gate, alice).replace(EXPECT.encode() + b"\r\n", b"")).status == 200
    held.wires[0].socket.close()  # and who lets go may come again
    eventually(lambda: held.hold(alice, "127.0.0.2") is True, "there is room once more")


@pytest.mark.parametrize("said", ["X-Forwarded-For: {}", 'Forwarded: for="{}"'])
def test_behind_a_trusted_proxy_each_client_has_a_share(said, new_gate, recorder, alice, holder):
    gate = new_gate(recorder, limits=LIMITS, listen={"trusted_proxies": ["127.0.0.1"]})
    held = holder(gate, form)
    for_one = lambda text: said.format(f"[{text}]" if ":" in text and "Forwarded:" in said else text)  # noqa: E731
    for number in range(6):  # the addresses of one customer's /64
        assert held.hold(alice, "127.0.0.1", for_one(f"2001:db8:1:2::{number:x}")) == (True if number < 5 else 503)
    for other in ("2001:db8:1:3::1", "192.0.2.1", "192.0.2.2"):
        assert held.hold(alice, "127.0.0.1", for_one(other)) is True
    assert held.hold(alice, "127.0.0.1") is True  # of whom the proxy says nothing


def test_a_proxy_that_names_nobody_has_no_share(new_gate, recorder, alice, holder):
    gate = new_gate(recorder, limits=LIMITS, listen={"trusted_proxies": ["127.0.0.1"]})
    held = holder(gate, form)
    assert [held.hold(alice) for _ in range(8)] == [True] * 8


def test_hashed_bodies_of_one_address_leave_disk_for_others(new_gate, recorder, alice, holder, room):
    limits = {"form_bytes": "1KiB", "hashed_body_bytes": "300KiB", "hashed_bodies_bytes": "2MiB", "address_share": 26}
    gate = new_gate(recorder, limits=limits, store={"temporary": str(room)})
    held = holder(gate, hashed)  # 256 KiB of each are on disk before the last byte comes; a share is 532 KiB
    assert [held.hold(alice, "127.0.0.2") for _ in range(3)] == [True] * 2 + [503]
    assert held.hold(alice, "127.0.0.3") is True


@pytest.mark.parametrize("trusted", [False, True])
def test_an_address_may_have_as_many_connections_as_the_setting_says(trusted, new_gate, recorder):
    gate = new_gate(recorder, OPEN, limits={"connections_per_address": 3},
                    listen={"trusted_proxies": ["127.0.0.2"] if trusted else []})  # fmt: skip
    wires = [wire_from(gate, "127.0.0.2") for _ in range(3)]
    for wire in wires:
        assert wire.send(PING).read().status == 200
    for address, good in (("127.0.0.2", trusted), ("127.0.0.3", True)):
        with wire_from(gate, address) as one:
            with contextlib.suppress(Closed):
                assert one.try_send(PING).read().status == (200 if good else 503)
                good = None
            assert not good
    wires.pop().socket.close()

    def comes_again():
        with wire_from(gate, "127.0.0.2") as one, contextlib.suppress(Closed):
            return one.try_send(PING).read().status == 200

    eventually(comes_again, "a place is free")
    for wire in wires:
        assert wire.send(PING).read().status == 200
        wire.socket.close()


def told_of_overload(gate):
    """The log's lines: of connections that were turned away one by one, and how many more there were."""
    lines = [json.loads(line) for line in gate.said().splitlines() if line.startswith("{")]
    single = [line for line in lines if line.get("reason") == "overloaded"]
    more = [re.match(r"overloaded: (\d+) more connections were turned away", line.get("message", "")) for line in lines]
    return single, sum(int(found[1]) for found in more if found)


@pytest.mark.parametrize("count", [1, 10, 11, 150])
@pytest.mark.parametrize("key", ["connections", "connections_per_address"])
def test_each_connection_that_gets_no_place_is_told_and_a_flood_of_them_as_a_number(key, count, new_gate, recorder):
    gate = new_gate(recorder, OPEN, limits={key: 1}, log={"format": "json"})
    with wire_from(gate, "127.0.0.2") as keeper:
        assert keeper.send(PING).read().status == 200
        ids = set()
        for _ in range(count):
            with wire_from(gate, "127.0.0.2") as one:
                answer = one.read()
                assert answer.status == 503
                ids.add(answer.one("x-request-id"))

        def all_are_told():
            single, more = told_of_overload(gate)
            return len(single) + more == count

        eventually(all_are_told, "every connection is told of")
    single, _ = told_of_overload(gate)
    assert {line["id"] for line in single} <= ids
    assert {(line["status"], line["detail"], line["peer"].split(":")[0]) for line in single} == {
        (503, "limits." + key, "127.0.0.2")}  # fmt: skip


def test_those_turned_away_just_before_the_gate_ends_are_told_too(new_gate, recorder):
    gate = new_gate(recorder, OPEN, limits={"connections": 1}, log={"format": "json"})
    with wire_from(gate, "127.0.0.2") as keeper:
        assert keeper.send(PING).read().status == 200
        for _ in range(15):
            with wire_from(gate, "127.0.0.2") as one:
                assert one.read().status == 503
    gate.stop()
    single, more = told_of_overload(gate)
    assert len(single) + more == 15


# What an address does on each of its connections that takes them all.
def idles(gate, alice, wire):
    assert wire.send(PING).read().status == 200


def is_slow_with_a_head(gate, alice, wire):
    wire.send(PING[:-4])


def is_slow_with_a_form(gate, alice, wire):
    head, body = form(gate, alice).split(b"\r\n\r\n", 1)
    assert wire.send(head + b"\r\n\r\n").head().status == 100
    wire.send(body[:-1])


def is_slow_with_a_public_body(gate, alice, wire):
    wire.send(f"PUT /public/x HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9\r\n\r\n1234".encode())


def idles_after_a_signed_request(gate, alice, wire):
    assert wire.send(gate.request(alice, "GET", "/api/x")).read().status == 200


HOGS = [lambda gate, alice, wire: None, idles, is_slow_with_a_head, is_slow_with_a_form, is_slow_with_a_public_body,
        idles_after_a_signed_request]  # fmt: skip


@pytest.mark.parametrize("hogs", HOGS, ids=["is silent", *(hog.__name__ for hog in HOGS[1:])])
def test_an_address_that_takes_all_connections_makes_room_for_others(hogs, new_gate, recorder, alice):
    gate = new_gate(recorder, OPEN, limits={"connections": 20}, listen={"threads": 1})
    wires = [wire_from(gate, "127.0.0.2") for _ in range(20)]
    try:
        for wire in wires:
            hogs(gate, alice, wire)
        for count in range(4):
            others = [wire_from(gate, f"127.0.0.{3 + count}") for _ in range(2)]
            wires += others
            for wire in others:
                assert wire.send(PING).read().status == 200
        for wire in wires[20:]:  # and they keep their places
            assert wire.send(PING).read().status == 200
    finally:
        for wire in wires:
            wire.socket.close()


def test_a_proven_request_under_way_is_not_ended_for_others(new_gate, recorder, alice):
    gate = new_gate(recorder, OPEN, limits={"connections": 4}, listen={"threads": 1})
    go_on = []

    def wait(seen, wire):
        if seen.target == "/api/slow":
            eventually(lambda: go_on, "the others were served")

    recorder.before_body = wait
    busy = [wire_from(gate, "127.0.0.2") for _ in range(3)]
    for wire in busy:
        wire.send(gate.request(alice, "GET", "/api/slow"))
    eventually(lambda: len(recorder.seen) == 3, "they are under way")
    with wire_from(gate, "127.0.0.2"):  # silent
        with wire_from(gate, "127.0.0.3") as first, wire_from(gate, "127.0.0.4") as second:
            assert first.send(PING).read().status == 200
            with contextlib.suppress(Closed):
                assert second.try_send(PING).read().status == 503
            go_on.append(True)
            for wire in busy:
                assert wire.read().status == 200
                wire.socket.close()


def test_tls_connections_that_say_nothing_make_room_too(new_gate, recorder, certificate):
    tls = {"certificate": str(certificate[0]), "key": str(certificate[1])}
    gate = new_gate(recorder, OPEN, limits={"connections": 20}, timeouts={"header": "1s"},
                    listen={"threads": 1, "external_url": f"https://{HOST}"}, **{"listen.tls": tls})  # fmt: skip
    context = ssl.create_default_context(cafile=str(certificate[0]))
    silent = [wire_from(gate, "127.0.0.2") for _ in range(20)]
    for _ in range(2):
        with wire_from(gate, "127.0.0.3") as wire:
            with context.wrap_socket(wire.socket, server_hostname=HOST) as wire.socket:
                for _ in range(3):
                    assert wire.send(PING).read().status == 200
    for wire in silent:  # some were ended for others, and time ended the rest
        assert wire.closed()
        wire.socket.close()


@pytest.mark.parametrize("size", [32 * KIB, 32 * KIB + 1, KIB * KIB])
def test_a_long_form_is_judged_like_a_short_one(size, new_gate, recorder, alice):
    gate = new_gate(recorder)
    text = "&".join(f"name{i}=%C3%A9+{i}" for i in range(500))
    text += "&z=" + "z" * (size - len(text) - 3)
    good = gate.request(alice, "POST", "/api/x", form=text)
    assert gate.exchange(good).status == 200
    assert b"nonce_used" in gate.exchange(good).body
    for wrong in (good[:-1] + b"y", gate.request(alice.but(secret="x"), "POST", "/api/x", form=text),
                  gate.request(alice.but(token="x"), "POST", "/api/x", form=text),
                  gate.request(alice.but(key="x"), "POST", "/api/x", form=text)):  # fmt: skip
        assert gate.exchange(wrong).status == 401
    assert gate.exchange(gate.request(None, "POST", "/api/x", form=text)).status == 401
    gate.store.ok("token", "revoke", "token")
    assert gate.call(alice, "POST", "/api/x", form=text).status == 401
    assert recorder.only().body == text.encode()


def test_a_form_of_the_pages_is_as_short_as_pages_make_them(provider):
    gate = provider()
    head = f"POST /oauth/sign_in HTTP/1.1\r\nHost: 127.0.0.1:{gate.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    for name in ("username", "next", "password", "csrf"):
        for size, status in ((64 * KIB, 403), (64 * KIB + 1, 413)):
            text = f"{name}=" + "%3C" * ((size - len(name) - 1) // 3)
            text += "x" * (size - len(text))
            answer = gate.exchange(f"{head}Content-Length: {size}\r\n\r\n{text}".encode())
            assert answer.status == status, (name, size)
            assert len(answer.body) < 16 * KIB  # nothing that long comes back
