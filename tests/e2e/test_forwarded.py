"""Behind proxies: whose word counts for the URL that was signed and for who the client is."""

import json
import socket

import pytest
from oauthlib.oauth1 import Client

from signer import SECRET, TOKEN_SECRET
from wire import eventually

CLIENT, PROXY = "203.0.113.7", "127.0.0.9"
ROUTES = [
    {"path": "/api/*", "upstream": "api", "realms": ["email"]},
    {"path": "/either/*", "upstream": "api", "accept_schemes": ["http"]},
]


@pytest.fixture
def behind(new_gate, recorder, alice):
    """Starts a gate that knows no URL of its own, and trusts these proxies."""

    def make(trusted=("127.0.0.0/8",), **listen):
        return new_gate(recorder, ROUTES, listen={"external_url": None, "trusted_proxies": list(trusted), **listen},
                        log={"format": "json"})

    return make


def signed(alice, url, *lines, host="inside:81", method="GET"):
    """A request for the target of `url`, as a proxy hands it on: with a Host and fields of its own."""
    target = "/" + url.split("/", 3)[3]
    head = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Authorization: " + alice.header(method, url), *lines]
    return "\r\n".join([*head, "", ""]).encode()


URL = "https://front.test/api/x"

# What the proxies say, and the URL that a client must have signed then.
SAID = {
    "proto and host": (["X-Forwarded-Proto: https", "X-Forwarded-Host: front.test"], URL),
    "Forwarded": (["Forwarded: for=203.0.113.7;proto=https;host=front.test"], URL),
    "Forwarded in quotes": (['Forwarded: host="front.test:8443";proto="https"'], "https://front.test:8443/api/x"),
    "the default port": (["X-Forwarded-Proto: https", "X-Forwarded-Host: Front.TEST:443"], URL),
    "another scheme's default port": (["X-Forwarded-Proto: https", "X-Forwarded-Host: front.test:80"], "https://front.test:80/api/x"),
    "a port of its own": (["X-Forwarded-Proto: https", "X-Forwarded-Host: front.test", "X-Forwarded-Port: 8443"],
                          "https://front.test:8443/api/x"),
    "a port in place of Host's": (["X-Forwarded-Proto: https", "X-Forwarded-Port: 8443"], "https://inside:8443/api/x"),
    "the default port in place of Host's": (["X-Forwarded-Proto: https", "X-Forwarded-Port: 443"], "https://inside/api/x"),
    "a port without a scheme": (["X-Forwarded-Port: 80"], "http://inside/api/x"),
    "another scheme's default port in place of Host's": (
        ["X-Forwarded-Proto: http", "X-Forwarded-Port: 443"], "http://inside:443/api/x"),
    "a port beside one in X-Forwarded-Host": (
        ["X-Forwarded-Proto: https", "X-Forwarded-Host: front.test:8443", "X-Forwarded-Port: 443"], "https://front.test:8443/api/x"),
    "a port beside Forwarded": (["Forwarded: proto=https;host=front.test", "X-Forwarded-Port: 8443"], "https://front.test:8443/api/x"),
    "a port in one of both hosts": (
        ["Forwarded: proto=https;host=front.test", "X-Forwarded-Host: front.test:8443"], "https://front.test:8443/api/x"),
    "ports of two proxies": (
        [f"X-Forwarded-For: {CLIENT}, {PROXY}", "X-Forwarded-Proto: https,http", "X-Forwarded-Port: 8443, 80"],
        "https://inside:8443/api/x"),
    "IPv6": (["X-Forwarded-Proto: https", "X-Forwarded-Host: [2001:db8::1]:443"], "https://[2001:db8::1]/api/x"),
    "the scheme alone": (["X-Forwarded-Proto: https"], "https://inside:81/api/x"),
    "nothing": ([], "http://inside:81/api/x"),
    "a list without addresses": (["X-Forwarded-Proto: https,http"], "http://inside:81/api/x"),
    "a list with addresses": ([f"X-Forwarded-For: {CLIENT}, {PROXY}", "X-Forwarded-Proto: https,http"], "https://inside:81/api/x"),
    "a client's own words before the list": (
        [f"X-Forwarded-For: 6.6.6.6, {CLIENT}, {PROXY}", "X-Forwarded-Proto: http, https, http"], "https://inside:81/api/x"),
    "Forwarded of two proxies": (
        [f"Forwarded: for=6.6.6.6;proto=http, for={CLIENT};proto=https;host=front.test", f"Forwarded: for={PROXY};proto=http"], URL),
}


@pytest.mark.parametrize("name", SAID)
def test_the_url_that_trusted_proxies_name_is_the_one_that_was_signed(name, behind, recorder, alice):
    lines, url = SAID[name]
    gate = behind()
    assert gate.exchange(signed(alice, url, *lines)).status == 200
    assert recorder.only().one("host") == "inside:81"
    other = url.replace("https:", "ftp:").replace("http:", "https:").replace("ftp:", "http:")
    assert gate.exchange(signed(alice, other, *lines)).status == 401
    assert len(recorder.seen) == 1


def test_oauthlib_signs_what_a_tls_terminator_forwards(behind, recorder, alice):
    client = Client("client", SECRET, "token", TOKEN_SECRET)
    _, headers, _ = client.sign("https://front.test/api/x?a=1&b=%20c", "GET")
    lines = ["GET /api/x?a=1&b=%20c HTTP/1.1", "Host: front.test", "X-Forwarded-Proto: https", f"X-Forwarded-For: {CLIENT}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    assert behind().exchange("\r\n".join([*lines, "", ""]).encode()).status == 200


def test_an_absolute_target_goes_the_same_way(behind, recorder, alice):
    data = signed(alice, URL, "X-Forwarded-Proto: https", "X-Forwarded-Host: front.test")
    assert behind().exchange(data.replace(b"GET /", b"GET http://inside:81/", 1)).status == 200


def test_from_anybody_else_they_are_dropped(behind, recorder, alice):
    lines = ["X-Forwarded-Proto: https", "X-Forwarded-Host: front.test", "X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6"]
    gate = behind(trusted=["10.0.0.0/8", "::1", "127.0.0.2"])
    assert gate.exchange(signed(alice, URL, *lines)).status == 401
    assert gate.exchange(signed(alice, "http://inside:81/api/x", *lines)).status == 200
    seen = recorder.only()
    assert b"6.6.6.6" not in seen.raw and b"front.test" not in seen.raw
    assert seen.one("x-forwarded-for") == "127.0.0.1"
    gate.stop()
    assert "6.6.6.6" not in gate.said()


def test_each_request_of_a_connection_has_its_own_url(behind, recorder, alice):
    front = ["X-Forwarded-Proto: https", "X-Forwarded-Host: front.test"]
    with behind().wire() as wire:
        for _ in range(3):
            assert wire.send(signed(alice, URL, *front)).read().status == 200
            assert wire.send(signed(alice, URL)).read().status == 401
            assert wire.send(signed(alice, "http://inside:81/api/x")).read().status == 200
            assert wire.send(signed(alice, "http://inside:81/api/x", *front)).read().status == 401
            assert wire.send(signed(alice, URL, *front, host="elsewhere")).read().status == 200
    assert len(recorder.seen) == 9


def test_the_client_is_named_to_the_backend_and_in_the_log(behind, recorder, alice):
    gate = behind()
    assert gate.exchange(signed(alice, "http://inside:81/api/x", f"X-Forwarded-For: 6.6.6.6, {CLIENT}, {PROXY}")).status == 200
    assert gate.exchange(signed(alice, "http://inside:81/api/x")).status == 200
    assert gate.exchange(signed(alice, "http://inside:81/api/x", 'Forwarded: for="[2001:db8::7]:99"')).status == 200
    assert [seen.one("x-forwarded-for") for seen in recorder.seen] == [
        f"{CLIENT}, {PROXY}, 127.0.0.1", "127.0.0.1", "2001:db8::7, 127.0.0.1"]
    gate.stop()
    lines = [json.loads(line) for line in gate.said().splitlines() if '"reason"' in line]
    assert [line.get("from") for line in lines] == [CLIENT, None, "2001:db8::7"]
    assert all(line["peer"].startswith("127.0.0.1:") for line in lines)


@pytest.mark.parametrize("line, reason", [
    ("X-Forwarded-Proto: gopher", "X-Forwarded-Proto is neither http nor https: gopher"),
    ("X-Forwarded-Host: a b", "X-Forwarded-Host names no host: a b"),
    ("X-Forwarded-Port: http", "X-Forwarded-Port is no port: http"),
    ("X-Forwarded-For: nobody", "X-Forwarded-For names no address: nobody"),
    ("Forwarded: for", "Forwarded can't be read"),
    ("Forwarded: proto=https\r\nX-Forwarded-Proto: http", "Forwarded contradicts X-Forwarded-Proto"),
    ("Forwarded: for=6.6.6.6\r\nX-Forwarded-For: 203.0.113.7", "Forwarded contradicts X-Forwarded-For"),
])
def test_what_can_not_be_understood_is_refused_with_a_reason(line, reason, behind, recorder, alice):
    gate = behind()
    with gate.wire() as wire:
        assert wire.send(signed(alice, URL, line)).read().status == 400
        assert wire.send(signed(alice, "http://inside:81/api/x")).read().status == 200
    assert recorder.only().target == "/api/x"
    gate.stop()
    refused = [json.loads(line) for line in gate.said().splitlines() if "malformed_forwarded" in line]
    assert [line["detail"] for line in refused] == [reason]


def test_hosts_limits_what_proxies_may_name(behind, recorder, alice):
    gate = behind(hosts=["front.test"])
    proto = "X-Forwarded-Proto: https"
    assert gate.exchange(signed(alice, URL, proto, "X-Forwarded-Host: front.test")).status == 200
    assert gate.exchange(signed(alice, "https://evil.test/api/x", proto, "X-Forwarded-Host: evil.test")).status == 421
    assert gate.exchange(signed(alice, "https://inside:81/api/x", proto)).status == 421


def test_an_external_url_wins_and_of_two_the_scheme_decides(behind, recorder, alice):
    one = behind(external_url="https://front.test")
    lies = ["X-Forwarded-Proto: http", "X-Forwarded-Host: evil.test", "X-Forwarded-Port: 81"]
    assert one.exchange(signed(alice, URL, *lies, host="front.test")).status == 200
    one.stop()
    two = behind(external_url=["https://front.test", "http://front.test/plain"])
    assert two.exchange(signed(alice, URL, "X-Forwarded-Proto: https", host="front.test")).status == 200
    plain = signed(alice, "http://front.test/plain/api/x", "X-Forwarded-Proto: http", host="front.test")
    assert two.exchange(plain.replace(b"GET /plain/", b"GET /")).status == 200


def test_https_is_the_word_of_a_trusted_proxy_where_tls_is_demanded(new_gate, recorder, alice):
    gate = new_gate(recorder, ROUTES, listen={"external_url": None, "trusted_proxies": ["127.0.0.1"]}, oauth={"enforce_tls": True})
    assert gate.exchange(signed(alice, "https://front.test/api/x", "X-Forwarded-Proto: https", host="front.test")).status == 200
    refused = gate.exchange(signed(alice, "http://front.test/api/x", host="front.test"))
    assert refused.status == 400 and b"insecure_transport" in refused.body


def test_a_route_may_accept_the_scheme_of_the_inner_side_and_the_log_says_so(behind, recorder, alice):
    gate = behind()
    https = "X-Forwarded-Proto: https"
    assert gate.exchange(signed(alice, "http://inside:81/either/x", https)).status == 200
    assert gate.exchange(signed(alice, "https://inside:81/either/x", https)).status == 200
    assert gate.exchange(signed(alice, "http://inside:81/either/x")).status == 200
    assert gate.exchange(signed(alice, "https://inside:81/either/x")).status == 401
    assert gate.exchange(signed(alice, "http://inside:81/api/x", https)).status == 401
    gate.stop()
    lines = [json.loads(line) for line in gate.said().splitlines() if '"reason"' in line]
    assert [(line["status"], line.get("scheme")) for line in lines] == [
        (200, "http"), (200, None), (200, None), (401, None), (401, None)]


def test_a_client_of_ipv4_is_one_on_a_socket_of_ipv6_too(new_gate, recorder, alice, room):
    if not has_ipv6():
        pytest.skip("there is no IPv6 here")
    for trusted, said, last in (([], [], "127.0.0.1"), (["127.0.0.0/8"], ["::ffff:203.0.113.7"], CLIENT),
                                (["::ffff:127.0.0.1/128"], ["[::FFFF:cb00:7107]:99"], CLIENT)):  # fmt: skip
        gate = new_gate(recorder, ROUTES, listen={"address": "[::]:0", "trusted_proxies": trusted}, log={"format": "json"})
        recorder.seen.clear()
        assert gate.call(alice, "GET", "/api/x", headers=[f"X-Forwarded-For: {one}" for one in said]).status == 200
        chain = recorder.only().one("x-forwarded-for")
        assert chain == ", ".join(dict.fromkeys([last, "127.0.0.1"])), chain
        lines = eventually(lambda: [line for line in gate.said().splitlines() if "/api/x" in line], "the log has it")
        line = json.loads(lines[0])
        assert "ffff" not in json.dumps(line) and line["peer"].startswith("127.0.0.1:")
        gate.stop()


def has_ipv6():
    try:
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True):
            return True
    except (OSError, ValueError):
        return False
