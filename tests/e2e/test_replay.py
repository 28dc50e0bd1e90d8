"""A request that was accepted is never accepted again: in no thread, and not after a restart."""

import threading

import pytest

pytestmark = pytest.mark.threads

COPIES = 20


def statuses_of_copies(gate, data, copies=COPIES):
    """The same bytes over as many connections, let go at the same moment."""
    wires = [gate.wire() for _ in range(copies)]
    start = threading.Barrier(copies)
    found = [None] * copies

    def send(i):
        start.wait(20)
        found[i] = wires[i].send(data).read().status

    threads = [threading.Thread(target=send, args=(i,)) for i in range(copies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for wire in wires:
        wire.socket.close()
    return sorted(found)


def test_a_replayed_request_is_refused(gate, recorder, alice):
    data = gate.request(alice, "GET", "/api/once")
    assert gate.exchange(data).status == 200
    for _ in range(3):
        assert gate.exchange(data).status == 401
    assert recorder.only().target == "/api/once"


def test_of_twenty_copies_at_once_one_passes(gate, recorder, alice):
    for i in range(10):
        assert statuses_of_copies(gate, gate.request(alice, "GET", f"/api/{i}")) == [200] + [401] * (COPIES - 1)
    assert sorted(seen.target for seen in recorder.seen) == [f"/api/{i}" for i in range(10)]


def test_pipelined_copies_pass_once(gate, recorder, alice):
    data = gate.request(alice, "GET", "/api/once")
    with gate.wire() as wire:
        wire.send(data * 3)
        assert [wire.read().status for _ in range(3)] == [200, 401, 401]
    assert len(recorder.seen) == 1


def test_a_copy_with_another_signature_method_or_spelling_is_still_a_copy(gate, recorder, alice):
    fixed = {"oauth_nonce": "the same", "oauth_timestamp": alice.parameters("GET", "http://x/")["oauth_timestamp"]}
    assert gate.call(alice, "GET", "/api/1", **fixed).status == 200
    assert gate.call(alice.but(digest="SHA256"), "GET", "/api/2", **fixed).status == 401
    assert gate.call(alice, "GET", "/api/3", oauth_version=None, **fixed).status == 401
    assert recorder.only().target == "/api/1"


def test_a_nonce_is_spent_for_its_client_token_and_timestamp_alone(gate, alice, store):
    other = store.stranger()
    store.token("client", "alice", "second")
    now = int(alice.parameters("GET", "http://x/")["oauth_timestamp"])
    for signer in (alice, other, alice.but(token="second")):
        for when in (now, now - 1, now + 1):
            fixed = {"oauth_nonce": "n", "oauth_timestamp": str(when)}
            assert gate.call(signer, "GET", "/api/x", **fixed).status == 200
            assert gate.call(signer, "GET", "/api/x", **fixed).status == 401


def test_a_refused_request_does_not_spend_its_nonce(gate, alice):
    fixed = {"oauth_nonce": "kept", "oauth_timestamp": alice.parameters("GET", "http://x/")["oauth_timestamp"]}
    assert gate.call(alice.but(secret="wrong"), "GET", "/api/x", **fixed).status == 401
    assert gate.call(alice, "GET", "/api/x", **fixed).status == 200


def test_a_replay_is_refused_after_an_orderly_restart(gate, recorder, alice):
    data = gate.request(alice, "GET", "/api/once")
    assert gate.exchange(data).status == 200
    gate.stop()
    gate.start()
    assert gate.exchange(data).status == 401
    assert gate.call(alice, "GET", "/api/fresh").status == 200
    assert [seen.target for seen in recorder.seen] == ["/api/once", "/api/fresh"]


def test_every_one_of_a_burst_is_forwarded_once(gate, recorder, alice):
    requests = [gate.request(alice, "GET", f"/api/{i}") for i in range(400)]

    def send(part):
        with gate.wire() as wire:
            for data in part:
                assert wire.send(data).read().status == 200

    threads = [threading.Thread(target=send, args=(requests[i::8],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(seen.target for seen in recorder.seen) == sorted(f"/api/{i}" for i in range(400))
