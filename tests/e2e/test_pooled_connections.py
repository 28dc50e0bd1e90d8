"""A backend that ends a pooled connection instead of answering: what is sent once more, and what never is."""

import socket
import struct

import pytest

from backend import plain
from wire import eventually

PUBLIC = [{"path": "/api/*", "upstream": "api", "realms": ["email"]}, {"path": "/open/*", "upstream": "api", "auth": "none"}]


def reset(wire):
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def interim(status):
    return f"HTTP/1.1 {status}\r\n\r\n".encode()


# How a backend ends a connection that has served a request before: what it sends first, and whether by a reset.
ENDS = {"FIN": (b"", False), "RST": (b"", True)}
BEGINNINGS = {
    "one byte": b"H",
    "an empty line": b"\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-",
    "100": interim("100 Continue"),
    "102": interim("102 Processing"),
    "103": interim("103 Early Hints"),
}


class Tired:
    """Answers each connection's first request and ends the connection at its second."""

    def __init__(self, recorder, sends=b"", by_reset=False, forever=False):
        self.recorder, self.sends, self.by_reset, self.forever = recorder, sends, by_reset, forever
        self.tired = False

    def __call__(self, seen, wire):
        used = sum(one.connection == seen.connection for one in self.recorder.seen) > 1
        if not (used or (self.forever and self.tired)):
            return plain(b"served")
        self.tired = True
        if self.sends:
            wire.send(self.sends)
        if self.by_reset:
            reset(wire)
        return None


@pytest.fixture
def tired_gate(new_gate, recorder, alice):
    return new_gate(recorder, routes=PUBLIC, listen={"threads": 1})


def twice(gate, recorder, signer, method="GET", **more):
    """Two requests one after the other: the status of the second, and how often the backend saw it."""
    where = "/api/" if signer else "/open/"
    gate.call(signer, "GET", where + "first")
    answer = gate.call(signer, method, where + "second", **more)
    return answer, [seen for seen in recorder.seen if seen.target == where + "second"]


def lines_of(gate, answer):
    return [line for line in gate.said().splitlines() if answer.one("x-request-id") in line]


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_request_is_sent_once_more_and_answered(how, method, tired_gate, recorder, alice):
    for signer in (alice, None):
        recorder.seen.clear()
        recorder.drop()
        recorder.answer = Tired(recorder, *ENDS[how])
        answer, seen = twice(tired_gate, recorder, signer, method)
        assert (answer.status, len(seen)) == (200, 2)
        assert seen[0].connection != seen[1].connection
        assert seen[0].raw == seen[1].raw
        assert seen[0].one("x-request-id") == answer.one("x-request-id")
        lines = eventually(lambda: lines_of(tired_gate, answer), "the log has it")
        assert len(lines) == 1 and " 200 ok " in lines[0]


def test_it_is_sent_no_third_time(tired_gate, recorder, alice):
    recorder.answer = Tired(recorder, forever=True)
    answer, seen = twice(tired_gate, recorder, alice)
    assert (answer.status, len(seen)) == (502, 2)
    lines = eventually(lambda: lines_of(tired_gate, answer), "the log has it")
    assert len(lines) == 1 and "after a pooled connection had ended" in lines[0]
    assert tired_gate.call(alice, "GET", "/api/third").status == 502  # on a connection of its own
    assert [seen.target for seen in recorder.seen][-1:] == ["/api/third"] and len(recorder.seen) == 4


@pytest.mark.parametrize("method, body", [("POST", b""), ("POST", b"x"), ("PUT", b"x"), ("DELETE", b""), ("PATCH", b""),
                                          ("REPORT", b""), ("GET", b"x"), ("OPTIONS", b"x")])  # fmt: skip
def test_what_may_have_done_something_is_sent_once(method, body, tired_gate, recorder, alice):
    recorder.answer = Tired(recorder)
    answer, seen = twice(tired_gate, recorder, alice, method, body=body)
    assert (answer.status, len(seen)) == (502, 1)


@pytest.mark.parametrize("name", BEGINNINGS)
def test_after_a_byte_of_an_answer_nothing_is_sent_again(name, tired_gate, recorder, alice):
    recorder.answer = Tired(recorder, BEGINNINGS[name])
    answer, seen = twice(tired_gate, recorder, alice)
    assert (answer.status, len(seen)) == (502, 1)


def test_a_request_whose_backend_says_nothing_is_sent_once(new_gate, recorder, alice):
    gate = new_gate(recorder, listen={"threads": 1}, timeouts={"upstream_response": "300ms"})
    recorder.answer = lambda seen, wire: plain() if seen.target == "/api/first" else wire.closed() and None
    answer, seen = twice(gate, recorder, alice)
    assert (answer.status, len(seen)) == (504, 1)


def test_the_signature_is_spent_once_though_the_request_was_sent_twice(tired_gate, recorder, alice):
    recorder.answer = Tired(recorder)
    tired_gate.call(alice, "GET", "/api/first")
    data = tired_gate.request(alice, "GET", "/api/second")
    assert tired_gate.exchange(data).status == 200
    assert tired_gate.exchange(data).status == 401
    assert len(recorder.seen) == 3


def test_pipelined_requests_are_answered_in_order_whatever_connections_they_cost(tired_gate, recorder, alice):
    tired = Tired(recorder)
    recorder.answer = lambda seen, wire: tired(seen, wire) and plain(seen.target.encode())
    with tired_gate.wire() as wire:
        wire.send(b"".join(tired_gate.request(alice, "GET", f"/api/{i}") for i in range(20)))
        assert [wire.read().body.decode() for _ in range(20)] == [f"/api/{i}" for i in range(20)]
    # Each but the first met a pooled connection that ended.
    assert [seen.target for seen in recorder.seen] == ["/api/0"] + [f"/api/{i}" for i in range(1, 20) for _ in range(2)]


def test_a_backend_that_is_gone_when_it_would_be_asked_again_is_502(tired_gate, recorder, alice):
    def last(seen, wire):
        if seen.target == "/api/first":
            return plain()
        recorder.listener.shutdown(socket.SHUT_RDWR)
        return None

    recorder.answer = last
    answer, seen = twice(tired_gate, recorder, alice)
    assert (answer.status, len(seen)) == (502, 1)
