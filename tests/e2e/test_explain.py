"""portcullis explain on requests that the gate really refused."""

import json

from gate import HOST, run
from signer import SECRET, TOKEN_SECRET


def explain(gate, data, *more, kind="--http"):
    code, out, err = run("explain", kind, "-", "--config", gate.file, *more, input=data)
    assert err == "", err
    for secret in (SECRET, TOKEN_SECRET):
        assert secret not in out
    return code, out


def test_the_request_that_was_refused_is_explained(gate, alice):
    target = "/api/x?a=1"
    good = gate.request(alice, "GET", target)
    header = alice.header("GET", f"https://{HOST}{target}")
    bad = good.replace(good.split(b"Authorization: ")[1].split(b"\r\n")[0], header.encode())
    assert gate.exchange(bad).status == 401
    code, out = explain(gate, bad.decode())
    assert code == 0
    assert "The URL was signed with https://" in out
    assert f"GET http://{HOST}{target}" in out
    assert gate.exchange(good).status == 200
    code, out = explain(gate, good.decode())
    assert (code, out.splitlines()[0][:23]) == (0, "The signature is right,")


def test_a_form_that_was_left_out_is_named_in_json(gate, alice):
    good = gate.request(alice, "POST", "/api/x", form="text=hello+world")
    header = alice.header("POST", f"http://{HOST}/api/x")
    bad = good.replace(good.split(b"Authorization: ")[1].split(b"\r\n")[0], header.encode())
    assert gate.exchange(bad, "POST").status == 401
    code, out = explain(gate, bad.decode(), "--json")
    told = json.loads(out)
    assert code == 0 and told["signature"] == "wrong"
    assert [change["name"] for change in told["near_misses"][0]["changes"]] == ["form_left_out"]


def test_the_curl_command_that_was_refused_is_explained(gate, alice, store):
    url = f"http://{HOST}/api/x?a=b"
    command = store.ok("sign", "GET", url, "--client", "client", "--token", "token", "--curl")
    code, out = explain(gate, command, kind="--curl")
    assert code == 0 and out.startswith("The signature is right,")
    code, out = explain(gate, command.replace("?a=b", "?a=c"), kind="--curl")
    assert code == 1 and "no usual cause was found" in out
