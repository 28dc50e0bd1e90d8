"""Every command and every configuration in a document, run as its reader would run it. A block that nothing here knows
how to run is an error, and so is what a document names and nobody has."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
import tomllib
from dataclasses import dataclass

import pytest

from gate import BINARY, PATIENCE, TOP, run
from signer import Signer, base_string
from test_flask_oauthlib import fill
from wire import Wire, eventually, free_port

FIRST_GATE, CONFIGURED_GATE = "README.md", "conf/README.md"
ROOMS = ("verify", "store", "conf", "gateway", "tests", "bench")
DOCUMENTS = ["README.md", *sorted(str(path.relative_to(TOP)) for room in ROOMS for path in (TOP / room).rglob("*.md"))]
# Which gate.toml a document's commands are about, as it says at its beginning. Others begin with nothing.
ABOUT = {
    "gateway/provider/README.md": FIRST_GATE,
    "gateway/provider/FROM-FLASK-OAUTHLIB.md": CONFIGURED_GATE,
    **dict.fromkeys(["conf/README.md", "gateway/README.md", "store/README.md", "verify/README.md"], CONFIGURED_GATE),
}
EMPTY_STORE = ["gateway/provider/FROM-FLASK-OAUTHLIB.md"]
# What is run by a shell as it stands. Commands that build or measure for minutes are in Scripts.
COMMANDS = {"portcullis", "kill", "mv", "cp", "rm", "mkdir", "eval", "echo", "umask", "python3"}
SCRIPTS = ["gateway/quickstart", "tests/run", "bench/run", "bench/verify", "bench/soak"]


@dataclass
class Block:
    """What stands between two fences."""

    document: str
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.document}:{self.line}"

    def commands(self):
        """Of a block of sh: each command with its further lines, and without the comment behind it."""
        for command in re.split(r"(?<!\\)(?<!&&)(?<!\|)\n", re.sub(r"(?m)(^|\s+)#\s.*$", "", self.text)):
            if command.strip():
                yield command.strip()


def blocks(document):
    text = (TOP / document).read_text()
    fences = re.finditer(r"^( *)```([^\n]*)\n(.*?)^\1```$", text, re.M | re.S)
    found = [Block(document, text.count("\n", 0, one.start()) + 1, one[2], textwrap.dedent(one[3])) for one in fences]
    assert len(re.findall(r"^ *```", text, re.M)) == 2 * len(found), f"{document}: a fence has no end"
    return found


# ---- What takes too long to be run here: its parts are looked up


def presets(kind):
    return {one["name"] for one in json.loads((TOP / "CMakePresets.json").read_text())[kind] if not one.get("hidden")}


def targets():
    texts = [path.read_text() for path in [TOP / "CMakeLists.txt", *TOP.glob("[a-z]*/CMakeLists.txt")] if path.parent.name != "build"]
    return set(re.findall(r"add_executable\((\S+)", "\n".join(texts)))


def options_of(script):
    """All that it takes, as it says itself."""
    if script.startswith("bench/"):
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run([TOP / script, "--help"], env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    return (TOP / script).read_text()


def looked_up(command):
    """True if it is such a command, and all that it names is there."""
    for part in command.split(" && "):
        words = shlex.split(part)
        if words[:2] == ["cmake", "--preset"]:
            assert set(words[2:]) <= presets("configurePresets"), part
        elif words[:3] == ["cmake", "--build", "--preset"]:
            assert words[3] in presets("buildPresets") and words[4:5] in ([], ["--target"]), part
            assert set(words[5:]) <= targets(), part
        elif part == "export PATH=$PWD/build/release:$PATH":
            assert "release" in presets("buildPresets") and "portcullis" in targets()
        elif words[0].startswith("build/release/"):
            assert words[0].removeprefix("build/release/") in targets() and words[1:] == ["--help"], part
        elif words[0].removeprefix("./") in SCRIPTS:
            script = words[0].removeprefix("./")
            assert words[0].startswith("./") and os.access(TOP / script, os.X_OK), part
            said = options_of(script)
            assert all(re.search(rf"(?<![\w-]){option}\b", said) for option in words[1:] if option.startswith("-")), part
        else:
            return False
    return True


# ---- A reader


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


# ---- What documents name


def prose(document):
    return re.sub(r"^( *)```.*?^\1```$", "", (TOP / document).read_text(), flags=re.M | re.S)


WRITTEN = [one for one in DOCUMENTS if one not in ("bench/RESULTS.md", "bench/VERIFICATION.md")]  # these are printed by programs


@pytest.mark.parametrize("document", WRITTEN)
def test_every_file_that_a_document_names_is_there(document):
    text = prose(document)
    links = [re.sub("#.*", "", target) for target in re.findall(r"\]\(([^)]*)\)", text) if "://" not in target]
    assert [one for one in links if one and not (TOP / document).parent.joinpath(one).exists()] == []
    named = re.findall(rf"`(?:\./)?((?:{'|'.join(ROOMS)})/[\w./-]*)`", text)
    assert [one for one in named if not (TOP / one).exists()] == []
    anchors = re.findall(r"\]\(([^)#]*)#([^)]*)\)", text)
    for file, anchor in anchors:
        heads = re.findall(r"^#+ (.*)$", ((TOP / document).parent / file if file else TOP / document).read_text(), re.M)
        assert anchor in [re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads], anchor


def test_the_rooms_of_the_program_and_their_arrows_are_those_that_the_documents_list():
    rules = re.findall(r'\{"gateway/(\w+)",\s*\{([^}]*)\}\}', (TOP / "tests/house_tables.h").read_text())
    rooms = {name: {other.removeprefix("gateway/") for other in re.findall(r'"([^"]+)"', others)} for name, others in rules}
    assert sorted(rooms) == sorted(file.parent.name for file in (TOP / "gateway").glob("*/CMakeLists.txt"))
    shown = re.findall(r"^\| `(\w+)/` \| .* \| (.*) \|$", (TOP / "gateway/README.md").read_text(), re.M)
    assert {name: set(re.findall(r"`(\w+)`", others)) for name, others in shown} == rooms
    listed = re.search(r"The rooms of `gateway`, (.*?)\. ", (TOP / "README.md").read_text(), re.S)[1]
    assert re.findall(r"`(\w+)`", listed) == list(rooms)


def test_every_document_is_reached_from_the_top_one():
    reached, waiting = set(), ["README.md"]
    while waiting:
        document = waiting.pop()
        if document in reached:
            continue
        reached.add(document)
        for target in re.findall(r"\]\(([^)#:]+\.md)", (TOP / document).read_text()):
            waiting.append(str(((TOP / document).parent / target).resolve().relative_to(TOP)))
    assert sorted(reached) == sorted(DOCUMENTS)


@pytest.mark.parametrize("document", WRITTEN)
def test_a_document_can_be_read_in_a_terminal(document):
    text = (TOP / document).read_text()
    assert [line for line in text.splitlines() if len(line) > 120 and not line.lstrip().startswith(("|", "{"))] == []
    assert document != "README.md" or text.count("\n") <= 150


@pytest.mark.parametrize("document", WRITTEN)
def test_every_key_that_a_document_names_is_one(document):
    keys, section = set(), ""
    for line in (TOP / "conf/portcullis.toml").read_text().splitlines():
        if found := re.match(r"#?\[([a-z.]+)\]$", line):
            section = found[1]
        elif found := re.match(r"#?(\w+) = ", line):
            keys.add(f"{section}.{found[1]}")
    sections = {key.split(".")[0] for key in keys if key[0] != "."}
    named = re.findall(rf"`((?:{'|'.join(sections)})\.[a-z_.]+)\b(?!\()", prose(document))
    assert [one for one in named if one not in keys and f"{one}.toml" not in named and not one.endswith(".toml")] == []


def test_every_option_that_a_document_names_is_one():
    said = [options_of(script) for script in SCRIPTS]
    for words in ("", "serve", "check", "client", "user", "token", "sign", "explain", "import", "export", "backup"):
        _, out, _ = run(*words.split(), "--help")
        said.append(out)
        for inner in re.findall(r"^  (\w+) {2,}", out.partition("Subcommands:")[2], re.M):
            said.append(run(*words.split(), inner, "--help")[1])
    text = "\n".join(said)
    for document in WRITTEN:
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", " ".join(re.findall(r"`([^`\n]*)`", prose(document)))))
        assert [one for one in named if not re.search(rf"(?<![\w-]){one}\b", text)] == [], document


def test_the_figures_are_those_that_were_measured():
    rows = re.findall(r"^\| ([^|]*) \| \w+ \| \*\*([\d.]+)\*\* [^|]* \| ([\d.]+) \| ([\d,]+) \|", (TOP / "bench/RESULTS.md").read_text(), re.M)
    shown = re.findall(r"^\| [^|]* \| ([\d.]+) \| ([\d.]+) \| ([\d,]+) \|$", (TOP / "README.md").read_text(), re.M)
    assert len(rows) == 4 and shown == [row[1:] for row in rows]
    (one,) = re.findall(r"^\| one verification \| \*\*([\d,]+)\*\*", (TOP / "bench/VERIFICATION.md").read_text(), re.M)
    (told,) = re.findall(r"takes ([\d.]+) us", (TOP / "README.md").read_text())
    assert told == f"{int(one.replace(',', '')) / 1000:.2f}"
