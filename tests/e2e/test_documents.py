"""Every command and every configuration in a document, run as its reader would run it. A block that nothing here knows
how to run is an error."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib

import pytest

from documents import DOCUMENTS, Block, blocks, looked_up
from gate import BINARY, PATIENCE, TOP, run
from signer import Signer, base_string
from test_flask_oauthlib import fill
from wire import Wire, eventually, free_port

FIRST_GATE, CONFIGURED_GATE = "README.md", "conf/README.md"
# Which gate.toml a document's commands are about, as it says at its beginning. Others begin with nothing.
ABOUT = {
    "gateway/provider/README.md": FIRST_GATE,
    "gateway/provider/FROM-FLASK-OAUTHLIB.md": CONFIGURED_GATE,
    **dict.fromkeys(["conf/README.md", "gateway/README.md", "store/README.md", "verify/README.md"], CONFIGURED_GATE),
}
EMPTY_STORE = ["gateway/provider/FROM-FLASK-OAUTHLIB.md"]
# What is run by a shell as it stands; documents.py has what is not.
COMMANDS = {"portcullis", "kill", "mv", "cp", "rm", "mkdir", "eval", "echo", "umask", "python3"}


class Reader:
    """Does what documents say, one after the other, in a folder that stands for the whole machine."""

    def __init__(self, room, recorder):
        self.room = room
        self.port = free_port()
        self.ports = {8080: self.port, 9000: recorder.port, 9001: free_port()}
        self.process = None
        self.secrets = {}  # of clients by their keys, and of tokens
        self.token = None
        self.gate_toml = room / "gate.toml"
        for folder in ("var/lib", "var/log/portcullis", "var/backups", "etc/portcullis", "bin"):
            (room / folder).mkdir(parents=True)
        (room / "gateway").symlink_to(TOP / "gateway")
        (room / "bin/portcullis").symlink_to(os.path.abspath(BINARY))
        (room / "bin/python3").symlink_to(sys.executable)
        self.environment = {**os.environ, "PATH": f"{room}/bin:{os.environ['PATH']}", "PASSWORD": "a long password", "NO_PROXY": "*",
                            "HOME": str(room)}

    def read(self, block):
        known = {"": self.picture, "sh": self.sh, "toml": self.toml, "json": self.json, "python": self.python}
        assert block.language in known, f"{block}: nobody knows how to run {block.language}"
        known[block.language](block)

    def placed(self, text):
        """With the reader's own folders, ports and names in place of those that the document shows."""
        text = re.sub(r"(?<![\w./-])/(var|etc)/", rf"{self.room}/\1/", text)
        for port, own in self.ports.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{own}")
        names = {"PID": lambda: str(self.running().pid), "REQUEST-ID": self.refused, "TOKEN": lambda: self.token,
                 "SECRET": lambda: list(self.secrets.values())[-1]}
        return re.sub(rf"(?<![\w$-])({'|'.join(names)})(?![\w-])", lambda found: names[found[0]](), text)

    def picture(self, block):
        told = [line for line in block.text.splitlines() if re.match(r"\s*(\$ |\./|cmake |portcullis )\S", line) and "  " not in line.strip()]
        assert not told, f"{block}: commands in a block without a language: {told}"

    def toml(self, block):
        text = self.placed(block.text)
        named = re.match(r"# (\w+\.toml)\b", text)
        file = self.room / (named[1] if named else "part.toml")
        file.write_text(text if named else completed(text))
        code, out, err = run("check", "--json", "--config", file)
        assert code == 0, f"{block}: {err}"
        said = json.loads(out)
        assert not said["warnings"] and not said["not_yet_in_effect"], f"{block}: {said}"

    def json(self, block):
        code, _, err = run("import", "-", "--config", self.gate_toml, input=block.text)
        assert code == 0, f"{block}: {err}"

    def python(self, block):
        self.running()
        self.shell(block, f"python3 -c {shlex.quote(self.placed(block.text))}")

    def sh(self, block):
        for command in block.commands():
            if looked_up(command):
                continue
            assert shlex.split(command)[0] in COMMANDS, f"{block}: nobody knows how to run {command}"
            if re.fullmatch(r"portcullis serve --config gate\.toml(?: &)?", command):
                self.stop()
                self.running()
                continue
            before = self.reloads()
            out = self.shell(block, self.placed(command))
            if command.startswith("kill -TERM PID"):
                self.ended()
            if "kill -HUP PID" in command:
                eventually(lambda: self.reloads() > before, f"{block}: the gate reads its configuration again")
            self.note(out)

    def shell(self, block, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.room, env=self.environment, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        assert done.returncode == 0, f"{block}: {command}: exit status {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def note(self, out):
        """Keys, tokens and secrets that a command printed this once."""
        said = dict(re.findall(r"^(key|token|secret) +(\S+)$", out, re.M))
        if "secret" in said and ("key" in said or "token" in said):
            self.secrets[said.get("key") or said["token"]] = said["secret"]
            self.token = said.get("token", self.token)

    # The gate

    def running(self):
        if self.process is None:
            with open(self.room / "gate.out", "wb") as out, open(self.room / "gate.err", "ab") as err:
                self.process = subprocess.Popen([BINARY, "serve", "--config", "gate.toml"], cwd=self.room, stdout=out, stderr=err)

            def ready():
                assert self.process.poll() is None, (self.room / "gate.err").read_text()
                return (self.room / "gate.out").read_text() == f"listening on 127.0.0.1:{self.port}\n"

            eventually(ready, "the gate listens")
        return self.process

    def ended(self):
        assert self.process.wait(PATIENCE) == 0, (self.room / "gate.err").read_text()
        self.process = None

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.ended()

    def reloads(self):
        logs = [*self.room.glob("var/log/portcullis/gate.log*"), self.room / "gate.err"]
        return sum(log.read_text().count("configuration reloaded") for log in logs if log.exists())

    # A request that its client signed with http in place of https

    def signer(self):
        return Signer("mobile-app", self.secrets["mobile-app"], self.token, self.secrets[self.token])

    def refused(self):
        """The id of a refusal that the gate kept."""
        self.running()
        with Wire(self.port) as wire:
            id = wire.send(self.request().encode()).read().one("X-Request-Id")
        eventually(lambda: run("explain", "--id", id, "--config", self.gate_toml)[0] == 0, f"the refusal {id} is kept")
        return id

    def request(self):
        header = self.signer().header("GET", "http://api.example.com/api/email")
        return f"GET /api/email HTTP/1.1\r\nHost: api.example.com\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\nAuthorization: {header}\r\n\r\n"

    def save_a_request(self):
        """As people save one who ask why it was refused."""
        request = self.request()
        header = re.search("Authorization: .*(?=\r)", request)[0]
        (self.room / "request.txt").write_text(request)
        (self.room / "command.txt").write_text(f"curl -H {shlex.quote(header)} https://api.example.com/api/email\n")
        parameters = [(name.encode(), value.encode()) for name, value in re.findall(r'(oauth_\w+)="(.*?)"', header) if name != "oauth_signature"]
        (self.room / "base.txt").write_text(base_string("GET", "http://api.example.com/api/email", parameters) + "\n")


def completed(text):
    """A part of a configuration, with what `check` wants besides."""
    has = tomllib.loads(text)
    lines = [text]
    if "listen" not in has:
        lines.append('[listen]\nexternal_url = "https://api.example.com"\ntrusted_proxies = ["127.0.0.1/32"]')
    routes = has.get("route") or [{"upstream": "api"}]
    if "route" not in has:
        lines.append('[[route]]\npath = "/*"\nupstream = "api"')
    for name in {one["upstream"] for one in routes} - {one["name"] for one in has.get("upstream", [])}:
        lines.append(f'[[upstream]]\nname = "{name}"\nservers = ["http://127.0.0.1:9000"]')
    return "\n".join(lines) + "\n"


@pytest.fixture
def reader(room, recorder):
    made = Reader(room, recorder)
    yield made
    made.stop()


def prepare(reader, document):
    """What its reader has done before."""
    about = ABOUT.get(document)
    if about == FIRST_GATE:
        for block in blocks(FIRST_GATE):
            reader.read(block)
    elif about == CONFIGURED_GATE:
        reader.read(next(one for one in blocks(CONFIGURED_GATE) if one.language == "toml"))
        (made,) = [one for one in blocks(FIRST_GATE) if "client add" in one.text]
        people = [one for one in made.commands() if one.startswith(("portcullis client add", "portcullis user add", "portcullis token issue"))]
        if document not in EMPTY_STORE:
            reader.read(Block(made.document, made.line, "sh", "\n".join(people)))
            reader.save_a_request()
    if document == "gateway/provider/FROM-FLASK-OAUTHLIB.md":
        fill(f"sqlite:///{reader.room}/app.db")


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if blocks(one)])
def test_every_block_of_a_document_runs(document, reader):
    prepare(reader, document)
    for block in blocks(document):
        reader.read(block)


def test_the_first_gate_lets_the_signed_call_through_and_ends_with_its_token(reader, recorder):
    for block in blocks(FIRST_GATE):
        reader.read(block)
    seen = recorder.only()
    assert (seen.method, seen.target) == ("GET", "/api/email")
    assert [seen.one(f"X-OAuth-{name}") for name in ("User", "Client", "Realms")] == ["alice", "mobile-app", "email"]
    url = f"http://127.0.0.1:{reader.port}/api/email"
    with Wire(reader.port) as wire:
        request = f"GET /api/email HTTP/1.1\r\nHost: 127.0.0.1:{reader.port}\r\nAuthorization: {reader.signer().header('GET', url)}\r\n\r\n"
        assert wire.send(request.encode()).read().status == 401


def test_a_store_that_is_put_back_is_whole(reader):
    prepare(reader, "gateway/README.md")
    for block in blocks("gateway/README.md"):
        reader.read(block)
    assert [one.name for one in (reader.room / "var/lib").iterdir() if one.name.endswith(".old")] == ["portcullis.old"]
    code, out, _ = run("client", "list", "--json", "--config", reader.gate_toml)
    assert code == 0 and [json.loads(line)["key"] for line in out.splitlines()] == ["mobile-app"]


def test_a_line_of_the_log_looks_as_the_document_shows_it(reader):
    prepare(reader, "gateway/README.md")
    id = reader.refused()
    log = reader.room / "var/log/portcullis/gate.log"
    (line,) = eventually(lambda: [one for one in log.read_text().splitlines() if f"id={id}" in one], "the refusal is logged")
    (shown,) = [one for one in blocks("gateway/README.md") if one.language == ""]

    def shape(text):
        return re.sub(r"\d", "0", re.sub(r"( id=| out=| us=| 127\.0\.0\.1:)\w+", r"\g<1>0", " ".join(text.split())))

    assert shape(line) == shape(shown.text)


@pytest.mark.parametrize("language, text", [
    ("yaml", "a: b\n"), ("toml", "[listen]\nadress = 1\n"), ("toml", '[admin]\naddress = "0.0.0.0:9180"\n'), ("json", '{"type":"nobody"}\n'),
    ("python", "raise SystemExit(1)\n"), ("sh", "portcullis client show nobody --config gate.toml\n"), ("sh", "make install\n"),
    ("sh", "cmake --preset nothing\n"), ("sh", "cmake --build --preset release --target nothing\n"), ("sh", "./bench/run --nothing\n"),
    ("sh", "./bench/nothing\n"), ("sh", "portcullis check --config gate.toml\nfalse\n"), ("", "portcullis check --config gate.toml\n"),
])
def test_what_does_not_run_is_noticed(language, text, reader):
    prepare(reader, "gateway/README.md")
    with pytest.raises(AssertionError):
        reader.read(Block("wrong.md", 1, language, text))
