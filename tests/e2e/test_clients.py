"""Real clients, a real backend: what was sent is what arrives, with the identity, without the signature."""

import json
import os
import shutil
import subprocess
from urllib.parse import parse_qs

import pytest
import requests
from authlib.integrations.requests_client import OAuth1Session as AuthlibSession
from requests_oauthlib import OAuth1Session

from gate import TOP
from signer import SECRET, TOKEN_SECRET

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # it asks for TLS otherwise, on the loopback too

FORM = {"to": "bob@example.com", "text": "Tom & Jerry = 100% ~ ünïcödé", "empty": ""}
JSON = json.dumps({"text": "a=b&c=d %20 é", "list": [1, None]})

# Each client's own quirks decide which characters it signs rightly; all of them are odd.
ODD = "a=2&a=1&c=%20x%2Fy%2fz&d=~!*()&e=%E2%82%AC&g=&h=%C3%A9%26%3D"
ODDER = ODD + "&flag&i=+x+&j=a;b,c:d@e$f/g?h'&%5Bk%5D=%5bv%5d"


class Requests:
    """python3-requests-oauthlib and python3-authlib, which both are sessions of requests."""

    def __init__(self, make, digest):
        self.session = make(
            "client", client_secret=SECRET, **{self.names(make)[0]: "token", self.names(make)[1]: TOKEN_SECRET},
            signature_method=f"HMAC-{digest}",
        )
        self.session.trust_env = False

    @staticmethod
    def names(make):
        return ("token", "token_secret") if make is AuthlibSession else ("resource_owner_key", "resource_owner_secret")

    def call(self, method, url, form=None, body=None):
        headers = {"Content-Type": "application/json"} if body else {}
        answer = self.session.request(method, url, data=form or body, headers=headers, timeout=20)
        return answer.status_code, answer.text, answer.request.path_url


class Npm:
    """oauth-1.0a of npm, in Node."""

    def __init__(self, digest):
        modules = os.environ.get("PORTCULLIS_NODE_PATH", str(TOP / "build/npm/node_modules"))
        if not shutil.which("node") or not os.path.isdir(os.path.join(modules, "oauth-1.0a")):
            pytest.skip("node or oauth-1.0a is missing: ./tests/run installs them")
        self.environment = {**os.environ, "NODE_PATH": modules}
        self.asked = {"key": "client", "secret": SECRET, "token": "token", "token_secret": TOKEN_SECRET, "digest": digest}

    def call(self, method, url, form=None, body=None):
        asked = {**self.asked, "method": method, "url": url, "form": form, "body": body, "type": "application/json"}
        command = ["node", str(TOP / "tests/e2e/npm_client.js"), json.dumps(asked)]
        done = subprocess.run(command, env=self.environment, capture_output=True, timeout=60, text=True, check=False)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return answer["status"], answer["body"], answer["target"]


CLIENTS = {
    "requests-oauthlib SHA1": (lambda: Requests(OAuth1Session, "SHA1"), ODDER),
    "requests-oauthlib SHA256": (lambda: Requests(OAuth1Session, "SHA256"), ODDER),
    "requests-oauthlib SHA512": (lambda: Requests(OAuth1Session, "SHA512"), ODDER),
    "authlib SHA1": (lambda: Requests(AuthlibSession, "SHA1"), ODDER.translate({ord(c): None for c in "$'"})),
    "oauth-1.0a SHA1": (lambda: Npm("SHA1"), ODD),
    "oauth-1.0a SHA256": (lambda: Npm("SHA256"), ODD),
}


@pytest.fixture
def real_gate(new_gate, nginx, alice):
    """Clients call it by its own address, as a client on this machine would."""
    return new_gate(nginx, listen={"external_url": None})


@pytest.mark.parametrize("name", CLIENTS)
def test_what_a_client_sends_arrives_byte_for_byte_with_the_identity(name, real_gate, nginx):
    make, query = CLIENTS[name]
    client = make()
    sent = [
        client.call("GET", real_gate.url("/api/mail/a%20b;v=1,2/~x?" + query)),
        client.call("POST", real_gate.url("/api/mail?x=1"), form=FORM),
        client.call("PUT", real_gate.url("/api/mail/7?x=%2F"), body=JSON),
        client.call("DELETE", real_gate.url("/api/mail/7")),
    ]
    assert [status for status, _, _ in sent] == [200] * 4, sent
    assert {text for _, text, _ in sent} == {"answered\n"}
    seen = nginx.saw(4)
    methods = ["GET", "POST", "PUT", "DELETE"]
    assert [s["request"] for s in seen] == [f"{m} {t[2]} HTTP/1.1" for m, t in zip(methods, sent)]
    assert parse_qs(seen[1]["body"].decode(), keep_blank_values=True) == {k: [v] for k, v in FORM.items()}
    assert seen[2]["body"] == JSON.encode()
    for s in seen:
        assert (s["user"], s["client"], s["realms"]) == ("alice", "client", "email")
        assert s["token"] and s["token"] != "token"
        assert s["authorization"] == ""
        assert s["host"] == f"127.0.0.1:{real_gate.port}"


def test_a_query_of_any_characters_is_verified_and_forwarded_as_sent(new_gate, nginx, alice):
    gate = new_gate(nginx)
    targets = [
        "/api/x?" + ODDER,
        "/api/x?a%5B%5D=1&c=%22%3C%3E%22",
        "/api/x?&&a&=b&==c&+=+&%3d=%26",
        "/api/x?",
        "/api/%C3%A9/%e2%82%ac/a%2Fb?%C3%A9=%c3%a9",
        "/api/x?b=1&a=2&b=0&a=%31&A=%7E&a=~",
        "/api/(x)!*'@$,;=:&+.html?q='()*!",
    ]
    for target in targets:
        assert gate.call(alice, "GET", target).status == 200, target
    assert [s["request"] for s in nginx.saw(len(targets))] == [f"GET {target} HTTP/1.1" for target in targets]


def test_a_hundred_requests_pass_on_one_connection(new_gate, nginx, alice):
    gate = new_gate(nginx)
    with gate.wire() as wire:
        for i in range(100):
            answer = wire.send(gate.request(alice, "GET", f"/api/item?n={i}")).read()
            assert (answer.status, answer.body) == (200, b"answered\n"), i
    assert [s["request"] for s in nginx.saw(100)] == [f"GET /api/item?n={i} HTTP/1.1" for i in range(100)]


def test_a_client_may_sign_in_query_or_form_and_the_backend_gets_them_untouched(real_gate, nginx):
    targets = []
    for place, form in (("query", None), ("body", "x=1&y=a+b")):
        session = OAuth1Session("client", SECRET, "token", TOKEN_SECRET, signature_type=place)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        answer = session.request("POST", real_gate.url("/api/mail?z=%20"), data=form, headers=headers, timeout=20)
        assert answer.status_code == 200, answer.text
        targets.append(answer.request.path_url)
    by_query, by_body = nginx.saw(2)
    assert [s["request"] for s in (by_query, by_body)] == [f"POST {target} HTTP/1.1" for target in targets]
    assert "oauth_signature=" in by_query["request"]
    assert b"oauth_signature=" in by_body["body"] and b"x=1" in by_body["body"]


def test_files_go_up_come_back_and_are_deleted(new_gate, nginx, alice):
    gate = new_gate(nginx, routes=[{"path": "/files/*", "upstream": "api"}])
    content = bytes(range(256)) * 64
    assert gate.call(alice, "PUT", "/files/all-bytes", body=content).status == 201
    assert gate.call(alice, "GET", "/files/all-bytes").body == content
    assert gate.call(alice, "DELETE", "/files/all-bytes").status == 204
    assert gate.call(alice, "GET", "/files/all-bytes").status == 404


def test_requests_without_a_session_of_oauth_are_challenged(real_gate, nginx):
    answer = requests.get(real_gate.url("/api/mail"), timeout=20)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('OAuth realm="portcullis"')
    assert nginx.lines() == []
