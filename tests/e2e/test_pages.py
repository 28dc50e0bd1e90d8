"""The pages that users see, asked for without a browser: who is signed in, which forms are believed, what they bear."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import requests

from dance import PASSWORD, ROUTES, Client, Forms, User, granted, said


def test_https_is_wanted_where_it_is_enforced(provider):
    gate = provider(oauth={"enforce_tls": True})
    answer = Client(gate).request_token()
    assert answer.status_code == 400 and said(answer)["error"] == "insecure_transport"
    page = User(gate).visit(gate.url("/oauth/sign_in"))
    assert page.status_code == 400


def test_a_password_is_asked_for_once_and_a_wrong_one_says_nothing(provider):
    gate = provider()
    page = User(gate).visit(gate.url("/oauth/grants"))
    texts = set()
    for name, password in (("alice", "wrong"), ("nobody", PASSWORD), ("nobody", "wrong")):
        answer = User(gate, name, password)
        page = answer.visit(gate.url("/oauth/grants"))
        refused = answer.submit(page, username=name, password=password)
        assert refused.status_code in (401, 403, 200)
        texts.add(Forms(refused.text).forms[0]["action"] + str("do not belong" in refused.text))
    assert len(texts) == 1 and texts.pop().endswith("True")
    user = User(gate)
    assert "Signed in as alice" in user.sign_in(user.visit(gate.url("/oauth/grants"))).text
    assert "Signed in as alice" in user.visit(gate.url("/oauth/grants")).text


def test_guessing_passwords_is_slowed_down(provider):
    gate = provider()
    user = User(gate, password="wrong")
    said_wait = []
    for _ in range(12):
        page = user.visit(gate.url("/oauth/sign_in"))
        answer = user.submit(page, username="alice", password="wrong")
        said_wait.append(answer.status_code == 429)
    assert said_wait[-1] and not said_wait[0]
    # The right password doesn't help while it is so.
    right = user.submit(user.visit(gate.url("/oauth/sign_in")), username="alice", password=PASSWORD)
    assert right.status_code == 429


def test_guesses_count_and_people_sign_in_while_somebody_else_writes_to_the_store(provider, store):
    store.user("bob")
    gate = provider()
    guesser, bob = User(gate), User(gate, "bob")
    with store.writing():
        statuses = []
        for _ in range(8):
            page = guesser.visit(gate.url("/oauth/sign_in"))
            statuses.append(guesser.submit(page, username="alice", password="wrong").status_code)
        assert statuses[0] == 403 and statuses[-1] == 429, statuses
        assert "Signed in as bob" in bob.sign_in(bob.visit(gate.url("/oauth/grants"))).text


def test_guesses_at_once_count_each(provider):
    gate = provider()

    def guess(_):
        user = User(gate)
        page = user.visit(gate.url("/oauth/sign_in"))
        return user.submit(page, username="alice", password="wrong").status_code

    with ThreadPoolExecutor(20) as several:
        statuses = list(several.map(guess, range(20)))
    # Five are free; as many more as were under way when the last of those failed.
    assert 5 <= statuses.count(403) <= 6 and set(statuses) == {403, 429}, statuses


def test_a_user_sees_and_revokes_what_was_granted(provider):
    gate = provider()
    client, user = Client(gate), User(gate)
    granted(client, user)
    page = user.visit(gate.url("/oauth/grants"))
    assert "The &lt;b&gt;App&lt;/b&gt; &amp; co" in page.text and "email" in page.text
    answer = user.submit(page)
    assert answer.status_code == 303
    assert "No application can use" in user.visit(gate.url(answer.headers["Location"])).text
    assert client.call("GET", "/api/email").status_code == 401


def test_signing_out_ends_the_session_on_the_server_too(provider):
    gate = provider()
    user = User(gate)
    user.sign_in(user.visit(gate.url("/oauth/grants")))
    cookies = user.session.cookies.copy()
    page = user.visit(gate.url("/oauth/sign_out"))
    assert user.submit(page).status_code == 303
    assert 'name="password"' in user.visit(gate.url("/oauth/grants")).text
    user.session.cookies = cookies
    assert 'name="password"' in user.visit(gate.url("/oauth/grants")).text


def test_the_session_gets_a_new_name_at_sign_in(provider):
    gate = provider()
    user = User(gate)
    page = user.visit(gate.url("/oauth/grants"))
    before = user.session.cookies.get("portcullis")
    user.sign_in(page)
    after = user.session.cookies.get("portcullis")
    assert before and after and before != after
    # Who knew the old one is nobody.
    stranger = User(gate)
    stranger.session.cookies.set("portcullis", before)
    assert 'name="password"' in stranger.visit(gate.url("/oauth/grants")).text


def test_signing_in_again_ends_the_session_before(provider):
    gate = provider()
    user, thief = User(gate), User(gate)
    user.sign_in(user.visit(gate.url("/oauth/grants")))
    thief.session.cookies.set("portcullis", user.session.cookies.get("portcullis"))
    assert "Signed in as alice" in thief.visit(gate.url("/oauth/grants")).text
    user.sign_in(user.visit(gate.url("/oauth/sign_in")))
    assert "Signed in as alice" in user.visit(gate.url("/oauth/grants")).text
    assert 'name="password"' in thief.visit(gate.url("/oauth/grants")).text


def test_forms_from_elsewhere_are_refused(provider):
    gate = provider()
    client, user = Client(gate), User(gate)
    client.request_token()
    page = user.sign_in(user.visit(client.authorize_url()))
    fields = {name: value for name, value, _ in Forms(page.text).forms[0]["fields"]} | {"confirm": "yes"}
    url = gate.url("/oauth/authorize")
    for origin in ("http://evil.test", "null", gate.url("").rstrip("/") + ".evil.test"):
        answer = user.ask("POST", url, data=fields, headers={"Origin": origin})
        assert answer.status_code in (303, 403) and "oauth_verifier" not in answer.headers.get("Location", ""), origin
    for wrong in ({"csrf": "x" * 32}, {"csrf": ""}, {"csrf": None}):
        answer = user.ask("POST", url, data={**fields, **wrong})
        assert "oauth_verifier" not in answer.headers.get("Location", "")
    # Another browser with the same fields.
    other = User(gate)
    other.sign_in(other.visit(gate.url("/oauth/grants")))
    assert "oauth_verifier" not in other.ask("POST", url, data=fields).headers.get("Location", "")
    assert "oauth_verifier" in user.submit(page, "yes").headers["Location"]


def test_a_form_that_is_sent_twice_leads_to_the_same_end(provider):
    gate = provider()
    user = User(gate)
    for first, second, word in (("yes", "yes", "oauth_verifier="), ("no", "yes", "error=denied")):
        client = Client(gate)
        client.request_token()
        page = user.visit(client.authorize_url())
        page = page if 'name="confirm"' in page.text else user.sign_in(page)
        end = user.submit(page, first).headers["Location"]
        assert word in end
        assert user.submit(page, second).headers["Location"] == end
        # The same user in another browser decides nothing any more.
        other = User(gate)
        other.sign_in(other.visit(gate.url("/oauth/grants")))
        assert other.visit(client.authorize_url()).status_code == 400
        if first == "yes":
            client.come_back(end)
            assert client.access_token().status_code == 200
            assert "error=token_used" in user.submit(page, second).headers["Location"]


def test_sign_in_leads_to_pages_of_the_gate_alone(provider):
    gate = provider()
    for target in ("http://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "/api/email", "/oauth/sign_in\r\nX: y", ""):
        user = User(gate)
        page = user.visit(gate.url("/oauth/sign_in?next=" + quote(target, safe="")))
        answer = user.submit(page, username="alice", password=PASSWORD)
        assert answer.status_code == 303, target
        assert answer.headers["Location"] == "/oauth/grants", target


def test_pages_bear_what_keeps_them_safe(provider):
    gate = provider()
    client, user = Client(gate), User(gate)
    client.request_token()
    pages = [user.visit(gate.url("/oauth/sign_in"))]
    pages.append(user.sign_in(user.visit(client.authorize_url())))
    pages.append(user.visit(gate.url("/oauth/grants")))
    pages.append(user.visit(gate.url("/oauth/sign_out")))
    pages.append(user.visit(gate.url("/oauth/errors?error=denied")))
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "script" not in policy
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        assert page.headers["X-Request-Id"]
        assert "<script" not in page.text and "<b>" not in page.text
    assert "form-action 'self' http://client.test;" in pages[1].headers["Content-Security-Policy"]
    cookie = [line for line in pages[0].raw.headers.getlist("Set-Cookie") if line.startswith("portcullis=")]
    assert cookie and "HttpOnly" in cookie[0] and "SameSite=Lax" in cookie[0] and "Path=/" in cookie[0]


def test_the_backend_neither_sees_nor_sets_the_cookie(provider, recorder):
    gate = provider(routes=[*ROUTES, {"path": "/*", "upstream": "api", "auth": "none"}])
    user = User(gate)
    user.sign_in(user.visit(gate.url("/oauth/grants")))
    user.session.cookies.set("theirs", "1")
    assert user.ask("GET", gate.url("/page")).status_code == 200
    assert recorder.only().one("Cookie") == "theirs=1"


def test_a_head_request_to_a_page_has_no_body(provider):
    gate = provider()
    answer = requests.head(gate.url("/oauth/sign_in"), timeout=20)
    assert answer.status_code == 200 and answer.content == b"" and int(answer.headers["Content-Length"]) > 500
