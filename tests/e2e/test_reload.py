"""SIGHUP: a changed configuration comes into effect while requests are answered, all of it or nothing."""

import re
import signal
import subprocess
import threading
import time

import pytest

from backend import Recorder, plain
from gate import HOST
from test_tls import ask, signed
from wire import eventually

STAYS, DONE = "the configuration stays as it was", "configuration reloaded"


def hang_up(gate, said=DONE):
    """Sends SIGHUP and waits until the log says what came of it."""
    before = gate.said().count(said)
    gate.process.send_signal(signal.SIGHUP)
    eventually(lambda: gate.said().count(said) > before, said)


def rewrite(gate, *changes):
    text = gate.file.read_text()
    for old, new in changes:
        assert text.count(old) == 1, (old, text)
        text = text.replace(old, new)
    gate.file.write_text(text)


def add(gate, text):
    gate.file.write_text(gate.file.read_text() + text)


def test_a_new_route_and_new_header_names_hold_for_the_next_request_of_an_open_connection(gate, recorder, alice):
    with gate.wire() as wire:
        assert wire.send(gate.request(alice, "GET", "/api/x")).read().status == 200
        assert wire.send(gate.request(None, "GET", "/new")).read().status == 404
        add(gate, '[headers]\nuser = "X-Who"\n[[route]]\npath = "/new"\nauth = "none"\nupstream = "api"\n')
        hang_up(gate)
        assert wire.send(gate.request(None, "GET", "/new")).read().status == 200
        assert wire.send(gate.request(alice, "GET", "/api/x")).read().status == 200
    first, _, last = recorder.seen
    assert first.one("x-oauth-user") == "alice" and not first.all("x-who")
    assert last.one("x-who") == "alice" and not last.all("x-oauth-user")
    assert recorder.connections == 1, "the upstream stayed the same, and so did its connection"


def test_with_mistakes_nothing_changes_and_each_is_told_at_its_place(gate, alice):
    good = gate.file.read_text()
    lines = good.count("\n")
    add(gate, '[[route]]\npath = "/new"\nauth = "none"\nupstream = "nowhere"\n[limits]\nheaders = "many"\n')
    hang_up(gate, STAYS)
    places = re.findall(rf"{re.escape(str(gate.file))}:(\d+):(\d+): ", gate.said())
    assert {int(line) for line, _ in places} == {lines + 4, lines + 6}, gate.said()
    assert gate.call(None, "GET", "/new").status == 404
    assert gate.call(alice, "GET", "/api/x").status == 200
    gate.file.unlink()
    hang_up(gate, STAYS)
    assert gate.call(alice, "GET", "/api/x").status == 200
    gate.file.write_text(good)
    hang_up(gate)
    assert gate.call(alice, "GET", "/api/x").status == 200


def test_what_takes_a_restart_is_named_and_stays_while_the_rest_changes(gate, alice):
    rewrite(gate, ('path = "' + str(gate.store.path), 'path = "/nowhere' + str(gate.store.path)),
            ("threads = 2", "threads = 1"), ('ledger_size = "16MiB"', 'ledger_size = "32MiB"'))
    add(gate, '[[route]]\npath = "/new"\nauth = "none"\nupstream = "api"\n')
    hang_up(gate)
    said = gate.said()
    for key in ("store.path", "listen.threads", "store.ledger_size"):
        assert f"{key} takes a restart" in said, said
    assert said.count("takes a restart") == 3
    assert gate.call(None, "GET", "/new").status == 200
    assert gate.call(alice, "GET", "/api/x").status == 200


@pytest.mark.threads
def test_a_request_under_way_ends_with_the_backend_it_began_with(gate, recorder, alice):
    release = threading.Event()
    recorder.answer = lambda seen, wire: (release.wait(60), plain(b"from the old one"))[1]
    other = Recorder()
    try:
        with gate.wire() as wire:
            wire.send(gate.request(alice, "GET", "/api/slow"))
            eventually(lambda: recorder.seen, "the request is in flight")
            rewrite(gate, (recorder.url, other.url))
            hang_up(gate)
            assert gate.call(alice, "GET", "/api/new").status == 200
            release.set()
            assert wire.read().body == b"from the old one"
            assert wire.send(gate.request(alice, "GET", "/api/next")).read().status == 200
        assert [seen.target for seen in recorder.seen] == ["/api/slow"]
        assert [seen.target for seen in other.seen] == ["/api/new", "/api/next"]
        eventually(lambda: not recorder.live, "connections to a backend that is no longer used are closed")
    finally:
        other.stop()


@pytest.mark.threads
def test_reloads_under_load_lose_and_repeat_no_request(gate, recorder, alice):
    stop, wrong, sent = threading.Event(), [], []

    def client(number):
        count = 0
        with gate.wire() as wire:
            while not stop.is_set():
                target = f"/api/{number}-{count}"
                answer = wire.send(gate.request(alice, "GET", target)).read()
                sent.append(target)
                count += 1
                if answer.status != 200:
                    wrong.append((target, answer))

    threads = [threading.Thread(target=client, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    add(gate, "[limits]\nheaders = 100\n")
    for i in range(10):
        rewrite(gate, (f"headers = {100 + i}", f"headers = {101 + i}"))
        before = len(sent)
        hang_up(gate)
        eventually(lambda: len(sent) > before + 6 or wrong, "requests go on")
    stop.set()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert sorted(seen.target for seen in recorder.seen) == sorted(sent)


def test_the_log_level_changes(gate, alice):
    assert gate.call(alice, "GET", "/api/told").status == 200
    rewrite(gate, ('level = "info"', 'level = "warn"'))
    gate.process.send_signal(signal.SIGHUP)

    def quiet():
        target = f"/api/quiet{time.monotonic_ns()}"
        assert gate.call(alice, "GET", target).status == 200
        assert gate.call(alice.but(secret="wrong"), "GET", target + "refused").status == 401
        eventually(lambda: target + "refused" in gate.said(), "a refusal is still logged")
        return target + " " not in gate.said()

    eventually(quiet, "requests that pass are no longer logged")
    assert "/api/told" in gate.said()


def window(gate, past):
    text = gate.file.read_text()
    gate.file.write_text(re.sub(r"\[oauth\]\n(timestamp_window = [^\n]*\n)?",
                                f'[oauth]\ntimestamp_window = {{ past = "{past}s", future = "60s" }}\n', text))


@pytest.mark.parametrize("how", ["reload", "restart", "kill"])
def test_a_wider_window_reopens_nothing(how, gate, recorder, alice):
    then = str(int(time.time()) - 30)
    once = gate.request(alice, "GET", "/api/once", oauth_timestamp=then)
    assert gate.exchange(once).status == 200

    def change(past):
        window(gate, past)
        if how == "reload":
            return hang_up(gate)
        gate.stop() if how == "restart" else gate.kill()
        gate.start()

    change(5)
    assert gate.exchange(once).status == 401  # and the next claim purges it
    assert gate.call(alice, "GET", "/api/now").status == 200
    change(300)
    refused = gate.exchange(once)
    assert refused.status == 401 and b"timestamp_refused" in refused.body
    assert gate.call(alice, "GET", "/api/other", oauth_timestamp=then).status == 401
    assert gate.call(alice, "GET", "/api/now").status == 200
    assert [seen.target for seen in recorder.seen] == ["/api/once", "/api/now", "/api/now"]


def make_certificate(room, name):
    made, key = room / f"{name}.pem", room / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", key, "-out", made],
        check=True, capture_output=True, timeout=60)
    return made, key


def test_a_renewed_certificate_is_taken_and_a_bad_one_is_not(new_gate, room, recorder, alice):
    made, key = make_certificate(room, "first")
    second, second_key = make_certificate(room, "second")
    gate = new_gate(recorder, listen={"external_url": f"https://{HOST}"},
                    **{"listen.tls": {"certificate": str(made), "key": str(key)}})
    first_bytes = made.read_bytes()
    assert b" 200 " in ask(gate, (made, key), signed(alice, "/api/x"))[1]
    made.write_bytes(second.read_bytes())  # the key is still the first one's
    hang_up(gate, STAYS)
    assert str(key) in gate.said()
    (room / "trusted").write_bytes(first_bytes)
    assert b" 200 " in ask(gate, (room / "trusted", key), signed(alice, "/api/x"))[1]
    key.write_bytes(second_key.read_bytes())
    hang_up(gate)
    assert b" 200 " in ask(gate, (second, second_key), signed(alice, "/api/x"))[1]
