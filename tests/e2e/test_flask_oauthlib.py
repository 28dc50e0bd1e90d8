"""Moving in from Flask-OAuthlib, by the script for it and the commands that FROM-FLASK-OAUTHLIB.md gives."""

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys

import pytest
from requests_oauthlib import OAuth1Session
from sqlalchemy import Column, ForeignKey, Integer, String, Text, create_engine
from sqlalchemy.orm import Session, declarative_base
from werkzeug.security import generate_password_hash

from dance import Client, Forms, User, granted
from gate import BINARY, PATIENCE, TOP

Model = declarative_base()


class UserRow(Model):
    __tablename__ = "user"
    id = Column(Integer, primary_key=True)
    username = Column(String(40), unique=True)
    password = Column(String(255))


class ClientRow(Model):
    __tablename__ = "client"
    name = Column(String(40))
    description = Column(String(400))
    user_id = Column(ForeignKey("user.id"))
    client_key = Column(String(40), primary_key=True)
    client_secret = Column(String(55), unique=True, index=True, nullable=False)
    _realms = Column(Text)
    _redirect_uris = Column(Text)


class RequestTokenRow(Model):
    __tablename__ = "request_token"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("user.id", ondelete="CASCADE"))
    client_key = Column(String(40), ForeignKey("client.client_key"), nullable=False)
    token = Column(String(255), index=True, unique=True)
    secret = Column(String(255), nullable=False)
    verifier = Column(String(255))
    redirect_uri = Column(Text)
    _realms = Column(Text)


class NonceRow(Model):
    __tablename__ = "nonce"
    id = Column(Integer, primary_key=True)
    timestamp = Column(Integer)
    nonce = Column(String(40))
    client_key = Column(String(40), ForeignKey("client.client_key"), nullable=False)
    request_token = Column(String(50))
    access_token = Column(String(50))


class AccessTokenRow(Model):
    __tablename__ = "access_token"
    id = Column(Integer, primary_key=True)
    client_key = Column(String(40), ForeignKey("client.client_key"), nullable=False)
    user_id = Column(Integer, ForeignKey("user.id"))
    token = Column(String(255))
    secret = Column(String(255))
    _realms = Column(Text)


SHOP, SHOP_SECRET = "q8vXo2nLmT4rYb7WcJdK", "it's \"100%\" & a+b / c=d; \\ ~ <e>"
PLAIN, PLAIN_SECRET = "Zp3sHk9uFg1wEa6xQtRv", " begins and ends with a space "
CALLBACK, SECOND = "https://shop.test/cb?keep=1%202", "http://127.0.0.1:8000/back"
PASSWORDS = {"alice": "pässword of alice", "zoë & co": "a 100% long one"}
ALICES, ALICES_SECRET = "aXNlKcjkVImnTfTKj8CgFpc1XRZr6P", "H1xGH4X1ZkRAulHHdLfdFm7NR350tr"
ZOES, ZOES_SECRET = "eTYP46AJbhp8u4LE5QMjXeItRGGoAI", "Gqm3 &id67%Mdk+rASOCQ/IAlb3XODaPlun"
ROUTES = [
    {"path": "/api/email", "upstream": "api", "realms": ["email"]},
    {"path": "/api/address", "upstream": "api", "realms": ["address"]},
    {"path": "/api/any", "upstream": "api"},
]


def newer_hash(password):
    """As Werkzeug makes them from 2.3 on; Debian's is older."""
    made = hashlib.scrypt(password.encode(), salt=b"k3Jd93hGslqPz0aB", n=32768, r=8, p=1, maxmem=1 << 26)
    return f"scrypt:32768:8:1$k3Jd93hGslqPz0aB${made.hex()}"


def fill(url):
    engine = create_engine(url)
    Model.metadata.create_all(engine)
    with Session(engine) as db:
        db.add_all(
            [
                UserRow(id=1, username="alice", password=generate_password_hash(PASSWORDS["alice"])),
                UserRow(id=2, username="zoë & co", password=newer_hash(PASSWORDS["zoë & co"])),
                UserRow(id=3, username="from elsewhere", password=None),
                UserRow(id=4, username="long away", password="sha1$salt$" + "0" * 40),
                ClientRow(name="Shöp <b>", description="Two\nlines", user_id=1, client_key=SHOP, client_secret=SHOP_SECRET,
                          _realms="email", _redirect_uris=f"{CALLBACK}\n  {SECOND} oob "),
                ClientRow(client_key=PLAIN, client_secret=PLAIN_SECRET, _redirect_uris=CALLBACK),
                AccessTokenRow(client_key=SHOP, user_id=1, token=ALICES, secret=ALICES_SECRET, _realms="email"),
                AccessTokenRow(client_key=SHOP, user_id=2, token=ZOES, secret=ZOES_SECRET, _realms="address  email"),
                AccessTokenRow(client_key=PLAIN, user_id=1, token="withoutRealmsWithoutRealms", secret="s", _realms=None),
                AccessTokenRow(id=77, client_key=SHOP, user_id=None, token="nobodysTokenNobodysToken", secret="s"),
                AccessTokenRow(id=78, client_key="goneGoneGoneGoneGone", user_id=1, token="goneGoneGoneGoneGone", secret="s"),
                RequestTokenRow(client_key=SHOP, user_id=1, token="oldRequestTokenOldRequest", secret="old",
                                verifier="oldVerifierOldVerifier", redirect_uri=CALLBACK, _realms="email"),
                NonceRow(timestamp=1, nonce="oldNonceOldNonceOldNonce", client_key=SHOP, access_token=ALICES),
            ]
        )  # fmt: skip
        db.commit()
    engine.dispose()


def commands():
    """The one block of them that the document has."""
    (block,) = re.findall(r"^```sh\n(.*?)^```$", (TOP / "gateway/provider/FROM-FLASK-OAUTHLIB.md").read_text(), re.M | re.S)
    return block


class Moved:
    """What became of it."""

    def __init__(self, gate, room, store):
        self.gate = gate
        self.store = store
        (room / "gateway").symlink_to(TOP / "gateway")
        shutil.copy(gate.file, room / "gate.toml")
        programs = room / "bin"
        programs.mkdir()
        (programs / "portcullis").symlink_to(os.path.abspath(BINARY))
        (programs / "python3").symlink_to(sys.executable)
        kept = "cp -p moved.jsonl kept.jsonl && "  # the commands end with its removal
        told = commands().replace("rm moved.jsonl", kept + "rm moved.jsonl")
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C"}
        done = subprocess.run(["sh", "-ec", told], cwd=room, env=environment, capture_output=True, timeout=PATIENCE)
        self.said, self.complaints = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == 0, self.complaints
        self.file = room / "kept.jsonl"
        assert not (room / "moved.jsonl").exists()

    def exported(self, kind):
        found = [json.loads(line) for line in self.store.ok("export").splitlines()]
        return {one.get("key") or one.get("name") or one["token"]: one for one in found if one["type"] == kind}


@pytest.fixture
def moved(new_gate, recorder, store, room):
    fill(f"sqlite:///{room}/app.db")
    gate = new_gate(recorder, routes=ROUTES, listen={"external_url": None}, start=False)
    done = Moved(gate, room, store)
    gate.start()
    return done


def bearer(key, secret, token, token_secret):
    session = OAuth1Session(key, client_secret=secret, resource_owner_key=token, resource_owner_secret=token_secret)
    session.trust_env = False
    return session


def statuses(moved, session):
    return [session.get(moved.gate.url(route["path"]), timeout=20).status_code for route in ROUTES]


def test_an_access_token_still_opens_what_it_opened_and_nothing_else(moved, recorder):
    assert statuses(moved, bearer(SHOP, SHOP_SECRET, ALICES, ALICES_SECRET)) == [200, 401, 200]
    assert [seen.target for seen in recorder.seen] == ["/api/email", "/api/any"]
    seen = recorder.seen[0]
    assert (seen.one("X-OAuth-User"), seen.one("X-OAuth-Client"), seen.one("X-OAuth-Realms")) == ("alice", SHOP, "email")


def test_a_token_keeps_realms_that_its_client_does_not_ask_for_by_default(moved):
    assert statuses(moved, bearer(SHOP, SHOP_SECRET, ZOES, ZOES_SECRET)) == [200, 200, 200]


def test_a_token_without_realms_opens_routes_without_realms(moved):
    assert statuses(moved, bearer(PLAIN, PLAIN_SECRET, "withoutRealmsWithoutRealms", "s")) == [401, 401, 200]


def test_a_token_is_good_for_its_own_client_and_secret_alone(moved):
    for key, secret, token, token_secret in [
        (PLAIN, PLAIN_SECRET, ALICES, ALICES_SECRET),
        (SHOP, "not " + SHOP_SECRET, ALICES, ALICES_SECRET),
        (SHOP, SHOP_SECRET, ALICES, ZOES_SECRET),
        (SHOP, SHOP_SECRET, "nobodysTokenNobodysToken", "s"),
    ]:
        assert statuses(moved, bearer(key, secret, token, token_secret)) == [401, 401, 401], token


@pytest.mark.parametrize(("name", "callback"), zip(PASSWORDS, [CALLBACK, SECOND]))
def test_a_client_dances_with_its_old_key_and_callback_and_a_user_with_the_old_password(moved, name, callback):
    client = Client(moved.gate, SHOP, SHOP_SECRET, callback)
    token = granted(client, User(moved.gate, name, PASSWORDS[name]))
    assert token["oauth_authorized_realms"] == "email"
    assert [client.call("GET", route["path"]).status_code for route in ROUTES] == [200, 401, 200]
    assert moved.exported("user")[name]["password_hash"].startswith("$scrypt$")


def test_a_client_without_realms_dances_for_a_token_without_realms(moved):
    client = Client(moved.gate, PLAIN, PLAIN_SECRET, CALLBACK)
    token = granted(client, User(moved.gate, "alice", PASSWORDS["alice"]))
    assert token.get("oauth_authorized_realms", "") == ""
    assert [client.call("GET", route["path"]).status_code for route in ROUTES] == [401, 401, 200]


def test_nobody_signs_in_with_what_was_not_the_password(moved):
    for name in ("alice", "from elsewhere", "long away"):
        user = User(moved.gate, name)
        answer = user.submit(user.visit(moved.gate.url("/oauth/sign_in")), username=name, password="salt")
        assert answer.status_code == 403, name


def test_a_callback_that_was_not_registered_is_refused_and_oob_is_for_who_had_it(moved):
    wanted = [(SHOP, SHOP_SECRET, "oob", 200), (PLAIN, PLAIN_SECRET, "oob", 400), (PLAIN, PLAIN_SECRET, SECOND, 400),
              (SHOP, SHOP_SECRET, "https://shop.test/cb", 400)]  # fmt: skip
    for key, secret, callback, status in wanted:
        assert Client(moved.gate, key, secret, callback).request_token().status_code == status, (key, callback)


def test_an_old_request_token_is_unknown_and_the_dance_starts_again(moved):
    page = User(moved.gate).visit(moved.gate.url("/oauth/authorize?oauth_token=oldRequestTokenOldRequest"))
    assert page.status_code == 400 and not Forms(page.text).forms
    session = bearer(SHOP, SHOP_SECRET, "oldRequestTokenOldRequest", "old")
    session._client.client.verifier = "oldVerifierOldVerifier"
    assert session.post(moved.gate.url("/oauth/access_token"), timeout=20).status_code == 401


def test_the_export_gives_back_what_the_tables_held(moved):
    clients, users, tokens = moved.exported("client"), moved.exported("user"), moved.exported("token")
    assert sorted(clients) == sorted([SHOP, PLAIN])
    shop, plain = clients[SHOP], clients[PLAIN]
    assert (shop["secret"], shop["name"], shop["description"]) == (SHOP_SECRET, "Shöp <b>", "Two\nlines")
    assert (shop["redirect_uris"], shop["callback_match"], shop["allow_oob"]) == ([CALLBACK, SECOND], "exact", True)
    assert (shop["default_realms"], sorted(shop["realms"])) == (["email"], ["address", "email"])
    assert (plain["secret"], plain["name"], plain["description"]) == (PLAIN_SECRET, "", "")
    assert (plain["redirect_uris"], plain["allow_oob"], plain["realms"]) == ([CALLBACK], False, [])
    assert {name: (user["password_hash"] or "none").split(":")[0] for name, user in users.items()} == {
        "alice": "pbkdf2", "zoë & co": "scrypt", "from elsewhere": "none", "long away": "none"}  # fmt: skip
    assert {name: (one["client"], one["user"], one["secret"], one["realms"]) for name, one in tokens.items()} == {
        ALICES: (SHOP, "alice", ALICES_SECRET, ["email"]),
        ZOES: (SHOP, "zoë & co", ZOES_SECRET, ["address", "email"]),
        "withoutRealmsWithoutRealms": (PLAIN, "alice", "s", []),
    }


def test_each_line_that_was_printed_is_in_the_export(moved):
    printed = [json.loads(line) for line in moved.file.read_text().splitlines()]
    exported = [json.loads(line) for line in moved.store.ok("export").splitlines()]
    assert len(printed) == len(exported) == 9
    for line in printed:
        assert [one for one in exported if line.items() <= one.items()], line


def test_it_says_what_is_left_out_and_lets_nobody_else_read_the_secrets(moved):
    assert moved.said == "imported 2 clients, 4 users and 3 tokens\n"
    lines = moved.complaints.splitlines()
    assert len(lines) == 3 and "77" in lines[0] and "78" in lines[1] and "long away" in lines[2]
    assert stat.S_IMODE(moved.file.stat().st_mode) == 0o600


def test_a_user_that_is_not_ascii_reaches_the_backend_percent_encoded(moved, recorder):
    assert bearer(SHOP, SHOP_SECRET, ZOES, ZOES_SECRET).get(moved.gate.url("/api/email"), timeout=20).status_code == 200
    assert recorder.only().one("X-OAuth-User") == "zo%C3%AB%20&%20co"
