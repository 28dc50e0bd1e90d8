"""The gate as a process: how it starts, drains and ends, and what it says when it can't."""

import re
import signal
import socket
import threading

import pytest

from backend import plain
from gate import Gate, run
from wire import Closed, eventually


@pytest.mark.threads
def test_sigterm_finishes_what_is_in_flight_and_exits_0(gate, recorder, alice):
    release = threading.Event()
    recorder.answer = lambda seen, wire: (release.wait(60), plain(b"after the signal"))[1]
    with gate.wire() as wire, gate.wire() as idle:
        assert idle.quiet(0.1)
        wire.send(gate.request(alice, "GET", "/api/slow"))
        eventually(lambda: recorder.seen, "the request is in flight")
        gate.terminate()
        assert idle.closed()
        release.set()
        assert wire.read().body == b"after the signal"
        assert wire.closed()
    gate.ended()
    with pytest.raises(OSError):
        gate.wire()


@pytest.mark.threads
def test_sigterm_under_load_loses_no_request_that_was_begun(gate, recorder, alice):
    lost, begun, enough = [], [0], threading.Event()

    def client():
        try:
            with gate.wire() as wire:
                while True:
                    data = gate.request(alice, "GET", "/api/x")
                    wire.send(data)
                    answer = wire.read()
                    begun[0] += 1
                    if begun[0] > 100:
                        enough.set()
                    if answer.status != 200:
                        lost.append(answer)
                    if answer.all("connection") == ["close"]:
                        return
        except Closed as end:
            if end.args[0]:
                lost.append(end.args[0])
        except OSError:
            pass

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    gate.terminate()
    gate.ended()
    for thread in threads:
        thread.join(60)
    assert not lost
    assert all(seen.complete for seen in recorder.seen)


def test_sigint_ends_it_too(gate):
    gate.process.send_signal(signal.SIGINT)
    gate.ended()


def test_what_does_not_end_is_cut_when_the_drain_is_over(new_gate, recorder, alice):
    release = threading.Event()
    recorder.answer = lambda seen, wire: (release.wait(60), plain())[1]
    gate = new_gate(recorder, timeouts={"drain": "1s"})
    with gate.wire() as wire:
        wire.send(gate.request(alice, "GET", "/api/slow"))
        eventually(lambda: recorder.seen, "the request is in flight")
        gate.terminate()
        gate.ended()
    release.set()


def failed_start(gate):
    code, out, err = run("serve", "--config", gate.file)
    assert (code, out) == (1, ""), (code, out, err)
    return err


def test_an_occupied_port_is_an_error(new_gate, recorder, alice):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = failed_start(new_gate(recorder, start=False, listen={"address": address}))
    assert address in said


def test_two_gates_on_one_port_or_one_ledger_are_an_error(new_gate, room, recorder, alice, store):
    gate = new_gate(recorder)
    other = room / "other"
    other.mkdir()
    address = f"127.0.0.1:{gate.port}"
    same_port = Gate(other, type(store)(room / "store2"), {"api": [recorder.url]}, [], listen={"address": address})
    assert address in failed_start(same_port)
    same_store = Gate(other, store, {"api": [recorder.url]}, [])
    assert failed_start(same_store)
    assert gate.call(alice, "GET", "/api/x").status == 200


def test_every_mistake_of_a_configuration_is_reported_at_its_place(room):
    file = room / "wrong.toml"
    file.write_text(
        '[listen]\naddress = "127.0.0.1"\nadress = "127.0.0.1:1"\n[oauth]\n  realms = [1]\n'
        '[limits]\nheaders = "many"\n[[route]]\npath = "api"\nupstream = "missing"\n'
    )
    for command in (("check",), ("serve",)):
        code, _, err = run(*command, "--config", file)
        assert code == 1
        places = [tuple(map(int, found)) for found in re.findall(rf"^{re.escape(str(file))}:(\d+):(\d+): ", err, re.M)]
        assert {line for line, _ in places} >= {2, 3, 5, 7, 9}, err
        assert (3, 1) in places and 3 <= [column for line, column in places if line == 5][0]
        assert places == sorted(places)


def test_check_prints_the_routes_of_a_good_configuration(room, recorder, store):
    route = {"path": "/api/{id}/*", "methods": ["GET"], "realms": ["email"], "upstream": "api"}
    gate = Gate(room, store, {"api": [recorder.url]}, [route])
    code, out, err = run("check", "--config", gate.file)
    assert code == 0, err
    assert "/api/{id}/*" in out and "GET" in out and "email" in out


@pytest.mark.parametrize("arguments", [
    [], ["--nonsense"], ["serve"], ["nothing"], ["check", "--config"], ["client", "add", "--name", "N"],
])
def test_wrong_usage_is_2(arguments):
    code, _, err = run(*arguments)
    assert code == 2 and err


def test_a_configuration_that_is_missing_is_1(room):
    code, _, err = run("check", "--config", room / "none.toml")
    assert code == 1 and "none.toml" in err


def test_no_secret_and_no_query_is_in_the_log(new_gate, recorder, alice):
    gate = new_gate(recorder, log={"level": "debug"})
    for signer in (alice, alice.but(secret="wrong-secret"), alice.but(token="nothing")):
        gate.call(signer, "GET", "/api/logged?private=query")
    gate.stop()
    said = gate.said()
    assert "/api/logged" in said
    for secret in (alice.secret, alice.token_secret, "wrong-secret", "private", "oauth_signature", "OAuth oauth"):
        assert secret not in said


def test_each_answer_and_its_line_in_the_log_bear_the_same_id(gate, alice):
    passed = gate.call(alice, "GET", "/api/x").one("x-request-id")
    refused = gate.call(alice.but(secret="wrong"), "GET", "/api/x").one("x-request-id")
    gate.stop()
    lines = gate.said().splitlines()
    assert [line for line in lines if passed in line]
    assert [line for line in lines if refused in line and "signature_invalid" in line]


def test_sighup_reopens_the_log_and_serves_on(new_gate, room, recorder, alice):
    log, rotated = room / "gate.log", room / "gate.log.1"
    gate = new_gate(recorder, log={"file": str(log)})
    assert gate.call(alice, "GET", "/api/before").status == 200
    eventually(lambda: "/api/before" in log.read_text(), "the first request is logged")
    log.rename(rotated)
    gate.process.send_signal(signal.SIGHUP)
    eventually(log.exists, "the log is opened anew")
    assert gate.call(alice, "GET", "/api/after").status == 200
    eventually(lambda: "/api/after" in log.read_text(), "the second request is in the new file")
    assert "/api/after" not in rotated.read_text()
