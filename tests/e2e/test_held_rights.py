"""A body that is held does not outlive the right to send it: behind the wait everything is judged again."""

import socket
import threading

import pytest

from gate import granted
from signer import SECRET, TOKEN_SECRET, Signer
from test_body_hash import JSON, hash_of
from wire import LIMIT

BODY = b'{"amount": 17}'
FORM = "amount=17&to=somebody"
EXPECT = "Expect: 100-continue"

# What ends a right: a command with the names of the client, the user and the token.
ENDS = {
    "the token is revoked": lambda store, one: store.ok("token", "revoke", one["token"]),
    "all tokens of the user are": lambda store, one: store.ok("token", "revoke", "--client", one["client"], "--user", one["user"]),
    "the user is disabled": lambda store, one: store.ok("user", "disable", one["user"]),
    "the user is removed": lambda store, one: store.ok("user", "remove", one["user"]),
    "the client is disabled": lambda store, one: store.ok("client", "disable", one["client"]),
    "the client is removed": lambda store, one: store.ok("client", "remove", one["client"]),
    "the secret is rotated out": lambda store, one: store.ok(
        "client", "rotate", one["client"], "--keep", "0s", "--secret", "-", input="another"),
    "the realm is taken away": lambda store, one: store.ok("client", "update", one["client"], "--realm", "address"),
    "the method is no longer the client's": lambda store, one: store.ok(
        "client", "update", one["client"], "--signature-method", "HMAC-SHA512"),
}  # fmt: skip


def hashed(gate, signer):
    return gate.request(signer, "PUT", "/api/x", BODY, headers=[JSON, EXPECT], oauth_body_hash=hash_of(BODY))


def hashed_chunks(gate, signer):
    whole = hashed(gate, signer)
    head = whole[: -len(BODY)].replace(f"Content-Length: {len(BODY)}".encode(), b"Transfer-Encoding: chunked")
    return head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


def form(gate, signer):
    return gate.request(signer, "POST", "/api/x", form=FORM, headers=[EXPECT])


def hold(gate, data):
    """A connection on which all but the last byte of the request has come, and has been asked for."""
    head, body = data.split(b"\r\n\r\n", 1)
    wire = gate.wire()
    wire.send(head + b"\r\n\r\n")
    assert wire.head().status == 100
    return wire.send(body[:-1]), body[-1:]


@pytest.mark.parametrize("request_of", [hashed, hashed_chunks, form])
def test_what_ends_while_a_body_is_held_ends_its_request_too(request_of, gate, store, recorder, alice):
    held = []
    for number, (why, end) in enumerate(ENDS.items()):
        one = {"client": f"client{number}", "user": f"user{number}", "token": f"token{number}"}
        store.take(*granted(one["client"], SECRET, one["user"], one["token"], TOKEN_SECRET))
        signer = Signer(one["client"], SECRET, one["token"], TOKEN_SECRET)
        held.append((why, end, one, hold(gate, request_of(gate, signer))))
    untouched = hold(gate, request_of(gate, alice))
    for why, end, one, (wire, last) in held:
        end(store, one)
        assert wire.send(last).read().status in (400, 401), why
        wire.socket.close()
    assert not recorder.seen
    wire, last = untouched
    assert wire.send(last).read().status == 200
    assert recorder.only().one("x-oauth-user") == "alice"
    wire.socket.close()


@pytest.mark.parametrize("request_of", [hashed, hashed_chunks, form])
def test_a_timestamp_must_be_good_when_the_body_is_whole(request_of, new_gate, recorder, alice, clock):
    gate = new_gate(recorder, clock=clock)
    late, soon = hold(gate, request_of(gate, alice)), hold(gate, request_of(gate, alice))
    clock.set(58)
    wire, last = soon
    assert wire.send(last).read().status == 200
    clock.set(63)
    wire, last = late
    answer = wire.send(last).read()
    assert answer.status == 401 and b"timestamp_refused" in answer.body
    assert len(recorder.seen) == 1


def test_a_token_that_expires_while_a_body_is_held_is_refused(new_gate, recorder, store, clock):
    client, user, token = granted("client", SECRET, "alice", "token", TOKEN_SECRET)
    store.take(client, user)
    store.ok("token", "issue", "--client", "client", "--user", "alice", "--token", "token", "--secret", "-",
             "--realm", "email", "--expires", "30s", input=TOKEN_SECRET)  # fmt: skip
    gate = new_gate(recorder, clock=clock)
    signer = Signer("client", SECRET, "token", TOKEN_SECRET)
    held = [hold(gate, request_of(gate, signer)) for request_of in (hashed, form)]
    clock.set(40)
    for wire, last in held:
        assert wire.send(last).read().status == 401
    assert not recorder.touched


@pytest.mark.parametrize("request_of", [hashed, form])
def test_a_hold_has_a_total_time_whatever_its_pace(request_of, new_gate, recorder, alice):
    gate = new_gate(recorder, timeouts={"hold": "600ms"}, limits={"body_rate": "0B/s", "form_rate": "0B/s"})
    data = request_of(gate, alice)
    head, body = data.split(b"\r\n\r\n", 1)
    with gate.wire() as wire:
        wire.send(head + b"\r\n\r\n")
        assert wire.head().status == 100
        for at in range(len(body) - 1):
            wire.try_send(body[at : at + 1])
            if not wire.quiet(0.1):
                break
        else:
            raise AssertionError("it was held for as long as bytes came")
        assert wire.read().status == 408
    assert not recorder.seen


def test_an_unproven_form_must_come_at_the_least_rate(new_gate, recorder, alice):
    """A body that is proven already may come as slowly as limits.body_rate says."""
    gate = new_gate(recorder, timeouts={"body": "500ms"}, limits={"body_rate": "2B/s", "form_rate": "1KiB/s"})
    for request_of, status in ((form, 408), (hashed, 200)):
        wire, last = hold(gate, request_of(gate, alice))
        with wire:
            if wire.quiet(0.2) and status == 200:
                wire.send(last)
            assert wire.read().status == status


def test_a_right_that_ends_while_a_backend_is_waited_for_ends_the_request(new_gate, store, alice):
    """The backend's queue is full, so that no connection comes about until somebody leaves."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    queued = []
    for _ in range(2):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
        queued.append(one)

    class Full:
        url = f"http://127.0.0.1:{port}"

    gate = new_gate(Full, timeouts={"upstream_connect": "15s"})
    got = []

    def serve():
        listener.settimeout(LIMIT)
        try:
            while True:
                accepted, _ = listener.accept()
                accepted.settimeout(LIMIT)
                got.append(accepted.recv(65536))
                accepted.close()
        except OSError:
            pass

    with gate.wire() as wire:
        wire.send(gate.request(alice, "GET", "/api/x"))
        assert wire.quiet(0.3)
        store.ok("token", "revoke", "token")
        for one in queued:
            one.close()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert wire.read().status == 401
    listener.close()
    assert not any(b"/api/x" in data for data in got)
