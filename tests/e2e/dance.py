"""The three-legged dance: a client with python3-requests-oauthlib, and a user with forms and a cookie jar."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

import requests
from requests_oauthlib import OAuth1, OAuth1Session

from signer import SECRET

CALLBACK = "http://client.test/cb?keep=1%202"
PASSWORD = "a long password"
REALMS = ("email", "address")
ROUTES = [
    {"path": "/api/email", "upstream": "api", "realms": ["email"]},
    {"path": "/api/address", "upstream": "api", "realms": ["address"]},
    {"path": "/api/any", "upstream": "api"},
]


class Forms(HTMLParser):
    """The forms of a page: action, fields as (name, value, checked), buttons."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.ids = {}
        self._open = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self._open = attrs["id"]
        if tag == "form":
            self.forms.append({"action": attrs.get("action", ""), "fields": [], "buttons": []})
        elif tag == "input" and self.forms:
            checked = attrs.get("type") not in ("checkbox", "radio") or "checked" in attrs
            self.forms[-1]["fields"].append((attrs.get("name"), attrs.get("value", ""), checked))
        elif tag == "button" and self.forms:
            self.forms[-1]["buttons"].append((attrs.get("name"), attrs.get("value", "")))

    def handle_data(self, data):
        if self._open:
            self.ids[self._open] = data.strip()
            self._open = None


class Client:
    """An application that asks for tokens."""

    def __init__(self, gate, key="app", secret=SECRET, callback=CALLBACK, **more):
        self.gate = gate
        self.session = OAuth1Session(key, client_secret=secret, callback_uri=callback, **more)
        self.session.trust_env = False

    def request_token(self, method="GET", realm=None, **given):
        answer = self.raw(method, "/oauth/request_token", realm=realm, **given)
        if answer.status_code == 200:
            fields = dict(parse_qsl(answer.text, strict_parsing=True))
            self.session._populate_attributes(fields)
        return answer

    def raw(self, method, path, realm=None, **given):
        if realm:
            self.session._client.client.realm = realm
        try:
            return self.session.request(method, self.gate.url(path), allow_redirects=False, timeout=20, **given)
        finally:
            self.session._client.client.realm = None

    @property
    def token(self):
        return self.session._client.client.resource_owner_key

    def authorize_url(self, more=""):
        return self.gate.url(f"/oauth/authorize?oauth_token={self.token}{more}")

    def come_back(self, location):
        """What the client reads off the address the user comes back to."""
        self.session.parse_authorization_response(location)

    def access_token(self, method="GET", **given):
        answer = self.raw(method, "/oauth/access_token", **given)
        if answer.status_code == 200:
            self.session._client.client.verifier = None
            self.session._populate_attributes(dict(parse_qsl(answer.text, strict_parsing=True)))
        return answer

    def call(self, method, path, **given):
        return self.raw(method, path, **given)


class User:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, gate, name="alice", password=PASSWORD):
        self.gate = gate
        self.name = name
        self.password = password
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method, url, **more):
        return self.session.request(method, url, allow_redirects=False, timeout=20, **more)

    def visit(self, url):
        """Follows redirects that stay with the gate; answers the last answer."""
        answer = self.ask("GET", url)
        for _ in range(5):
            target = urljoin(answer.url, answer.headers.get("Location", ""))
            if answer.status_code not in (302, 303) or urlsplit(target).netloc != urlsplit(self.gate.url()).netloc:
                break
            answer = self.ask("GET", target)
        return answer

    def submit(self, page, button=None, form=0, untick=(), **changes):
        """Sends a page's form as a browser would; with a button's value, by that button."""
        found = Forms(page.text).forms[form]
        fields = [(name, changes.pop(name, value)) for name, value, checked in found["fields"] if checked and value not in untick]
        fields += changes.items()
        fields += [pair for pair in found["buttons"] if pair[0] and pair[1] == button]
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(self.gate.url()))
        return self.ask("POST", urljoin(page.url, found["action"]), data=fields, headers={"Origin": origin})

    def sign_in(self, page):
        """From the sign-in page to where it leads."""
        answer = self.submit(page, username=self.name, password=self.password)
        assert answer.status_code == 303, (answer.status_code, answer.text[-600:])
        return self.visit(urljoin(answer.url, answer.headers["Location"]))

    def consent(self, client, button="yes", untick=(), more=""):
        """The whole visit; answers where the user is sent."""
        page = self.visit(client.authorize_url(more))
        if 'name="password"' in page.text:
            page = self.sign_in(page)
        assert 'name="confirm"' in page.text, (page.status_code, page.text[-900:])
        answer = self.submit(page, button, untick=untick)
        assert answer.status_code == 303, (answer.status_code, answer.text[-600:])
        return answer.headers["Location"]


def said(answer):
    """A form-encoded answer as a dict."""
    return dict(parse_qsl(answer.text, keep_blank_values=True))


def query(location):
    return parse_qs(urlsplit(location).query, keep_blank_values=True)


def granted(client, user, realm=None, **more):
    """A client that holds an access token."""
    assert client.request_token(realm=realm).status_code == 200
    client.come_back(user.consent(client, **more))
    answer = client.access_token()
    assert answer.status_code == 200, answer.text
    return said(answer)


def header(key, secret, token="", token_secret="", **more):
    return OAuth1(key, secret, token or None, token_secret or None, **more)
