"""What is refused, and that nothing of it reaches the backend."""

import base64
import hashlib
import json
import time
from urllib.parse import parse_qsl

import pytest

from gate import HOST

FORM = "to=bob&text=hello"


def stale(seconds):
    return str(int(time.time()) + seconds)


# Each makes the bytes of one request from (gate, alice, store).
REFUSED = {
    "wrong secret": (401, lambda g, a, s: g.request(a.but(secret="wrong"), "GET", "/api/mail")),
    "wrong token secret": (401, lambda g, a, s: g.request(a.but(token_secret="wrong"), "GET", "/api/mail")),
    "tampered query": (401, lambda g, a, s: g.request(a, "GET", "/api/mail?n=1").replace(b"?n=1", b"?n=2", 1)),
    "added parameter": (401, lambda g, a, s: g.request(a, "GET", "/api/mail?n=1").replace(b"?n=1", b"?n=1&m=1", 1)),
    "tampered path": (401, lambda g, a, s: g.request(a, "GET", "/api/mail").replace(b"/api/mail", b"/api/male", 1)),
    "tampered method": (401, lambda g, a, s: g.request(a, "GET", "/api/mail").replace(b"GET", b"PUT", 1)),
    "tampered form": (401, lambda g, a, s: g.request(a, "POST", "/api/mail", form=FORM).replace(b"bob", b"eve")),
    "stale timestamp": (401, lambda g, a, s: g.request(a, "GET", "/api/mail", oauth_timestamp=stale(-120))),
    "future timestamp": (401, lambda g, a, s: g.request(a, "GET", "/api/mail", oauth_timestamp=stale(120))),
    "unknown client": (401, lambda g, a, s: g.request(a.but(key="nobody"), "GET", "/api/mail")),
    "unknown token": (401, lambda g, a, s: g.request(a.but(token="nothing"), "GET", "/api/mail")),
    "no token": (401, lambda g, a, s: g.request(a.but(token=None, token_secret=""), "GET", "/api/mail")),
    "empty token": (401, lambda g, a, s: g.request(a.but(token="", token_secret=""), "GET", "/api/mail")),
    "another client's token": (401, lambda g, a, s: g.request(
        a.but(token="other-token", token_secret="other-token-secret"), "GET", "/api/mail")),
    "missing realm": (401, lambda g, a, s: g.request(a.but(token="poor"), "GET", "/api/mail")),
    "no credentials": (401, lambda g, a, s: g.request(None, "GET", "/api/mail")),
    "Bearer": (401, lambda g, a, s: g.request(None, "GET", "/api/mail", headers=["Authorization: Bearer token"])),
    "Basic": (401, lambda g, a, s: g.request(None, "GET", "/api/mail", headers=["Authorization: Basic YTpi"])),
    "two nonces": (400, lambda g, a, s: g.request(a, "GET", "/api/mail").replace(
        b"oauth_version=", b'oauth_nonce="second", oauth_version=')),
    "nonce in header and query": (400, lambda g, a, s: g.request(a, "GET", "/api/mail?oauth_nonce=second")),
    "two Authorization fields": (400, lambda g, a, s: g.request(
        a, "GET", "/api/mail", headers=["Authorization: " + a.header("GET", f"http://{HOST}/api/mail")])),
    "wrong version": (400, lambda g, a, s: g.request(a, "GET", "/api/mail", oauth_version="2.0")),
    "unknown method": (400, lambda g, a, s: g.request(a, "GET", "/api/mail", oauth_signature_method="HMAC-MD5")),
    "PLAINTEXT": (400, lambda g, a, s: g.request(a, "GET", "/api/mail", oauth_signature_method="PLAINTEXT")),
    "no nonce": (400, lambda g, a, s: g.request(a, "GET", "/api/mail", oauth_nonce=None)),
    "no timestamp": (400, lambda g, a, s: g.request(a, "GET", "/api/mail", oauth_timestamp=None)),
    "timestamp with a sign": (400, lambda g, a, s: g.request(a, "GET", "/api/mail", oauth_timestamp="+" + stale(0))),
    "broken escape": (400, lambda g, a, s: g.request(a, "GET", "/api/mail").replace(
        b'oauth_version="1.0"', b'oauth_version="1.0%"')),
    "no route": (404, lambda g, a, s: g.request(a, "GET", "/elsewhere")),
    "no route, unsigned": (404, lambda g, a, s: g.request(None, "GET", "/api")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_and_nothing_is_forwarded(name, gate, recorder, alice, store):
    store.stranger()
    store.token("client", "alice", "poor", realms=["address"])
    status, make = REFUSED[name]
    method = "POST" if "form" in name else "GET"
    answer = gate.exchange(make(gate, alice, store), method)
    assert answer.status == status, answer
    assert answer.has("x-request-id")
    if status == 401:
        assert answer.one("www-authenticate").startswith('OAuth realm="portcullis"')
    assert gate.call(alice, "GET", "/api/after").status == 200
    assert recorder.only().target == "/api/after"


def test_what_was_tried_is_told_apart_in_the_log_alone(gate, alice, store):
    store.stranger()
    tried = [
        alice.but(secret="wrong"), alice.but(key="nobody"), alice.but(token="nothing"),
        alice.but(token="other-token", token_secret="other-token-secret"),
    ]
    answers = [gate.call(signer, "GET", "/api/mail") for signer in tried]
    # but for the id of the request they are the same bytes
    strangers = [
        (a.status, a.body.replace(a.one("x-request-id").encode(), b""), a.one("www-authenticate")) for a in answers
    ]
    assert strangers == strangers[:1] * len(tried)


def test_a_revoked_token_is_refused_at_the_very_next_request(gate, recorder, alice, store):
    with gate.wire() as wire:
        assert wire.send(gate.request(alice, "GET", "/api/1")).read().status == 200
        store.ok("token", "revoke", "token")
        assert wire.send(gate.request(alice, "GET", "/api/2")).read().status == 401
    assert recorder.only().target == "/api/1"


def test_a_disabled_client_or_user_is_refused_until_it_is_enabled(gate, recorder, alice, store):
    with gate.wire() as wire:

        def status():
            return wire.send(gate.request(alice, "GET", "/api/x")).read().status

        for kind, name in (("client", "client"), ("user", "alice")):
            assert status() == 200
            store.ok(kind, "disable", name)
            assert status() == 401
            store.ok(kind, "enable", name)
            assert status() == 200
    assert len(recorder.seen) == 4


def test_a_new_token_and_a_rotated_secret_hold_at_once(gate, alice, store):
    assert gate.call(alice.but(token="later"), "GET", "/api/x").status == 401
    store.token("client", "alice", "later")
    assert gate.call(alice.but(token="later"), "GET", "/api/x").status == 200
    store.ok("client", "rotate", "client", "--secret", "-", "--keep", "0s", input="rotated")
    assert gate.call(alice, "GET", "/api/x").status == 401
    assert gate.call(alice.but(secret="rotated"), "GET", "/api/x").status == 200


def test_a_signature_for_one_request_on_a_connection_is_good_for_that_one_alone(gate, recorder, alice):
    with gate.wire() as wire:
        assert wire.send(gate.request(alice, "GET", "/api/1")).read().status == 200
        assert wire.send(gate.request(None, "GET", "/api/2")).read().status == 401
    assert recorder.only().target == "/api/1"


def test_a_missing_realm_is_403_where_the_setting_says_so(new_gate, recorder, alice, store):
    store.token("client", "alice", "poor", realms=["address"])
    gate = new_gate(recorder, oauth={"realm_failure_status": 403})
    assert gate.call(alice.but(token="poor"), "GET", "/api/x").status == 403
    assert not recorder.touched


def test_one_of_several_realms_is_enough_where_the_route_says_any(new_gate, recorder, alice, store):
    store.token("client", "alice", "poor", realms=["address"])
    routes = [
        {"path": "/any", "upstream": "api", "realms_any": ["email", "address"]},
        {"path": "/all", "upstream": "api", "realms": ["email", "address"]},
    ]
    gate = new_gate(recorder, routes)
    assert gate.call(alice.but(token="poor"), "GET", "/any").status == 200
    assert gate.call(alice.but(token="poor"), "GET", "/all").status == 401
    assert recorder.only().one("x-oauth-realms") == "address"


def test_signed_over_plain_http_is_refused_where_tls_is_demanded(new_gate, recorder, alice):
    routes = [{"path": "/api/*", "upstream": "api"}, {"path": "/public/*", "upstream": "api", "auth": "none"}]
    gate = new_gate(recorder, routes, oauth={"enforce_tls": True})
    assert gate.call(alice, "GET", "/api/x").status == 400
    assert gate.call(None, "GET", "/public/x").status == 200
    assert recorder.only().target == "/public/x"


def test_a_refusal_is_a_form_or_a_problem_document_as_asked(gate):
    for accept, kind in ((None, "application/x-www-form-urlencoded"), ("application/problem+json",) * 2):
        answer = gate.call(None, "GET", "/api/x", headers=[f"Accept: {accept}"] if accept else [])
        assert answer.one("content-type").split(";")[0] == kind
        assert answer.body


def test_each_route_has_refusals_in_the_words_its_clients_know(new_gate, recorder, alice):
    styles = ["accept", "form", "json", "problem_reporting", "flask"]
    gate = new_gate(recorder, [{"path": f"/{style}/*", "upstream": "api", "errors": style} for style in styles])

    def said(style, **given):
        answer = gate.call(alice, "GET", f"/{style}/x", headers=["Accept: application/json"], **given)
        assert answer.has("www-authenticate") == (answer.status == 401)
        if not answer.body or answer.body.startswith(b"{"):
            return answer.status, answer.body and json.loads(answer.body)
        return answer.status, dict(parse_qsl(answer.body.decode(), strict_parsing=True))

    now = int(time.time())
    status, problem = said("problem_reporting", oauth_timestamp=stale(-1000))
    least, most = map(int, problem.pop("oauth_acceptable_timestamps").split("-"))
    assert now - 60 <= least <= now and now + 60 <= most <= now + 60 + 20
    assert status == 401 and problem.pop("oauth_problem_advice") and problem == {"oauth_problem": "timestamp_refused"}
    assert said("problem_reporting", oauth_nonce=None) == (400, {
        "oauth_problem": "parameter_absent", "oauth_parameters_absent": "oauth_nonce",
        "oauth_problem_advice": "A mandatory OAuth parameter is missing."})
    assert said("problem_reporting", oauth_version="2.0")[1]["oauth_acceptable_versions"] == "1.0-1.0"
    assert said("flask", oauth_timestamp=stale(-1000)) == (401, b"")
    status, told = said("flask", oauth_version="2.0")
    assert status == 400 and sorted(told) == ["error", "error_description"] and told["error"] == "invalid_request"
    for style in ("accept", "json"):
        status, told = said(style, oauth_timestamp=stale(-1000))
        assert (status, told["status"], told["oauth_problem"]) == (401, 401, "timestamp_refused")
    status, told = said("form", oauth_timestamp=stale(-1000))
    assert (status, told["error"], told["oauth_problem"]) == (401, "invalid_request", "timestamp_refused")
    assert not recorder.touched


def test_secrets_of_odd_characters_sign_as_well_as_others(new_gate, recorder, store):
    odd = " !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"
    signer = store.client("k!*'()%&=+/?", odd)
    store.user("bob")
    store.token(signer.key, "bob", "t%&=+/?", odd[::-1])
    gate = new_gate(recorder)
    assert gate.call(signer.but(token="t%&=+/?", token_secret=odd[::-1]), "GET", "/api/x").status == 200
    assert recorder.only().one("x-oauth-client") == "k!*'()%25&=+/?"


def test_a_body_whose_hash_was_signed_goes_on_only_if_it_is_that_one(gate, recorder, alice):
    body = b'{"a":1}'
    hashed = base64.b64encode(hashlib.sha1(body).digest()).decode()
    for sent, status in ((body, 200), (b'{"a":2}', 401), (b"", 401)):
        data = gate.request(
            alice, "PUT", "/api/x", sent, headers=["Content-Type: application/json"], oauth_body_hash=hashed
        )
        assert gate.exchange(data, "PUT").status == status
    assert [seen.body for seen in recorder.seen] == [body]
