"""Secrets that are printed once: what becomes of them when standard output is a full disk or a closed pipe."""

import json
import os
import subprocess

import pytest

from gate import BINARY, PATIENCE, granted
from signer import SECRET, TOKEN_SECRET, Signer


def full_disk():
    return os.open("/dev/full", os.O_WRONLY)


def closed_pipe():
    reading, writing = os.pipe()
    os.close(reading)
    return writing


OUTPUTS = {"a full disk": full_disk, "a closed pipe": closed_pipe}


@pytest.fixture(params=OUTPUTS)
def lost(request, store):
    """Runs a command whose output nobody gets: what it says on standard error."""

    def run(*arguments, code=1):
        output = OUTPUTS[request.param]()
        done = subprocess.run([BINARY, *arguments, "--store", store.path], stdout=output, stderr=subprocess.PIPE,
                              timeout=PATIENCE, text=True, check=False)  # fmt: skip
        os.close(output)
        assert done.returncode == code, done
        assert SECRET not in done.stderr and TOKEN_SECRET not in done.stderr
        return done.stderr

    return run


def clients(store):
    return [json.loads(line)["key"] for line in store.ok("client", "list", "--json").splitlines()]


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_a_client_that_nobody_was_told_of_is_named_with_the_way_to_another_secret(json_too, lost, store):
    said = lost("client", "add", "--name", "N", *json_too)
    (key,) = clients(store)
    assert key in said and "its secret was not shown" in said
    command = said[said.index("client rotate") : said.index(" gives")].split()
    assert "secret" in store.ok(*command)


def test_a_client_without_a_secret_is_named_too(lost, store, room):
    subprocess.run(["openssl", "genrsa", "-out", room / "key", "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", room / "key", "-pubout", "-out", room / "public"], check=True, capture_output=True)
    said = lost("client", "add", "--name", "N", "--key", "k", "--rsa-public-key", str(room / "public"))
    assert "client k was added" in said and "secret" not in said and clients(store) == ["k"]


def test_of_secrets_that_were_given_nothing_is_lost(lost, store, room):
    (room / "secret").write_text(SECRET)
    said = lost("client", "add", "--name", "N", "--key", "k", "--realm", "email", "--secret", f"@{room}/secret")
    assert "client k was added" in said and "rotate" not in said and clients(store) == ["k"]
    store.user("alice")
    said = lost("token", "issue", "--client", "k", "--user", "alice", "--token", "t", "--secret", f"@{room}/secret")
    assert "token t was issued" in said and "revoke" not in said


@pytest.mark.parametrize("more", [[], ["--json"], ["--keep", "0s"], ["--secret", "given"]])
def test_a_rotation_that_nobody_was_told_of_is_taken_back(more, lost, store, new_gate, recorder, alice):
    gate = new_gate(recorder)
    before = store.ok("export")
    said = lost("client", "rotate", "client", *more)
    assert "client client was not rotated" in said
    assert store.ok("export") == before
    assert gate.call(alice, "GET", "/api/x").status == 200
    rotated = json.loads(store.ok("client", "rotate", "client", "--json"))
    for signer in (alice, Signer("client", rotated["secret"], "token", TOKEN_SECRET)):
        assert gate.call(signer, "GET", "/api/x").status == 200


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_a_token_that_nobody_was_told_of_is_named_with_the_way_to_end_it(json_too, lost, store):
    store.take(*granted("client", SECRET, "alice", "token", TOKEN_SECRET))
    said = lost("token", "issue", "--client", "client", "--user", "alice", *json_too)
    assert "its secret was not shown" in said
    command = said[said.index("token revoke") : said.index(" ends")].split()
    assert command[2] != "token" and "revoked" in store.ok(*command)


def test_output_that_is_only_a_list_is_said_to_be_lost(store):
    store.user("alice")
    for command in (["user", "list"], ["user", "list", "--json"], ["export"]):
        output = full_disk()
        done = subprocess.run([BINARY, *command, "--store", store.path], stdout=output, stderr=subprocess.PIPE,
                              timeout=PATIENCE, text=True, check=False)  # fmt: skip
        os.close(output)
        assert done.returncode == 1 and "standard output" in done.stderr


@pytest.mark.parametrize("command", ["client list", "client list --json", "client show client", "user list", "token list", "export", "export -"])
def test_what_is_only_read_ends_quietly_with_1_when_nobody_reads_it(command, store, alice):
    output = closed_pipe()
    done = subprocess.run([BINARY, *command.split(), "--store", store.path], stdout=output, stderr=subprocess.PIPE,
                          timeout=PATIENCE, text=True, check=False)  # fmt: skip
    os.close(output)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("command", ["client list", "client list --json", "token list --json", "export"])
def test_a_list_of_which_somebody_has_enough_ends_quietly_with_1(command, store):
    store.take(*granted("client", SECRET, "alice", "token", TOKEN_SECRET))
    store.take(*({"type": "client", "key": f"k{i}", "secret": SECRET, "name": "n" * 200} for i in range(1000)))
    store.take(*({"type": "token", "client": "client", "user": "alice", "token": f"t{i}", "secret": SECRET} for i in range(1000)))
    with subprocess.Popen([BINARY, *command.split(), "--store", store.path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as one:
        assert one.stdout.read(10)
        one.stdout.close()
        assert (one.wait(PATIENCE), one.stderr.read()) == (1, b"")


@pytest.mark.parametrize("command", ["--help", "serve --help", "--version"])
def test_help_that_nobody_reads_ends_quietly_with_1(command):
    output = closed_pipe()
    done = subprocess.run([BINARY, *command.split()], stdout=output, stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
    os.close(output)
    assert (done.returncode, done.stderr) == (1, b"")


def test_what_changes_something_says_that_its_output_is_lost(store, lost):
    assert "what was changed stays changed" in lost("user", "add", "bob")
    assert [json.loads(line)["name"] for line in store.ok("user", "list", "--json").splitlines()] == ["bob"]


@pytest.mark.parametrize("command", ["export", "backup"])
@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_a_file_that_was_made_is_there_though_nobody_was_told(command, json_too, store, lost, room):
    store.user("alice")
    assert "what was changed stays changed" in lost(command, str(room / "made"), *json_too)
    made = room / "made"
    (file,) = made.rglob("data.mdb") if command == "backup" else [made]
    assert file.stat().st_size > 0
