"""The pages in a real browser: what a person sees and does there, and what other sites can't."""

import itertools
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backend import Recorder
from chromium import Page, missing
from dance import PASSWORD, Client, query, said
from gate import Gate, Store
from signer import SECRET
from test_sign_in_app import App
from wire import eventually

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}")

MARKUP = "</label><style>*{display:none}</style><b onclick=x>bold</b>"
LONG = "r" * 64
REALMS = [
    {"name": "email", "description": "Read your email address"}, "address", LONG, {"name": "markup", "description": MARKUP},
]  # fmt: skip
YES, NO = "button[name=confirm][value=yes]", "button[name=confirm][value=no]"
TAB = "\ue004"
KEYS = (f"app{number}" for number in itertools.count())

# What is wrong with a page as it stands, as sentences.
FAULTS = """
const faults = [], said = element => element.outerHTML.slice(0, 90);
const numbers = colour => colour.match(/[0-9.]+/g).map(Number);
const bright = colour => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
  const part = numbers(colour)[i] / 255;
  return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
}, 0);
const contrast = (a, b) => (Math.max(bright(a), bright(b)) + 0.05) / (Math.min(bright(a), bright(b)) + 0.05);
const behind = element => {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if ((numbers(colour)[3] ?? 1) > 0) return colour;
  }
  return 'rgb(255, 255, 255)';
};
for (const element of document.body.querySelectorAll('*')) {
  const own = [...element.childNodes].some(node => node.nodeType == Node.TEXT_NODE && node.data.trim());
  const style = getComputedStyle(element);
  if (own && contrast(style.color, behind(element)) < 4.5) faults.push('hard to read: ' + said(element));
}
for (const field of document.querySelectorAll('input:not([type=hidden])')) {
  if (![...field.labels].some(label => label.innerText.trim())) faults.push('no label: ' + said(field));
  if (field.type != 'checkbox' && contrast(getComputedStyle(field).borderTopColor, behind(field.parentElement)) < 3)
    faults.push('hard to see: ' + said(field));
}
for (const target of document.querySelectorAll('button, input:not([type=hidden])')) {
  const size = (target.type == 'checkbox' ? target.labels[0] : target).getBoundingClientRect();
  if (Math.min(size.width, size.height) < 44) faults.push(`only ${size.width} x ${size.height}: ` + said(target));
}
for (const target of document.querySelectorAll('a, button, input:not([type=hidden])')) {
  target.focus();
  const style = getComputedStyle(target);
  if (document.activeElement != target || style.outlineStyle == 'none' || parseFloat(style.outlineWidth) < 2
      || contrast(style.outlineColor, behind(target.parentElement)) < 3)
    faults.push('no visible focus: ' + said(target));
}
if (document.documentElement.scrollWidth > innerWidth) faults.push(document.documentElement.scrollWidth + ' wide');
if (document.querySelectorAll('h1').length != 1 || !document.title || !document.documentElement.lang)
  faults.push('no heading, title or language');
return faults;
"""


class Site:
    """Somebody else's small web site: shows the pages that it has, and remembers where its visitors came to."""

    def __init__(self):
        self.pages = {"/cb": "<title>Back</title>Welcome back."}
        self.moved = {}
        self.visits = []
        site = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self):
                path = urlsplit(self.path).path
                if path in site.moved:
                    self.send_response(303)
                    self.send_header("Location", site.moved[path])
                    self.end_headers()
                    return
                page = site.pages.get(path, "").encode()
                site.visits += [self.path] if page else []
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def url(self, path="/"):
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="module")
def window():
    """One browser for all these tests: it takes seconds to start."""
    opened = Page()
    yield opened
    opened.close()


@pytest.fixture
def page(window):
    window.forget()
    return window


@pytest.fixture(scope="module")
def site():
    running = Site()
    yield running
    running.stop()


def realm_routes():
    names = [realm if isinstance(realm, str) else realm["name"] for realm in REALMS]
    return [{"path": "/api/" + name, "upstream": "api", "realms": [name]} for name in names]


@pytest.fixture(scope="module")
def gate():
    """With the user alice, for all tests that ask nothing special of it."""
    backend = Recorder()
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        room = Path(folder)
        store = Store(room / "store")
        store.user("alice")
        running = Gate(room, store, {"api": [backend.url]}, realm_routes(), oauth={"realms": REALMS})
        try:
            yield running.start()
        finally:
            running.stop()
            backend.stop()


def asks(gate, callback, *options, name="Photo printer", realm="email address"):
    """A new client with a request token, for the user to decide about."""
    key = next(KEYS)
    may = ["--allow-oob"] if callback == "oob" else ["--redirect-uri", callback]
    may += [part for one in (realm or "").split() for part in ("--realm", one)]
    gate.store.ok("client", "add", "--name", name, "--key", key, "--secret", "-", *may, *options, input=SECRET)
    client = Client(gate, key, callback=callback)
    answer = client.request_token(realm=realm)
    assert answer.status_code == 200, answer.text
    return client


def sign_in(page, password=PASSWORD):
    if not page.run("return document.querySelector('[name=username]').value"):
        page.type("[name=username]", "alice")
    page.type("[name=password]", password)
    page.follow("button")


def complaints(page):
    """Without those about the status of an answer, which is what the gate meant; and few sites have an icon."""
    return [line for line in page.complaints() if "the server responded with a status of" not in line]


def check(page):
    """That a page can be read and used by everybody, in a narrow dark window and in a wide light one."""
    for width, dark in ((320, True), (1280, False)):
        page.look(width, dark)
        page.press(TAB)  # by keyboard, hence with the focus shown
        assert page.run(FAULTS) == [], page.url
    assert page.count("script, [style], [onclick]") == 0
    assert complaints(page) == [], page.url


def test_a_person_signs_in_grants_a_part_takes_it_back_and_signs_out(gate, page, site):
    site.visits.clear()
    client = asks(gate, site.url("/cb"))
    page.go(client.authorize_url())
    assert "Photo printer" in page.text
    sign_in(page, "wrong")
    assert "do not belong together" in page.text and "Photo printer" in page.text
    assert page.run("return document.activeElement.name") == "password"
    before = page.cookies()["portcullis"]
    sign_in(page)
    cookie = page.cookies()["portcullis"]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"], cookie["path"]) == (True, "Lax", False, "/")
    assert "expiry" not in cookie and cookie["value"] != before["value"]

    for shown in ("Photo printer", urlsplit(site.url()).netloc, "Signed in as alice", "Read your email address", "address"):
        assert shown in page.text, shown
    assert page.count("[name=realm]:checked") == 2
    page.click("[name=realm][value=address]")
    page.follow(YES)
    assert page.url.startswith(site.url("/cb?")) and page.title == "Back" and complaints(page) == []
    assert sorted(query(page.url)) == ["oauth_token", "oauth_verifier"] and len(site.visits) == 1
    client.come_back(page.url)
    assert said(client.access_token())["oauth_authorized_realms"] == "email"
    assert [client.call("GET", "/api/" + realm).status_code for realm in ("email", "address")] == [200, 401]

    page.go(gate.url("/oauth/grants"))
    assert "Photo printer" in page.text and "Read your email address" in page.text
    page.follow("button")
    assert "Photo printer can no longer act in your name." in page.text
    assert "No application" in page.text
    assert client.call("GET", "/api/email").status_code == 401

    page.follow("footer a")
    page.follow("button")
    assert page.title == "Signed out" and page.cookies()["portcullis"]["value"] != cookie["value"]
    page.go(gate.url("/oauth/grants"))
    assert page.count("[name=password]") == 1
    assert complaints(page) == []


def test_every_page_can_be_read_and_used_without_scripts_and_says_nothing_to_the_console(gate, page, site):
    name = "Pneumonoultramicroscopicsilicovolcanoconiosis-Research-Assistant"
    about = ("--description", "See https://app.example/" + 80 * "x")
    page.without_scripts()
    refused = asks(gate, site.url("/cb"), *about, name=name)
    page.go(refused.authorize_url())
    check(page)
    sign_in(page, "wrong")
    check(page)
    sign_in(page)
    assert name in page.text
    check(page)
    page.follow(NO)
    assert query(page.url) == {"oauth_token": [refused.token], "error": ["denied"], "oauth_problem": ["user_refused"]}
    assert page.url.startswith(site.url("/cb?")) and complaints(page) == []

    page.go(refused.authorize_url())
    assert "decided already" in page.text
    check(page)

    client = asks(gate, "oob", *about, name=name, realm="email address " + LONG)
    page.go(client.authorize_url())
    check(page)
    page.follow(YES)
    code = page.run("return document.querySelector('code#oauth_verifier').innerText")
    check(page)
    client.session._client.client.verifier = code
    assert client.access_token().status_code == 200

    page.go(gate.url("/oauth/grants"))
    assert name in page.text
    check(page)
    page.follow("button")
    check(page)
    page.go(gate.url("/oauth/grants"))
    check(page)
    page.follow("footer a")
    check(page)
    page.follow("button")
    check(page)


def test_another_site_can_neither_frame_the_question_nor_answer_it(gate, page, site):
    client = asks(gate, site.url("/cb"))
    page.go(client.authorize_url())
    sign_in(page)
    # With all that the right form has, so that nothing but where it comes from is wrong; the cookie goes with it, for
    # ports are no part of a site.
    fields = page.run("return [...document.querySelectorAll('form input')].map(input => [input.name, input.value])")
    assert dict(fields)["csrf"]
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in [*fields, ("confirm", "yes")])
    action = gate.url("/oauth/authorize")
    site.pages["/form"] = f'<form method="post" action="{action}">{inputs}<button>Win a prize</button></form>'
    site.pages["/frame"] = f'<iframe src="{client.authorize_url()}" width="600" height="600"></iframe>'
    site.pages["/harmless"] = '<iframe src="/cb"></iframe>'

    page.go(site.url("/harmless"))
    page.enter_frame(0)
    assert "Welcome back" in page.text and complaints(page) == []
    page.go(site.url("/frame"))
    page.enter_frame(0)
    assert page.count(YES) == 0 and "Photo printer" not in page.text
    page.enter_frame(None)
    assert any("frame-ancestors" in line or "X-Frame-Options" in line for line in complaints(page))

    page.go(site.url("/form"))
    site.visits.clear()
    page.follow("button")
    assert page.url.startswith(gate.url("/oauth/errors")) and query(page.url) == {"error": ["forged"]}
    assert site.visits == []
    page.go(client.authorize_url())
    page.follow(YES)
    assert query(page.url)["oauth_verifier"]


def test_markup_in_names_and_descriptions_is_text(gate, page, site):
    name = "<script>document.title='x'</script>"
    about = """"'><img src=x onerror="document.title='x'"> &lt; {{title}}"""
    client = asks(gate, site.url("/cb"), "--description", about, name=name, realm="markup")
    page.go(client.authorize_url())
    assert name in page.text
    sign_in(page)
    for text in (name, about, MARKUP):
        assert text in page.text, text
    assert page.count("script, img, b, style:not([nonce])") == 0 and name in page.title
    page.follow(YES)
    client.come_back(page.url)
    assert client.access_token().status_code == 200
    page.go(gate.url("/oauth/grants"))
    assert name in page.text and MARKUP in page.text
    assert page.count("script, img, b, style:not([nonce])") == 0
    page.follow("button")
    assert name in page.text and page.count("script, img, b") == 0
    assert complaints(page) == []


@pytest.mark.parametrize("name", ["\u202eevil", "\u2069\u202eevil", "\u202e\u2066evil\u202c", "שלום 12!", "\u2067א"])
def test_no_name_turns_the_words_around_it(gate, page, site, name):
    page.go(asks(gate, site.url("/cb"), "--description", name, name=name).authorize_url())
    sign_in(page)
    for width in (320, 1280):
        page.look(width, dark=False)
        assert page.turned("h1, h1 + p, form .soft, footer p") == [] and not page.wider_than_window(), width


def test_the_way_back_to_an_application_on_the_users_own_machine_is_open(gate, page):
    """The page's policy lets its form go to a loopback address that no policy can name, and to an app's own scheme."""
    page.go(gate.url("/oauth/grants"))
    sign_in(page)
    page.go(asks(gate, "http://[::1]:9/cb").authorize_url())
    assert "[::1]:9" in page.text
    page.click(YES)
    eventually(lambda: page.url.startswith("http://[::1]:9/cb?"), "the browser goes to where nobody listens")

    with page.in_another_tab():
        page.go(asks(gate, "myapp:/cb").authorize_url())
        assert "myapp:" in page.text
        sent = gate.said().count('"POST /oauth/authorize"')
        page.click(YES)  # on which it asks, in a window that takes all clicks, whether to open that application
        eventually(lambda: gate.said().count('"POST /oauth/authorize"') > sent, "the form is sent")
        page.go("about:blank")
        assert "Content Security Policy" not in "".join(page.complaints())


def test_over_https_the_cookie_is_for_this_host_alone(new_gate, recorder, store, page, certificate):
    made, key = certificate
    tls = {"certificate": str(made), "key": str(key)}
    store.user("alice")
    gate = new_gate(recorder, listen={"external_url": None}, oauth={"enforce_tls": True}, **{"listen.tls": tls})
    page.go(gate.url("/oauth/grants").replace("http:", "https:"))
    sign_in(page)
    assert "Signed in as alice" in page.text
    cookies = page.cookies()
    assert list(cookies) == ["__Host-portcullis"]
    cookie = cookies["__Host-portcullis"]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"], cookie["path"]) == (True, "Lax", True, "/")
    assert complaints(page) == []


@pytest.fixture
def app():
    running = App()
    yield running
    running.stop()


def test_who_is_signed_in_to_the_application_itself_decides_here(app, new_gate, page, site):
    routes = [{"path": "/api/*", "upstream": "api"}, {"path": "/*", "upstream": "api", "auth": "none"}]
    login = {"mode": "app", "check_url": app.url + "/session", "user": "json:/user/name", "sign_in_url": "/login?next={return}"}
    gate = new_gate(app, routes=routes, listen={"external_url": None}, login=login)
    client = asks(gate, site.url("/cb"), realm=None)
    page.go(client.authorize_url())
    assert page.title == "Shop sign-in"
    page.type("#user", "carol")
    page.type("#word", "carols password")
    page.follow("#go")
    assert "Photo printer" in page.text and "Signed in as carol" in page.text
    assert page.count("footer a") == 0  # it is the application that signs people out
    page.follow(YES)
    assert page.url.startswith(site.url("/cb?"))
    client.come_back(page.url)
    assert client.access_token().status_code == 200
    assert client.call("GET", "/api/me").json()["user"] == "carol"
    assert complaints(page) == []
