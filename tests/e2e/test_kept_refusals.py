"""Refusals of known clients are kept, without what could be used, and explained by their id."""

import json
import re
from urllib.parse import quote

import requests
from requests_oauthlib import OAuth1

from dance import Client, User, query, said
from gate import run
from signer import SECRET
from wire import eventually


def kept(gate, id, *more):
    """What `explain --id` answers, once the refusal has been written."""

    def asked():
        code, out, err = run("explain", "--id", id, "--config", gate.file, *more)
        return (code, out) if "no refusal is kept" not in err else None

    return eventually(asked, f"the refusal {id} is kept")


def test_a_wrong_signature_is_explained_by_its_id(new_gate, recorder, alice):
    gate = new_gate(recorder)
    wrong = gate.call(alice.but(token_secret="other"), "GET", "/api/email?a=1")
    assert wrong.status == 401
    code, out = kept(gate, wrong.one("X-Request-Id"))
    assert code == 1 and "signature_invalid" in out and "http://api.test" in out
    # Signed as if it were https: a near miss with a name.
    url = "https://api.test/api/email?a=1"
    lines = f"GET /api/email?a=1 HTTP/1.1\r\nHost: api.test\r\nAuthorization: {alice.header('GET', url)}\r\n\r\n"
    near = gate.exchange(lines.encode())
    assert near.status == 401
    code, out = kept(gate, near.one("X-Request-Id"))
    assert code == 0 and "https" in out
    code, out = kept(gate, near.one("X-Request-Id"), "--json")
    assert code == 0 and json.loads(out)


def test_a_replay_is_explained_too(new_gate, recorder, alice):
    gate = new_gate(recorder)
    data = gate.request(alice, "GET", "/api/email")
    assert gate.exchange(data).status == 200
    again = gate.exchange(data)
    assert again.status == 401
    code, out = kept(gate, again.one("X-Request-Id"))
    assert code == 0 and "nonce_used" in out


def test_what_could_be_used_is_not_kept(new_gate, recorder, alice, store):
    gate = new_gate(recorder, oauth={"signature_methods": ["HMAC-SHA1", "PLAINTEXT"]})
    secret = "wrong-but-nearly-" + SECRET
    header = (
        f'OAuth oauth_consumer_key="client", oauth_token="token", oauth_signature_method="PLAINTEXT", '
        f'oauth_signature="{quote(quote(secret, safe="") + "&x", safe="")}"'
    )
    lines = ["GET /api/email HTTP/1.1", "Host: api.test", f"Authorization: {header}", "Cookie: session=hush-hush"]
    answer = gate.exchange(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert answer.status == 401
    kept(gate, answer.one("X-Request-Id"))
    for file in store.path.rglob("*"):
        if file.is_file() and "refusal" in str(file):
            data = file.read_bytes()
            assert b"hush-hush" not in data and b"nearly" not in data
            assert file.stat().st_mode & 0o077 == 0


def test_neither_a_verifier_nor_a_session_handle_is_kept(provider, store):
    """Both are still good after a signature that was not."""
    gate = provider(client=("--renewable",))
    client = Client(gate)
    client.request_token()
    location = User(gate).consent(client)
    verifier, secret = query(location)["oauth_verifier"][0], client.session._client.client.resource_owner_secret
    url = gate.url("/oauth/access_token")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    ids = []
    for place in ("AUTH_HEADER", "QUERY", "BODY"):
        wrong = OAuth1("app", "wrong", client.token, secret, verifier=verifier, signature_type=place)
        ids.append(requests.post(url, auth=wrong, headers=form, timeout=20).headers["X-Request-Id"])
    client.come_back(location)
    token = said(client.access_token())
    wrong = OAuth1("app", "wrong", token["oauth_token"], token["oauth_token_secret"])
    handle = token["oauth_session_handle"]
    answer = requests.post(f"{url}?oauth_session_handle={handle}", auth=wrong, timeout=20)
    assert answer.status_code == 401
    for id in [*ids, answer.headers["X-Request-Id"]]:
        kept(gate, id)
    data = (store.path / "refusals").read_bytes()
    assert verifier.encode() not in data and handle.encode() not in data
    assert b"oauth_verifier" in data and b"oauth_session_handle" in data


def test_strangers_refusals_are_not_kept(new_gate, recorder, alice):
    gate = new_gate(recorder)
    answer = gate.call(alice.but(key="nobody"), "GET", "/api/email")
    known = gate.call(alice.but(secret="wrong"), "GET", "/api/email")
    kept(gate, known.one("X-Request-Id"))  # written in order
    code, _, err = run("explain", "--id", answer.one("X-Request-Id"), "--config", gate.file)
    assert code == 1 and "no refusal is kept" in err


def test_the_oldest_make_room(new_gate, recorder, alice):
    gate = new_gate(recorder, log={"refusals": 3})
    ids = [gate.call(alice.but(secret="wrong"), "GET", f"/api/{n}").one("X-Request-Id") for n in range(5)]
    kept(gate, ids[-1])
    found = []
    for id in ids:
        _, _, err = run("explain", "--id", id, "--config", gate.file)
        found.append("no refusal is kept" not in err)
    assert found == [False, False, True, True, True]


def test_none_is_kept_where_that_is_off(new_gate, recorder, alice):
    gate = new_gate(recorder, log={"refusals": 0})
    answer = gate.call(alice.but(secret="wrong"), "GET", "/api/email")
    gate.stop()
    code, _, err = run("explain", "--id", answer.one("X-Request-Id"), "--config", gate.file)
    assert code == 1 and re.search("no refusal|can't|no such", err)
