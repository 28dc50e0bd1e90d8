"""Rotation: two live secrets or keys side by side, the counts that tell which is used, and the end of the old one."""

import json
import time

from gate import HOST, run
from test_methods import Pair, call, client_record, open_gate, session, with_token
from wire import eventually


def shown(store, key="client"):
    return json.loads(store.ok("client", "show", key, "--json"))


def utc():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def matched(store, kind):
    return [one["matched"] for one in shown(store)[kind]]


def test_two_secrets_work_and_the_counts_tell_which_is_used(gate, alice, store):
    before = utc()
    assert gate.call(alice, "GET", "/api/x").status == 200
    eventually(lambda: matched(store, "secrets") == [1], "the only secret is counted")
    store.ok("client", "rotate", "client", "--secret", "-", input="fresh secret")
    fresh = alice.but(secret="fresh secret")
    for signer, times in ((alice, 2), (fresh, 3)):
        for _ in range(times):
            assert gate.call(signer, "GET", "/api/x").status == 200
    eventually(lambda: matched(store, "secrets") == [3, 3], "both are counted, wherever they stand")
    store.ok("client", "rotate", "client", "--keep", "0s", "--secret", "-", input="third")
    for signer in (alice, fresh):
        assert gate.call(signer, "GET", "/api/x").status == 401
    assert gate.call(alice.but(secret="third"), "GET", "/api/x").status == 200
    eventually(lambda: matched(store, "secrets") == [1], "those that went are not shown")
    record = shown(store)
    assert record["matched"] == 7
    assert record["methods"]["HMAC-SHA1"]["matched"] == 7
    assert before <= record["last_matched"] <= utc()


def test_the_old_secret_ends_at_its_time_and_not_before(gate, alice, store):
    store.ok("client", "rotate", "client", "--keep", "2s", "--secret", "-", input="fresh")
    end = shown(store)["secrets"][1]["expires"]

    def refused():
        over = utc() >= end
        status = gate.call(alice, "GET", "/api/x").status
        assert status == (401 if over else 200) or (not over and utc() >= end)
        return status == 401

    eventually(refused, "the old secret ends")
    assert gate.call(alice.but(secret="fresh"), "GET", "/api/x").status == 200


def test_rsa_keys_rotate_likewise(room, new_gate, recorder, store):
    old, new = Pair(), Pair()
    (room / "new.pem").write_text(new.public)
    with_token(store, client_record(secret=None, rsa_public_keys=[old.public]))
    gate = open_gate(new_gate, recorder)
    assert call(gate, session("RSA-SHA256", private=old.private)) == 200
    assert call(gate, session("RSA-SHA256", private=new.private)) == (401, "signature_invalid")
    store.ok("client", "rotate", "client", "--rsa-public-key", room / "new.pem")
    assert call(gate, session("RSA-SHA256", private=old.private)) == 200
    for _ in range(2):
        assert call(gate, session("RSA-SHA1", private=new.private)) == 200
    eventually(lambda: matched(store, "rsa_keys") == [2, 2], "both keys are counted")
    assert shown(store)["methods"]["RSA-SHA1"]["matched"] == 2
    store.ok("client", "rotate", "client", "--rsa-public-key", room / "new.pem", "--keep", "0s")
    assert call(gate, session("RSA-SHA256", private=old.private)) == (401, "signature_invalid")
    assert call(gate, session("RSA-SHA256", private=new.private)) == 200


def test_counts_outlive_the_gate_and_what_was_refused_is_none(gate, alice, store):
    assert gate.call(alice, "GET", "/api/x").status == 200
    assert gate.call(alice.but(secret="wrong"), "GET", "/api/x").status == 401
    gate.stop()  # writes what it has not yet written
    assert matched(store, "secrets") == [1]
    gate.start()
    assert gate.call(alice, "GET", "/api/x").status == 200
    eventually(lambda: matched(store, "secrets") == [2], "the counts go on")


def test_damaged_counts_begin_anew_and_stop_nobody(new_gate, recorder, alice, store):
    gate = new_gate(recorder)
    gate.stop()
    (store.path / "usage" / "data.mdb").write_bytes(b"x" * 20000)
    gate.start()
    assert gate.call(alice, "GET", "/api/x").status == 200
    eventually(lambda: matched(store, "secrets") == [1], "counting goes on")
    assert "usage.damaged" in gate.said()


def test_a_route_that_accepts_another_scheme_counts_it(new_gate, recorder, alice, store):
    routes = [{"path": "/api/*", "upstream": "api", "realms": ["email"], "accept_schemes": ["https"]}]
    gate = new_gate(recorder, routes=routes)
    for scheme, times in (("http", 1), ("https", 2)):
        for _ in range(times):
            value = alice.header("GET", f"{scheme}://{HOST}/api/x")
            data = f"GET /api/x HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {value}\r\n\r\n"
            assert gate.exchange(data.encode()).status == 200
    gate.stop()
    code, out, err = run("check", "--live", "--json", "--config", gate.file)
    assert code == 0, err
    route, = json.loads(out)["routes"]
    assert route["other_scheme"]["matched"] == 2
