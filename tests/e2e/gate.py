"""The gate and its store, as its operator has them: the binary, a configuration file, the command line."""

import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
from pathlib import Path

from signer import SECRET, TOKEN_SECRET, Signer
from wire import LIMIT, Wire, eventually

TOP = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("PORTCULLIS_BINARY", str(TOP / "build/release/portcullis"))
# Where a sanitizer is in it, memory is not the program's own.
SANITIZED = re.search(rb"__[at]san_init", Path(BINARY).read_bytes()) is not None if Path(BINARY).exists() else False
PATIENCE = LIMIT * (5 if SANITIZED else 2)  # to start, to drain and to end

REALMS = ["email", "address"]
ROUTES = [{"path": "/api/*", "upstream": "api", "realms": ["email"]}]
HOST = "api.test"  # what clients call the gate, where its port should not matter

DEFAULTS = {
    "listen": {"address": "127.0.0.1:0", "threads": 2},
    "admin": {"address": "127.0.0.1:0"},
    "log": {"level": "info"},
    "store": {"map_size": "1GiB", "ledger_size": "16MiB"},
    "oauth": {"enforce_tls": False, "realms": REALMS},
}


def toml(sections, upstreams, routes):
    """TOML of settings; JSON's strings, numbers and booleans are TOML's too."""
    lines = []

    def written(value):
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {written(one)}" for key, one in value.items()) + " }"
        if isinstance(value, list):
            return "[" + ", ".join(map(written, value)) + "]"
        return json.dumps(value)

    def table(head, values):
        lines.append(head)
        lines.extend(f"{key} = {written(value)}" for key, value in values.items())

    for name, values in sections.items():
        table(f"[{name}]", values)
    for name, servers in upstreams.items():
        table("[[upstream]]", {"name": name, "servers": servers})
    for route in routes:
        table("[[route]]", route)
    return "\n".join(lines) + "\n"


def run(*arguments, input=None):
    """Runs the binary to its end; answers (exit code, standard output, standard error)."""
    done = subprocess.run(
        [BINARY, *map(str, arguments)], input=input, capture_output=True, timeout=PATIENCE, text=True, check=False
    )
    assert "Sanitizer" not in done.stderr and "runtime error:" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def granted(key, secret, user, token, token_secret):
    """Records of a client, a user and a token that is good for the realm email. The user can't sign in."""
    client = {"type": "client", "key": key, "secret": secret, "name": f"Name of {key}", "realms": REALMS}
    return client, {"type": "user", "name": user}, {
        "type": "token", "client": key, "user": user, "token": token, "secret": token_secret, "realms": ["email"]}


class Store:
    """A store folder, changed by other processes than the gate's, as people change it."""

    def __init__(self, path):
        self.path = path

    def run(self, *arguments, input=None):
        return run(*arguments, "--store", self.path, input=input)

    def ok(self, *arguments, input=None):
        code, out, err = self.run(*arguments, input=input)
        assert code == 0, f"{arguments}: {code} {out}{err}"
        return out

    def take(self, *records):
        """What is given as records, in one command."""
        self.ok("import", "-", input="".join(json.dumps(record) + "\n" for record in records))

    def client(self, key="client", secret=SECRET):
        may = [part for realm in REALMS for part in ("--realm", realm)]
        self.ok("client", "add", "--name", f"Name of {key}", "--key", key, "--secret", "-", *may, input=secret)
        return Signer(key, secret)

    def user(self, name="alice"):
        self.ok("user", "add", "--password-stdin", name, input="a long password\n")

    def token(self, key="client", user="alice", token="token", secret=TOKEN_SECRET, realms=("email",)):
        asked = [part for realm in realms for part in ("--realm", realm)]
        self.ok("token", "issue", "--client", key, "--user", user, "--token", token, "--secret", "-", *asked, input=secret)

    @contextlib.contextmanager
    def writing(self):
        """While somebody else writes to the credentials, as a long import does; all others that want to write wait."""
        lmdb = ctypes.CDLL("liblmdb.so.0")
        env, txn = ctypes.c_void_p(), ctypes.c_void_p()
        assert lmdb.mdb_env_create(ctypes.byref(env)) == 0
        try:
            assert lmdb.mdb_env_open(env, str(self.path / "credentials").encode(), 0, 0o600) == 0
            assert lmdb.mdb_txn_begin(env, None, 0, ctypes.byref(txn)) == 0
            yield
        finally:
            if txn:
                lmdb.mdb_txn_abort(txn)
            lmdb.mdb_env_close(env)

    def stranger(self):
        """A second client and user, with a token of their own."""
        self.take(*granted("other", "other-secret", "bob", "other-token", "other-token-secret"))
        return Signer("other", "other-secret", "other-token", "other-token-secret")


class Gate:
    """One gateway process."""

    def __init__(self, room, store, upstreams, routes, /, **sections):
        self.room = room
        self.store = store
        self.file = room / "portcullis.toml"
        self.errors = room / "gate.err"
        self.process = None
        self.port = None
        self.environment = {}  # besides the test's own
        merged = {name: dict(values) for name, values in DEFAULTS.items()}
        merged["store"]["path"] = str(store.path)
        for name, values in sections.items():
            merged.setdefault(name, {}).update(values)
        self.file.write_text(toml(merged, upstreams, routes))

    def start(self):
        out = self.room / "gate.out"
        with open(out, "wb") as stdout, open(self.errors, "ab") as stderr:
            self.process = subprocess.Popen([BINARY, "serve", "--config", str(self.file)], stdout=stdout, stderr=stderr,
                                            env={**os.environ, **self.environment})

        def ready():
            said = out.read_text()
            assert self.process.poll() is None, f"the gate ended: {said}{self.said()}"
            return said.endswith("\n") and said

        said = eventually(ready, "the gate listens")
        match = re.fullmatch(r"listening on (?:127\.0\.0\.1|\[::\]):(\d+)\n", said)
        assert match, said
        self.port = int(match[1])
        return self

    def said(self):
        return self.errors.read_text(errors="replace") if self.errors.exists() else ""

    def url(self, target="/"):
        return f"http://127.0.0.1:{self.port}{target}"

    def wire(self):
        return Wire(self.port)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def ended(self):
        """Waits for its end and demands a good one."""
        code = self.process.wait(PATIENCE)
        said = self.said()
        assert "Sanitizer" not in said and "runtime error:" not in said, said
        assert code == 0, f"exit status {code}: {said[-3000:]}"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.terminate()
            try:
                self.ended()
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError(f"the gate did not end: {self.said()[-3000:]}") from None

    def kill(self):
        """As kill -9 does."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def status(self, name):
        """A line of /proc/PID/status, such as VmHWM, in KiB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1])

    # What most tests need: requests whose URL does not depend on the port (external_url is http://api.test).

    def request(self, signer, method, target, body=b"", headers=(), form="", **given):
        """The bytes of a request, signed unless `signer` is None."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}"]
        if signer:
            lines.append("Authorization: " + signer.header(method, f"http://{HOST}{target}", form, **given))
        if form:
            lines.append("Content-Type: application/x-www-form-urlencoded")
            body = form.encode()
        if body or method in ("POST", "PUT"):
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body

    def exchange(self, data, method="GET"):
        """Sends bytes on a connection of their own, and reads the answer."""
        with self.wire() as wire:
            return wire.try_send(data).read(method)

    def call(self, signer, method, target, **more):
        return self.exchange(self.request(signer, method, target, **more), method)
