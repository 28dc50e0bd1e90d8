"""portcullis explain on requests that the gate really refused."""

import json

from dance import CALLBACK, Client, User, query
from gate import HOST, run
from signer import SECRET, TOKEN_SECRET, Signer


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


def test_what_keeps_a_request_token_from_being_exchanged_is_told(provider):  # noqa: F811
    gate = provider()
    client = Client(gate)
    assert client.request_token().status_code == 200
    secret = client.session._client.client.resource_owner_secret
    signer = Signer("app", SECRET, client.token, secret)
    host = gate.url()[len("http://"):-1]

    def told(path, who=signer, method="POST", **given):
        value = who.header(method, gate.url(path), **given)
        dump = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {value}\r\n\r\n"
        code, out = explain(gate, dump, "--json")
        found = json.loads(out)
        assert secret not in out and (found["signature"] != "right" or code == 0)
        return found["signature"], [reason["reason"] for reason in found["reasons"]]

    exchange = "/oauth/access_token"
    assert told(exchange) == ("right", ["parameter_absent"])
    assert told(exchange, oauth_verifier="guess") == ("right", ["token_not_authorized"])
    back = User(gate).consent(client)
    assert told(exchange, oauth_verifier="guess") == ("right", ["verifier_wrong"])
    verifier = query(back)["oauth_verifier"][0]
    assert told(exchange, oauth_verifier=verifier) == ("right", [])
    assert told(exchange, signer.but(token_secret="x"), oauth_verifier=verifier) == ("wrong", [])
    assert told(exchange, oauth_verifier=verifier, method="PUT") == ("right", ["method_not_allowed"])
    client.come_back(back)
    assert client.access_token().status_code == 200
    assert told(exchange, oauth_verifier=verifier) == ("right", ["token_used"])

    alone = Signer("app", SECRET)
    asked = "/oauth/request_token"
    assert told(asked, alone, oauth_callback=CALLBACK) == ("right", [])
    assert told(asked, alone) == ("right", ["parameter_absent"])
    assert told(asked, alone, oauth_callback="http://elsewhere.test/") == ("right", ["callback_refused"])
    assert told(asked, oauth_callback=CALLBACK)[1][0] == "parameter_malformed"
    access = Signer("app", SECRET, client.token, client.session._client.client.resource_owner_secret)
    assert told("/oauth/revoke_token", access) == ("right", [])
    assert told("/oauth/revoke_token", alone)[1] == ["token_absent"]
    assert told(exchange, access, oauth_verifier="v")[1] == ["request_token_unknown", "token_unknown"]


def test_a_body_without_its_hash_is_told_of_where_the_route_wants_it(new_gate, recorder, alice):
    gate = new_gate(recorder, routes=[{"path": "/api/*", "upstream": "api", "body_hash": "required"}])
    json_type = ["Content-Type: application/json"]
    bare = gate.request(alice, "PUT", "/api/x", b"{}", headers=json_type)
    answer = gate.exchange(bare, "PUT")
    assert answer.status == 401 and b"oauth_body_hash" in answer.body
    code, out = explain(gate, bare.decode(), "--json")
    assert code == 0 and [reason["reason"] for reason in json.loads(out)["reasons"]] == ["body_hash_absent"]
    for data in (
        gate.request(alice, "PUT", "/api/x", b"{}", headers=json_type, oauth_body_hash="vyGp6PvFo4RvsFtPoIWeCReyIC8="),
        gate.request(alice, "GET", "/api/x"),
        gate.request(alice, "POST", "/api/x", form="a=b"),
    ):
        assert gate.exchange(data, data.split()[0].decode()).status == 200
        code, out = explain(gate, data.decode())
        assert out.startswith("The signature is right, and nothing"), out
