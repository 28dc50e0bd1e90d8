"""Clients that sign for themselves: without a token, with an empty one, and where signing is optional."""

import pytest
import requests
from oauthlib.oauth1 import SIGNATURE_TYPE_BODY, SIGNATURE_TYPE_QUERY, Client
from requests_oauthlib import OAuth1Session

from gate import HOST
from signer import SECRET, TOKEN_SECRET

ROUTES = [
    {"path": "/client/*", "upstream": "api", "auth": "client"},
    {"path": "/realm/*", "upstream": "api", "auth": "client", "realms": ["email"]},
    {"path": "/maybe/*", "upstream": "api", "auth": "optional"},
    {"path": "/token/*", "upstream": "api"},
]
IDENTITY = ["x-oauth-client", "x-oauth-user", "x-oauth-realms", "x-oauth-token-id"]


@pytest.fixture
def gate(new_gate, recorder, alice):
    return new_gate(recorder, ROUTES)


def identity(seen):
    return {name[8:]: seen.one(name) for name in IDENTITY if seen.all(name)}


def placed(where, signer, method, target):
    """The bytes of a request whose protocol parameters stand in the header, the query or the form."""
    url = f"http://{HOST}{target}"
    oauth = signer.parameters(method, url)
    text = "&".join(f"{name}={requests.utils.quote(value, safe='-._~')}" for name, value in oauth.items())
    lines, body = [f"Host: {HOST}"], b""
    if where == "header":
        lines.append("Authorization: OAuth " + text.replace("=", '="').replace("&", '", ') + '"')
    elif where == "query":
        target += ("&" if "?" in target else "?") + text
    else:
        body = text.encode()
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode() + body


@pytest.mark.parametrize("where", ["header", "query", "form"])
@pytest.mark.parametrize("token", [None, ""])
def test_a_client_alone_is_let_in_with_an_empty_token_and_without_any(where, token, gate, recorder, alice):
    alone = alice.but(token=token, token_secret="")
    method = "POST" if where == "form" else "GET"
    assert gate.exchange(placed(where, alone, method, "/client/x?a=1")).status == 200
    assert identity(recorder.only()) == {"client": "client", "realms": "email address"}
    assert gate.exchange(placed(where, alone.but(secret="wrong"), method, "/client/x?a=1")).status == 401
    assert gate.exchange(placed(where, alone, method, "/token/x")).status == 401
    assert len(recorder.seen) == 1


@pytest.mark.parametrize("change", [
    lambda data: data.replace(b"oauth_token=&", b""),
    lambda data: data.replace(b"oauth_token=&", b"oauth_token=token&"),
])
def test_an_empty_token_is_signed_like_any_other(change, gate, recorder, alice):
    data = placed("query", alice.but(token="", token_secret=""), "GET", "/client/x")
    assert gate.exchange(change(data)).status == 401
    assert not recorder.touched


def test_a_token_that_is_sent_is_proven_and_its_user_passed_on(gate, recorder, alice, store):
    assert gate.call(alice, "GET", "/client/x").status == 200
    assert identity(recorder.only()) == {
        "client": "client", "user": "alice", "realms": "email", "token-id": recorder.only().one("x-oauth-token-id")}
    for wrong in (alice.but(token_secret="wrong"), alice.but(token_secret=""), alice.but(token="nothing")):
        assert gate.call(wrong, "GET", "/client/x").status == 401
    store.ok("token", "revoke", "token")
    assert gate.call(alice, "GET", "/client/x").status == 401
    assert len(recorder.seen) == 1


def test_without_a_token_the_realms_of_the_client_count(gate, recorder, alice, store):
    assert gate.call(alice.but(token=None, token_secret=""), "GET", "/realm/x").status == 200
    store.ok("client", "add", "--name", "poor", "--key", "poor", "--secret", "-", "--realm", "address", input=SECRET)
    assert gate.call(alice.but(key="poor", token=None, token_secret=""), "GET", "/realm/x").status == 401
    assert gate.call(alice.but(key="poor", token=None, token_secret=""), "GET", "/client/x").status == 200
    assert [seen.target for seen in recorder.seen] == ["/realm/x", "/client/x"]


def test_optional_is_anonymous_for_who_does_not_sign_and_strict_with_who_does(gate, recorder, alice):
    alone = alice.but(token=None, token_secret="")
    assert gate.call(None, "GET", "/maybe/nobody?a=%zz").status == 200
    assert gate.call(None, "POST", "/maybe/nobody", form="a=b&a=c").status == 200
    assert gate.call(None, "GET", "/maybe/nobody", headers=["Authorization: Bearer x"]).status == 200
    assert gate.call(alice, "GET", "/maybe/alice").status == 200
    assert [identity(seen).get("user") for seen in recorder.seen] == [None, None, None, "alice"]
    assert identity(recorder.seen[0]) == {} and recorder.seen[0].target == "/maybe/nobody?a=%zz"
    for data in (
        gate.request(alone, "GET", "/maybe/x"),
        gate.request(alone.but(token=""), "GET", "/maybe/x"),
        gate.request(alice.but(secret="wrong"), "GET", "/maybe/x"),
        gate.request(alice.but(key="nobody"), "GET", "/maybe/x"),
    ):
        answer = gate.exchange(data)
        assert answer.status == 401 and answer.one("www-authenticate").startswith("OAuth ")
    for target in ("/maybe/x?oauth_token=token", "/maybe/x?oauth_consumer_key=client"):
        assert gate.call(None, "GET", target).status == 400
    assert len(recorder.seen) == 4


def test_requests_oauthlib_without_a_token(new_gate, recorder, alice):
    gate = new_gate(recorder, ROUTES, listen={"external_url": None})
    for kind in ("AUTH_HEADER", "QUERY", "BODY"):
        session = OAuth1Session("client", client_secret=SECRET, signature_type=kind)
        session.trust_env = False
        answer = session.post(gate.url("/client/x?a=1"), data={"b": "2 3"}, timeout=20)
        assert (answer.status_code, answer.text) == (200, "ok")
    assert [identity(seen)["client"] for seen in recorder.seen] == ["client"] * 3


@pytest.mark.parametrize("kind", [SIGNATURE_TYPE_QUERY, SIGNATURE_TYPE_BODY])
def test_what_oauthlib_signs_with_a_token_is_good_in_any_place(kind, gate, recorder, alice):
    client = Client("client", SECRET, "token", TOKEN_SECRET, signature_type=kind)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    url, headers, body = client.sign(f"http://{HOST}/token/x?q=%C3%A9", "POST", body="a=1&a=2", headers=form)
    lines = [f"POST {url.removeprefix(f'http://{HOST}')} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items() if name != "Content-Length"]
    assert gate.exchange("\r\n".join([*lines, "", body]).encode()).status == 200
    assert recorder.only().body == body.encode() and identity(recorder.only())["user"] == "alice"
