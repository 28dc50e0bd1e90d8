"""Every bound at its last good value and one beyond it; and the statuses that belong to routes and hosts."""

import pytest

from gate import HOST
from wire import Closed

OPEN = [{"path": "/*", "upstream": "api", "auth": "none"}]
HEAD = f"GET /x HTTP/1.1\r\nHost: {HOST}\r\n"


@pytest.fixture
def limited(new_gate, recorder, store):
    store.client()
    return lambda routes=OPEN, **sections: new_gate(recorder, routes, **sections)


def sized_target(size):
    return f"GET /{'a' * (size - 1)} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def test_a_target_may_be_as_long_as_the_setting_says(limited, recorder):
    gate = limited(limits={"target_bytes": "1KiB"})
    assert gate.exchange(sized_target(1024)).status == 200
    with gate.wire() as wire:
        assert wire.send(sized_target(1025)).read().status == 414
        assert wire.closed()
    assert len(recorder.seen) == 1


def test_a_target_longer_than_the_head_may_be_is_414_too(limited, recorder):
    gate = limited()
    assert gate.exchange(sized_target(100_000)).status in (414, 431)
    assert not recorder.touched


def test_a_head_may_be_as_long_as_the_setting_says(limited, recorder):
    gate = limited(limits={"header_bytes": "2KiB"})
    for size, status in ((2048, 200), (2049, 431)):
        data = HEAD + "X-A: " + "a" * (size - len(HEAD) - len("X-A: \r\n\r\n")) + "\r\n\r\n"
        assert len(data) == size
        assert gate.exchange(data.encode()).status == status
    assert len(recorder.seen) == 1


def test_there_may_be_as_many_fields_as_the_setting_says(limited, recorder):
    gate = limited(limits={"headers": 10})
    for count, status in ((9, 200), (10, 431)):
        data = HEAD + "".join(f"X-{i}: 1\r\n" for i in range(count)) + "\r\n"
        assert gate.exchange(data.encode()).status == status
    assert len(recorder.seen) == 1


def test_an_authorization_of_64_kib_is_refused(limited, recorder):
    gate = limited([{"path": "/*", "upstream": "api"}])
    data = HEAD + 'Authorization: OAuth oauth_nonce="' + "a" * 65536 + '"\r\n\r\n'
    assert gate.exchange(data.encode()).status in (400, 431)
    assert not recorder.touched


@pytest.mark.parametrize("size, status", [(1024, 200), (1025, 413)])
def test_a_body_of_known_length_may_be_as_long_as_the_setting_says(size, status, limited, recorder):
    gate = limited(limits={"body_bytes": "1KiB"})
    post = f"POST /x HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {size}\r\n"
    assert gate.exchange(f"{post}\r\n{'a' * size}".encode()).status == status
    if status == 413:
        with gate.wire() as wire:
            wire.send(f"{post}Expect: 100-continue\r\n\r\n".encode())
            assert wire.head().status == 413
    assert [len(seen.body) for seen in recorder.seen] == ([1024] if status == 200 else [])


@pytest.mark.parametrize("size, status", [(1024, 200), (1025, 413)])
def test_a_chunked_body_is_cut_at_the_limit(size, status, limited, recorder):
    gate = limited(limits={"body_bytes": "1KiB"})
    chunks = f"400\r\n{'a' * 1024}\r\n" + ("1\r\nb\r\n" if size > 1024 else "") + "0\r\n\r\n"
    with gate.wire() as wire:
        wire.try_send(f"POST /x HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}".encode())
        assert wire.read().status == status
    assert [len(seen.body) for seen in recorder.seen if seen.complete] == ([1024] if status == 200 else [])


@pytest.mark.parametrize("size, status", [(1024, 200), (1025, 413)])
def test_a_form_may_be_as_long_as_the_setting_says(size, status, new_gate, recorder, alice):
    gate = new_gate(recorder, limits={"form_bytes": "1KiB"})
    assert gate.call(alice, "POST", "/api/x", form="a=" + "b" * (size - 2)).status == status
    assert [len(seen.body) for seen in recorder.seen] == ([1024] if status == 200 else [])


def test_there_may_be_as_many_parameters_as_the_setting_says(new_gate, recorder, alice):
    gate = new_gate(recorder, limits={"parameters": 20})
    own = len(alice.parameters("GET", f"http://{HOST}/"))
    for extra in (0, 1):
        query = "&".join(f"p{i}=1" for i in range(20 - own + extra))
        assert gate.call(alice, "GET", f"/api/x?{query}").status == (400 if extra else 200)
    assert len(recorder.seen) == 1


def test_a_path_that_no_route_has_is_404(limited, recorder):
    gate = limited([{"path": path, "upstream": "api", "auth": "none"} for path in ("/api/*", "/one")])
    found = ["/api/x", "/api/", "/one"]
    for target in [*found, "/api", "/apix", "/one/", "/"]:
        status = 200 if target in found else 404
        assert gate.exchange(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()).status == status, target
    assert [seen.target for seen in recorder.seen] == found


def test_a_method_that_no_route_of_the_path_allows_is_405_with_allow(limited, recorder):
    gate = limited([
        {"path": "/x", "upstream": "api", "auth": "none", "methods": ["GET", "PUT"]},
        {"path": "/*", "upstream": "api", "auth": "none", "methods": ["DELETE"]},
    ])
    for method, status in (("GET", 200), ("HEAD", 200), ("PUT", 200), ("POST", 405), ("DELETE", 405)):
        length = "Content-Length: 0\r\n" if method in ("PUT", "POST") else ""
        answer = gate.exchange(f"{method} /x HTTP/1.1\r\nHost: {HOST}\r\n{length}\r\n".encode(), method)
        assert answer.status == status, method
        if status == 405:
            allowed = {word.strip() for word in answer.one("allow").split(",")}
            assert allowed == {"GET", "HEAD", "PUT"}
    assert [seen.method for seen in recorder.seen] == ["GET", "HEAD", "PUT"]


def test_a_host_that_is_none_of_ours_is_421(new_gate, recorder, alice):
    gate = new_gate(recorder)
    ours = [HOST, "API.TEST", "api.test:80"]
    for host in [*ours, "other.test", "api.test:81", "127.0.0.1"]:
        status = 200 if host in ours else 421
        data = gate.request(alice, "GET", "/api/x").replace(f"Host: {HOST}".encode(), f"Host: {host}".encode())
        assert gate.exchange(data).status == status, host
    assert [seen.one("host") for seen in recorder.seen] == ours


def test_without_an_external_url_hosts_says_which_are_accepted(new_gate, recorder, alice):
    gate = new_gate(recorder, listen={"external_url": None, "hosts": [HOST]})
    assert gate.call(alice, "GET", "/api/x").status == 200
    other = gate.request(alice, "GET", "/api/x").replace(f"Host: {HOST}".encode(), b"Host: other.test")
    assert gate.exchange(other).status == 421
    assert len(recorder.seen) == 1


def test_a_path_in_the_external_url_is_signed_and_not_forwarded(new_gate, recorder, alice):
    gate = new_gate(recorder, listen={"external_url": f"http://{HOST}/v1"})
    signed = alice.header("GET", f"http://{HOST}/v1/api/x?a=1")
    data = f"GET /api/x?a=1 HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {signed}\r\n\r\n".encode()
    assert gate.exchange(data).status == 200
    assert gate.call(alice, "GET", "/api/x?a=1").status == 401
    assert recorder.only().target == "/api/x?a=1"


def test_the_backend_may_get_its_own_host(new_gate, recorder, alice):
    gate = new_gate(recorder, [{"path": "/api/*", "upstream": "api", "host": "upstream"}])
    assert gate.call(alice, "GET", "/api/x").status == 200
    assert recorder.only().one("host") == f"127.0.0.1:{recorder.port}"


def test_an_expectation_that_nobody_knows_is_417(limited, recorder):
    gate = limited()
    assert gate.exchange((HEAD + "Expect: the-unexpected\r\n\r\n").encode()).status == 417
    assert not recorder.touched


@pytest.mark.parametrize("begun", [b"GET /x HT", HEAD.encode(), HEAD.encode() + b"X-A: 1\r\n", b"\r\n"])
def test_a_head_that_does_not_end_is_cut_with_408(begun, limited, recorder):
    gate = limited(timeouts={"header": "1s"})
    with gate.wire() as wire:
        wire.send(begun)
        try:
            assert wire.read().status == 408
        except Closed as end:
            assert end.args[0] == b""
    assert not recorder.touched


def test_a_head_that_drips_is_cut_with_408(limited, recorder):
    gate = limited(timeouts={"header": "1s"})
    with gate.wire() as wire:
        wire.send(HEAD.encode() + b"X-Slow: ")
        drips = 0
        while wire.quiet(0.1):
            wire.try_send(b"a")
            drips += 1
            assert drips < 200, "it was never cut"
        assert wire.read().status == 408
    assert not recorder.touched


def test_a_body_that_stalls_is_cut(limited, recorder):
    gate = limited(timeouts={"body": "1s"})
    with gate.wire() as wire:
        wire.send(f"POST /x HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10\r\n\r\nabc".encode())
        try:
            assert wire.read().status == 408
        except Closed:
            pass
    assert not [seen for seen in recorder.seen if seen.complete]


def test_an_idle_connection_is_closed(limited):
    gate = limited(timeouts={"idle": "1s"})
    with gate.wire() as silent, gate.wire() as used:
        assert used.send(HEAD.encode() + b"\r\n").read().status == 200
        assert used.closed()
        assert silent.closed()


def test_more_connections_than_the_setting_says_are_turned_away(limited):
    gate = limited(limits={"connections": 4}, listen={"threads": 1})
    wires = [gate.wire() for _ in range(4)]
    for wire in wires:
        assert wire.send(HEAD.encode() + b"\r\n").read().status == 200
    with gate.wire() as fifth:
        try:
            assert fifth.try_send(HEAD.encode() + b"\r\n").read().status == 503
        except Closed:
            pass
    for wire in wires:
        assert wire.send(HEAD.encode() + b"\r\n").read().status == 200
        wire.socket.close()
