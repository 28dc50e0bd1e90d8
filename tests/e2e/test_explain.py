"""portcullis explain on requests that the gate really refused."""

import base64
import hashlib
import hmac
import json

from dance import CALLBACK, Client, User, query
from gate import HOST, run
from signer import SECRET, TOKEN_SECRET, Signer, escape


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


OAUTH = {
    "oauth_consumer_key": "client", "oauth_nonce": "n0", "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "1",
    "oauth_token": "token",
}
KEY = f"{escape(SECRET)}&{escape(TOKEN_SECRET)}"


def signed(url, parameters="", method="GET", key=KEY, order=sorted):
    """An Authorization field whose base string has exactly this URL and these pairs, which are encoded already."""
    pairs = [f"{name}={value}" for name, value in OAUTH.items()] + ([*parameters.split("&")] if parameters else [])
    base = "&".join([method, escape(url), escape("&".join(order(pairs)))])
    mac = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    given = {**OAUTH, "oauth_signature": base64.b64encode(mac).decode()}
    return "OAuth " + ", ".join(f'{name}="{escape(value)}"' for name, value in given.items())


def told(store, target, field, *more, method="GET", body="", fields=()):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", f"Authorization: {field}", *fields, "", ""]
    code, out, err = store.run("explain", "--http", "-", "--json", *more, input="\r\n".join(lines) + body)
    assert err == "" and SECRET not in out and TOKEN_SECRET not in out
    found = json.loads(out)
    return code, found, [change["name"] for miss in found["near_misses"][:1] for change in miss["changes"]]


def test_each_of_the_slips_of_a_client_is_named_and_nothing_beside_it(alice, store):
    url = f"http://{HOST}/x"
    form = {"method": "POST", "body": "a=1&b=2", "fields": ["Content-Type: application/x-www-form-urlencoded"]}
    as_json = {"method": "POST", "body": '{"a": 1, "b": [1, 2]}', "fields": ["Content-Type: application/json"]}
    parts = {
        "method": "POST", "fields": ["Content-Type: multipart/form-data; boundary=B"],
        "body": '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n',
    }
    rows = [
        (["question_mark_signed"], "/x?a=1&b=2", signed(url, "?a=1&b=2"), {}),
        (["repeats_joined"], "/x?a=1&a=2", signed(url, "a=1%2C2"), {}),
        (["www_added"], "/x", signed(f"http://www.{HOST}/x"), {}),
        (["host_in_capitals"], "/x", signed(f"http://{HOST.upper()}/x"), {}),
        (["key_not_encoded"], "/x", signed(url, key=f"{SECRET}&{TOKEN_SECRET}"), {}),
        (["space_in_secret"], "/x", signed(url, key=f"{escape(SECRET + ' ')}&{escape(TOKEN_SECRET)}"), {}),
        (["line_end_in_token_secret"], "/x", signed(url, key=KEY + "%0A"), {}),
        (["client_key_as_token_secret"], "/x", signed(url, key=f"{escape(SECRET)}&client"), {}),
        (["lower_case_escapes_in_parameters"], "/x?a=%2F", signed(url, "a=%2f"), {}),
        (["json_signed"], "/x", signed(url, "a=1&b=1%2C2", "POST"), as_json),
        (["json_signed"], "/x", signed(url, "a=1&b%5B0%5D=1&b%5B1%5D=2", "POST"), as_json),
        (["multipart_signed"], "/x", signed(url, "a=1", "POST"), parts),
        (["form_left_out"], "/x", signed(url, "", "POST"), form),
        (["method_get"], "/x", signed(url, "a=1&b=2"), form),
        (["slash_added", "repeats_joined"], "/x?a=1&a=2", signed(url + "/", "a=1%2C2"), {}),
    ]
    for names, target, field, more in rows:
        code, found, changes = told(store, target, field, **more)
        assert (code, changes) == (0, names), (names, changes, found["near_misses"])
        assert found["near_misses"][0]["signature_fits"] and len(found["near_misses"]) == 1
        right = {"/x?a=1&a=2": "a=1&a=2", "/x?a=1&b=2": "a=1&b=2", "/x?a=%2F": "a=%2F"}.get(target, "")
        right = "a=1&b=2" if more is form else right
        code, found, changes = told(store, target, signed(url, right, more.get("method", "GET")), **more)
        assert (code, found["signature"], changes) == (0, "right", [])
    code, found, changes = told(store, "/x", signed(url, key="another&secret"))
    assert (code, found["cause_found"], changes) == (1, False, [])


def test_with_a_store_the_target_is_judged_as_the_gate_judges_it_and_shown_once_escaped(alice, store):
    for target, shown in (("/x?a=\xe9", "\\xe9"), ("/x?a=b#c", "#"), ("/x%zz", "%zz"), ("/x y", None), ("/x\x7f", None)):
        request = f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: {signed(f'http://{HOST}/x')}\r\n\r\n"
        path = store.path.parent / "request.txt"
        path.write_bytes(request.encode("latin-1"))
        code, out, err = store.run("explain", "--http", path)
        path.unlink()
        if shown is None:
            assert code == 1 and "can't be read" in err
            continue
        assert code == 0 and "refuses this target with 400" in out and shown in out, out
        assert "\\x5c" not in out and "The signature is right, and nothing" not in out
