"""Fixtures: every test has a folder, a store, backends and a gate of its own, and all of it ends with the test."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import dance
from backend import Nginx, Recorder
from clock import Clock
from gate import BINARY, HOST, ROUTES, Gate, Store, granted
from signer import SECRET, TOKEN_SECRET, Signer


def pytest_sessionstart(session):
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"{BINARY} is missing: build it first, or say in PORTCULLIS_BINARY where it is", 2)


@pytest.fixture
def room():
    """A folder for the test alone, short enough for socket names, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="gate-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def store(room):
    return Store(room / "store")


@pytest.fixture
def certificate(room):
    """Files of a certificate of the gate's own making, and its key."""
    made, key = room / "cert.pem", room / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", key, "-out", made],
        check=True, capture_output=True, timeout=60)
    return made, key


@pytest.fixture
def alice(store):
    """A signer: client `client` with a token of user alice that is good for the realm email."""
    store.take(*granted("client", SECRET, "alice", "token", TOKEN_SECRET))
    return Signer("client", SECRET, "token", TOKEN_SECRET)


@pytest.fixture
def nginx(room):
    backend = Nginx(room / "nginx")
    yield backend
    backend.stop()


@pytest.fixture
def recorder():
    backend = Recorder()
    yield backend
    backend.stop()


@pytest.fixture
def clock(room):
    return Clock(room)


@pytest.fixture
def new_gate(room, store):
    """Starts a gate before a backend: new_gate(backend, routes=..., oauth={...}, ...). Its clients call it http://api.test."""
    gates = []

    def make(backend, routes=None, start=True, clock=None, **sections):
        listen = {"external_url": f"http://{HOST}", **sections.pop("listen", {})}
        listen = {key: value for key, value in listen.items() if value is not None}
        made = Gate(room, store, {"api": [backend.url]}, routes or ROUTES, listen=listen, **sections)
        made.environment = clock.environment if clock else {}
        gates.append(made)
        return made.start() if start else made

    yield make
    for gate in gates:
        gate.stop()
        print(gate.said()[-4000:])  # shown of tests that fail


@pytest.fixture
def gate(new_gate, recorder, alice):
    """The usual one: /api/* for the realm email, before the recorder, with alice in its store."""
    return new_gate(recorder)


@pytest.fixture
def provider(new_gate, store, recorder):
    """A gate with the application `app` and the user alice; its clients call it by its address."""

    def make(client=(), routes=dance.ROUTES, **sections):
        may = [part for realm in dance.REALMS for part in ("--realm", realm)]
        store.ok("client", "add", "--name", "The <b>App</b> & co", "--key", "app", "--secret", "-",
                 "--redirect-uri", dance.CALLBACK, *may, "--default-realm", "email", *client, input=SECRET)  # fmt: skip
        store.user("alice")
        listen = {"external_url": None, **sections.pop("listen", {})}
        return new_gate(recorder, routes=routes, listen=listen, **sections)

    return make
