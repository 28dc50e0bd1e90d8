"""The documents: which there are, their fenced blocks, and what is only looked up because it takes too long to be run."""

import json
import os
import re
import shlex
import subprocess
import textwrap
from dataclasses import dataclass

from gate import PATIENCE, TOP

ROOMS = ("verify", "store", "conf", "gateway", "tests", "bench")
DOCUMENTS = ["README.md", *sorted(str(path.relative_to(TOP)) for room in ROOMS for path in (TOP / room).rglob("*.md"))]
# Commands that build or measure for minutes.
SCRIPTS = ["gateway/quickstart", "tests/run", "tests/fuzz", "tests/tidy", "bench/run", "bench/verify", "bench/soak"]


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
