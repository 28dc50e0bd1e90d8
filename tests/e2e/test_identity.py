"""Whom the backend sees: the proven one, once, and nobody whom a client made up."""

import pytest

from gate import HOST
from wire import Wire

IDENTITY = ["x-oauth-user", "x-oauth-client", "x-oauth-realms", "x-oauth-token-id"]

SPOOFED = [
    "X-OAuth-User", "x-oauth-user", "X-OAUTH-USER", "X_OAuth_User", "x_oauth_user", "X.OAuth.User", "X-OAuth_User",
    "X-OAuth.User", "X-OAuth-Client", "X_OAuth-Client", "X-OAuth-Realms", "X-OAuth-Token-Id", "X_OAUTH_TOKEN_ID",
    "X-OAuth-Anything", "x.oauth.anything", "X-OAuth-", "X~OAuth~User", "x!oauth#user", "X$OAuth%User", "X&OAuth'User", "X*OAuth+User",
    "X^OAuth`User", "X|OAuth|User", "HTTP_X_OAUTH_USER", "HTTP-X-OAuth-User",
]
STEERING = [
    "SCRIPT_NAME", "Script-Name", "PATH_INFO", "X-Script-Name", "X-Original-URL", "X-Original-URI", "X-Rewrite-URL", "X-Forwarded-Prefix",
    "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "x~http~method~override", "X-HTTP-Verb", "X-Host", "X-Scheme",
    "Client-IP", "CLIENT_IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Real-IP", "HTTP_CLIENT_IP", "Remote-User", "REMOTE_USER",
]


def folded(names):
    return ["".join(c if c.isalnum() else "-" for c in name.lower()) for name in names]


@pytest.fixture
def routes():
    return [
        {"path": "/api/*", "upstream": "api", "realms": ["email"]},
        {"path": "/public/*", "upstream": "api", "auth": "none"},
        {"path": "/client/*", "upstream": "api", "auth": "client"},
        {"path": "/maybe/*", "upstream": "api", "auth": "optional"},
        {"path": "/passed/*", "upstream": "api", "pass_authorization": True},
    ]


@pytest.fixture
def gate(new_gate, recorder, alice, routes):
    return new_gate(recorder, routes)


@pytest.mark.parametrize("target", ["/api/x", "/public/x", "/client/x", "/maybe/x"])
def test_forged_identity_is_removed_whatever_its_spelling(target, gate, recorder, alice):
    signer = None if target.startswith("/public") else alice
    forged = [f"{name}: eve" for name in SPOOFED]
    assert gate.call(signer, "GET", target, headers=forged).status == 200
    seen = recorder.only()
    expected = sorted(IDENTITY) if signer else []
    assert sorted(name for name in folded(seen.names()) if name.startswith("x-oauth-")) == expected
    assert b"eve" not in seen.raw
    if signer:
        assert seen.one("x-oauth-user") == "alice" and seen.one("x-oauth-client") == "client"


@pytest.mark.parametrize("target", ["/api/x", "/public/x", "/client/x", "/maybe/x", "/passed/x"])
def test_what_would_steer_a_backend_goes_on_for_nobody(target, gate, recorder, alice):
    for signer in (None, alice):
        if signer or target in ("/public/x", "/maybe/x"):
            headers = [f"{name}: evil" for name in STEERING]
            assert gate.call(signer, "GET", target, headers=[*headers, "X-Kept: 1", "X-Original-Filename: 2"]).status == 200
            seen = recorder.seen[-1]
            assert b"evil" not in seen.raw and seen.one("x-kept") == "1" and seen.one("x-original-filename") == "2"


def test_other_names_than_of_letters_digits_and_dashes_go_on_where_they_are_allowed(new_gate, recorder, routes, alice):
    gate = new_gate(recorder, routes, headers={"allow_names": ["X_Trace.Id", "a~b"]})
    sent = ["x_trace.ID: 1", "A~B: 2", "X_Trace_Id: 3", "a_b: 4", "X.Trace.Id: 5", "Plain-1: 6"]
    for target in ("/api/x", "/public/x"):
        assert gate.call(alice, "GET", target, headers=sent).status == 200
        seen = recorder.seen[-1]
        assert [line for line in seen.fields if line[1] in "123456"] == [("x_trace.ID", "1"), ("A~B", "2"), ("Plain-1", "6")]


@pytest.mark.parametrize("header", ["X-Forwarded-User", "Remote-User", "X-Who"])
def test_who_is_signed_in_comes_from_trusted_proxies_alone(header, new_gate, recorder, routes, alice, room):
    login = {"mode": "header", "header": header}
    spelt = [header, header.lower(), header.replace("-", "_"), header.replace("-", "~"), f"HTTP-{header}"]
    for trusted in (["127.0.0.1"], ["10.0.0.1"]):
        gate = new_gate(recorder, routes, listen={"trusted_proxies": trusted}, login=login)
        told = []
        for fields in ([f"{header}: bob"], [f"{header}: bob", f"{header}: eve"], *([f"{one}: eve"] for one in spelt[2:])):
            for signer, target in ((None, "/public/x"), (None, "/maybe/x"), (alice, "/api/x")):
                assert gate.call(signer, "GET", target, headers=fields).status == 200
                told += [f"{target} {name} {value}" for name, value in recorder.seen[-1].fields if value in ("bob", "eve")]
        expected = [f"/public/x {header} bob", f"/maybe/x {header} bob"]
        assert told == (expected if trusted == ["127.0.0.1"] else [])
        gate.stop()


@pytest.mark.parametrize("named", [
    "X-OAuth-User", "x-oauth-user, X-OAuth-Client, X-OAuth-Realms, X-OAuth-Token-Id", "close, X-OAuth-User",
    "Host, Content-Length, X-Request-Id, X-OAuth-User",
])
def test_connection_cannot_name_the_identity_away(named, gate, recorder, alice):
    headers = [f"Connection: {named}", "X-OAuth-User: eve"]
    assert gate.call(alice, "POST", "/api/x", body=b"body", headers=headers).status == 200
    seen = recorder.only()
    assert seen.one("x-oauth-user") == "alice" and seen.one("x-oauth-client") == "client"
    assert seen.one("host") == HOST and seen.body == b"body"


def test_fields_that_connection_names_and_hop_by_hop_ones_are_dropped(gate, recorder, alice):
    headers = [
        "Connection: X-Hop, keep-alive", "X-Hop: 1", "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers",
        "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA", "X-Kept: yes",
    ]
    assert gate.call(alice, "GET", "/api/x", headers=headers).status == 200
    seen = recorder.only()
    assert seen.one("x-kept") == "yes"
    dropped = {"x-hop", "keep-alive", "proxy-connection", "te", "upgrade", "http2-settings"}
    assert dropped.isdisjoint(seen.names())


def test_the_signature_is_not_passed_on_unless_the_route_says_so(gate, recorder, alice):
    for target in ("/api/x", "/client/x", "/maybe/x", "/passed/x"):
        assert gate.call(alice, "GET", target).status == 200
    assert [len(seen.all("authorization")) for seen in recorder.seen] == [0, 0, 0, 1]
    assert recorder.seen[3].one("authorization").startswith("OAuth ")


def test_a_client_route_needs_no_token_and_verifies_one_that_is_sent(gate, recorder, alice):
    alone = alice.but(token=None, token_secret="")
    assert gate.call(alone, "GET", "/client/alone").status == 200
    assert gate.call(alice, "GET", "/client/both").status == 200
    assert gate.call(alice.but(token_secret="wrong"), "GET", "/client/wrong").status == 401
    assert gate.call(alone.but(secret="wrong"), "GET", "/client/wrong").status == 401
    assert gate.call(None, "GET", "/client/nobody").status == 401
    alone_seen, both_seen = recorder.seen
    assert alone_seen.one("x-oauth-client") == "client"
    assert not alone_seen.all("x-oauth-user") and not alone_seen.all("x-oauth-token-id")
    assert both_seen.one("x-oauth-user") == "alice"


def test_an_optional_route_is_anonymous_for_who_does_not_sign(gate, recorder, alice):
    assert gate.call(None, "GET", "/maybe/nobody").status == 200
    assert gate.call(alice, "GET", "/maybe/alice").status == 200
    assert gate.call(alice.but(secret="wrong"), "GET", "/maybe/wrong").status == 401
    nobody, known = recorder.seen
    assert not [name for name in nobody.names() if name.startswith("x-oauth-")]
    assert known.one("x-oauth-user") == "alice"


def test_an_open_route_asks_nobody_and_passes_other_credentials(gate, recorder):
    assert gate.call(None, "GET", "/public/x", headers=["Authorization: Basic YTpi"]).status == 200
    seen = recorder.only()
    assert seen.one("authorization") == "Basic YTpi"
    assert not [name for name in seen.names() if name.startswith("x-oauth-")]


def test_a_route_is_decided_by_every_reading_of_its_path(gate, recorder):
    tricks = [
        "/public/../api/x", "/public/%2e%2e/api/x", "/public/..%2fapi/x", "/public/..;/api/x", "/public/..\\api/x",
        "//api/x/../public", "/public%2f..%2fapi/x", "/public/%2e%2e%2fapi/x", "/public/x/../../api/y", "/publi%63/../api/x",
        "/public/%5c..%5capi/x", "/./api/../public/../api/x", "/public/%252e%252e/api/x", "/public/..%252fapi/x",
        "/public/%25%32%65%25%32%65/api/x", "/public%252f..%252fapi/x", "/PUBLIC/x", "/public%2500/../api/x",
    ]
    for target in tricks:
        with Wire(gate.port) as wire:
            wire.send(f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            assert wire.read().status in (400, 401, 404), target
    assert not recorder.touched


def test_the_name_of_a_user_is_escaped_for_the_header(gate, recorder, store):
    signer = store.client("k2")
    store.user("Zoë % \\\"1\"")
    store.token("k2", "Zoë % \\\"1\"", "t2")
    assert gate.call(signer.but(token="t2", token_secret="token-secret-+-/"), "GET", "/api/x").status == 200
    assert recorder.only().one("x-oauth-user") == "Zo%C3%AB%20%25%20\\\"1\""


def test_where_a_request_came_from_is_written_anew(gate, recorder, alice):
    lies = [
        "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6;host=evil.test",
        "X-Request-Id: chosen",
    ]
    answer = gate.call(alice, "GET", "/api/x", headers=lies)
    assert answer.status == 200
    seen = recorder.only()
    assert b"6.6.6.6" not in seen.raw and b"evil.test" not in seen.raw
    assert seen.one("x-forwarded-for") == "127.0.0.1"
    assert (seen.one("x-forwarded-host"), seen.one("x-forwarded-proto")) == (HOST, "http")
    assert seen.one("x-request-id") == answer.one("x-request-id") != "chosen"


def test_nobodys_word_counts_for_the_scheme_and_host_that_were_signed(new_gate, recorder, alice):
    signed = alice.header("GET", "https://front.test/api/x")
    lines = ["GET /api/x HTTP/1.1", "Host: inside", "X-Forwarded-Proto: https", "X-Forwarded-Host: front.test"]
    data = "\r\n".join([*lines, f"Authorization: {signed}", "", ""]).encode()
    gate = new_gate(recorder, listen={"external_url": None})
    assert gate.exchange(data).status == 401
    assert not recorder.touched
