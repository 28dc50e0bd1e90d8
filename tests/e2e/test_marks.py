"""A byte order mark, as editors put it before a text, is taken by every reader of text, and UTF-16 is named."""

import codecs
import json

import pytest

from gate import granted, run
from signer import SECRET, TOKEN_SECRET, Signer

# A name, how text is written, what is said of it; None: it is taken.
WAYS = {
    "plain": (lambda text: text.encode(), None),
    "marked": (lambda text: codecs.BOM_UTF8 + text.encode(), None),
    "marked twice": (lambda text: 2 * codecs.BOM_UTF8 + text.encode(), None),
    "line ends of Windows": (lambda text: codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode(), None),
    "UTF-16 as Notepad saves it": (lambda text: text.encode("utf-16"), "is UTF-16 (little-endian): save it as UTF-8"),
    "UTF-16, big-endian": (
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "is UTF-16 (big-endian): save it as UTF-8"),
    "UTF-16 without its mark": (lambda text: text.encode("utf-16-le"), "is UTF-16 (little-endian): save it as UTF-8"),
}  # fmt: skip


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


@pytest.fixture
def public_key(certificate):
    return certificate[0]


class Reader:
    """Writes files in one way, and checks what a command says to that."""

    def __init__(self, room, way):
        self.room, (self.encode, self.complaint) = room, way

    def file(self, text, name="file"):
        path = self.room / name
        path.write_bytes(self.encode(text))
        return path

    def check(self, *arguments, code=0, input=None):
        got, out, err = run(*arguments, input=input)
        if self.complaint:
            assert got == 1 and self.complaint in out + err, (arguments, got, out, err)
        else:
            assert got == code, (arguments, got, out, err)
        return out


@pytest.fixture
def reader(room, way):
    return Reader(room, way)


def test_records_to_import(reader, store):
    records = granted("client", SECRET, "alice", "token", TOKEN_SECRET)
    store.user("somebody")
    reader.check("import", reader.file("".join(json.dumps(one) + "\n" for one in records)), "--store", store.path)
    if not reader.complaint:
        assert "alice" in store.ok("token", "list")


def test_a_mark_between_files_that_were_put_together(room, store):
    records = granted("client", SECRET, "alice", "token", TOKEN_SECRET)
    (room / "file").write_bytes(b"".join(codecs.BOM_UTF8 + json.dumps(one).encode() + b"\r\n" for one in records))
    store.ok("import", room / "file")


def test_secrets(reader, store):
    # What is stored is the secret alone: it verifies nothing else.
    store.user("alice")
    reader.check("client", "add", "--name", "n", "--key", "k", "--secret", f"@{reader.file('a secret' + chr(10))}",
                 "--store", store.path)  # fmt: skip
    if reader.complaint:
        return
    assert '"secret":"a secret"' in store.ok("export")
    signed = [
        run("sign", "GET", "http://api.test/x", "--key", "k", "--secret", f"@{reader.file(text)}")
        for text in ("a secret\n", "a secret")
    ]
    assert all(code == 0 for code, _, _ in signed), signed


def test_requests_and_base_strings(reader, store, alice):
    target = "http://api.test/api/x?a=1"
    dump = f"GET /api/x?a=1 HTTP/1.1\nHost: api.test\nAuthorization: {alice.header('GET', target)}\n\n"
    command = f"curl -H 'Authorization: {alice.header('GET', target)}' '{target}'\n"
    wrong = dump.replace("a=1", "a=2", 1)
    for kind, text, code in (("--http", dump, 0), ("--curl", command, 0)):
        out = reader.check("explain", kind, reader.file(text), "--store", store.path, code=code)
        assert reader.complaint or out.startswith("The signature is right"), out
    plain = reader.room / "request"
    plain.write_text(wrong)
    base = reader.file("GET&http%3A%2F%2Fapi.test%2Fapi%2Fx&a%3D1\n", "base")
    out = reader.check("explain", "--http", plain, "--base-string", base, "--store", store.path)
    assert reader.complaint or "differs from byte" in out, out


def test_public_keys(reader, store, public_key):
    store.user("alice")
    path = reader.file(public_key.read_text())
    _, _, err = run("client", "add", "--name", "n", "--key", "k", "--rsa-public-key", path, "--store", store.path)
    # The certificate's key is no RSA key, which only somebody who has read the file can tell.
    assert (reader.complaint or "is no RSA") in err or "RSA" in err and not reader.complaint, err


def test_the_configuration_and_what_it_names(reader, new_gate, recorder, certificate, room):
    """Certificate, key, texts, a template and the file itself."""
    gate = new_gate(recorder, start=False, listen={"tls": None})
    folder = room / "pages"
    folder.mkdir()
    template = folder / "sign_out.mustache"
    template.write_bytes(reader.encode("<form action='{{action}}'>{{csrf}}</form>\n"))
    texts = reader.file("[sign_in]\n", "texts.toml")
    made, key = (reader.file(path.read_text(), path.name + ".marked") for path in certificate)
    text = gate.file.read_text().replace("tls = null\n", "").replace("[listen]", "[listen]\n", 1)
    extras = {
        "template": f"[provider]\ntemplates = {json.dumps(str(folder))}\n",
        "texts": f"[provider]\ntexts = {json.dumps(str(texts))}\n",
        "tls": f"[listen.tls]\ncertificate = {json.dumps(str(made))}\nkey = {json.dumps(str(key))}\n",
    }
    for name, extra in extras.items():
        gate.file.write_text(text + extra)
        live = ["--live"] if name == "tls" else []
        reader.check("check", "--config", gate.file, *live)
    gate.file.write_bytes(reader.encode(text))
    reader.check("check", "--config", gate.file)


def test_data_to_be_signed_stays_as_it_is(room, store, alice):
    """A mark is part of the body that goes out."""
    for data in (b"a=b", codecs.BOM_UTF8 + b"a=b"):
        (room / "data").write_bytes(data)
        code, out, _ = run("sign", "POST", "http://api.test/x", "--key", "k", "--secret", "s", "--data", f"@{room / 'data'}",
                           "--curl")  # fmt: skip
        assert code == 0 and ("\ufeff" in out) == (data != b"a=b")


def test_passwords(store):
    for name, given in (("alice", codecs.BOM_UTF8 + b"a long password\r\n"), ("bob", b"a long password\n")):
        store.ok("user", "add", name, "--password-stdin", input=given.decode())
    code, out, err = store.run("user", "add", "carol", "--password-stdin", input="a\0 \0l\0o\0")
    assert code == 1 and "is UTF-16" in err
