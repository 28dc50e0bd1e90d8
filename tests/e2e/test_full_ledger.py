"""A full ledger refuses and never skips its check; a client that has its share waits while others are served."""

import pytest

from backend import Recorder
from gate import SANITIZED
from test_told import Desk, names
from wire import eventually

BATCH = 200
MOST = 40_000  # requests that 1 MiB of ledger surely has no room for
WINDOW = 120  # seconds from the earliest to the latest timestamp that is accepted, as the default is


def send(gate, signer, stamp, count=BATCH):
    """So many fresh requests of one second, pipelined; answers their answers."""
    with gate.wire() as wire:
        wire.send(b"".join(gate.request(signer, "GET", "/api/x", oauth_timestamp=stamp) for _ in range(count)))
        return [wire.read() for _ in range(count)]


def fill(gate, signer, stamp):
    """Until the ledger has no room for more; there is no backend, so what is let through gets 502. Answers how many were."""
    passed = 0
    while passed < MOST:
        answers = send(gate, signer, stamp)
        assert {answer.status for answer in answers} <= {502, 503}
        full = [answer for answer in answers if answer.status == 503]
        assert all(b"ledger_full" in answer.body for answer in full)
        passed += BATCH - len(full)
        if len(full) > BATCH * 9 // 10:
            return passed
    raise AssertionError("it was never full")


def tells_alike(gate, signer, stamp):
    """A refusal for want of room is in the log and kept, with nothing said against the client."""
    desk = Desk(gate, signer)

    def one_that_is_kept():  # not all are, so soon after so many
        answer = send(gate, signer, stamp, 1)[0]
        id = answer.one("x-request-id")
        code, told, _ = desk.asked("--id", id)
        return (id, code, told) if answer.status == 503 and told else None

    id, code, told = eventually(one_that_is_kept, "a refusal is kept")
    assert desk.logged(id)[:2] == (503, "ledger_full")
    assert (code, told["signature"], names(told)) == (0, "right", ["ledger_full"])


@pytest.mark.skipif(SANITIZED, reason="ten thousand requests take long where a sanitizer looks on")
def test_a_full_ledger_lets_nobody_through_unchecked_and_takes_up_again_when_the_window_has_passed(
    new_gate, recorder, alice, clock
):
    sizes = {"ledger_size": "1MiB", "ledger_client_share": 100}
    gate = new_gate(recorder, clock=clock, store=sizes, log={"format": "json"})
    stamp = str(clock.now())
    early = gate.request(alice, "GET", "/api/early", oauth_timestamp=stamp)
    assert gate.exchange(early).status == 200
    recorder.stop()
    assert fill(gate, alice, stamp) > 5760  # what it has room for at least
    recorder = Recorder(recorder.port)
    try:
        for _ in range(2):
            assert gate.exchange(early).status == 401  # known for what it is
            statuses = [answer.status for answer in send(gate, alice, stamp)]
            assert statuses.count(200) == len(recorder.seen) < BATCH // 5  # a page here and there has a gap
            assert statuses.count(200) + statuses.count(503) == BATCH
            tells_alike(gate, alice, stamp)
            gate.kill()  # which makes no room
            gate.start()
            recorder.seen.clear()

        clock.set(WINDOW)
        for _ in range(5):
            assert {answer.status for answer in send(gate, alice, str(clock.now()))} == {200}
        assert gate.exchange(early).status == 401
        assert len(recorder.seen) == 5 * BATCH
    finally:
        recorder.stop()


def test_a_client_with_its_share_is_told_when_to_come_back_while_another_is_served(
    new_gate, recorder, alice, store, clock
):
    other = store.stranger()
    gate = new_gate(recorder, clock=clock, store={"ledger_size": "1MiB", "ledger_client_share": 1})
    stamp = str(clock.now())
    early = gate.request(alice, "GET", "/api/early", oauth_timestamp=stamp)
    assert gate.exchange(early).status == 200
    answers = send(gate, alice, stamp)
    assert [answer.status for answer in answers] == [200] * 56 + [429] * 144  # 57 are 1 % of what there is room for
    refused = answers[-1]
    assert b"ledger_share_used" in refused.body
    wait = int(refused.one("retry-after"))
    assert 1 <= wait <= WINDOW // 2 + 1
    assert {answer.status for answer in send(gate, other, stamp, 20)} == {200}
    assert {answer.status for answer in send(gate, alice, stamp, 20)} == {429}
    assert gate.exchange(early).status == 401  # a replay is still told as one
    assert len(recorder.seen) == 57 + 20

    clock.set(wait)
    assert {answer.status for answer in send(gate, alice, str(clock.now()), 20)} == {200}
    assert gate.exchange(early).status == 401
