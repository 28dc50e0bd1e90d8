"""Backends that are down, come back, hang up, answer badly; and clients of every habit before them."""

import threading

import pytest

from backend import Recorder, plain
from gate import HOST
from wire import Closed, eventually, free_port


class Nowhere:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"


def test_a_backend_that_is_down_is_502_and_200_once_it_is_back(new_gate, alice):
    port = free_port()
    gate = new_gate(Nowhere(port))
    for _ in range(2):
        assert gate.call(alice, "GET", "/api/x").status == 502
    recorder = Recorder(port)
    try:
        assert gate.call(alice, "GET", "/api/x").status == 200
    finally:
        recorder.stop()
    assert gate.call(alice, "GET", "/api/x").status == 502
    recorder = Recorder(port)
    try:
        assert gate.call(alice, "GET", "/api/x").status == 200
    finally:
        recorder.stop()


def test_nginx_may_be_restarted_behind_the_gate(new_gate, nginx, alice):
    gate = new_gate(nginx)
    with gate.wire() as wire:

        def status():
            return wire.send(gate.request(alice, "GET", "/api/x")).read().status

        assert status() == 200
        nginx.stop()
        assert status() == 502
        nginx.start()
        assert status() == 200


def test_a_signature_is_spent_by_a_502(new_gate, alice):
    port = free_port()
    gate = new_gate(Nowhere(port))
    data = gate.request(alice, "GET", "/api/x")
    assert gate.exchange(data).status == 502
    recorder = Recorder(port)
    try:
        assert gate.exchange(data).status == 401
        assert not recorder.seen
    finally:
        recorder.stop()


def test_a_connection_to_the_backend_is_kept_for_the_next_request(new_gate, recorder, alice):
    gate = new_gate(recorder, listen={"threads": 1})
    for i in range(10):
        assert gate.call(alice, "GET", f"/api/{i}").status == 200
    assert recorder.connections == 1


def test_a_kept_connection_that_died_is_replaced(new_gate, recorder, alice):
    gate = new_gate(recorder, listen={"threads": 1})
    for i in range(5):
        assert gate.call(alice, "POST", f"/api/{i}", body=b"body").status == 200
        recorder.drop()
    assert recorder.connections == 5
    assert [seen.target for seen in recorder.seen] == [f"/api/{i}" for i in range(5)]


def test_connection_close_of_the_backend_is_honoured(new_gate, recorder, alice):
    recorder.answer = lambda seen, wire: plain(extra=b"Connection: close\r\n")
    gate = new_gate(recorder, listen={"threads": 1})
    with gate.wire() as wire:
        for i in range(3):
            answer = wire.send(gate.request(alice, "GET", f"/api/{i}")).read()
            assert answer.status == 200
            assert "close" not in answer.all("connection")
    assert recorder.connections == 3


# What a backend sends, and what the client gets for it: a status, or None for an answer that is cut off.
BROKEN = {
    "nothing": (b"", 502),
    "not HTTP": (b"hello world\r\n\r\n", 502),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", 502),
    "a status that is none": (b"HTTP/1.1 99 No\r\nContent-Length: 0\r\n\r\n", 502),
    "a bad name": (b"HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n", 502),
    "NUL in a value": (b"HTTP/1.1 200 OK\r\nX-Y: \x00\r\nContent-Length: 0\r\n\r\n", 502),
    "lengths that differ": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 502),
    "a length that is none": (b"HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\na", 502),
    "101 unasked": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 502),
    "an endless head": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300000, 502),
    "a body cut short": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", None),
    "chunks cut short": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", None),
    "a bad chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n", None),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_502_or_cut_off_and_never_made_whole(name, gate, recorder, alice):
    sent, status = BROKEN[name]

    def answer(seen, wire):
        wire.send(sent)

    recorder.answer = answer
    with gate.wire() as wire:
        wire.send(gate.request(alice, "GET", "/api/x"))
        if status:
            assert wire.read().status == status
        else:
            try:
                answered = wire.read()
                assert answered.status == 502, answered
            except Closed:
                pass
    recorder.answer = lambda seen, wire: plain()
    assert gate.call(alice, "GET", "/api/after").status == 200


def test_a_silent_backend_is_504(new_gate, recorder, alice):
    recorder.answer = lambda seen, wire: wire.closed() and None  # until the gate hangs up
    gate = new_gate(recorder, timeouts={"upstream_response": "1s"})
    assert gate.call(alice, "GET", "/api/x").status == 504


def test_interim_answers_are_not_the_end(gate, recorder, alice):
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    recorder.answer = lambda seen, wire: interim + plain(b"final")
    assert gate.call(alice, "GET", "/api/x").body == b"final"


def test_bytes_after_an_answer_are_never_delivered(new_gate, recorder, alice):
    gate = new_gate(recorder, listen={"threads": 1})
    recorder.answer = lambda seen, wire: plain(b"first") + plain(b"poison")
    assert gate.call(alice, "GET", "/api/1").body == b"first"
    recorder.answer = lambda seen, wire: plain(b"second")
    assert gate.call(alice, "GET", "/api/2").body == b"second"


def test_a_chunked_answer_and_one_that_ends_with_its_connection_pass(gate, recorder, alice):
    recorder.answer = lambda seen, wire: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: 1\r\n\r\n"
    assert gate.call(alice, "GET", "/api/x").body == b"abcde"

    def until_close(seen, wire):
        wire.send(b"HTTP/1.1 200 OK\r\n\r\nto the end")

    recorder.answer = until_close
    assert gate.call(alice, "GET", "/api/y").body == b"to the end"


def test_head_has_no_body_and_leaves_the_connection_in_step(gate, recorder, alice):
    recorder.answer = lambda seen, wire: (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (b"" if seen.method == "HEAD" else b"hello"))
    with gate.wire() as wire:
        for method, body in (("HEAD", b""), ("GET", b"hello"), ("HEAD", b""), ("GET", b"hello")):
            answer = wire.send(gate.request(alice, method, "/api/x")).read(method)
            assert (answer.status, answer.one("content-length"), answer.body) == (200, "5", body)
    refused = gate.call(None, "HEAD", "/api/x")
    assert (refused.status, refused.body) == (401, b"")


def test_204_and_304_have_no_body(gate, recorder, alice):
    with gate.wire() as wire:
        for status in ("204 No Content", "304 Not Modified", "200 OK"):
            reply = f"HTTP/1.1 {status}\r\n".encode() + (b"Content-Length: 2\r\n\r\nok" if "200" in status else b"\r\n")
            recorder.answer = lambda seen, wire, reply=reply: reply
            assert wire.send(gate.request(alice, "GET", "/api/x")).read().status == int(status[:3])


def test_an_http_1_0_client_gets_a_plain_answer_and_a_close(gate, recorder, alice):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    for reply in (plain(b"hello"), chunked):
        recorder.answer = lambda seen, wire, reply=reply: reply
        with gate.wire() as wire:
            data = gate.request(alice, "GET", "/api/x").replace(b" HTTP/1.1", b" HTTP/1.0", 1)
            answer = wire.send(data).read()
            assert (answer.status, answer.body) == (200, b"hello")
            assert not answer.has("transfer-encoding")
            assert wire.closed()
    assert {seen.version for seen in recorder.seen} == {"HTTP/1.1"}


def test_an_http_1_0_client_may_ask_to_keep_the_connection(gate, alice):
    with gate.wire() as wire:
        for _ in range(2):
            data = gate.request(alice, "GET", "/api/x", headers=["Connection: keep-alive"])
            answer = wire.send(data.replace(b" HTTP/1.1", b" HTTP/1.0", 1)).read()
            assert (answer.status, answer.one("connection").lower()) == (200, "keep-alive")


@pytest.mark.parametrize("value", ["close", "Close", "keep-alive, close", "TE, close"])
def test_a_client_that_says_close_is_told_close_and_nothing_behind_it_runs(value, gate, recorder, alice):
    first = gate.request(alice, "GET", "/api/1", headers=[f"Connection: {value}"])
    with gate.wire() as wire:
        wire.send(first + gate.request(alice, "GET", "/api/2"))
        answer = wire.read()
        assert (answer.status, answer.one("connection").lower()) == (200, "close")
        assert wire.closed()
    assert recorder.only().target == "/api/1"


def test_pipelined_requests_are_answered_in_order(gate, recorder, alice):
    recorder.answer = lambda seen, wire: plain(seen.target.encode() + seen.body)
    requests = [gate.request(alice, "GET" if i % 2 else "POST", f"/api/{i}", body=b"" if i % 2 else b"+") for i in range(30)]
    with gate.wire() as wire:
        wire.send(b"".join(requests))
        for i in range(30):
            assert wire.read().body == f"/api/{i}{'' if i % 2 else '+'}".encode()


def test_an_early_answer_reaches_a_client_that_still_sends(gate, recorder, alice):
    def early(seen, wire):
        wire.send(plain(b"enough", "413 Content Too Large", b"Connection: close\r\n"))
        raise Closed(b"")

    recorder.before_body = early
    with gate.wire() as wire:
        signed = alice.header("POST", f"http://{HOST}/api/x")
        wire.send(f"POST /api/x HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {signed}\r\nContent-Length: 1000000\r\n\r\n".encode())
        wire.try_send(b"x" * 1000)
        assert wire.read().status == 413


def test_answers_never_swap_between_clients(new_gate, recorder, alice):
    gate = new_gate(recorder)
    recorder.answer = lambda seen, wire: plain(seen.target.encode())
    wrong = []

    def client(number):
        with gate.wire() as wire:
            for i in range(30):
                target = f"/api/{number}/{i}"
                answer = wire.send(gate.request(alice, "GET", target)).read()
                if answer.body != target.encode():
                    wrong.append((target, answer))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_requests_that_hang_do_not_hold_up_others(gate, recorder, alice):
    release = threading.Event()
    recorder.answer = lambda seen, wire: (seen.target == "/api/slow" and release.wait(60), plain())[1]
    wires = [gate.wire() for _ in range(50)]
    for wire in wires:
        wire.send(gate.request(alice, "GET", "/api/slow"))
    eventually(lambda: len(recorder.seen) == 50, "fifty requests hang")
    assert gate.call(alice, "GET", "/api/quick").status == 200
    release.set()
    assert [wire.read().status for wire in wires] == [200] * 50
    for wire in wires:
        wire.socket.close()
