"""The store through the command line: what goes in comes out, here, in a copy and elsewhere."""

import json
import re
import subprocess

import pytest

from gate import HOST, ROUTES, Gate, Store
from signer import Signer

RECORDS = [
    {"type": "client", "key": "K", "secret": "S", "name": "N", "description": "", "redirect_uris": ["https://a.test/cb"],
     "callback_match": "exact", "allow_oob": False, "realms": ["email"], "default_realms": [], "rsa_public_keys": [],
     "signature_methods": [], "extra": {"plan": "gold"}, "reply_realms": None, "quirks": [], "header_realm": "",
     "renewable": False, "same_token": True, "enabled": True},
    {"type": "user", "name": "älice", "password_hash": "pbkdf2:sha256:600000$abc$" + "0" * 64, "enabled": True},
    {"type": "token", "client": "K", "user": "älice", "token": "T", "secret": "TS", "realms": ["email"], "expires": None,
     "revoked": False, "created": None, "session_handle": "H", "authorization_expires": "2999-01-01T00:00:00Z"},
    {"type": "token", "client": "K", "user": "älice", "token": "T2", "secret": "TS2", "realms": [],
     "expires": "2999-01-01T00:00:00Z", "revoked": True, "created": "2020-01-01T00:00:00Z",
     "session_handle": None, "authorization_expires": None},
]


def lines(records):
    return "".join(json.dumps(record) + "\n" for record in records)


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def by_name(found):
    return sorted((r for r in found), key=lambda r: (r["type"], r.get("key") or r.get("name") or r.get("token")))


@pytest.fixture
def moved(room, store):
    (room / "in.jsonl").write_text(lines(RECORDS))
    store.ok("import", room / "in.jsonl")
    return store


def test_what_is_imported_is_exported_the_same(room, moved):
    out = records(moved.ok("export"))
    assert by_name(out) == by_name(RECORDS)
    kinds = [record["type"] for record in out]
    assert kinds == sorted(kinds, key=["client", "user", "token"].index)
    moved.ok("export", room / "out.jsonl")
    other = Store(room / "other")
    other.ok("import", room / "out.jsonl")
    assert by_name(records(other.ok("export"))) == by_name(RECORDS)


def test_an_import_is_all_or_nothing_and_replaces_when_told_to(room, moved):
    changed = [{**RECORDS[0], "key": "new"}, {**RECORDS[0], "name": "renamed"}]
    (room / "again.jsonl").write_text(lines(changed))
    code, _, err = moved.run("import", room / "again.jsonl")
    assert code == 1 and "K" in err
    assert by_name(records(moved.ok("export"))) == by_name(RECORDS)
    moved.ok("import", "--replace", room / "again.jsonl")
    names = {record["key"]: record["name"] for record in records(moved.ok("export")) if record["type"] == "client"}
    assert names == {"K": "renamed", "new": "N"}


@pytest.mark.parametrize("line", [
    "{", "[]", '{"type":"nothing"}', '{"type":"client"}', '{"type":"client","key":"a b","secret":"S","name":"N"}',
    '{"type":"client","key":"k","secret":"S","name":"N","nam":1}',
    '{"type":"token","client":"?","user":"?","token":"t","secret":"s"}',
])
def test_a_line_that_can_not_be_taken_is_named_and_nothing_is(line, room, store):
    (room / "in.jsonl").write_text(lines(RECORDS) + line + "\n")
    code, _, err = store.run("import", room / "in.jsonl")
    assert code == 1
    assert re.search(rf"\b{len(RECORDS) + 1}\b", err), err
    code, out, _ = store.run("export")
    assert (code, out) in ((0, ""), (1, ""))


def test_imported_clients_and_tokens_are_let_in_while_the_gate_runs(room, new_gate, recorder, store):
    store.client("first")
    gate = new_gate(recorder)
    signer = Signer("K", "S", "T", "TS")
    assert gate.call(signer, "GET", "/api/x").status == 401
    (room / "in.jsonl").write_text(lines(RECORDS))
    store.ok("import", room / "in.jsonl")
    assert gate.call(signer, "GET", "/api/x").status == 200
    assert gate.call(signer.but(token="T2", token_secret="TS2"), "GET", "/api/x").status == 401
    seen = recorder.only()
    assert (seen.one("x-oauth-client"), seen.one("x-oauth-user")) == ("K", "%C3%A4lice")


def test_a_backup_of_a_running_gate_has_its_records_and_lets_no_replay_in(room, gate, alice, store, recorder):
    data = gate.request(alice, "GET", "/api/x")
    assert gate.exchange(data).status == 200
    store.ok("backup", room / "copy")
    store.ok("token", "revoke", "token")
    copy = Store(room / "copy")
    assert [token["revoked"] for token in records(copy.ok("token", "list", "--json"))] == [False]
    assert [token["revoked"] for token in records(store.ok("token", "list", "--json"))] == [True]
    (room / "second").mkdir()
    restored = Gate(room / "second", copy, {"api": [recorder.url]}, ROUTES, listen={"external_url": f"http://{HOST}"})
    restored.start()
    try:
        assert restored.exchange(data).status == 401
    finally:
        restored.stop()
    assert len(recorder.seen) == 1


def test_secrets_are_printed_once_and_never_listed(store):
    made = json.loads(store.ok("client", "add", "--name", "N", "--json"))
    assert re.fullmatch("[A-Za-z0-9]{27}", made["key"]) and re.fullmatch("[A-Za-z0-9]{27}", made["secret"])
    store.user("alice")
    token = json.loads(store.ok("token", "issue", "--client", made["key"], "--user", "alice", "--json"))
    assert re.fullmatch("[A-Za-z0-9]{27}", token["token"]) and re.fullmatch("[A-Za-z0-9]{27}", token["secret"])
    shown = [("client", "show", made["key"]), ("token", "show", token["token"])]
    for command in [("client", "list"), ("token", "list"), ("user", "list"), *shown]:
        for form in ((), ("--json",)):
            said = store.ok(*command, *form)
            assert made["secret"] not in said and token["secret"] not in said


def test_exit_codes_say_what_happened(store):
    store.client("k")
    store.user("alice")
    store.token("k", "alice", "t")
    for arguments, code in (
        (("client", "show", "k"), 0), (("client", "show", "none"), 1), (("client", "show"), 2),
        (("client", "add", "--name", "N", "--key", "k"), 1), (("token", "issue", "--client", "k", "--user", "nobody"), 1),
        (("token", "revoke", "t"), 0), (("token", "revoke", "t"), 0), (("token", "revoke", "none"), 1),
        (("token", "revoke"), 2), (("user", "remove", "alice"), 0), (("user", "remove", "alice"), 1),
    ):
        assert store.run(*arguments)[0] == code, arguments


def test_removing_a_client_ends_its_tokens(gate, alice, store):
    assert gate.call(alice, "GET", "/api/x").status == 200
    store.ok("client", "remove", "client")
    assert gate.call(alice, "GET", "/api/x").status == 401


def test_a_request_signed_by_the_command_line_passes(gate, recorder, alice, store):
    for arguments in (("GET", "http://api.test/api/x?a=1&b=%20"), ("POST", "http://api.test/api/y", "--data", "a=b+c&d=%26")):
        header = store.ok("sign", *arguments, "--client", "client", "--token", "token").strip()
        value = header.removeprefix("Authorization: ")
        assert value.startswith("OAuth ")
        target = arguments[1].removeprefix("http://api.test")
        body = arguments[3] if len(arguments) > 3 else ""
        fields = [f"{arguments[0]} {target} HTTP/1.1", "Host: api.test", f"Authorization: {value}"]
        if body:
            fields += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        assert gate.exchange(("\r\n".join([*fields, "", ""]) + body).encode()).status == 200
    assert [seen.target for seen in recorder.seen] == ["/api/x?a=1&b=%20", "/api/y"]


def test_the_curl_command_to_paste_passes(new_gate, recorder, alice, store):
    gate = new_gate(recorder, listen={"external_url": None})
    url = gate.url("/api/it's?a=1&b=$HOME&c='x'")
    command = store.ok("sign", "POST", url, "--client", "client", "--token", "token", "--data", "q='$1'&r=2", "--curl")
    shell = ["bash", "-c", command.strip() + " -s -w '%{http_code}'"]
    done = subprocess.run(shell, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.endswith("200"), (command, done)
    seen = recorder.only()
    assert (seen.target, seen.body) == ("/api/it's?a=1&b=$HOME&c='x'", b"q='$1'&r=2")
    assert seen.one("x-oauth-user") == "alice"
