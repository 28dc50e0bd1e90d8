"""What documents name is there: files, sections, keys, options, rooms and figures. And they can be read."""

import re

import pytest

from documents import DOCUMENTS, ROOMS, SCRIPTS, options_of
from gate import TOP, run


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
