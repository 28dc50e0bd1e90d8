"""Wrong passwords: whom they lock out, whom they don't, and what they cost."""

import hashlib
import json

import pytest

from dance import PASSWORD, ROUTES, User
from gate import run

IMPORTED = "pbkdf2:sha256:1000$salt$" + hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 1000).hex()
TERMINATED = {"listen": {"external_url": "https://login.test"}}
PROXIED = {"listen": {"hosts": ["login.test"], "trusted_proxies": ["127.0.0.0/8"]}}


class Person(User):
    """At a browser of their own, behind some proxy perhaps: `fields` go with every request."""

    def __init__(self, gate, name="alice", password=PASSWORD, host=None, https=False, **fields):
        super().__init__(gate, name, password)
        self.host = host or f"127.0.0.1:{gate.port}"
        self.origin = f"{'https' if https else 'http'}://{self.host}"
        self.fields = {"Host": self.host, **{key.replace("_", "-"): value for key, value in fields.items()}}
        self.jar = {}

    def send(self, method, target, **more):
        jar = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        headers = {**self.fields, **({"Cookie": jar} if jar else {}), "Origin": self.origin}
        self.session.cookies.clear()
        answer = self.ask(method, self.gate.url(target), headers=headers, **more)
        for line in answer.raw.headers.getlist("Set-Cookie"):
            name, value = line.split(";")[0].split("=", 1)
            self.jar[name] = value
        return answer

    def tries(self, name=None, password=None):
        """One attempt; answers its status."""
        page = self.send("GET", "/oauth/sign_in")
        assert page.status_code == 200, page.text
        csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
        fields = {"csrf": csrf, "next": "", "username": name or self.name, "password": password or self.password}
        self.answer = self.send("POST", "/oauth/sign_in", data=fields)
        return self.answer.status_code

    def known(self):
        """Without all cookies but those by which the browser is known."""
        self.jar = {name: value for name, value in self.jar.items() if name.endswith("-known")}
        return self


def wrong(person, times, name=None):
    return [person.tries(name.format(i) if name else None, "wrong") for i in range(times)]


@pytest.mark.parametrize(
    ("sections", "fields", "invented"),
    [
        (TERMINATED, {"host": "login.test", "https": True}, 51),
        (TERMINATED, {"host": "login.test", "https": True, "X_Forwarded_For": "203.0.113.9"}, 0),
        ({}, {"X_Forwarded_For": "203.0.113.9"}, 51),
        ({}, {"Forwarded": "for=203.0.113.9;proto=https"}, 0),
        ({}, {"X_Real_IP": "203.0.113.9"}, 0),
        ({"listen": {"external_url": "http://login.test"}}, {"host": "login.test"}, 0),
        (PROXIED, {"host": "login.test", "X_Forwarded_Proto": "https", "https": True}, 0),
        (PROXIED, {"host": "login.test", "Forwarded": "for=unknown"}, 0),
    ],
)
def test_an_address_that_stands_for_many_locks_nobody_out(provider, sections, fields, invented):
    gate = provider(**sections)
    assert set(wrong(Person(gate, **fields), invented, "invented{}")) <= {403}
    assert set(wrong(Person(gate, **fields), 7)) == {403}
    assert Person(gate, **fields).tries() == 303


def test_name_and_address_count_together_and_an_address_alone_later(provider, store):
    store.user("bob")
    gate = provider(**PROXIED)

    def person(address, name="alice"):
        return Person(gate, name, host="login.test", X_Forwarded_For=address)

    here = person("203.0.113.1")
    assert wrong(here, 6) == [403] * 5 + [429]
    assert int(here.answer.headers["Retry-After"]) > 60
    assert person("203.0.113.1").tries() == 429
    assert person("203.0.113.1", "bob").tries() == 303
    assert person("203.0.113.2").tries() == 303
    # An IPv6 address is counted by the network of which it is one of 2^64.
    assert set(wrong(person("2001:db8::1"), 5)) == {403}
    assert person("2001:db8::ffff:1").tries() == 429
    assert person("2001:db8:0:1::1").tries() == 303
    # What a stranger writes further left is nobody's address.
    assert [person(f"198.51.100.{i}, 203.0.113.3").tries(password="wrong") for i in range(6)] == [403] * 5 + [429]
    many, free = person("203.0.113.4"), 0
    while free < 100 and many.tries(f"invented{free}", "wrong") == 403:
        free += 1
    assert 50 <= free < 100  # the more, the slower they come
    assert person("203.0.113.4", "bob").tries() == 429
    assert person("203.0.113.5", "bob").tries() == 303


def test_a_browser_that_was_there_before_is_not_locked_out_by_strangers(provider, store):
    store.user("bob")
    gate = provider(**PROXIED)

    def person(address, name="alice"):
        return Person(gate, name, host="login.test", X_Forwarded_For=address)

    owner = person("203.0.113.1")
    assert owner.tries() == 303
    shared = person("203.0.113.1", "bob")
    assert (shared.tries(), shared.tries("alice")) == (303, 303)
    cookie = next(line for line in owner.answer.raw.headers.getlist("Set-Cookie") if "-known=" in line)
    assert "Max-Age=" in cookie and "HttpOnly" in cookie and "Path=/oauth/sign_in" in cookie

    # From so many addresses that the name alone is locked, and from the owner's own.
    tried = [status for i in range(22) for status in wrong(person(f"198.51.100.{i}"), 5)]
    assert 100 <= tried.count(403) < 105 and tried[-1] == 429  # the more, the slower they come
    assert person("203.0.113.1").tries() == 429 and person("192.0.2.1").tries() == 429
    assert owner.known().tries() == 303
    assert shared.known().tries("alice") == 303 and shared.known().tries("bob") == 303
    gate.stop()
    gate.start()
    assert owner.known().tries() == 303

    # It lets nobody in, is known for one user, and counts by itself.
    only = dict(owner.known().jar)
    assert owner.send("GET", "/oauth/grants").status_code == 303
    thief = person("192.0.2.7")
    for name, value in only.items():
        thief.jar = {name: value, "portcullis": value}
    assert thief.send("GET", "/oauth/grants").status_code == 303
    forger = person("203.0.113.1")
    forger.jar = {name: "x" * 27 for name in only}
    assert forger.tries() == 429
    assert wrong(owner.known(), 6) == [403] * 5 + [429]
    assert person("203.0.113.9", "bob").tries() == 303


@pytest.mark.parametrize("ends", ["passwd", "disable", "remove", "import", "import disabled"])
def test_what_ends_a_users_sessions_forgets_the_browsers(provider, store, ends):
    gate = provider()
    owner = Person(gate)
    assert owner.tries() == 303
    if ends == "passwd":
        store.ok("user", "passwd", "alice", input=PASSWORD)
    elif ends == "disable":
        store.ok("user", "disable", "alice")
        store.ok("user", "enable", "alice")
    elif ends == "import":
        said = store.ok("import", "-", "--replace", input=json.dumps({"type": "user", "name": "alice", "password": PASSWORD}))
        assert said == "imported 0 clients, 1 user and 0 tokens, and ended 1 session\n"
    elif ends == "import disabled":
        user = next(json.loads(line) for line in store.ok("export").splitlines() if '"alice"' in line)
        store.ok("import", "-", "--replace", input=json.dumps({**user, "enabled": False}))
        store.ok("import", "-", "--replace", input=json.dumps(user))
    else:
        store.ok("user", "remove", "alice")
        store.user("alice")
    wrong(Person(gate), 5)
    assert owner.known().tries() == 429


def test_an_import_of_what_there_is_ends_no_session(provider, store):
    gate = provider()
    owner = Person(gate)
    assert owner.tries() == 303
    store.ok("import", "-", "--replace", input=store.ok("export"))
    assert owner.send("GET", "/oauth/grants").status_code == 200
    wrong(Person(gate), 5)
    assert owner.known().tries() == 303


def test_no_backend_sees_or_sets_what_a_browser_is_known_by(provider, recorder):
    gate = provider(routes=[*ROUTES, {"path": "/*", "upstream": "api", "auth": "none"}])
    names = ["portcullis-known", "__Secure-portcullis-known", "__Host-portcullis-known", "Portcullis-Known", "portcullis"]
    for name in names:
        User(gate).ask("GET", gate.url("/page"), headers={"Cookie": f"a=1; {name}=secret; b=2"})
        assert recorder.seen[-1].one("Cookie") == "a=1; b=2", name


def test_names_that_nobody_can_have_are_not_looked_at(provider):
    gate = provider()
    person = Person(gate)
    for name in ("x" * 256, "y" * 60_000, "\x01", " alice", "a\r\nb"):
        assert person.tries(name) == 403
        assert name.strip() not in person.answer.text
    assert set(wrong(person, 55, "x" * 252 + "{:04}")) == {403}  # which count for nothing
    assert person.tries() == 303
    assert person.tries("x" * 255, "wrong") == 403


def test_an_imported_hash_costs_everybody_the_same(provider, store):
    """What its check takes is noted with the users; that all checks take as much is counted in tests of their own."""
    store.take({"type": "user", "name": "old", "password_hash": IMPORTED})
    gate = provider()
    assert set(wrong(Person(gate, "old"), 2) + wrong(Person(gate), 2) + wrong(Person(gate, "none"), 2)) == {403}
    assert Person(gate, "old").tries() == 303
    assert '"$scrypt$' in store.ok("export") and "pbkdf2" not in store.ok("export")
    assert Person(gate, "old").tries() == 303 and Person(gate).tries() == 303


def test_check_warns_where_all_users_have_one_address(room):
    routes = '[[upstream]]\nname = "a"\nservers = ["http://127.0.0.1:1"]\n[[route]]\npath = "/*"\nupstream = "a"\n'
    file = room / "portcullis.toml"
    for listen, warned in (
        ('external_url = "https://a.test"', True),
        ('external_url = "https://a.test"\naddress = "0.0.0.0:80"', True),
        ('external_url = "http://a.test"', True),
        ('external_url = "https://a.test"\ntrusted_proxies = ["127.0.0.1"]', False),
        ('external_url = "https://a.test"\naddress = "0.0.0.0:443"\ntls = { certificate = "c", key = "k" }', False),
    ):
        file.write_text(f"[listen]\n{listen}\n{routes}")
        code, out, err = run("check", "--config", file)
        assert code == 0, err
        assert ("listen.trusted_proxies does not name it" in out) == warned, (listen, out)
