"""A clock that was ahead and was put right: what refuses is told by the log, `explain`, `check --live` and the answer, and
the two ways out that gateway/README.md has lead out."""

import json
import time

import pytest

from gate import TOP, run
from test_crashes import cut_power
from wire import eventually

DAY = 86400


class Told:
    """A gate with a clock of the test's own, and what commands with the same clock say."""

    def __init__(self, gate, signer, clock):
        self.gate, self.signer, self.clock = gate, signer, clock

    def signed(self, target="/api/x", by=0):
        return self.gate.request(self.signer, "GET", target, oauth_timestamp=str(self.clock.now() + by))

    def status(self, by=0):
        return self.gate.exchange(self.signed(by=by)).status

    def forget(self):
        """Lets the ledger forget what it accepted so far: its floor rises to the time of that."""
        self.clock.set(self.clock.ahead + 200)
        assert self.status() == 200

    def logged(self, text):
        return eventually(lambda: text in self.gate.said(), f"the log says {text!r}: {self.gate.said()}")

    def live(self):
        _, out, _ = run("check", "--live", "--json", "--config", self.gate.file)
        return next(one for one in json.loads(out)["live"] if one["what"] == "replay ledger")

    def explained(self, data):
        code, out, _ = run("explain", "--http", "-", "--json", "--config", self.gate.file, input=data.decode())
        return code, {one["reason"]: one["sentence"] for one in json.loads(out)["reasons"]}

    def kept(self, id):
        def once():
            _, out, _ = run("explain", "--id", id, "--json", "--config", self.gate.file)
            return out and {one["reason"]: one["sentence"] for one in json.loads(out)["reasons"]}

        return eventually(once, f"{id} is kept")


@pytest.fixture
def told(new_gate, recorder, alice, clock, monkeypatch):
    for name, value in clock.environment.items():
        monkeypatch.setenv(name, value)  # of the commands too
    return Told(new_gate(recorder, clock=clock, listen={"threads": 1}), alice, clock)


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@pytest.mark.parametrize("ahead", [300, DAY, 400 * DAY])
@pytest.mark.parametrize("how", ["running", "stopped", "killed"])
def test_what_refuses_is_told_everywhere(told, store, ahead, how):
    told.clock.set(ahead)
    told.logged(" ahead: should that be wrong, put it right soon")
    assert told.status() == 200
    floor = told.clock.now()
    told.forget()
    if how != "running":
        getattr(told.gate, {"stopped": "stop", "killed": "kill"}[how])()
    told.clock.set(0)
    if how != "running":
        told.gate.start()
    refused = told.gate.exchange(told.signed())
    code, reasons = told.explained(told.signed())  # at once
    assert code == 0 and utc(floor)[:16] in reasons["timestamp_refused"]
    told.logged("signed requests are refused with timestamp_refused until " + utc(floor)[:16])

    assert refused.status == 401 and b"timestamp_refused" in refused.body
    assert b"oauth_acceptable_timestamps" not in refused.body
    assert utc(floor)[:13].encode() in refused.body
    assert not refused.has("oauth_acceptable_timestamps")
    assert "oauth_acceptable_timestamps" not in refused.one("www-authenticate")
    told.logged("at or below the replay ledger's floor")

    live = told.live()
    assert not live["ok"] and utc(floor)[:16] in live["sentence"]
    id = refused.one("x-request-id")
    for reasons in (told.kept(id), told.explained(told.signed())[1]):
        assert utc(floor)[:16] in reasons["timestamp_refused"] and "gateway/README.md" in reasons["timestamp_refused"]
    told.gate.stop()  # and with nobody there
    assert not told.live()["ok"]
    code, reasons = told.explained(told.signed())
    assert code == 0 and utc(floor)[:16] in reasons["timestamp_refused"]
    code, out, _ = run("explain", "--http", "-", "--store", store.path, input=told.signed().decode())
    assert code == 0 and utc(floor)[:16] in out and "The signature is right, but" in out


def broken(told, recorder, ahead=DAY):
    """A gate whose clock was ahead and is right again. Answers a request that it accepted meanwhile."""
    told.clock.set(ahead)
    later = told.signed("/api/later")
    assert told.gate.exchange(later).status == 200
    told.forget()
    told.clock.set(0)
    assert told.status() == 401
    told.logged("signed requests are refused with timestamp_refused until")
    recorder.seen.clear()
    return later


def test_the_section_that_all_of_these_name_is_there():
    assert "\n### Clocks that were wrong\n" in (TOP / "gateway/README.md").read_text()


def test_waiting_leads_out_and_forgets_nothing(told, recorder):
    later = broken(told, recorder)
    told.clock.set(DAY + 100)
    assert told.gate.exchange(told.signed("/api/then")).status == 200
    told.logged("requests are accepted again")
    told.clock.set(DAY)
    assert told.gate.exchange(later).status == 401
    assert [seen.target for seen in recorder.seen] == ["/api/then"]


def test_a_mark_that_is_taken_away_leads_out_after_the_future_window(told, recorder, store):
    broken(told, recorder)
    now = told.signed("/api/now")
    told.gate.stop()
    (store.path / "mark").unlink()
    assert "missing" in told.live()["sentence"]
    told.gate.start()
    assert told.gate.exchange(now).status == 401  # for the window, and no longer
    told.logged("signed requests are refused with timestamp_refused until")
    assert "oauth_acceptable_timestamps" in told.gate.exchange(now).one("www-authenticate")
    told.clock.set(62)
    assert told.status() == 200
    assert told.live()["ok"]
    code, reasons = told.explained(told.signed())
    assert code == 0 and not reasons
    told.gate.stop()
    told.gate.start()
    assert told.status() == 200


def test_a_mark_that_is_ahead_is_told_of_and_refuses_nothing_until_a_power_cut(told, store):
    told.clock.set(DAY)
    assert told.status() == 200
    told.clock.set(0)
    told.logged("the clock is behind what it was")
    assert told.status() == 200
    live = told.live()
    assert live["ok"] and "after a power cut" in live["sentence"]
    told.gate.kill()
    cut_power(store)
    assert not told.live()["ok"]
    told.gate.start()
    assert told.status() == 401
    assert "timestamp_refused" in told.explained(told.signed())[1]


def test_a_clock_that_was_behind_shuts_nobody_out(told):
    told.clock.set(-DAY)
    told.logged("the machine's clock was set back by")
    assert told.status() == 200
    told.forget()
    told.clock.set(0)
    told.logged("seconds ahead: should that be wrong")
    assert told.status() == 200
    assert told.live()["ok"]
    assert told.explained(told.signed()) == (0, {})
    assert "are refused with timestamp_refused" not in told.gate.said()


def test_an_old_request_is_not_blamed_on_a_floor_that_is_behind_the_clock(told):
    assert told.status() == 200
    told.forget()
    code, reasons = told.explained(told.signed(by=-500))
    assert reasons == {}
