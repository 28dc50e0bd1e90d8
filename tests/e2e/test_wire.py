"""Framing and syntax: hostile bytes are refused or cut off, and nothing of them is forwarded."""

import pytest

from gate import HOST
from wire import Closed

# Every message goes to a route that asks nobody, so that only its form can be what refuses it.
OPEN = [{"path": "/*", "upstream": "api", "auth": "none"}]
H = f"Host: {HOST}\r\n".encode()
GET = b"GET /x HTTP/1.1\r\n" + H
POST = b"POST /x HTTP/1.1\r\n" + H
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

# name: (bytes, the statuses that will do). Statuses None: closing without an answer will do too.
ATTACKS = {
    "length and chunked": (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /s HTTP/1.1\r\n\r\n", {400}),
    "chunked and length": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", {400}),
    "gzip": (POST + b"Transfer-Encoding: gzip\r\n\r\n", {501, 400}),
    "gzip, chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {501, 400}),
    "chunked, gzip": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", {400, 501}),
    "chunked twice": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    "chunked in two fields": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400, 501}),
    "chunked with a comma": (POST + b"Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", {400, 501}),
    "chunked misspelt": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {400, 501}),
    "chunked with a tab inside": (POST + b"Transfer-Encoding: chun\tked\r\n\r\n0\r\n\r\n", {400, 501}),
    "empty coding": (POST + b"Transfer-Encoding:\r\n\r\n", {400, 501}),
    "identity": (POST + b"Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n", {400, 501}),
    "chunked in HTTP/1.0": (b"POST /x HTTP/1.0\r\n" + H + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    **{
        f"Content-Length {value!r}": (POST + b"Content-Length: " + value + b"\r\n\r\nabc", {400, 413})
        for value in (b"+3", b"-3", b"0x3", b"3 3", b"3,4", b"", b"3a", b"3;", b"18446744073709551616", b"99999999999999999999999",
                      b"9223372036854775808", b"1e1", b"\"3\"")
    },
    "lengths that differ": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", {400}),
    "chunk size with a sign": (CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n", {400}),
    "chunk size 0x": (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", {400}),
    "chunk size not hex": (CHUNKED + b"g\r\nabc\r\n0\r\n\r\n", {400}),
    "chunk size empty": (CHUNKED + b"\r\nabc\r\n0\r\n\r\n", {400}),
    "chunk size of 17 digits": (CHUNKED + b"10000000000000003\r\nabc\r\n0\r\n\r\n", {400, 413}),
    "chunk longer than said": (CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", {400}),
    "chunk ends in LF": (CHUNKED + b"3\r\nabc\n0\r\n\r\n", {400}),
    "chunk size ends in LF": (CHUNKED + b"3\nabc\r\n0\r\n\r\n", {400}),
    "NUL in a chunk extension": (CHUNKED + b"3;a=\x00\r\nabc\r\n0\r\n\r\n", {400}),
    "endless chunk extension": (CHUNKED + b"3;" + b"a" * 70000 + b"\r\nabc\r\n0\r\n\r\n", {400, 413, 431}),
    "trailer with a space in its name": (CHUNKED + b"0\r\nX Y: 1\r\n\r\n", {400}),
    "endless trailers": (CHUNKED + b"0\r\n" + b"X-T: 1\r\n" * 9000 + b"\r\n", {400, 413, 431}),
    "space before the colon": (GET + b"X-A : 1\r\n\r\n", {400}),
    "tab before the colon": (GET + b"X-A\t: 1\r\n\r\n", {400}),
    "no colon": (GET + b"X-A\r\n\r\n", {400}),
    "no name": (GET + b": 1\r\n\r\n", {400}),
    "NUL in a name": (GET + b"X-\x00A: 1\r\n\r\n", {400}),
    "8-bit byte in a name": (GET + b"X-\xe9: 1\r\n\r\n", {400}),
    "parenthesis in a name": (GET + b"X-(A): 1\r\n\r\n", {400}),
    "NUL in a value": (GET + b"X-A: a\x00b\r\n\r\n", {400}),
    "bare CR in a value": (GET + b"X-A: a\rb\r\n\r\n", {400}),
    "control byte in a value": (GET + b"X-A: a\x01b\r\n\r\n", {400}),
    "DEL in a value": (GET + b"X-A: a\x7fb\r\n\r\n", {400}),
    "folded field": (GET + b"X-A: a\r\n b\r\n\r\n", {400}),
    "space before the first field": (b"GET /x HTTP/1.1\r\n Host: a\r\n" + H + b"\r\n", {400}),
    "LF alone": (GET.replace(b"\r\n", b"\n") + b"\n", {400}),
    "LF after one field": (GET + b"X-A: 1\nX-B: 2\r\n\r\n", {400}),
    "many empty lines first": (b"\r\n" * 40 + GET + b"\r\n", {400}),
    "two spaces": (b"GET  /x HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "a tab": (b"GET\t/x HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "space at the end": (b"GET /x HTTP/1.1 \r\n" + H + b"\r\n", {400, 505}),
    "space in the target": (b"GET /x y HTTP/1.1\r\n" + H + b"\r\n", {400, 505}),
    "method not a token": (b"G(T /x HTTP/1.1\r\n" + H + b"\r\n", {400, 501}),
    "endless method": (b"G" * 40000 + b" /x HTTP/1.1\r\n" + H + b"\r\n", {400, 414, 431, 501}),
    "HTTP/0.9": (b"GET /x\r\n\r\n", {400, 505, None}),
    "HTTP/2.0": (b"GET /x HTTP/2.0\r\n" + H + b"\r\n", {400, 505}),
    "HTTP/1.10": (b"GET /x HTTP/1.10\r\n" + H + b"\r\n", {400, 505}),
    "HTTP/01.1": (b"GET /x HTTP/01.1\r\n" + H + b"\r\n", {400, 505}),
    "http in lower case": (b"GET /x http/1.1\r\n" + H + b"\r\n", {400, 505}),
    "HTTQ": (b"GET /x HTTQ/1.1\r\n" + H + b"\r\n", {400, 505}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505, None}),
    "TLS": (bytes.fromhex("16030100c8010000c40303") + b"\x00" * 200, {400, None}),
    "PROXY": (b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + GET + b"\r\n", {400, 505, None}),
    "Host missing": (b"GET /x HTTP/1.1\r\n\r\n", {400}),
    "Host twice": (GET + H + b"\r\n", {400}),
    "Host twice, differing": (GET + b"Host: b.test\r\n\r\n", {400}),
    "Host with a path": (b"GET /x HTTP/1.1\r\nHost: api.test/x\r\n\r\n", {400, 421}),
    "Host with a user": (b"GET /x HTTP/1.1\r\nHost: a@api.test\r\n\r\n", {400, 421}),
    "Host with a bad port": (b"GET /x HTTP/1.1\r\nHost: api.test:x\r\n\r\n", {400, 421}),
    "Host with a comma": (b"GET /x HTTP/1.1\r\nHost: api.test, b.test\r\n\r\n", {400, 421}),
    "target without a slash": (b"GET x HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "fragment": (b"GET /x#y HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "authority-form": (b"GET api.test:80 HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "asterisk-form of GET": (b"GET * HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "CONNECT": (b"CONNECT api.test:80 HTTP/1.1\r\n" + H + b"\r\n", {400, 405, 501}),
    "TRACE": (b"TRACE /x HTTP/1.1\r\n" + H + b"\r\n", {400, 405, 501}),
    "absolute-form of another host": (b"GET http://evil.test/x HTTP/1.1\r\n" + H + b"\r\n", {400, 421}),
    "absolute-form with a user": (b"GET http://a@api.test/x HTTP/1.1\r\n" + H + b"\r\n", {400, 421}),
    "absolute-form of another scheme": (b"GET ftp://api.test/x HTTP/1.1\r\n" + H + b"\r\n", {400, 421}),
    "8-bit byte in the target": (b"GET /\xe9 HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "DEL in the target": (b"GET /\x7f HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "%00": (b"GET /a%00b HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "broken escape": (b"GET /a%zz HTTP/1.1\r\n" + H + b"\r\n", {400}),
    "cut escape": (b"GET /a% HTTP/1.1\r\n" + H + b"\r\n", {400}),
}


@pytest.fixture
def open_gate(new_gate, recorder, store):
    store.client()  # makes the store
    return new_gate(recorder, OPEN)


@pytest.mark.parametrize("part", range(4))
def test_hostile_bytes_are_refused_and_nothing_of_them_is_forwarded(part, open_gate, recorder):
    wrong = []
    for name in list(ATTACKS)[part::4]:
        data, statuses = ATTACKS[name]
        with open_gate.wire() as wire:
            # what follows on the connection must never be taken for a request
            wire.try_send(data + b"GET /smuggled HTTP/1.1\r\n" + H + b"\r\n").end()
            try:
                got = wire.read().status
            except Closed:
                got = None
            if got not in statuses:
                wrong.append((name, got, statuses))
            elif got is not None and wire._rest():
                wrong.append((name, "more than one answer"))
        forwarded = [seen for seen in recorder.seen if seen.complete]
        if forwarded:
            wrong.append((name, "forwarded", [seen.raw for seen in forwarded]))
        recorder.seen.clear()
    assert not wrong, "\n".join(map(str, wrong))
    assert open_gate.exchange(GET + b"\r\n").status == 200


WELCOME = {
    "chunked in capitals": (POST + b"transfer-encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "/x", b"abc"),
    "chunk size in capitals with zeros": (CHUNKED + b"00A\r\n0123456789\r\n000\r\n\r\n", "/x", b"0123456789"),
    "a chunk extension": (CHUNKED + b"3;a=\"b;c\"\r\nabc\r\n0;end\r\n\r\n", "/x", b"abc"),
    "one empty line first": (b"\r\n" + GET + b"\r\n", "/x", b""),
    "8-bit bytes in a value": (GET + b"X-A: \xc3\xa9\r\n\r\n", "/x", b""),
    "an unknown method": (b"FROB /x HTTP/1.1\r\n" + H + b"\r\n", "/x", b""),
    "absolute-form": (b"GET http://api.test/abs?q=1 HTTP/1.1\r\n" + H + b"\r\n", "/abs?q=1", b""),
    "a field of 7 KB": (GET + b"X-A: " + b"a" * 7000 + b"\r\n\r\n", "/x", b""),
    "sixty fields": (GET + b"".join(b"X-%d: 1\r\n" % i for i in range(60)) + b"\r\n", "/x", b""),
    "a target of 8000 bytes": (b"GET /" + b"a" * 7999 + b" HTTP/1.1\r\n" + H + b"\r\n", "/" + "a" * 7999, b""),
    "Host with its default port": (b"GET /x HTTP/1.1\r\nHost: API.test:80\r\n\r\n", "/x", b""),
}


@pytest.mark.parametrize("name", WELCOME)
def test_odd_but_lawful_bytes_pass(name, open_gate, recorder):
    data, target, body = WELCOME[name]
    assert open_gate.exchange(data).status == 200
    seen = recorder.only()
    assert (seen.target, seen.body, seen.version) == (target, body, "HTTP/1.1")
    assert len(seen.all("content-length")) + len(seen.all("transfer-encoding")) == (1 if body else 0)


@pytest.mark.parametrize("data", [
    POST + b"Content-Length: 10\r\n\r\nabc", CHUNKED + b"a\r\nabc", CHUNKED + b"3\r\nabc\r\n", CHUNKED + b"3\r\nabc\r\n0\r\n",
])
def test_a_body_cut_short_never_arrives_as_complete(data, open_gate, recorder):
    with open_gate.wire() as wire:
        wire.send(data).end()
        try:
            assert wire.read().status == 400
        except Closed:
            pass
    assert open_gate.exchange(GET + b"\r\n").status == 200
    assert [seen.method for seen in recorder.seen if seen.complete] == ["GET"]


def test_bytes_beyond_the_declared_length_are_not_taken_for_the_body(open_gate, recorder):
    with open_gate.wire() as wire:
        wire.send(POST + b"Content-Length: 3\r\n\r\nabcdef / junk\r\n\r\n")
        assert wire.read().status == 200
        assert wire.read().status in (400, 501, 505)
        assert wire.closed()
    assert recorder.only().body == b"abc"


def test_a_split_anywhere_reads_the_same(gate, recorder, alice):
    for cut in (1, 3, 10, 17, 18, 30, 60, 200, 350):
        data = gate.request(alice, "POST", "/api/x", form="a=1&b=2")
        with gate.wire() as wire:
            wire.send(data[:cut])
            wire.quiet(0.02)
            assert wire.send(data[cut:]).read().status == 200
    assert {seen.body for seen in recorder.seen} == {b"a=1&b=2"}


def test_options_asterisk_breaks_nothing(open_gate):
    with open_gate.wire() as wire:
        assert wire.send(b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n").read().status in (200, 204, 400, 404, 405)
    assert open_gate.exchange(GET + b"\r\n").status == 200
