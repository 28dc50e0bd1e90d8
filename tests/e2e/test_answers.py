"""Answers as real backends write them: those that nginx, curl and browsers read in one way arrive, written anew and
clean; those that could be read in two ways are 502 or cut off."""

import re
import threading
import time

from backend import plain
from wire import Closed, Wire, eventually

OK, LENGTH, CHUNKED = b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n", b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"2\r\nok\r\n0\r\n\r\n"
CUT = "cut"  # the client sees that it isn't whole


def fields(lines, body=b"ok", start=OK):
    return start + lines + b"\r\n" + body


def status(line, body=b"ok"):
    return line + b"\r\n" + LENGTH + b"\r\n" + body


def many(count):
    return fields(LENGTH + b"".join(b"X-%d: y\r\n" % i for i in range(count)))


STATUS_LINES = {
    "no phrase": (status(b"HTTP/1.1 200"), 200),
    "no phrase but a space": (status(b"HTTP/1.1 200 "), 200),
    "two spaces": (status(b"HTTP/1.1  200  OK"), 200),
    "a tab behind the status": (status(b"HTTP/1.1 200\tOK"), 200),
    "a sub-status": (status(b"HTTP/1.1 404.2 Not Found"), 404),
    "lower case": (status(b"http/1.1 200 ok"), 200),
    "a later minor version": (status(b"HTTP/1.2 200 OK"), 200),
    "HTTP/1.0": (status(b"HTTP/1.0 200 OK"), 200),
    "HTTP/1.0 to the close": (b"HTTP/1.0 200 OK\r\n\r\nok", 200),
    "600": (status(b"HTTP/1.1 600 Odd"), 600),
    "999": (status(b"HTTP/1.1 999 Request Denied"), 999),
    "Latin-1": (status(b"HTTP/1.1 200 Sch\xf6n"), 200),
    "a control byte in the phrase": (status(b"HTTP/1.1 200 O\x01K"), 200),
    "a Status field": (fields(LENGTH + b"Status: 404 Not Found\r\n"), 200),
    "099": (status(b"HTTP/1.1 099 OK"), 502),
    "two digits": (status(b"HTTP/1.1 99 OK"), 502),
    "four digits": (status(b"HTTP/1.1 2000 OK"), 502),
    "no space before the phrase": (status(b"HTTP/1.1 200OK"), 502),
    "a tab before the status": (status(b"HTTP/1.1\t200 OK"), 502),
    "no status": (status(b"HTTP/1.1 OK"), 502),
    "HTTP/2": (status(b"HTTP/2 200 OK"), 502),
    "HTTP/1": (status(b"HTTP/1 200 OK"), 502),
    "HTTP/0.9": (b"<html>ok</html>", 502),
    "ICY": (status(b"ICY 200 OK"), 502),
    "an empty line before": (b"\r\n" + status(b"HTTP/1.1 200 OK"), 502),
    "CR in the phrase": (status(b"HTTP/1.1 200 O\rK"), 502),
    "NUL in the phrase": (status(b"HTTP/1.1 200 O\0K"), 502),
}

FIELDS = {
    "bare LF": (b"HTTP/1.1 200 OK\nContent-Length: 2\nX-A: b\n\nok", 200),
    "bare LF in one line": (b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok", 200),
    "bare LF at the end alone": (fields(LENGTH, b"")[:-2] + b"\nok", 200),
    "LF, then CR LF": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\r\nok", 200),
    "300 fields": (many(300), 200),
    "3000 fields": (many(3000), 200),
    "a field of 60 KiB": (fields(LENGTH + b"X-A: " + b"a" * 60000 + b"\r\n"), 200),
    "control bytes": (fields(LENGTH + b"X-A: a\x01b\x0bc\x7f\r\n"), 200),
    "a folded line": (fields(LENGTH + b"X-A: a\r\n b\r\n"), 200),
    "a folded line that looks like a length": (fields(LENGTH + b"X-A: a\r\n Content-Length: 1\r\n"), 200),
    "a space before the colon": (fields(LENGTH + b"X-A : b\r\n"), 200),
    "a name that is no token": (fields(LENGTH + b"X(A): b\r\nX\xc3\xa4: c\r\n\"X\": d\r\n"), 200),
    "a field named by Connection": (fields(LENGTH + b"Connection: keep-alive, X-A\r\nX-A: b\r\n"), 200),
    "6000 fields": (many(6000), 502),
    "300 KiB": (fields(LENGTH + b"X-A: " + b"a" * 300000 + b"\r\n"), 502),
    "a space in a name": (fields(LENGTH + b"X A: b\r\n"), 502),
    "no colon": (fields(LENGTH + b"some words\r\n"), 502),
    "no name": (fields(LENGTH + b": b\r\n"), 502),
    "a control byte in a name": (fields(LENGTH + b"X\x01A: b\r\n"), 502),
    "NUL in a value": (fields(LENGTH + b"X-A: a\0b\r\n"), 502),
    "CR in a value": (fields(LENGTH + b"X-A: a\rb\r\n"), 502),
    "CR CR LF": (fields(LENGTH + b"X-A: a\r\r\n"), 502),
    "CR CR LF at the end": (OK + LENGTH + b"\r\r\nok", 502),
    "a folded line first": (fields(b" X-A: b\r\n" + LENGTH), 502),
    "a folded line of blanks": (fields(LENGTH + b"X-A: a\r\n  \r\nX-B: c\r\n"), 502),
    "a second status line": (fields(OK + LENGTH), 502),
}

FRAMING = {
    "the same length twice": (fields(LENGTH + LENGTH), 200),
    "a list of the same length": (fields(b"Content-Length: 2, 2\r\n"), 200),
    "length and chunks": (fields(b"Content-Length: 5\r\n" + CHUNKED, CHUNKS), 200),
    "chunks and length": (fields(CHUNKED + b"Content-Length: 1\r\n", CHUNKS), 200),
    "identity": (fields(LENGTH + b"Transfer-Encoding: identity\r\n"), 200),
    "identity to the close": (fields(b"Transfer-Encoding: identity\r\n"), 200),
    "chunked twice": (fields(CHUNKED + CHUNKED, CHUNKS), 200),
    "chunked and a comma": (fields(b"Transfer-Encoding: chunked,\r\n", CHUNKS), 200),
    "an empty coding": (fields(LENGTH + b"Transfer-Encoding:\r\n"), 200),
    "lengths that differ": (fields(LENGTH + b"Content-Length: 1\r\n"), 502),
    "lengths that are written differently": (fields(LENGTH + b"Content-Length: 02\r\n"), 502),
    "a list of lengths that differ": (fields(b"Content-Length: 2, 1\r\n"), 502),
    "a length and a comma": (fields(b"Content-Length: 2,\r\n"), 502),
    "a sign": (fields(b"Content-Length: +2\r\n"), 502),
    "less than nothing": (fields(b"Content-Length: -2\r\n"), 502),
    "an empty length": (fields(b"Content-Length:\r\n"), 502),
    "a length with a unit": (fields(b"Content-Length: 2b\r\n"), 502),
    "a length in hex": (fields(b"Content-Length: 0x2\r\n"), 502),
    "2 and 2^64": (fields(b"Content-Length: 18446744073709551618\r\n"), 502),
    "no length and chunks": (fields(b"Content-Length: x\r\n" + CHUNKED, CHUNKS), 502),
    "a folded length": (fields(b"Content-Length:\r\n 2\r\n"), 502),
    "a space behind Content-Length": (fields(b"Content-Length : 2\r\n"), 502),
    "a space behind Transfer-Encoding": (fields(b"Transfer-Encoding : chunked\r\n", CHUNKS), 502),
    "gzip": (fields(b"Transfer-Encoding: gzip\r\n"), 502),
    "gzip, chunked": (fields(b"Transfer-Encoding: gzip, chunked\r\n", CHUNKS), 502),
    "a parameter of chunked": (fields(b"Transfer-Encoding: chunked;q=1\r\n", CHUNKS), 502),
    "xchunked": (fields(b"Transfer-Encoding: xchunked\r\n", CHUNKS), 502),
    "chunks in HTTP/1.0": (fields(CHUNKED, CHUNKS, b"HTTP/1.0 200 OK\r\n"), 502),
}

# What stands behind a head that says chunked.
IN_CHUNKS = {
    "LF behind a size": (b"2\nok\r\n0\r\n\r\n", 200),
    "LF behind a chunk": (b"2\r\nok\n0\r\n\r\n", 200),
    "LF everywhere": (b"2\nok\n0\n\n", 200),
    "padded sizes": (b"2   \r\nok\r\n0 \t \r\n\r\n", 200),
    "zeros": (b"00000002\r\nok\r\n0000\r\n\r\n", 200),
    "an extension": (b"2;a=\"b\"\r\nok\r\n0;c\r\n\r\n", 200),
    "an extension that is none": (b"2;=;\"\r\nok\r\n0;\r\n\r\n", 200),
    "a trailer": (b"2\r\nok\r\n0\r\nX-T: 1\r\n\r\n", 200),
    "a trailer Content-Length": (b"2\r\nok\r\n0\r\nContent-Length: 99\r\n\r\n", 200),
    "a trailer Transfer-Encoding": (b"2\r\nok\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n", 200),
    "a trailer Host": (b"2\r\nok\r\n0\r\nHost: x\r\nConnection: close\r\nTrailer: y\r\n\r\n", 200),
    "a trailer Set-Cookie": (b"2\r\nok\r\n0\r\nSet-Cookie: portcullis=x\r\n\r\n", 200),
    "a trailer of words": (b"2\r\nok\r\n0\r\nno field at all\r\n: x\r\nX Y: z\r\n\r\n", 200),
    "a trailer with control bytes": (b"2\r\nok\r\n0\r\nX: \x01\x00\r\n\r\n", 200),
    "a folded trailer": (b"2\r\nok\r\n0\r\nX: a\r\n b\r\n\r\n", 200),
    "a trailer in LF": (b"2\r\nok\r\n0\nX: a\n\n", 200),
    "a large trailer": (b"2\r\nok\r\n0\r\n" + b"X: y\r\n" * 9000 + b"\r\n", 200),
    "an endless trailer": (b"2\r\nok\r\n0\r\n" + b"X: y\r\n" * 90000 + b"\r\n", CUT),
    "an endless extension": (b"2;" + b"x" * 90000 + b"\r\nok\r\n0\r\n\r\n", CUT),
    "an endless size": (b"0" * 90000 + b"2\r\nok\r\n0\r\n\r\n", CUT),
    "a space before a size": (b" 2\r\nok\r\n0\r\n\r\n", CUT),
    "0x": (b"0x2\r\nok\r\n0\r\n\r\n", CUT),
    "a size with a unit": (b"2b\r\nok\r\n0\r\n\r\n", CUT),
    "a size of 2^64 and 2": (b"10000000000000002\r\nok\r\n0\r\n\r\n", CUT),
    "CR in an extension": (b"2;a\rb\r\nok\r\n0\r\n\r\n", CUT),
    "CR alone": (b"2\rok\r0\r\r", CUT),
    "CR in a trailer": (b"2\r\nok\r\n0\r\nX: a\rb\r\n\r\n", CUT),
    "no line end behind a chunk": (b"2\r\nok0\r\n\r\n", CUT),
    "a line end too many": (b"2\r\nok\r\n\r\n0\r\n\r\n", CUT),
    "no size": (b"\r\nok\r\n0\r\n\r\n", CUT),
    "no last line": (b"2\r\nok\r\n0\r\n", CUT),
    "a trailer that was cut": (b"2\r\nok\r\n0\r\nX: a\r\n", CUT),
    "no last chunk": (b"2\r\nok\r\n", CUT),
}

INTERIM = {
    "17 of them": (b"HTTP/1.1 103 Early\r\n\r\n" * 17 + plain(), 200),
    "a thousand": (b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n" * 1000 + plain(), 200),
    "without a phrase, in LF": (b"HTTP/1.1 103\nLink: </a>\n\n" + plain(), 200),
    "with a length": (b"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n" + plain(), 200),
    "199": (b"HTTP/1.1 199 Odd\r\n\r\n" + plain(), 200),
    "more than a megabyte": (b"HTTP/1.1 103 E\r\nX: " + b"y" * 1000 + b"\r\n\r\n", None),
    "101 behind one": (b"HTTP/1.1 103 E\r\n\r\nHTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", 502),
    "none but interim ones": (b"HTTP/1.1 103 E\r\n\r\n", 502),
}
INTERIM["more than a megabyte"] = (INTERIM["more than a megabyte"][0] * 1100 + plain(), 502)


def raw_answer(gate, data):
    """All that the gate sends, to the close."""
    with gate.wire() as wire:
        wire.send(data)
        return wire._rest()


def checked(raw):
    """The status and the body of one whole answer; CUT if it isn't whole. Its head must be clean."""
    head, end, body = raw.partition(b"\r\n\r\n")
    if not end:
        return CUT, b""
    lines = head.split(b"\r\n")
    assert re.fullmatch(rb"HTTP/1\.1 [1-9][0-9][0-9] [^\x00-\x1f\x7f]*", lines[0]), lines[0]
    framing = []
    for line in lines[1:]:
        assert re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ([^\x00-\x08\x0a-\x1f\x7f]*)", line), line
        name, _, value = line.partition(b": ")
        if name.lower() in (b"content-length", b"transfer-encoding"):
            framing.append((name.lower(), value))
    assert len(framing) == 1, framing
    found = int(lines[0].split(b" ")[1])
    if framing[0] == (b"transfer-encoding", b"chunked"):
        chunks = re.fullmatch(rb"((?:[0-9a-f]+\r\nok\r\n)*)0\r\n\r\n", body)
        return (found, b"ok" if chunks[1] else b"") if chunks else (CUT, b"")
    assert re.fullmatch(rb"[0-9]+", framing[0][1])
    return (found, body) if len(body) == int(framing[0][1]) else (CUT, b"")


def wrong(gate, recorder, alice, table, before=b""):
    found = {}
    for name, (sent, expected) in table.items():

        def answer(seen, wire, sent=sent):
            try:
                wire.socket.sendall(before + sent)
            except OSError:  # the gate has had enough
                pass

        recorder.answer = answer
        got, body = checked(raw_answer(gate, gate.request(alice, "GET", "/api/x", headers=["Connection: close"])))
        if got != expected or (expected not in (502, CUT) and body != b"ok"):
            found[name] = (expected, got, body)
    recorder.answer = lambda seen, wire: plain(b"after")
    assert gate.call(alice, "GET", "/api/after").body == b"after"
    return found


def test_status_lines(gate, recorder, alice):
    assert not wrong(gate, recorder, alice, STATUS_LINES)


def test_fields(gate, recorder, alice):
    assert not wrong(gate, recorder, alice, FIELDS)


def test_what_says_how_long_the_body_is(gate, recorder, alice):
    assert not wrong(gate, recorder, alice, FRAMING)


def test_bodies_in_chunks(gate, recorder, alice):
    assert not wrong(gate, recorder, alice, IN_CHUNKS, before=fields(CHUNKED, b""))


def test_interim_answers(gate, recorder, alice):
    assert not wrong(gate, recorder, alice, INTERIM)


def test_values_arrive_as_they_were_meant(gate, recorder, alice):
    recorder.answer = lambda seen, wire: fields(
        LENGTH + b"X-A: a\r\n\tb\r\nX-B : c\r\nX-C: d\x01e\r\nX\xff: f\r\nX-D: g,\n h\n")
    answer = gate.call(alice, "GET", "/api/x")
    assert [re.sub("[ \t]+", " ", answer.one(name)) for name in ("x-a", "x-b", "x-c", "x-d")] == ["a b", "c", "d e", "g, h"]
    assert all(name.isascii() for name, _ in answer.fields)


def test_the_length_that_a_head_answer_tells_is_told_once(gate, recorder, alice):
    for sent, told in ((LENGTH + LENGTH, ["2"]), (b"Content-Length: 2, 2\r\n", ["2"]), (LENGTH + CHUNKED, []), (b"", [])):
        recorder.answer = lambda seen, wire, sent=sent: OK + sent + b"\r\n"
        answer = gate.call(alice, "HEAD", "/api/x")
        assert (answer.status, answer.all("content-length"), answer.all("transfer-encoding")) == (200, told, [])


def test_a_connection_whose_answer_told_its_length_oddly_carries_no_other(new_gate, recorder, alice):
    gate = new_gate(recorder, listen={"threads": 1})
    for i, sent in enumerate([fields(LENGTH + LENGTH), fields(LENGTH + CHUNKED, CHUNKS), fields(CHUNKED + CHUNKED, CHUNKS)]):
        recorder.answer = lambda seen, wire, sent=sent: sent
        assert gate.call(alice, "GET", "/api/x").body == b"ok"
        assert recorder.connections == i + 1
    for sent in (fields(CHUNKED, b"2\nok\n0\nContent-Length: 7\n\n"), b"HTTP/1.1 200\nContent-Length: 2\n\nok"):
        recorder.answer = lambda seen, wire, sent=sent: sent
        assert gate.call(alice, "GET", "/api/x").body == b"ok"
    assert recorder.connections == 4


def test_each_interim_answer_begins_the_wait_anew(new_gate, recorder, alice):
    gate = new_gate(recorder, timeouts={"upstream_response": "1s"})

    def patient(seen, wire):
        for _ in range(4):
            time.sleep(0.4)
            wire.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        return plain(b"at last") if seen.target == "/api/x" else wire.closed() and None

    recorder.answer = patient
    answers = {}
    # The second never says more.
    requests = {"GET": gate.request(alice, "GET", "/api/x"), "silent": gate.request(alice, "GET", "/api/silent"),
                "POST": gate.request(alice, "POST", "/api/x", body=b"x" * 100)}  # fmt: skip

    def ask(name, data):
        answers[name] = gate.exchange(data)

    threads = [threading.Thread(target=ask, args=item) for item in requests.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {name: answer.status for name, answer in answers.items()} == {"GET": 200, "silent": 504, "POST": 200}


def test_interim_answers_may_come_while_the_body_is_on_its_way(gate, recorder, alice):
    def early(seen, wire):
        for _ in range(100):
            wire.send(b"HTTP/1.1 102 Processing\r\nX: " + b"y" * 300 + b"\r\n\r\n")

    recorder.before_body = early
    recorder.answer = lambda seen, wire: plain(str(len(seen.body)).encode())
    with gate.wire() as wire:
        data = gate.request(alice, "PUT", "/api/x", body=b"x" * 100000)
        wire.send(data[:-90000])
        eventually(lambda: recorder.seen, "the backend has the head")
        time.sleep(0.1)
        wire.send(data[-90000:])
        assert wire.read().body == b"100000"


def test_a_request_in_chunks_is_read_strictly_all_the_same(gate, recorder, alice):
    for body in (b"2\nok\r\n0\r\n\r\n", b"2 \r\nok\r\n0\r\n\r\n", b"2;\r\nok\r\n0\r\n\r\n", b"2\r\nok\n0\r\n\r\n",
                 b"2\r\nok\r\n0\r\nContent-Length: 2\r\n\r\n", b"2\r\nok\r\n0\r\nX: a\r\n b\r\n\r\n",
                 b"2\r\nok\r\n0\r\nno field\r\n\r\n", b"2\r\nok\r\n0\n\n"):  # fmt: skip
        recorder.seen.clear()
        head = gate.request(alice, "PATCH", "/api/x", headers=["Transfer-Encoding: chunked"])
        with Wire(gate.port) as wire:
            wire.try_send(head + body)
            try:
                assert wire.read().status == 400, body
            except Closed:
                pass
        assert not any(seen.complete for seen in recorder.seen), body
