"""The user is whoever the fronted application says: a Flask application with users and sessions of its own."""

import http.client
import subprocess

import pytest
import requests

from dance import CALLBACK, Client, User, query
from backend import plain
from gate import TOP
from signer import SECRET
from wire import eventually, free_port


class App:
    """fronted_app.py, run by Debian's own Python."""

    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = ["/usr/bin/python3", str(TOP / "tests/e2e/fronted_app.py"), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def listens():
            try:
                return requests.get(self.url + "/logout", timeout=5).ok
            except requests.ConnectionError:
                return False

        eventually(listens, "the application listens")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def app():
    running = App()
    yield running
    running.stop()


@pytest.fixture
def gate(app, new_gate, store):
    store.ok("client", "add", "--name", "App", "--key", "app", "--secret", "-", "--redirect-uri", CALLBACK, input=SECRET)
    routes = [{"path": "/api/*", "upstream": "api"}, {"path": "/*", "upstream": "api", "auth": "none"}]
    login = {"mode": "app", "check_url": app.url + "/session", "user": "json:/user/name", "sign_in_url": "/login?next={return}"}
    return new_gate(app, routes=routes, listen={"external_url": None}, login=login)


class AppUser(User):
    """Signs in at the application's own page, through the gate."""

    def consent(self, client, button="yes"):
        page = self.visit(client.authorize_url())
        if "Shop sign-in" in page.text:
            answer = self.submit(page, user=self.name, word=self.password)
            assert answer.status_code == 302, answer.status_code
            page = self.visit(self.gate.url(answer.headers["Location"]))
        assert 'name="confirm"' in page.text, (page.status_code, page.text[-600:])
        answer = self.submit(page, button)
        assert answer.status_code == 303
        return answer.headers["Location"]


@pytest.mark.parametrize("name, word, seen", [("carol", "carols password", "carol"), ("zoë & co", "zoes password", "zo%C3%AB%20&%20co")])
def test_the_applications_own_users_grant_and_are_named_to_it(gate, name, word, seen):
    client = Client(gate)
    assert client.request_token().status_code == 200
    user = AppUser(gate, name, word)
    client.come_back(user.consent(client))
    assert client.access_token().status_code == 200
    answer = client.call("GET", "/api/me")
    assert answer.json() == {"user": seen, "client": "app"}
    # Signed in already: no second sign-in.
    again = Client(gate)
    again.request_token()
    assert "oauth_verifier" in query(user.consent(again))


def test_who_changes_hands_between_page_and_form_grants_nothing(gate):
    client = Client(gate)
    client.request_token()
    user = AppUser(gate, "carol", "carols password")
    answer = user.submit(user.visit(client.authorize_url()), user="carol", word="carols password")
    page = user.visit(gate.url(answer.headers["Location"]))
    user.ask("GET", gate.url("/logout"))
    assert "oauth_verifier" not in user.submit(page, "yes").headers.get("Location", "")
    other = user.visit(gate.url("/login"))
    user.submit(other, user="dave", word="daves password")
    assert "oauth_verifier" not in user.submit(page, "yes").headers.get("Location", "")


def test_a_disabled_user_of_the_application_is_refused(gate, store):
    store.ok("user", "add", "dave")
    store.ok("user", "disable", "dave")
    client = Client(gate)
    client.request_token()
    user = AppUser(gate, "dave", "daves password")
    answer = user.submit(user.visit(client.authorize_url()), user="dave", word="daves password")
    page = user.visit(gate.url(answer.headers["Location"]))
    assert page.status_code in (400, 403) and "confirm" not in page.text


def test_an_application_that_does_not_answer_is_said_so(gate, app):
    client = Client(gate)
    client.request_token()
    app.stop()
    page = User(gate).visit(client.authorize_url())
    assert page.status_code in (502, 503) and "signed in" in page.text


def test_the_application_is_asked_with_the_cookie_alone(new_gate, store, recorder):
    """No Authorization, no cookie of the gate's own."""
    store.ok("client", "add", "--name", "App", "--key", "app", "--secret", "-", "--redirect-uri", CALLBACK, input=SECRET)
    login = {"mode": "app", "check_url": recorder.url + "/who", "user": "header:X-User", "sign_in_url": "https://sso.test/in?to={return}"}
    other = new_gate(recorder, listen={"external_url": None}, login=login)
    client = Client(other)
    client.request_token()
    user = User(other)
    user.session.cookies.set("theirs", "1")
    answer = user.ask("GET", client.authorize_url(), headers={"Authorization": "Basic eDp5", "X-User": "eve"})
    seen = recorder.only()
    assert seen.one("Cookie") == "theirs=1"
    assert "Authorization" not in seen.names() and "X-User" not in seen.names()
    assert answer.status_code in (303, 502)


@pytest.mark.parametrize("target", ["", "/", "/who/", "/who", "/who/?a=b/", "?a"])
def test_the_application_is_asked_at_the_very_address_that_is_set(new_gate, recorder, target):
    """Many answer with a redirect where a '/' is missing at the end."""
    login = {"mode": "app", "check_url": recorder.url + target, "user": "json:/name", "sign_in_url": "/in?to={return}"}
    gate = new_gate(recorder, listen={"external_url": None}, login=login)
    recorder.answer = lambda seen, wire: plain(b'{"name": "erin"}')
    assert User(gate).visit(gate.url("/oauth/grants")).status_code == 200
    assert recorder.only().target == (target if target.startswith("/") else "/" + target)


def test_the_applications_answer_may_be_so_long_and_no_longer(new_gate, store, recorder):
    store.ok("client", "add", "--name", "App", "--key", "app", "--secret", "-", "--redirect-uri", CALLBACK, input=SECRET)
    login = {"mode": "app", "check_url": recorder.url + "/who", "user": "json:/name", "sign_in_url": "/in?to={return}"}
    gate = new_gate(recorder, listen={"external_url": None}, login=login)
    for size, status in ((65536, 200), (65537, 502)):
        start = b'{"name": "erin", "pad": "'
        recorder.answer = lambda seen, wire: plain(start + b"x" * (size - len(start) - 2) + b'"}')
        client = Client(gate)
        client.request_token()
        assert User(gate).visit(client.authorize_url()).status_code == status, size


@pytest.fixture
def trusted(new_gate, recorder, store):
    store.ok("client", "add", "--name", "App", "--key", "app", "--secret", "-", "--redirect-uri", CALLBACK, input=SECRET)

    def make(proxies):
        login = {"mode": "header", "header": "X-Forwarded-User"}
        return new_gate(recorder, listen={"external_url": None, "trusted_proxies": proxies}, login=login)

    return make


def test_a_trusted_proxy_says_who_it_is(trusted):
    gate = trusted(["127.0.0.0/8"])
    client = Client(gate)
    client.request_token()
    user = User(gate)
    user.session.headers["X-Forwarded-User"] = "erin"
    page = user.visit(client.authorize_url())
    assert "Signed in as erin" in page.text
    client.come_back(user.submit(page, "yes").headers["Location"])
    assert client.access_token().status_code == 200
    waiting = Client(gate)
    waiting.request_token()
    assert User(gate).visit(waiting.authorize_url()).status_code == 400
    # One of two may be the browser's own.
    for names, status in ((["erin"], 200), (["mallory", "erin"], 303), (["erin", "erin"], 303)):
        connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=20)
        connection.putrequest("GET", "/oauth/authorize?oauth_token=" + waiting.token)
        for name in names:
            connection.putheader("X-Forwarded-User", name)
        connection.endheaders()
        assert connection.getresponse().status == status, names
        connection.close()


def test_nobody_else_does(trusted):
    gate = trusted(["10.0.0.0/8"])
    client = Client(gate)
    client.request_token()
    user = User(gate)
    user.session.headers["X-Forwarded-User"] = "mallory"
    page = user.visit(client.authorize_url())
    assert "mallory" not in page.text and "confirm" not in page.text


