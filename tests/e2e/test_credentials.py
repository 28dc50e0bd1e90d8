"""Where OAuth parameters may stand, and that what is signed is what reaches the backend."""

import base64
import hashlib
import time

import pytest

import dance
from gate import HOST, run
from signer import SECRET, Signer, escape
from wire import eventually

FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
MULTIPART = "Content-Type: multipart/form-data; boundary=b"
PARTS = b'--b\r\nContent-Disposition: form-data; name="user_id"\r\n\r\n2\r\n--b--\r\n'
PLACES = ["header", "query", "form"]


def quoted(pairs):
    return "&".join(f"{escape(name)}={escape(value)}" for name, value in pairs.items())


def placed(signer, place, target, fields, *lines, body=b"", method="POST", **given):
    """A request with its OAuth parameters in one place, and `fields` in the form if those are there, else in the query."""
    oauth = signer.parameters(method, f"http://{HOST}{target}", quoted(fields), **given)
    lines = list(lines)
    if place == "form":
        body = quoted({**fields, **oauth}).encode()
        lines.append(FORM)
    else:
        parts = [quoted(fields), quoted(oauth) if place == "query" else ""]
        query = "&".join(part for part in parts if part)
        target += ("&" if "?" in target else "?") + query if query else ""
    if place == "header":
        lines.append("Authorization: OAuth " + ", ".join(f'{name}="{escape(value)}"' for name, value in oauth.items()))
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {HOST}", *lines, "", ""]).encode() + body


@pytest.mark.parametrize("auth", ["token", "client", "optional"])
def test_a_route_says_where_credentials_may_stand(auth, new_gate, recorder, alice):
    allowed = {"any": PLACES, "header": ["header"], "query": ["query"], "form": ["form"], "header-form": ["header", "form"]}
    routes = [{"path": f"/{name}/*", "upstream": "api", "auth": auth, "credentials": name.split("-") if "-" in name else name} for name in allowed]
    gate = new_gate(recorder, routes)
    for name, places in allowed.items():
        for place in PLACES:
            answer = gate.exchange(placed(alice, place, f"/{name}/x", {"a": "1"}), "POST")
            assert answer.status == (200 if place in places else 400), (name, place)
            if place not in places:
                assert b"oauth_problem=parameter_rejected&oauth_parameters_rejected=oauth_consumer_key" in answer.body
            # One of them alone is no way to be taken for somebody who does not sign.
            stray = gate.exchange(f"GET /{name}/x?%6fauth_x HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            assert stray.status == 400, name
        unsigned = gate.exchange(f"GET /{name}/x?a=1 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        assert unsigned.status == (200 if auth == "optional" else 401)
    assert {seen.one("x-oauth-user") for seen in recorder.seen if "oauth" in seen.target or seen.method == "POST"} == {"alice"}
    eventually(lambda: "credentials_misplaced" in gate.said(), "the log says why")


LAUNCH = {"lti_version": "LTI-1p0", "user_id": "1", "roles": "Learner"}


@pytest.mark.parametrize("auth", ["client", "token", "optional"])
def test_a_signed_form_can_not_be_sent_as_a_query_beside_another_body(auth, new_gate, recorder, alice):
    rules = {"form": {"credentials": "form"}, "hash": {"body_hash": "required"},
             "both": {"credentials": ["form", "header"], "body_hash": "required"}, "open": {}}
    gate = new_gate(recorder, [{"path": f"/{name}/*", "upstream": "api", "auth": auth, **more} for name, more in rules.items()])
    bodies = [(MULTIPART, PARTS), (JSON, b'{"user_id":"2"}'), ("X-None: 1", b"user_id=2"), ("Content-Type: text/plain", b"user_id=2"),
              ("Content-Type: application/x-www-form-urlencoded2", b"user_id=2"), (FORM, b"user_id=2")]
    for place in ("query", "header"):
        for line, body in bodies:
            for name in ("form", "hash", "both"):
                answer = gate.exchange(placed(alice, place, f"/{name}/x", LAUNCH, line, body=body), "POST")
                assert answer.status in (400, 401), (place, line, name)
    assert not recorder.touched
    for name in rules:  # as it was signed
        assert gate.exchange(placed(alice, "form", f"/{name}/x", LAUNCH), "POST").status == 200, name
    # Without either the RFC's own weakness is there.
    assert gate.exchange(placed(alice, "query", "/open/x", LAUNCH, JSON, body=b"{}"), "POST").status == 200
    # With a hash the body is signed.
    hashed = base64.b64encode(hashlib.sha1(b"{}").digest()).decode()
    data = placed(alice, "header", "/both/x", {}, JSON, body=b"{}", oauth_body_hash=hashed)
    assert gate.exchange(data, "POST").status == 200


FOREIGN = [{"amount": "1"}, {"OAUTH_token": "x"}, {"xoauth_requestor_id": "x"}, {"user_id": ""}, {"Oauth_nonce": "1"}, {"oauth": "1"}]


@pytest.mark.parametrize("body_hash", ["verified", "required"])
def test_what_is_signed_in_the_header_alone_and_would_not_go_on_is_refused(body_hash, new_gate, recorder, alice):
    routes = [{"path": "/api/*", "upstream": "api", "body_hash": body_hash},
              {"path": "/maybe/*", "upstream": "api", "auth": "optional", "body_hash": body_hash},
              {"path": "/passed/*", "upstream": "api", "pass_authorization": True}]
    gate = new_gate(recorder, routes)

    def call(path, foreign, method="GET", **more):
        return gate.exchange(gate.request(alice, method, path, **foreign, **more), method).status

    for foreign in FOREIGN:
        for path in ("/api/x", "/maybe/x"):
            assert call(path, foreign) == 400, foreign
            assert call(path, foreign, "POST", form="a=1") == 400, foreign
            # Nor beside credentials elsewhere, or none at all.
            field = "Authorization: OAuth " + ", ".join(f'{name}="{value}"' for name, value in foreign.items())
            assert gate.exchange(placed(alice, "query", path, {}, field, method="GET")).status == 400, foreign
            assert gate.exchange(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{field}\r\n\r\n".encode()).status == 400, foreign
    assert not recorder.touched
    eventually(lambda: "parameter_foreign" in gate.said(), "the log says why")
    for foreign in FOREIGN:
        assert call("/passed/x", foreign) == 200
        (name, value), = foreign.items()
        assert f'{name}="{value}"' in recorder.seen[-1].one("authorization")
    assert call("/api/x", {"oauth_unheard_of": "1"}) == 200


@pytest.mark.parametrize("field", ["OAuth", "OAuth ", 'OAuth realm="x"', 'oauth  Realm = "http://sp.example/" ,', 'OAUTH realm=""', "OAuth , ,",
                                   "Bearer abc", "Basic QQ=="])
def test_a_realm_or_another_scheme_beside_credentials_is_no_second_place(field, new_gate, recorder, alice):
    routes = [{"path": "/api/*", "upstream": "api"}, {"path": "/maybe/*", "upstream": "api", "auth": "optional"},
              {"path": "/query/*", "upstream": "api", "credentials": "query"}, {"path": "/form/*", "upstream": "api", "credentials": "form"}]
    gate = new_gate(recorder, routes)
    line = "Authorization: " + field
    for place, path in (("query", "/api/x"), ("form", "/api/x"), ("query", "/maybe/x"), ("query", "/query/x"), ("form", "/form/x")):
        assert gate.exchange(placed(alice, place, path, {"a": "1"}, line), "POST").status == 200, (place, path)
    assert [seen.one("x-oauth-user") for seen in recorder.seen] == ["alice"] * 5
    assert all(bool(seen.all("authorization")) == (field[0] == "B") for seen in recorder.seen)
    wrong = alice.but(secret="wrong")
    assert gate.exchange(placed(wrong, "query", "/api/x", {}, line), "POST").status == 401
    assert gate.exchange(placed(alice, "query", "/form/x", {}, line), "POST").status == 400


def test_the_realm_that_is_wanted_may_stand_alone_in_the_header(new_gate, recorder, alice):
    gate = new_gate(recorder, [{"path": "/api/*", "upstream": "api", "header_realm": "Schoology API"}])
    for line, status in (('Authorization: OAuth realm="Schoology API"', 200), ('Authorization: OAuth realm="other"', 401), ("X-None: 1", 401),
                         ('Authorization: OAuth realm="Schoology API", realm="Schoology API"', 400)):
        assert gate.exchange(placed(alice, "query", "/api/x", {}, line), "POST").status == status, line


def test_the_provider_takes_a_realm_beside_credentials_and_its_own_parameters(provider):
    gate = provider()
    signer, url = Signer("app", SECRET), gate.url("/oauth/request_token")
    # Nothing is passed on there, so nothing is lost.
    header = "Authorization: " + signer.header("POST", url, oauth_callback=dance.CALLBACK, xoauth_displayname="The App")
    form = quoted(signer.parameters("POST", url, oauth_callback=dance.CALLBACK)).encode()
    for lines, body in (([header], b""), ([FORM, 'Authorization: OAuth realm="email"'], form)):
        head = ["POST /oauth/request_token HTTP/1.1", f"Host: 127.0.0.1:{gate.port}", f"Content-Length: {len(body)}", *lines]
        answer = gate.exchange("\r\n".join([*head, "", ""]).encode() + body, "POST")
        assert answer.status == 200 and b"oauth_callback_confirmed=true" in answer.body, answer


def test_explain_knows_where_credentials_may_stand(new_gate, recorder, alice, tmp_path):
    gate = new_gate(recorder, [{"path": "/form/*", "upstream": "api", "credentials": "form"}, {"path": "/api/*", "upstream": "api"},
                               {"path": "/passed/*", "upstream": "api", "pass_authorization": True}])
    cases = [(placed(alice, "query", "/form/x", {}), 0, "credentials_misplaced"),
             (placed(alice, "form", "/form/x", {}), 0, "signature is right"),
             (gate.request(alice, "GET", "/api/x", a="1"), 0, "parameter_foreign"),
             (gate.request(alice, "GET", "/passed/x", a="1"), 0, "signature is right"),
             (placed(alice, "query", "/api/x", {}, 'Authorization: OAuth realm="x"'), 0, "signature is right")]
    for data, code, word in cases:
        dump = tmp_path / "request.txt"
        dump.write_bytes(data)
        got, out, err = run("explain", "--http", dump, "--config", gate.file)
        _, as_json, _ = run("explain", "--http", dump, "--config", gate.file, "--json")
        assert got == code and (word in out or word in as_json), out + err


def test_check_warns_of_a_clients_route_that_takes_bodies_nobody_signed(new_gate, recorder):
    told = {"": True, 'credentials = "any"': True, 'methods = ["GET"]': False, 'credentials = "form"': False, 'body_hash = "required"': False,
            'methods = ["POST"]': True, 'credentials = ["query", "form"]': True}
    for lines, warned in told.items():
        gate = new_gate(recorder, [{"path": "/lti/*", "upstream": "api", "auth": "client"}], start=False)
        gate.file.write_text(gate.file.read_text() + lines + "\n")
        code, out, err = run("check", "--config", gate.file)
        assert code == 0 and ("takes bodies that nobody signed" in out) == warned, (lines, out, err)


def test_quirks_take_nothing_away(new_gate, recorder, alice):
    """Each with the standard's reading and its own, alone and all together."""
    quirks = ["crlf_fields", "query_in_form", "raw_body_hash", "unencoded_key", "milliseconds"]
    routes = [{"path": f"/{quirk}/*", "upstream": "api", "quirks": [quirk]} for quirk in quirks]
    routes.append({"path": "/all/*", "upstream": "api", "quirks": quirks})
    gate = new_gate(recorder, routes)

    def launch(path, signed, sent, query="", **given):
        """A form sent as `sent` whose signature is over `signed` and, if it is there, the query."""
        oauth = alice.parameters("POST", f"http://{HOST}{path}{query}", signed, **given)
        body = (sent + "&" + quoted(oauth)).encode()
        lines = [f"POST {path}{query} HTTP/1.1", f"Host: {HOST}", FORM, f"Content-Length: {len(body)}", "", ""]
        return gate.exchange("\r\n".join(lines).encode() + body, "POST").status

    for path, ok in [("/crlf_fields/x", 200), ("/all/x", 200), ("/milliseconds/x", 401)]:
        assert launch(path, "text=a%0D%0Ab", "text=a%0D%0Ab") == 200
        assert launch(path, "text=a%0Ab", "text=a%0D%0Ab") == ok
        assert launch(path, "text=ab", "text=a%0D%0Ab") == 401
    for path, ok in [("/query_in_form/x", 200), ("/all/x", 200), ("/crlf_fields/x", 401)]:
        assert launch(path, "c=1", "c=1", "?c=1") == 200
        assert launch(path, "", "c=1", "?c=1") == ok
        assert launch(path, "c=2", "c=1", "?c=1") == 401
    assert launch("/all/x", "text=a%0Ab", "c=1&text=a%0D%0Ab", "?c=1") == 200
    assert launch("/all/x", "c=1&text=a%0Ab", "c=1&text=a%0D%0Ab", "?c=1") == 200
    assert launch("/all/x", "text=a%0D%0Ab", "c=1&text=a%0D%0Ab", "?c=1") == 200
    for path, ok in [("/milliseconds/x", 200), ("/all/x", 200), ("/unencoded_key/x", 401)]:
        assert gate.call(alice, "GET", path).status == 200
        assert gate.call(alice, "GET", path, oauth_timestamp=str(int(time.time() * 1000))).status == ok
    for path in ("/unencoded_key/x", "/raw_body_hash/x", "/all/x"):
        hashed = base64.b64encode(hashlib.sha1(b"{}>").digest()).decode()
        assert gate.exchange(gate.request(alice, "PUT", path, b"{}>", headers=[JSON], oauth_body_hash=hashed), "PUT").status == 200
