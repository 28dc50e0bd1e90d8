"""What clients and users may be called, and how it is shown."""

import json

import pytest

from dance import CALLBACK, Client, User
from gate import run
from signer import SECRET

RLO, PDF, FSI, PDI, LS = "\u202e", "\u202c", "\u2068", "\u2069", "\u2028"


def added(store, name, *more, key="k"):
    return store.run("client", "add", "--name", name, "--key", key, "--secret", "-", *more, input=SECRET)


def test_names_are_short_and_on_one_line_where_they_are_given(store):
    store.ok("client", "add", "--name", "x" * 255, "--key", "long", "--secret", "-", "--description", "d" * 1024,
             input=SECRET)  # fmt: skip
    for name in ("x" * 256, "é" * 128, "a\nb", "a\rb", "a\tb", "a\x1b[2Jb", "a\x7fb", "a\x85b", f"a{LS}b", "a\u2029b"):
        for code, out, err in (
            added(store, name),
            store.run("client", "update", "long", "--name", name),
            store.run("user", "add", name),
            run("import", "-", "--store", store.path, input=json.dumps({"type": "client", "key": "k", "secret": "s", "name": name})),
            run("import", "-", "--store", store.path, input=json.dumps({"type": "user", "name": name})),
        ):  # fmt: skip
            assert code == 1 and "name " in err and "controls" in err and len(err) < 500, (name, err)
    code, _, err = added(store, "x", "--description", "d" * 1025)
    assert code == 1 and "1024 bytes" in err
    assert store.ok("user", "list").count("\n") == 1
    shown = json.loads(store.ok("client", "show", "long", "--json"))
    assert shown["name"] == "x" * 255
    store.ok("client", "disable", "long")


def test_one_long_row_makes_no_other_row_longer(store):
    key, token, user, realm = "k" * 255, "t" * 255, "u" * 255, "r" * 255
    records = [{"type": "client", "key": f"c{i}", "secret": "s", "name": "short"} for i in range(50)]
    records += [{"type": "client", "key": key, "secret": "s", "name": "n" * 255, "realms": [realm, "e" * 255]}]
    records += [{"type": "user", "name": user}, {"type": "user", "name": "u"}]
    records += [{"type": "token", "client": key, "user": user, "token": token, "secret": "s", "realms": [realm]},
                {"type": "token", "client": "c1", "user": "u", "token": "t", "secret": "s"}]  # fmt: skip
    store.take(*records)
    for what, least in (("client", 51), ("token", 2), ("user", 2)):
        rows = store.ok(what, "list").splitlines()
        assert len(rows) == least + 1
        assert max(map(len, rows)) < 400, what
        assert any("..." in row for row in rows) and not any("k" * 65 in row for row in rows)
    # All of it stands elsewhere.
    assert "n" * 255 in store.ok("client", "show", key) and realm in store.ok("client", "show", key)
    assert "n" * 255 in store.ok("client", "list", "--json")
    assert user in store.ok("token", "show", token) and realm in store.ok("token", "list", "--json")


def test_what_nobody_sees_is_shown_on_a_terminal(store):
    hidden = [RLO, PDF, FSI, PDI, "\u200b", "\u200d", "\u00ad", "\u061c", "\u3164", "\U000e0041", "\ufe0f", "\ufff9"]
    name = "a" + "".join(hidden) + "b"
    assert added(store, name)[0] == 0
    for out in (store.ok("client", "list"), store.ok("client", "show", "k")):
        assert not any(one in out for one in hidden)
    assert "\\xe2\\x80\\xae" in store.ok("client", "show", "k")
    assert json.loads(store.ok("client", "show", "k", "--json"))["name"] == name


@pytest.mark.parametrize("name", [RLO + "reverse", PDI + RLO + "reverse", "שלום", f"{FSI}{RLO}x", PDF + "א!"])
def test_a_name_turns_no_sentence_around(provider, store, name):
    gate = provider()
    assert added(store, name, "--redirect-uri", CALLBACK, "--realm", "email", "--description", name)[0] == 0
    client, user = Client(gate, "k"), User(gate)
    assert client.request_token(realm="email").status_code == 200
    asked = user.visit(client.authorize_url())
    consent = user.sign_in(asked)
    client.come_back(user.submit(consent, "yes").headers["Location"])
    assert client.access_token().status_code == 200
    grants = user.visit(gate.url("/oauth/grants"))
    for page in (asked, consent, grants):
        page.encoding = "utf-8"
        assert page.status_code == 200 and RLO not in outside(page.text) and "א" not in outside(page.text)
        assert "reverse" not in outside(page.text)


def outside(text):
    """What stands neither in an isolated element nor between the marks of an isolate that ends as it began."""
    out, depth = [], 0
    pieces = text.replace("<bdi>", FSI).replace("</bdi>", PDI)
    for sign in pieces:
        depth += sign in "\u2066\u2067\u2068"
        if depth == 0:
            out.append(sign)
        depth -= sign == PDI
        assert depth >= 0, "an isolate is ended that wasn't begun"
    assert depth == 0
    return "".join(out)
