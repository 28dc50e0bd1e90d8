"""Bodies whose hash was signed, as Mastercard's and LTI's clients sign them: held until the hash is seen to be theirs."""

import base64
import hashlib
import json
import os
import resource
from pathlib import Path

import pytest
from oauthlib.oauth1 import Client

from backend import plain
from gate import HOST, SANITIZED
from test_methods import Pair, client_record, import_lines
from wire import eventually

MIB = 1 << 20
BIG = 20 * MIB
GROWTH = 6 * 1024  # KiB that a body of 20 MiB may add to the peak: what is held in memory is 1 MiB of it
JSON = "Content-Type: application/json"
BODY = json.dumps({"amount": 17, "currency": "€"}).encode()


def hash_of(body, name="sha1"):
    return base64.b64encode(hashlib.new(name, body).digest()).decode()


def big_body():
    return b"".join(hashlib.sha256(str(i).encode()).digest() for i in range(BIG // 32))


def put(gate, signer, body, hashed, *fields, target="/api/x"):
    return gate.request(signer, "PUT", target, body, headers=[JSON, *fields], oauth_body_hash=hashed)


def nameless_files(gate):
    """The files in the room that the gate holds open and that have no name, as paths into /proc."""
    found = []
    for entry in Path(f"/proc/{gate.process.pid}/fd").iterdir():
        try:
            to = os.readlink(entry)
        except FileNotFoundError:
            continue
        if to.startswith(str(gate.room)) and to.endswith("(deleted)"):
            found.append(entry)
    return found


@pytest.fixture
def new_holding_gate(new_gate, recorder, room):
    """A gate that holds its bodies in the room of the test."""
    folder = room / "held"
    folder.mkdir()

    def make(**sections):
        return new_gate(recorder, store={"temporary": str(folder)}, **sections)

    yield make
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("digest, name", [("SHA1", "sha1"), ("SHA256", "sha256"), ("SHA512", "sha512"), ("SHA256", "sha1")])
def test_json_with_the_hash_of_its_method_or_sha1_arrives_as_it_was_signed(digest, name, gate, recorder, alice):
    signer = alice.but(digest=digest)
    assert gate.exchange(put(gate, signer, BODY, hash_of(BODY, name)), "PUT").status == 200
    seen = recorder.only()
    assert seen.body == BODY
    assert seen.one("content-length") == str(len(BODY))
    assert seen.one("x-oauth-user") == "alice"


class Mastercard(Client):
    """Signs with a key alone, and sends the hash of its method where oauthlib's own sends SHA-1."""

    hashed = None

    def get_oauth_params(self, request):
        own = [(name, value) for name, value in super().get_oauth_params(request) if name != "oauth_body_hash"]
        return own + [("oauth_body_hash", self.hashed)]


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha512"])
def test_a_client_with_an_rsa_key_alone_signs_json_for_a_route_that_requires_it(name, new_gate, recorder, store):
    pair = Pair()
    import_lines(store, client_record("mc!-key", secret=None, rsa_public_keys=[pair.public]))
    gate = new_gate(recorder, [{"path": "/api/*", "upstream": "api", "auth": "client", "body_hash": "required"}])
    text = BODY.decode()
    for kind, hashed, status in ((Mastercard, hash_of(BODY, name), 200), (Mastercard, hash_of(b"x", name), 401), (Client, None, 200)):
        client = kind("mc!-key", signature_method="RSA-" + name.upper(), rsa_key=pair.private)
        client.hashed = hashed
        url, headers, _ = client.sign(f"http://{HOST}/api/pay?Format=JSON", "POST", text, {"Content-Type": "application/json"})
        data = gate.request(None, "POST", "/api/pay?Format=JSON", BODY, headers=[JSON, "Authorization: " + headers["Authorization"]])
        assert gate.exchange(data).status == status, kind
    assert [(seen.body, seen.one("x-oauth-client")) for seen in recorder.seen] == [(BODY, "mc!-key")] * 2


def test_a_body_that_was_changed_on_the_way_is_refused(gate, recorder, alice):
    changed = BODY.replace(b"17", b"71")
    for body, hashed in ((changed, hash_of(BODY)), (BODY, hash_of(changed)), (b"", hash_of(BODY)), (BODY, "AAAA")):
        answer = gate.exchange(put(gate, alice, body, hashed), "PUT")
        assert answer.status == 401
        assert b"oauth_parameters_rejected=oauth_body_hash" in answer.body
    assert not recorder.touched


def test_the_hash_itself_is_signed(gate, recorder, alice):
    changed = BODY.replace(b"17", b"71")
    data = put(gate, alice, changed, hash_of(BODY))
    old, new = (base64.b64encode(hashlib.sha1(body).digest()).decode() for body in (BODY, changed))
    for a, b in (("+", "%2B"), ("/", "%2F"), ("=", "%3D")):
        old, new = old.replace(a, b), new.replace(a, b)
    assert old.encode() in data
    answer = gate.exchange(data.replace(old.encode(), new.encode()), "PUT")
    assert answer.status == 401
    assert b"signature_invalid" in answer.body
    assert not recorder.touched


def test_a_get_may_bear_the_hash_of_nothing(gate, recorder, alice):
    assert gate.call(alice, "GET", "/api/x", oauth_body_hash=hash_of(b"")).status == 200
    assert gate.call(alice, "GET", "/api/x", oauth_body_hash=hash_of(b"x")).status == 401
    seen = recorder.only()
    assert not seen.all("content-length") and not seen.all("transfer-encoding")


def test_a_form_has_no_hash(gate, recorder, alice):
    answer = gate.call(alice, "POST", "/api/x", form="a=1", oauth_body_hash=hash_of(b"a=1"))
    assert answer.status == 400
    assert b"oauth_parameters_rejected=oauth_body_hash" in answer.body
    assert not recorder.touched


def test_a_route_may_require_the_hash(new_gate, recorder, alice):
    gate = new_gate(recorder, [{"path": "/api/*", "upstream": "api", "body_hash": "required"}])
    answer = gate.call(alice, "PUT", "/api/x", body=BODY, headers=[JSON])
    assert answer.status == 401
    assert b"oauth_problem=parameter_absent&oauth_parameters_absent=oauth_body_hash" in answer.body
    with gate.wire() as wire:  # and is told so before the body has come
        data = gate.request(alice, "PUT", "/api/x", BODY, headers=["Expect: 100-continue"])
        assert wire.send(data.removesuffix(BODY)).head().status == 401
    assert not recorder.touched
    assert gate.exchange(put(gate, alice, BODY, hash_of(BODY)), "PUT").status == 200
    assert gate.call(alice, "GET", "/api/x").status == 200
    assert gate.call(alice, "POST", "/api/x", form="a=1").status == 200
    assert [seen.method for seen in recorder.seen] == ["PUT", "GET", "POST"]


def test_chunks_are_held_and_go_on_with_their_length(gate, recorder, alice):
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:5], BODY[5:6], BODY[6:])) + b"0\r\nX-Note: 1\r\n\r\n"
    signed = alice.header("PUT", f"http://{HOST}/api/x", oauth_body_hash=hash_of(BODY))
    lines = ["PUT /api/x HTTP/1.1", f"Host: {HOST}", f"Authorization: {signed}", "Transfer-Encoding: chunked", "", ""]
    assert gate.exchange("\r\n".join(lines).encode() + chunks).status == 200
    seen = recorder.only()
    assert seen.body == BODY
    assert seen.one("content-length") == str(len(BODY))
    assert "transfer-encoding" not in seen.names() and "x-note" not in seen.names()


def test_20_mib_are_held_on_disk_with_little_memory(new_holding_gate, recorder, alice):
    gate = new_holding_gate()
    body = big_body()
    for _ in range(4):
        assert gate.call(alice, "PUT", "/api/warm", body=body[:65536]).status == 200
    recorder.seen.clear()
    recorder.touched = False
    before = gate.status("VmHWM")
    data = put(gate, alice, body, hash_of(body), "Expect: 100-continue")
    with gate.wire() as wire:
        wire.send(data.removesuffix(body))
        assert wire.head().status == 100
        assert not nameless_files(gate)
        wire.send(body[:-1])
        eventually(lambda: nameless_files(gate), "the body is on disk")
        assert wire.quiet()
        assert not recorder.touched
        assert wire.send(body[-1:]).read().status == 200
    assert hashlib.sha256(recorder.only().body).digest() == hashlib.sha256(body).digest()
    assert recorder.only().one("content-length") == str(BIG)
    assert nameless_files(gate) == []
    if not SANITIZED:
        grown = gate.status("VmHWM") - before
        assert grown < GROWTH, f"the peak grew by {grown} KiB"


def test_20_mib_that_are_not_the_ones_go_nowhere(new_holding_gate, recorder, alice):
    gate = new_holding_gate()
    body = big_body()
    answer = gate.exchange(put(gate, alice, body[:-1] + b"x", hash_of(body)), "PUT")
    assert answer.status == 401
    assert not recorder.touched
    eventually(lambda: not nameless_files(gate), "the file is gone")


def test_a_client_that_leaves_in_the_middle_leaves_nothing(new_holding_gate, recorder, alice):
    gate = new_holding_gate()
    body = big_body()
    with gate.wire() as wire:
        wire.send(put(gate, alice, body, hash_of(body))[: BIG // 2])
        eventually(lambda: nameless_files(gate), "the body is on disk")
    eventually(lambda: not nameless_files(gate), "the file is gone")
    assert not recorder.touched
    assert gate.call(alice, "GET", "/api/x").status == 200


def test_a_backend_that_does_not_read_is_waited_for_with_little_memory(new_holding_gate, recorder, alice):
    gate = new_holding_gate(timeouts={"upstream_response": "1s"})
    body = big_body()
    before = gate.status("VmHWM")

    def stall(seen, wire):
        eventually(lambda: gone, "the gate gave up")

    gone = []
    recorder.before_body = stall
    answer = gate.exchange(put(gate, alice, body, hash_of(body)), "PUT")
    gone.append(True)
    assert answer.status == 504
    eventually(lambda: not nameless_files(gate), "the file is gone")
    if not SANITIZED:
        assert gate.status("VmHWM") - before < GROWTH


def test_an_early_answer_of_the_backend_comes_through(new_holding_gate, recorder, alice):
    gate = new_holding_gate()
    body = big_body()
    done = []

    def refuse(seen, wire):
        wire.send(plain(b"too much", "413 Content Too Large"))
        eventually(lambda: done, "the client has its answer")

    recorder.before_body = refuse
    with gate.wire() as wire:
        answer = wire.send(put(gate, alice, body, hash_of(body))).read("PUT")
        done.append(True)
        assert (answer.status, answer.body) == (413, b"too much")
        recorder.before_body = lambda seen, wire: None
        assert wire.send(gate.request(alice, "GET", "/api/x")).read().status == 200
    assert [seen.connection for seen in recorder.seen] == [1, 2]


@pytest.mark.parametrize("over", [0, 1])
def test_a_held_body_may_be_as_long_as_the_setting_says(over, new_holding_gate, recorder, alice):
    gate = new_holding_gate(limits={"form_bytes": "1KiB", "hashed_body_bytes": "300KiB"})
    body = b"a" * (300 * 1024 + over)
    with gate.wire() as wire:
        assert wire.try_send(put(gate, alice, body, hash_of(body))).read().status == (413 if over else 200)
    assert [len(seen.body) for seen in recorder.seen] == ([] if over else [300 * 1024])


def test_who_comes_while_the_disk_is_used_up_is_refused(new_holding_gate, recorder, alice):
    limits = {"form_bytes": "1KiB", "hashed_body_bytes": "300KiB", "hashed_bodies_bytes": "300KiB"}
    gate = new_holding_gate(limits=limits)
    body = b"a" * (300 * 1024)
    with gate.wire() as wire:
        wire.send(put(gate, alice, body, hash_of(body))[:-1])
        eventually(lambda: sum(os.stat(file).st_size for file in nameless_files(gate)) >= 256 * 1024, "it is on disk")
        assert gate.exchange(put(gate, alice, body, hash_of(body)), "PUT").status == 503
        assert not recorder.touched
    eventually(lambda: not nameless_files(gate), "the file is gone")
    assert gate.exchange(put(gate, alice, body, hash_of(body)), "PUT").status == 200


def test_a_folder_that_is_missing_is_said_so(new_gate, recorder, alice, room):
    gate = new_gate(recorder, store={"temporary": str(room / "missing")}, limits={"form_bytes": "1KiB"})
    eventually(lambda: "can't make files in store.temporary" in gate.said(), "it is said at the start")
    small, large = b"a" * 1024, b"a" * 1025
    assert gate.exchange(put(gate, alice, small, hash_of(small)), "PUT").status == 200
    assert gate.exchange(put(gate, alice, large, hash_of(large)), "PUT").status == 503
    eventually(lambda: "holding_fault" in gate.said(), "it is in the log")
    assert [len(seen.body) for seen in recorder.seen] == [1024]


def test_a_full_disk_costs_one_request(new_holding_gate, recorder, alice):
    """Files that may not grow beyond a size fail as on a full disk."""
    gate = new_holding_gate()
    body = big_body()
    limit = 17 * MIB  # the ledger, which has 16, is made already
    before = resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    assert gate.exchange(put(gate, alice, body, hash_of(body)), "PUT").status == 503
    eventually(lambda: "can't write to a temporary file" in gate.said(), "it is in the log")
    assert not recorder.touched
    assert nameless_files(gate) == []
    resource.prlimit(gate.process.pid, resource.RLIMIT_FSIZE, before)
    assert gate.exchange(put(gate, alice, body, hash_of(body)), "PUT").status == 200
    assert len(recorder.only().body) == BIG
