"""Real backends take a request for what the gate decided on, or do not get it, however it is spelt."""

import json
from urllib.parse import unquote

import pytest

from echoes import ALL
from gate import HOST
from signer import Signer
from wire import Wire

ROUTES = [
    {"path": "/api/email", "upstream": "api", "realms": ["email"]},
    {"path": "/api/*", "upstream": "api"},
    {"path": "/public/*", "upstream": "api", "auth": "none", "methods": ["GET"]},
    {"path": "/*", "upstream": "api", "auth": "client"},
]
REFUSED = (400, 401, 403, 404, 405, 421)

# Names that some backend takes for the first of each.
NAMES = [
    "X-OAuth-User", "X_OAuth_User", "X~OAuth~User", "X.OAuth.User", "x!oauth|user", "X-OAuth^User", "X`OAuth'User", "X*OAuth+User",
    "HTTP_X_OAUTH_USER", "HTTP-X-OAuth-User",
]
STEERING = [
    f"{name}: {value}" for value, names in {
        "/public": ["SCRIPT_NAME", "Script-Name", "script~name", "X-Script-Name", "X_Script_Name", "X-Forwarded-Prefix"],
        "/api/email": ["PATH_INFO", "Path-Info", "PATH.INFO", "X-Original-URL", "X-Rewrite-URL", "X_Rewrite_URL", "X-Original-URI",
                       "REQUEST_URI", "X-Envoy-Original-Path", "X-Forwarded-Uri"],
        "DELETE": ["X-HTTP-Method-Override", "X_HTTP_Method_Override", "x-http-method-override", "X-HTTP-Method", "X-Method-Override",
                   "REQUEST_METHOD", "X~HTTP~Method~Override", "HTTP_X_HTTP_METHOD_OVERRIDE"],
        "6.6.6.6": ["Client-IP", "Client_IP", "client*ip", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "HTTP_CLIENT_IP",
                    "X-Real-IP", "REMOTE_ADDR"],
        "evil.test": ["X-Host", "X_Host", "X-Forwarded-Host", "X-HTTP-Host-Override", "X-Original-Host"],
        "https": ["X-Scheme", "X_Scheme", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-URL-Scheme"],
        "on": ["Front-End-Https", "X-Forwarded-Ssl", "HTTPS_"],
        "eve": ["REMOTE_USER", "Remote-User", *NAMES],
    }.items() for name in names
]
# Of the address that wants a realm; and of the same through a route that asks for less.
TARGETS = [
    "/api/email", "/api/email/", "/api/Email", "/API/EMAIL", "/Api/eMail/", "/api/%45mail", "/api/%2565mail", "/api/email//",
    "/api//email", "//api/email", "/api/email;x", "/api/Email;x/", "/api/./email", "/api/x/../Email/", "/api/x/%252e%252e/email",
    "/api%2femail", "/api%252Femail", "/api\\email", "/api%5cemail/", "/api/email%20", "/api/email%0A", "/api/email.", "/api/email%2500",
    "/api/email%3F", "/api/email%23x", "/api/email%253fx/y", "/api/ema%C4%B1l", "/public/../api/email", "/public/%252e%252e/api/email", "/public/..%2f..%2fapi/email", "/public/..;/api/email",
    "/api/email?x=/public", f"http://{HOST}/api/Email/", f"http://{HOST}./api/email",
]


@pytest.fixture(params=sorted(ALL))
def backend(request, room):
    echo = ALL[request.param](room)
    yield echo
    echo.stop()


@pytest.fixture
def gate(new_gate, backend, alice):
    return new_gate(backend, ROUTES)


@pytest.fixture
def poor(store, gate):
    """A token without the realm of /api/email."""
    store.token(user="alice", token="poor", secret="s", realms=["address"])
    return Signer("client", token="poor", token_secret="s")


def request(target, headers=(), signer=None, method="GET", host=HOST):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *headers]
    if signer:
        url = target if target.startswith("http://") else f"http://{HOST}{target}"
        lines.append("Authorization: " + signer.header(method, url))
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def ask(port, data):
    with Wire(port) as wire:
        return wire.try_send(data).read()


def said(answer):
    return json.loads(answer.body)


def test_the_backend_itself_can_be_fooled_and_not_behind_the_gate(backend, gate, poor):
    for target, headers, expected in backend.fooled:
        fooled = said(ask(backend.port, request(target, headers)))
        assert {key: fooled[key] for key in expected} == expected, (target, headers, fooled)
        for signer in (None, poor):
            answer = ask(gate.port, request(target, headers, signer))
            if answer.status not in REFUSED:
                behind = said(answer)
                assert all(behind[key] != value for key, value in expected.items()), (target, headers, behind)


def test_fields_of_strangers_change_nothing(backend, gate, alice, poor):
    for target, signer, user, handler in [("/public/api/email", None, None, "other"), ("/public/x", None, None, "other"),
                                          ("/api/other", poor, "alice", "other"), ("/api/email", alice, "alice", "email")]:
        plain = said(ask(gate.port, request(target, [], signer)))
        assert (plain["handler"], plain["path"], plain["method"], plain["user"]) == (handler, target, "GET", user)
        assert plain["address"] is None and plain["host"] == HOST
        for headers in [*([one] for one in STEERING), STEERING[:50], STEERING[50:]]:
            answer = ask(gate.port, request(target, headers, signer))
            assert answer.status == 200 and said(answer) == plain, (target, headers, answer)


def test_the_address_that_wants_a_realm_is_reached_with_it_alone(backend, gate, alice, poor):
    assert said(ask(gate.port, request("/api/email", signer=alice)))["handler"] == "email"
    reached = []
    for target in TARGETS:
        for signer in (None, poor):
            answer = ask(gate.port, request(target, signer=signer))
            if answer.status in REFUSED:
                continue
            path = unquote(target.split("?")[0])
            assert said(answer)["handler"] == "other" and said(answer)["path"] in (path, target), (target, answer)
            reached.append(target)
    assert not reached, reached  # none of these is another resource


def test_right_requests_arrive(backend, gate, alice, poor):
    for target in ["/api/", "/api/a%2Fb", "/api/Other", "/api/emails", "/api/email/1", "/api/x%20y/", "/public/Api/Email", "/public/100%25", "/api/what%3F",
                   "/api/caf%C3%A9"]:
        signer = None if target.startswith("/public") else poor
        answer = ask(gate.port, request(target, signer=signer))
        assert answer.status == 200, (target, answer)
        assert said(answer)["handler"] == "other" and said(answer)["path"] in (target, unquote(target)), (target, answer)


@pytest.mark.parametrize("backend", ["php"], indirect=True)
@pytest.mark.parametrize("host", [f"{HOST}.", f"{HOST}.:80", f"{HOST}..", "%61pi.test", "api%2Etest", "API.TEST.", "api.tes%74:80"])
def test_a_host_of_another_spelling_is_refused(host, new_gate, backend, store, alice):
    routes = [{"path": "/*", "upstream": "api", "hosts": [HOST]}, {"path": "/*", "upstream": "api", "auth": "none"}]
    gate = new_gate(backend, routes, listen={"external_url": None, "trusted_proxies": ["127.0.0.1"]})
    assert ask(gate.port, request("/x", signer=alice)).status == 200
    assert ask(gate.port, request("/x")).status == 401
    assert ask(gate.port, request("/x", host="other.test")).status == 200
    signed = "Authorization: " + alice.header("GET", f"http://{host}/x")
    for headers in ([], [signed], ["Authorization: " + alice.header("GET", f"http://{HOST}/x")]):
        assert ask(gate.port, request("/x", headers, host=host)).status == 400, headers
        assert ask(gate.port, request(f"http://{host}/x", headers, host=host)).status == 400, headers
        for said_by_proxy in (f"X-Forwarded-Host: {host}", f'Forwarded: host="{host}"'):
            assert ask(gate.port, request("/x", [said_by_proxy, *headers])).status == 400, headers
