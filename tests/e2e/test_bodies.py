"""Bodies: long ones pass through without being held, and each way to send one works."""

import hashlib
import threading
import time

import pytest

from backend import plain
from gate import HOST, SANITIZED
from wire import eventually

MIB = 1 << 20
BIG = 64 * MIB
GROWTH = 16 * 1024  # KiB that a 64 MiB body may add to the peak
FILES = [{"path": "/files/*", "upstream": "api"}]


def block(i):
    return hashlib.sha256(str(i).encode()).digest() * (MIB // 32)


def digest_of_blocks():
    whole = hashlib.sha256()
    for i in range(BIG // MIB):
        whole.update(block(i))
    return whole.hexdigest()


def head(gate, alice, method, target, *fields):
    signed = "Authorization: " + alice.header(method, f"http://{HOST}{target}")
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {HOST}", signed, *fields, "", ""]).encode()


def stalls(counter):
    """Waits until a counter of bytes has stopped growing."""
    last, since = counter(), time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.05)
        if counter() != last:
            last, since = counter(), time.monotonic()
    return last


def peak_grew_by(gate, before):
    grown = gate.status("VmHWM") - before
    if not SANITIZED:
        assert grown < GROWTH, f"the peak grew by {grown} KiB"


@pytest.fixture
def warm_gate(new_gate, recorder, alice):
    gate = new_gate(recorder)
    for _ in range(8):
        assert gate.call(alice, "POST", "/api/warm", body=b"x" * 65536).status == 200
    recorder.seen.clear()
    return gate


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_64_mib_go_up_to_nginx_and_come_down_again(framing, new_gate, nginx, alice):
    gate = new_gate(nginx, routes=FILES)
    assert gate.call(alice, "GET", "/files/none").status == 404
    before = gate.status("VmHWM")
    chunked = framing == "chunked"
    field = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {BIG}"
    with gate.wire() as wire:
        wire.send(head(gate, alice, "PUT", "/files/big", field))
        for i in range(BIG // MIB):
            wire.send(f"{MIB:x}\r\n".encode() + block(i) + b"\r\n" if chunked else block(i))
        assert wire.send(b"0\r\n\r\n" if chunked else b"").read().status == 201
        peak_grew_by(gate, before)
        wire.send(head(gate, alice, "GET", "/files/big"))
        answer = wire.head()
        assert (answer.status, answer.one("content-length")) == (200, str(BIG))
        whole = hashlib.sha256()
        for _ in range(BIG // MIB):
            whole.update(wire._exactly(MIB))
        assert whole.hexdigest() == digest_of_blocks()
    peak_grew_by(gate, before)


def test_an_upload_waits_for_a_backend_that_does_not_read(warm_gate, recorder, alice):
    gate, go_on, sent = warm_gate, threading.Event(), [0]
    recorder.before_body = lambda seen, wire: go_on.wait(60)
    before = gate.status("VmHWM")
    with gate.wire() as wire:
        wire.send(head(gate, alice, "POST", "/api/up", f"Content-Length: {BIG}"))

        def upload():
            for i in range(BIG // MIB):
                wire.send(block(i))
                sent[0] += MIB

        sender = threading.Thread(target=upload)
        sender.start()
        assert stalls(lambda: sent[0]) < BIG // 2
        peak_grew_by(gate, before)
        go_on.set()
        sender.join()
        assert wire.read().status == 200
    assert hashlib.sha256(recorder.only().body).hexdigest() == digest_of_blocks()
    peak_grew_by(gate, before)


def test_a_download_waits_for_a_client_that_does_not_read(warm_gate, recorder, alice):
    gate, sent = warm_gate, [0]

    def answer(seen, wire):
        wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {BIG}\r\n\r\n".encode())
        for i in range(BIG // MIB):
            wire.send(block(i))
            sent[0] += MIB
        return b""

    recorder.answer = answer
    before = gate.status("VmHWM")
    with gate.wire() as wire:
        wire.send(head(gate, alice, "GET", "/api/down"))
        eventually(lambda: recorder.seen, "the request arrived")
        assert stalls(lambda: sent[0]) < BIG // 2
        peak_grew_by(gate, before)
        assert hashlib.sha256(wire.read().body).hexdigest() == digest_of_blocks()
    peak_grew_by(gate, before)


def test_a_chunked_upload_arrives_whole_and_without_its_extensions_and_trailers(gate, recorder, alice):
    body = b'5;note="x"\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nX-OAuth-User: eve\r\nX-Note: 1\r\n\r\n'
    with gate.wire() as wire:
        answer = wire.send(head(gate, alice, "POST", "/api/x", "Transfer-Encoding: chunked") + body).read()
    assert answer.status == 200
    seen = recorder.only()
    assert seen.body == b"hello world"
    assert seen.all("x-oauth-user") == ["alice"]
    assert "x-note" not in seen.names()
    assert len(seen.all("content-length")) + len(seen.all("transfer-encoding")) == 1


def test_a_chunked_form_is_part_of_what_is_signed(gate, recorder, alice):
    form = "a=1&b=x+y"
    for sent, status in ((form, 200), ("a=2&b=x+y", 401)):
        signed = alice.header("POST", f"http://{HOST}/api/x", form)
        lines = ["POST /api/x HTTP/1.1", f"Host: {HOST}", f"Authorization: {signed}", "Transfer-Encoding: chunked"]
        lines += ["Content-Type: application/x-www-form-urlencoded; charset=UTF-8", "", ""]
        chunks = "".join(f"1\r\n{byte}\r\n" for byte in sent) + "0\r\n\r\n"
        assert gate.exchange(("\r\n".join(lines) + chunks).encode()).status == status
    assert recorder.only().body == form.encode()


def test_a_body_that_waits_for_100_continue_is_asked_for(gate, recorder, alice):
    with gate.wire() as wire:
        wire.send(head(gate, alice, "POST", "/api/x", "Content-Length: 5", "Expect: 100-continue"))
        assert wire.head().status == 100
        assert wire.send(b"hello").read().status == 200
    seen = recorder.only()
    assert seen.body == b"hello"
    assert "expect" not in seen.names()


def test_a_refused_request_is_told_so_before_it_sends_its_body(gate, recorder, alice):
    wrong = alice.but(secret="wrong")
    with gate.wire() as wire:
        wire.send(head(gate, wrong, "POST", "/api/x", "Content-Length: 5", "Expect: 100-continue"))
        assert wire.head().status == 401
    assert not recorder.touched


def test_a_post_without_any_body_is_an_empty_one(gate, recorder, alice):
    assert gate.exchange(head(gate, alice, "POST", "/api/x")).status == 200
    assert recorder.only().body == b""


def test_an_answer_keeps_its_status_fields_and_bytes(gate, recorder, alice):
    body = bytes(range(256))
    extra = b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Mine: x\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
    recorder.answer = lambda seen, wire: plain(body, "418 I'm a teapot", extra)
    answer = gate.call(alice, "GET", "/api/x")
    assert (answer.status, answer.body) == (418, body)
    assert answer.all("set-cookie") == ["a=1", "b=2"]
    assert answer.one("x-mine") == "x"
    assert not answer.has("x-hop") and not answer.has("keep-alive")
