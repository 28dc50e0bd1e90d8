"""Stores that are put back from a copy over one that has stopped: what was accepted meanwhile stays spent."""

import shutil
import subprocess

import pytest


def put_back(copy, store, way):
    if way == "cp -a":
        subprocess.run(["cp", "-a", f"{copy}/.", f"{store}/"], check=True)
    elif way == "cp -r":
        subprocess.run(["cp", "-r", f"{copy}/.", f"{store}/"], check=True)
    elif way == "tar":
        subprocess.run(f"tar -C {copy} -c . | tar -C {store} -x --overwrite", shell=True, check=True)
    elif way == "dd":
        for path in copy.rglob("*"):
            if path.is_file():
                subprocess.run(["dd", f"if={path}", f"of={store / path.relative_to(copy)}", "conv=notrunc", "status=none"], check=True)
    else:
        for name in way.split(" + "):
            shutil.copyfile(copy / name, store / name)


@pytest.mark.parametrize("way", ["cp -a", "cp -r", "tar", "dd", "mark", "ledger/data.mdb", "pulse", "credentials/data.mdb", "ledger/data.mdb + pulse"])
@pytest.mark.parametrize("taken", ["stopped", "running"])
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_was_accepted_after_a_copy_was_taken_is_not_accepted_again(way, taken, end, room, store, new_gate, recorder, alice):
    copy = room / "copy"
    gate = new_gate(recorder)
    first = gate.request(alice, "GET", "/api/first")
    assert gate.exchange(first).status == 200
    if taken == "stopped":
        gate.stop()
    subprocess.run(["cp", "-a", store.path, copy], check=True)
    if taken == "stopped":
        gate.start()
    second = [gate.request(alice, "GET", f"/api/{i}") for i in range(3)]
    assert [gate.exchange(one).status for one in second] == [200, 200, 200]
    gate.stop() if end == "stop" else gate.kill()
    put_back(copy, store.path, way)
    gate.start()
    assert [gate.exchange(one).status for one in (first, *second)] == [401] * 4
