"""Why a request was refused is told alike by the log, by `explain --id` and by `explain --http`."""

import json
import time
from email.utils import formatdate

import pytest

from gate import HOST, run
from signer import SECRET, Signer, escape
from wire import eventually

URL = f"http://{HOST}"
ROUTES = [
    {"path": "/api/*", "upstream": "api", "realms": ["email"]},
    {"path": "/api/once", "upstream": "api", "realms": ["email"], "methods": ["GET"]},
    {"path": "/address", "upstream": "api", "realms": ["address"]},
    {"path": "/hashed", "upstream": "api", "body_hash": "required"},
    {"path": "/named", "upstream": "api", "header_realm": "here"},
    {"path": "/open/*", "upstream": "api", "auth": "none"},
    {"path": "/header/*", "upstream": "api", "credentials": "header"},
    {"path": "/form/*", "upstream": "api", "credentials": "form"},
]
LIMITS = {"parameters": 20, "body_bytes": "4KiB", "target_bytes": "1KiB", "header_bytes": "8KiB", "headers": 30}
OAUTH = {"signature_methods": ["HMAC-SHA1", "HMAC-SHA256"]}
LEDGER = {"ledger_size": "1MiB", "ledger_client_share": 1}


class Desk:
    """A gate that refuses, and what is told of it."""

    def __init__(self, gate, signer):
        self.gate, self.signer = gate, signer

    def request(self, signer, method, target, headers=(), **more):
        return self.gate.request(signer, method, target, headers=[f"Date: {formatdate(usegmt=True)}", *headers], **more)

    def raw(self, header, target="/api/x", method="GET", headers=()):
        return self.request(None, method, target, [f"Authorization: {header}", *headers])

    def answer(self, data):
        return self.gate.exchange(data, data.split(b" ")[0].decode())

    def logged(self, id):
        """The line of a request in the log, as (status, reason, detail)."""

        def line():
            for text in self.gate.said().splitlines():
                if text.startswith("{") and (found := json.loads(text)).get("id") == id:
                    return found

        found = eventually(line, f"the log has {id}")
        return found["status"], found["reason"], found.get("detail", "")

    def asked(self, *how, input=None):
        code, out, err = run("explain", *how, "--json", "--config", self.gate.file, input=input)
        return code, json.loads(out) if out else None, err

    def kept(self, id):
        def once():
            code, told, err = self.asked("--id", id)
            return (code, told) if "no refusal is kept" not in err else None

        return eventually(once, f"{id} is kept")

    def is_kept(self, id):
        """After another one, for they are written in order."""
        last = self.answer(self.request(self.signer.but(secret="wrong"), "GET", "/api/x"))
        self.kept(last.one("x-request-id"))
        return "no refusal is kept" not in self.asked("--id", id)[2]


@pytest.fixture
def desk(new_gate, recorder, alice):
    log = {"format": "json", "level": "info"}
    return Desk(new_gate(recorder, routes=ROUTES, limits=LIMITS, oauth=OAUTH, log=log), alice)


def stamp(by):
    return str(int(time.time()) + by)


def twice(header, name):
    part = next(one for one in header[len("OAuth "):].split(", ") if one.startswith(name + "="))
    return f"{header}, {part}"


def names(told):
    found = [reason["reason"] for reason in told["reasons"]]
    return found + (["signature_invalid"] if told["signature"] == "wrong" else [])


def credentials_as_text(signer, method, target, form="", **given):
    parameters = signer.parameters(method, URL + target, form, **given)
    return "&".join(f"{name}={escape(value)}" for name, value in parameters.items())


def with_body(desk, signer, *headers, method="POST", target="/api/x", body=b"a=b"):
    return desk.request(signer, method, target, headers=headers, body=body)


# What is sent (desk, signer): word of the log, status. Each of a client that there is.
READABLE = {
    "late": (lambda d, s: d.request(s, "GET", "/api/x", oauth_timestamp=stamp(-300)), "timestamp_refused", 401),
    "early": (lambda d, s: d.request(s, "GET", "/api/x", oauth_timestamp=stamp(300)), "timestamp_refused", 401),
    "milliseconds": (
        lambda d, s: d.request(s, "GET", "/api/x", oauth_timestamp=stamp(0) + "000"), "timestamp_refused", 401),
    "version": (lambda d, s: d.request(s, "GET", "/api/x", oauth_version="2.0"), "version_rejected", 400),
    "method of the provider": (
        lambda d, s: d.request(s.but(digest="SHA512"), "GET", "/api/x"), "method_rejected", 400),
    "unknown method": (
        lambda d, s: d.request(s, "GET", "/api/x", oauth_signature_method="HMAC-MD5"), "method_rejected", 400),
    "a parameter twice": (
        lambda d, s: d.raw(twice(s.header("GET", URL + "/api/x"), "oauth_nonce")), "parameter_duplicate", 400),
    "in two places": (lambda d, s: d.request(s, "GET", "/api/x?oauth_token=token"), "parameter_split", 400),
    "no nonce": (lambda d, s: d.request(s, "GET", "/api/x", oauth_nonce=None), "parameter_absent", 400),
    "no number": (lambda d, s: d.request(s, "GET", "/api/x", oauth_timestamp="now"), "parameter_malformed", 400),
    "too many": (
        lambda d, s: d.request(s, "GET", "/api/x?" + "&".join(f"a={n}" for n in range(30))), "parameter_too_many", 400),
    "unquoted": (
        lambda d, s: d.raw(s.header("GET", URL + "/api/x") + ", oauth_verifier=x"), "authorization_malformed", 400),
    "another signature": (lambda d, s: d.request(s.but(token_secret="no"), "GET", "/api/x"), "signature_invalid", 401),
    "a form signed wrongly": (
        lambda d, s: d.request(s.but(secret="no"), "POST", "/api/x", form="a=b"), "signature_invalid", 401),
    "realm": (lambda d, s: d.request(s, "GET", "/address"), "realm_missing", 401),
    "no token": (lambda d, s: d.request(Signer("client", SECRET), "GET", "/api/x"), "token_absent", 401),
    "unknown token": (lambda d, s: d.request(s.but(token="gone"), "GET", "/api/x"), "token_unknown", 401),
    "token of another": (
        lambda d, s: d.request(s.but(token="other-token", token_secret="other-token-secret"), "GET", "/api/x"),
        "token_not_of_client", 401),
    "header realm": (lambda d, s: d.request(s, "GET", "/named"), "header_realm_wrong", 401),
    "no body hash": (
        lambda d, s: d.request(s, "PUT", "/hashed", body=b"{}", headers=["Content-Type: application/json"]),
        "body_hash_absent", 401),
    "another body": (
        lambda d, s: d.request(s, "PUT", "/hashed", body=b"{1}", headers=["Content-Type: application/json"],
                               oauth_body_hash="vyGp6PvFo4RvsFtPoIWeCReyIC8="),
        "body_hash_mismatch", 401),
    "hash of a form": (
        lambda d, s: d.request(s, "POST", "/api/x", form="a=b", oauth_body_hash="vyGp6PvFo4RvsFtPoIWeCReyIC8="),
        "body_hash_of_form", 400),
    "no route": (lambda d, s: d.request(s, "GET", "/nowhere"), "no_route", 404),
    "method of the route": (lambda d, s: d.request(s, "DELETE", "/api/once"), "method_not_allowed", 405),
    "two readings": (lambda d, s: d.request(s, "GET", "/open/../api/x"), "ambiguous_target", 400),
    "not a path": (lambda d, s: d.request(s, "GET", "/api/%zz"), "malformed_target", 400),
    "another host": (
        lambda d, s: d.request(s, "GET", "/api/x").replace(b"Host: api.test", b"Host: elsewhere.test"), "misdirected", 421),
    "expectation": (
        lambda d, s: d.request(s, "GET", "/api/x", headers=["Expect: miracles"]), "expectation_failed", 417),
    "no such method": (lambda d, s: d.request(s, "TRACE", "/api/x"), "method_not_implemented", 501),
    "body": (
        lambda d, s: d.request(s, "PUT", "/api/x", body=b"x" * 5000, headers=["Content-Type: text/plain"]),
        "body_too_large", 413),
    "callback": (
        lambda d, s: d.request(Signer("client", SECRET), "POST", "/oauth/request_token",
                               oauth_callback="http://elsewhere.test/"),
        "callback_refused", 400),
    "not its request token": (
        lambda d, s: d.request(s.but(token="gone"), "POST", "/oauth/access_token", oauth_verifier="v"),
        "token_unknown", 401),
    "in the query": (
        lambda d, s: d.request(None, "GET", "/api/x?" + credentials_as_text(s, "GET", "/api/x", oauth_version="1.1")),
        "version_rejected", 400),
    "in the form": (
        lambda d, s: d.request(None, "POST", "/api/x", form=credentials_as_text(
            s, "POST", "/api/x", oauth_timestamp=stamp(-400))),
        "timestamp_refused", 401),
    "in the query, where the header is wanted": (
        lambda d, s: d.request(None, "GET", "/header/x?" + credentials_as_text(s, "GET", "/header/x")),
        "credentials_misplaced", 400),
    "in the form, where the header is wanted": (
        lambda d, s: d.request(None, "POST", "/header/x", form=credentials_as_text(s, "POST", "/header/x")),
        "credentials_misplaced", 400),
    "in the header, where a form is wanted": (
        lambda d, s: d.request(s, "POST", "/form/x", form="a=b"), "credentials_misplaced", 400),
    "in the header, where a form is wanted, and none": (
        lambda d, s: d.request(s, "GET", "/form/x"), "credentials_misplaced", 400),
    "one of them in the query, where the header is wanted": (
        lambda d, s: d.request(s, "GET", "/header/x?oauth_callback=x"), "parameter_split", 400),
    "another parameter in the header": (
        lambda d, s: d.request(s, "GET", "/api/x", scope="all"), "parameter_foreign", 400),
    "another parameter in the header, beside a form": (
        lambda d, s: d.request(s, "POST", "/api/x", form="a=b", user="admin"), "parameter_foreign", 400),
    "another parameter in the header, where a realm is asked for": (
        lambda d, s: d.request(s, "GET", "/named", realm="here", Realms="here"), "parameter_foreign", 400),
    "a parameter in the header without a name": (
        lambda d, s: d.request(s, "GET", "/api/x", **{"": "here"}), "authorization_malformed", 400),
    "a form with something attached": (
        lambda d, s: with_body(d, s, "Content-Type: application/x-www-form-urlencoded-v2"), "form_unclear", 400),
    "a list of types": (
        lambda d, s: with_body(d, s, "Content-Type: text/plain, application/x-www-form-urlencoded"),
        "form_unclear", 400),
    "a form in another charset": (
        lambda d, s: with_body(d, s, "Content-Type: application/x-www-form-urlencoded; charset=UTF-16"),
        "form_unclear", 400),
    "an old name of a form": (
        lambda d, s: with_body(d, s, "Content-Type: application/x-url-encoded", method="PUT"), "form_unclear", 400),
    "a form that is encoded": (
        lambda d, s: with_body(d, s, "Content-Type: application/x-www-form-urlencoded", "Content-Encoding: gzip"),
        "form_unclear", 400),
    "a form that is encoded twice": (
        lambda d, s: with_body(d, s, "Content-Type: application/x-www-form-urlencoded", "Content-Encoding: identity",
                               "Content-Encoding: deflate"),
        "form_unclear", 400),
    "a form with a semicolon, where credentials are in it": (
        lambda d, s: d.request(None, "POST", "/form/x", form="a=1;b=2&" + credentials_as_text(
            s, "POST", "/form/x", form="a=1;b=2")),
        "form_unclear", 400),
}  # fmt: skip


def test_what_a_client_can_be_refused_for_is_told_alike(desk, alice, store):
    store.stranger()
    wrong = []
    for case, (make, word, status) in READABLE.items():
        data = make(desk, alice)
        answer = desk.answer(data)
        id = answer.one("x-request-id")
        code, told = desk.kept(id)
        _, http, err = desk.asked("--http", "-", input=data.decode("latin-1"))
        log = desk.logged(id)
        known = word in names(told) and "credentials_absent" not in names(told)
        seen = (answer.status, log[:2], known, told["cause_found"] or word == "signature_invalid",
                http is not None and word in names(http))
        if seen != (status, (status, word), True, True, True):
            wrong.append((case, word, seen, names(told), http and names(http), err))
    assert not wrong, "\n".join(map(str, wrong))


def test_what_was_changed_by_hand_is_told_alike(desk, alice, store):
    def refused(word):
        data = desk.request(alice, "GET", "/api/x")
        answer = desk.answer(data)
        id = answer.one("x-request-id")
        assert (answer.status, desk.logged(id)[1]) == (401, word)
        assert word in names(desk.kept(id)[1])
        assert word in names(desk.asked("--http", "-", input=data.decode())[1])

    store.ok("client", "disable", "client")
    refused("client_disabled")
    store.ok("client", "enable", "client")
    store.ok("user", "disable", "alice")
    refused("user_disabled")
    store.ok("user", "enable", "alice")
    store.ok("token", "revoke", "token")
    refused("token_revoked")
    store.ok("token", "issue", "--client", "client", "--user", "alice", "--token", "short", "--secret", "-",
             "--expires", "2020-01-01T00:00:00Z", input="short-secret")  # fmt: skip
    alice = alice.but(token="short", token_secret="short-secret")
    refused("token_expired")


def test_what_only_the_gate_knows_is_told_by_its_id(new_gate, recorder, alice):
    desk = Desk(new_gate(recorder, log={"format": "json"}, store=LEDGER), alice)
    data = desk.request(alice, "GET", "/api/x")
    assert desk.answer(data).status == 200
    again = desk.answer(data).one("x-request-id")
    assert desk.logged(again)[1] == "nonce_used"
    code, told = desk.kept(again)
    assert (code, names(told)[0]) == (0, "nonce_used")
    with desk.gate.wire() as wire:
        wire.send(b"".join(desk.request(alice, "GET", "/api/x") for _ in range(100)))
        answers = [wire.read() for _ in range(100)]
    assert answers[-1].status == 429
    id = next(one for one in answers if one.status == 429).one("x-request-id")
    assert desk.logged(id)[1] == "ledger_share_used"
    code, told = desk.kept(id)
    assert (code, told["signature"], names(told)) == (0, "right", ["ledger_share_used"])


def test_plain_http_is_told_alike(new_gate, recorder, alice):
    desk = Desk(new_gate(recorder, log={"format": "json"}, oauth={"enforce_tls": True}), alice)
    data = desk.request(alice, "GET", "/api/x")
    answer = desk.answer(data)
    id = answer.one("x-request-id")
    assert (answer.status, desk.logged(id)[1]) == (400, "insecure_transport")
    assert names(desk.kept(id)[1]) == ["insecure_transport"]
    assert names(desk.asked("--http", "-", input=data.decode())[1]) == ["insecure_transport"]


def test_what_is_not_kept_is_said_not_to_be(desk, alice):
    long = "/api/" + "x" * 2000
    cases = {
        "client_unknown": desk.request(alice.but(key="nobody"), "GET", "/api/x"),
        "credentials_absent": desk.request(None, "GET", "/api/x"),
        "no_route": desk.request(None, "GET", "/nowhere"),
        "timestamp_refused": desk.request(alice.but(key="nobody"), "GET", "/api/x", oauth_timestamp="1"),
        "malformed_request": desk.request(alice, "GET", "/api/x", headers=["Host: another.test"]),
        "target_too_long": desk.request(alice, "GET", long),
        "head_too_large": desk.request(alice, "GET", "/api/x", headers=["X-Long: " + "x" * 9000]),
    }
    ids = {word: desk.answer(data).one("x-request-id") for word, data in cases.items()}
    for word, id in ids.items():
        assert desk.logged(id)[1] == word
        assert not desk.is_kept(id)
        code, _, err = desk.asked("--id", id)
        assert code == 1 and "The log has the reason of all" in err
    for word in ("target_too_long", "head_too_large", "malformed_request"):
        _, told, _ = desk.asked("--http", "-", input=cases[word].decode())
        assert word in names(told)


def test_a_flood_of_strangers_takes_no_room_from_clients(desk, alice, store):
    """They may name a client, and are kept at a rate of their own."""
    for _ in range(3):
        with desk.gate.wire() as wire:
            wire.send(b"".join(desk.request(alice.but(secret="x"), "GET", "/nowhere") for _ in range(40)))
            assert {wire.read().status for _ in range(40)} == {404}
    id = desk.answer(desk.request(alice.but(secret="wrong"), "GET", "/api/x")).one("x-request-id")
    assert names(desk.kept(id)[1]) == ["signature_invalid"]


def test_no_secret_is_kept_of_what_was_refused_before_it_was_read(desk, alice, store):
    hush = "hush-hush-secret"
    oauth = f'OAuth oauth_consumer_key="client", oauth_token="token", oauth_signature="{hush}"'
    ids = [
        desk.answer(data).one("x-request-id")
        for data in (
            desk.raw(f'{oauth}, oauth_signature_method="PLAINTEXT"'),
            desk.raw(f'{oauth}, oauth_signature_method="plaintext"'),
            desk.raw(oauth),
            desk.raw(f'{oauth}, oauth_signature_method="HMAC-SHA1", oauth_signature_method="PLAINTEXT"'),
            desk.request(None, "GET", f"/nowhere?oauth_consumer_key=client&oauth_signature={hush}", ["Cookie: " + hush]),
        )
    ]
    for id in ids:
        desk.kept(id)
    assert hush.encode() not in (store.path / "refusals").read_bytes()


def test_a_refusal_is_explained_after_the_gate_has_ended(desk, alice):
    id = desk.answer(desk.request(alice, "GET", "/api/x", oauth_timestamp=stamp(-300))).one("x-request-id")
    desk.kept(id)
    desk.gate.stop()
    assert names(desk.kept(id)[1]) == ["timestamp_refused"]


def test_a_signature_that_has_become_right_is_told_as_the_one_that_was_wrong(desk, alice, store):
    data = desk.request(alice.but(secret="the next one"), "GET", "/api/x")
    id = desk.answer(data).one("x-request-id")
    desk.kept(id)
    store.ok("client", "update", "client", "--secret", "-", input="the next one")
    code, told = desk.kept(id)
    assert (code, told["signature"], names(told)) == (0, "right", ["signature_invalid"])
