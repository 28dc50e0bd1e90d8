"""Every signature method, signed by oauthlib: by provider, route and client, in a rotation, over HTTP and TLS."""

import datetime
import json
import time
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from oauthlib.oauth1 import Client
from requests_oauthlib import OAuth1Session

from gate import HOST
from signer import SECRET, TOKEN_SECRET
from test_tls import ask
from wire import eventually

HMAC = ["HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512"]
RSA = ["RSA-SHA1", "RSA-SHA256", "RSA-SHA512"]
ALL = [*HMAC, *RSA, "PLAINTEXT"]
PEM = serialization.Encoding.PEM


class Pair:
    """An RSA key pair, as text."""

    def __init__(self, bits=2048):
        self.key = rsa.generate_private_key(65537, bits)
        formats = serialization.PrivateFormat, serialization.PublicFormat
        self.private = self.key.private_bytes(PEM, formats[0].PKCS8, serialization.NoEncryption()).decode()
        self.public = self.key.public_key().public_bytes(PEM, formats[1].SubjectPublicKeyInfo).decode()
        self.pkcs1 = self.key.public_key().public_bytes(PEM, formats[1].PKCS1).decode()

    def certificate(self):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
        day = datetime.datetime(2020, 1, 1)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        made = made.serial_number(1).not_valid_before(day).not_valid_after(day + datetime.timedelta(days=36500))
        return made.sign(self.key, hashes.SHA256()).public_bytes(PEM).decode()


@pytest.fixture(scope="module")
def pair():
    return Pair()


def import_lines(store, *records, options=()):
    store.ok("import", "-", *options, input="".join(json.dumps(record) + "\n" for record in records))


def client_record(key="client", **more):
    record = {"type": "client", "key": key, "name": key, "realms": ["email"]}
    return {**record, **({} if "secret" in more or "secrets" in more else {"secret": SECRET}), **more}


def with_token(store, *clients, options=()):
    """Clients, and a token of alice for each, named like the client."""
    tokens = [
        {"type": "token", "client": c["key"], "user": "alice", "token": "t-" + c["key"], "secret": TOKEN_SECRET,
         "realms": ["email"]} for c in clients
    ]
    import_lines(store, *clients, {"type": "user", "name": "alice"}, *tokens, options=options)


def session(method, key="client", secret=SECRET, private=None):
    made = OAuth1Session(key, secret, "t-" + key, TOKEN_SECRET, signature_method=method, rsa_key=private)
    made.trust_env = False
    return made


def call(gate, signer, path="/api/x?a=%20b&c"):
    """200, or status and oauth_problem, which a 400 has in its body alone."""
    answer = signer.get(gate.url(path), timeout=30)
    return answer.status_code if answer.ok else (answer.status_code, parse_qs(answer.text)["oauth_problem"][0])


def open_gate(new_gate, backend, **more):
    oauth = {"signature_methods": ALL, **more.pop("oauth", {})}
    return new_gate(backend, listen={"external_url": None}, oauth=oauth, **more)


INVALID = (401, "signature_invalid")
REJECTED = (400, "signature_method_rejected")


@pytest.mark.parametrize("form", ["public", "pkcs1", "certificate"])
def test_each_method_is_verified_for_what_the_client_signed_alone(form, new_gate, recorder, store, pair):
    text = pair.certificate() if form == "certificate" else getattr(pair, form)
    with_token(store, client_record(rsa_public_keys=[text]))
    gate = open_gate(new_gate, recorder)
    for method in ALL:
        assert call(gate, session(method, private=pair.private)) == 200, method
    other = Pair().private
    for method in RSA:
        assert call(gate, session(method, private=other)) == INVALID, method
    for method in [*HMAC, "PLAINTEXT"]:
        assert call(gate, session(method, secret="wrong")) == INVALID, method
        # The public key is no secret.
        assert call(gate, session(method, secret=text)) == INVALID, method
    assert len(recorder.seen) == len(ALL)


def test_a_client_with_a_key_alone_signs_with_it_alone(new_gate, recorder, store, room, pair):
    file = room / "client.pem"
    file.write_text(pair.certificate())
    store.ok("client", "add", "--name", "Keyed", "--key", "client", "--rsa-public-key", file, "--realm", "email",
             "--signature-method", "RSA-SHA256")
    store.user()
    store.token(token="t-client")
    gate = open_gate(new_gate, recorder)
    assert call(gate, session("RSA-SHA256", private=pair.private)) == 200
    # That its method is not the client's is told to whoever can sign for it.
    assert call(gate, session("RSA-SHA1", private=pair.private)) == REJECTED
    assert call(gate, session("HMAC-SHA1", secret="")) == INVALID


def test_methods_are_those_of_provider_and_route_and_client(new_gate, recorder, store, pair):
    with_token(store,
               client_record("free", rsa_public_keys=[pair.public]),
               client_record("bound", rsa_public_keys=[pair.public], signature_methods=["HMAC-SHA256", "PLAINTEXT"]))
    routes = [{"path": "/api/*", "upstream": "api", "realms": ["email"]},
              {"path": "/api/few/*", "upstream": "api", "signature_methods": ["HMAC-SHA1", "RSA-SHA256"]}]
    gate = open_gate(new_gate, recorder, routes=routes, oauth={"signature_methods": [*HMAC, *RSA]})

    def tried(key, path):
        return {m for m in ALL if call(gate, session(m, key, private=pair.private), path) == 200}

    assert tried("free", "/api/x") == {*HMAC, *RSA}
    assert tried("free", "/api/few/x") == {"HMAC-SHA1", "RSA-SHA256"}
    assert tried("bound", "/api/x") == {"HMAC-SHA256"}
    assert tried("bound", "/api/few/x") == set()
    # Nobody needs to be known to learn what provider and route allow.
    assert call(gate, session("PLAINTEXT", "nobody")) == REJECTED
    assert call(gate, session("HMAC-SHA256", "nobody"), "/api/few/x") == REJECTED
    assert call(gate, session("HMAC-SHA1", "bound", secret="wrong")) == INVALID


def test_of_two_secrets_and_two_keys_those_count_that_have_not_expired(new_gate, recorder, store, pair):
    old = Pair()
    yesterday = "2020-01-01T00:00:00Z"
    tomorrow = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86400))
    both = lambda expires: client_record(  # noqa: E731
        "client",
        secrets=[{"secret": "new", "expires": None}, {"secret": "old", "expires": expires}],
        rsa_public_keys=[{"key": pair.public, "expires": None}, {"key": old.public, "expires": expires}])
    with_token(store, both(tomorrow))
    gate = open_gate(new_gate, recorder)

    def outcomes():
        return [call(gate, session("HMAC-SHA1", secret=secret)) for secret in ("new", "old")] + [
            call(gate, session("RSA-SHA256", private=key.private)) for key in (pair, old)]

    assert outcomes() == [200, 200, 200, 200]
    store.ok("import", "-", "--replace", input=json.dumps(both(yesterday)) + "\n")
    assert outcomes() == [200, INVALID, 200, INVALID]


def test_a_key_that_is_too_short_counts_where_the_setting_allows_it(new_gate, recorder, store):
    short = Pair(1024)
    with_token(store, client_record(rsa_public_keys=[short.public]), options=("--rsa-min-bits", "1024"))
    strict = open_gate(new_gate, recorder)
    assert call(strict, session("RSA-SHA1", private=short.private)) == INVALID
    eventually(lambda: "an RSA key of 1024 bits" in strict.said(), "the log says why")
    strict.stop()
    lenient = open_gate(new_gate, recorder, oauth={"rsa_min_bits": 1024})
    assert call(lenient, session("RSA-SHA1", private=short.private)) == 200


def test_unknown_clients_and_wrong_signatures_look_alike_with_every_method(new_gate, recorder, store, pair):
    with_token(store, client_record(rsa_public_keys=[pair.public]))
    gate = open_gate(new_gate, recorder)
    for method in ALL:
        answers = []
        for signer in (session(method, "nobody", private=pair.private), session(method, secret="no", private=Pair(1024).private)):
            answer = signer.get(gate.url("/api/x"), timeout=30)
            heads = {name: value for name, value in answer.headers.items() if name not in ("X-Request-Id", "Date")}
            answers.append((answer.status_code, answer.text.replace(answer.headers["X-Request-Id"], ""), heads))
        assert answers[0] == answers[1], method
        assert answers[0][0] == 401


def plaintext(nonce=True, scheme="http"):
    """The Authorization field of oauthlib's PLAINTEXT; the RFC lets nonce and timestamp be absent."""
    made = Client("client", SECRET, "t-client", TOKEN_SECRET, signature_method="PLAINTEXT")
    field = made.sign(f"{scheme}://{HOST}/api/x")[1]["Authorization"]
    if not nonce:
        head, _, rest = field.partition(" ")
        kept = [part for part in rest.split(", ") if not part.startswith(("oauth_nonce", "oauth_timestamp"))]
        field = head + " " + ", ".join(kept)
    return f"GET /api/x HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nAuthorization: {field}\r\n\r\n".encode()


def test_plaintext_needs_tls_unless_that_is_turned_off(new_gate, recorder, store, certificate):  # noqa: F811
    with_token(store, client_record())
    methods = {"signature_methods": ["PLAINTEXT"]}
    strict = new_gate(recorder, oauth={**methods, "enforce_tls": True})
    assert strict.exchange(plaintext()).status == 400
    assert b"insecure_transport" in strict.exchange(plaintext()).body
    strict.stop()

    loose = new_gate(recorder, oauth={**methods, "enforce_tls": False})
    assert loose.exchange(plaintext()).status == 200
    loose.stop()

    made, key = certificate
    secure = new_gate(recorder, listen={"external_url": f"https://{HOST}"}, oauth={**methods, "enforce_tls": True},
                      **{"listen.tls": {"certificate": str(made), "key": str(key)}})
    _, answer = ask(secure, certificate, plaintext(scheme="https"))
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    assert len(recorder.seen) == 2


def test_plaintext_is_off_unless_named_and_replayed_only_where_it_has_a_nonce(new_gate, recorder, store):
    with_token(store, client_record())
    closed = new_gate(recorder)
    assert closed.exchange(plaintext()).status == 400
    closed.stop()
    gate = new_gate(recorder, oauth={"signature_methods": ["PLAINTEXT"]})
    dated, bare = plaintext(), plaintext(nonce=False)
    assert [gate.exchange(dated).status for _ in range(2)] == [200, 401]
    assert [gate.exchange(bare).status for _ in range(2)] == [200, 200]
    assert len(recorder.seen) == 3
    # The secrets are in no log.
    assert SECRET not in gate.said()


def test_a_key_that_is_not_rsa_is_not_taken(store):
    elliptic = ec.generate_private_key(ec.SECP256R1()).public_key()
    text = elliptic.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    code, _, err = store.run("import", "-", input=json.dumps(client_record(rsa_public_keys=[text])) + "\n")
    assert code == 1 and "not an RSA key" in err and "nothing was imported" in err
