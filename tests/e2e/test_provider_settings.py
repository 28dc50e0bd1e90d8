"""What settings and clients' own fields change about the dance, and how long its tokens live."""

import time
from urllib.parse import parse_qsl

import requests
from requests_oauthlib import OAuth1

from dance import CALLBACK, Client, User, granted, query, said
from signer import SECRET


def test_replies_bear_what_the_handlers_added(provider, store):
    gate = provider(client=("--extra", "screen_name=Tom & Jerry"),
                    oauth={"request_token_extra": {"version": "0.1.0"}, "access_token_extra": {"version": "0.2"},
                           "reply_realms": False})  # fmt: skip
    client = Client(gate)
    assert said(client.request_token())["version"] == "0.1.0"
    client.come_back(User(gate).consent(client))
    token = said(client.access_token())
    assert token["version"] == "0.2" and token["screen_name"] == "Tom & Jerry"
    assert "oauth_authorized_realms" not in token
    store.ok("client", "update", "app", "--reply-realms", "yes")
    assert "oauth_authorized_realms" in granted(Client(gate), User(gate))


def test_the_addresses_can_be_those_of_another_provider(provider):
    gate = provider(oauth={"request_token_path": "/services/oauth/request", "token_methods": ["POST"]})
    answer = Client(gate).raw("POST", "/services/oauth/request")
    assert answer.status_code == 200
    refused = Client(gate).raw("GET", "/services/oauth/request")
    assert refused.status_code == 405 and refused.headers["Allow"] == "POST"
    assert Client(gate).raw("POST", "/oauth/request_token").status_code == 404


def test_without_the_provider_its_addresses_are_nobodys(provider):
    gate = provider(provider={"enabled": False})
    for path in ("/oauth/request_token", "/oauth/authorize?oauth_token=x", "/oauth/sign_in", "/oauth/grants", "/oauth/errors"):
        assert requests.get(gate.url(path), timeout=20).status_code == 404, path


def test_callback_and_verifier_may_stand_in_the_form_if_that_is_set(provider):
    """As LWP::Authen::OAuth and twitter-api-v2 send them."""
    plain = "http://client.test/plain"  # oauthlib decodes one with a '%' once more than it should
    gate = provider(client=("--redirect-uri", plain))
    auth = OAuth1("app", SECRET, signature_type="auth_header")
    answer = requests.post(gate.url("/oauth/request_token"), data={"oauth_callback": plain}, auth=auth, timeout=20)
    assert answer.status_code == 200, answer.text
    twice = OAuth1("app", SECRET, callback_uri=CALLBACK)
    answer = requests.post(gate.url("/oauth/request_token"), data={"oauth_callback": CALLBACK}, auth=twice, timeout=20)
    assert answer.status_code == 400


def test_callback_in_the_form_beside_a_header_is_refused_otherwise(provider):
    gate = provider(oauth={"split_parameters": False})
    auth = OAuth1("app", SECRET)
    answer = requests.post(gate.url("/oauth/request_token"), data={"oauth_callback": CALLBACK}, auth=auth, timeout=20)
    assert answer.status_code == 400


def test_a_client_that_always_names_its_own_realm_gets_its_default_ones(provider):
    gate = provider(client=("--header-realm", "https://api.test/"))
    client = Client(gate)
    assert client.request_token().status_code == 401
    answer = client.request_token(realm="https://api.test/")
    assert answer.status_code == 200, answer.text
    client.come_back(User(gate).consent(client))
    assert client.access_token().status_code == 401
    answer = client.raw("POST", "/oauth/access_token", realm="https://api.test/")
    assert answer.status_code == 200 and said(answer)["oauth_authorized_realms"] == "email"


def test_a_request_token_opens_no_route_and_an_access_token_no_exchange(provider):
    gate = provider()
    client, user = Client(gate), User(gate)
    client.request_token()
    assert client.call("GET", "/api/any").status_code == 401
    client.come_back(user.consent(client))
    assert client.call("GET", "/api/any").status_code == 401
    assert client.access_token().status_code == 200
    client.session._client.client.verifier = "x"
    assert client.access_token().status_code == 401


def test_a_client_ends_its_own_token(provider):
    gate = provider()
    client = Client(gate)
    granted(client, User(gate))
    assert client.call("GET", "/api/email").status_code == 200
    assert client.call("POST", "/oauth/revoke_token").status_code == 200
    assert client.call("GET", "/api/email").status_code == 401
    assert client.call("POST", "/oauth/revoke_token").status_code == 401


def test_disabled_or_removed_ends_at_the_next_request(provider, store):
    gate = provider()
    client, user = Client(gate), User(gate)
    granted(client, user)
    for kind, name in (("user", "alice"), ("client", "app")):
        store.ok(kind, "disable", name)
        assert client.call("GET", "/api/email").status_code == 401, kind
        store.ok(kind, "enable", name)
        assert client.call("GET", "/api/email").status_code == 200, kind
    waiting = Client(gate)
    waiting.request_token()
    back = query(user.consent(waiting))["oauth_verifier"][0]
    store.ok("user", "remove", "alice")
    assert client.call("GET", "/api/email").status_code == 401
    waiting.session._client.client.verifier = back
    assert waiting.access_token().status_code == 401
    store.user("alice")  # another person of that name
    assert client.call("GET", "/api/email").status_code == 401
    assert 'name="password"' in user.visit(gate.url("/oauth/grants")).text


def test_a_renewable_client_renews_its_token(provider):
    gate = provider(client=("--renewable",), oauth={"access_token_lifetime": "4s"})
    client = Client(gate)
    token = granted(client, User(gate))
    assert 0 < int(token["oauth_expires_in"]) <= 4 and token["oauth_session_handle"]
    time.sleep(5.1)
    assert client.call("GET", "/api/email").status_code == 401
    renewed = client.raw("POST", "/oauth/access_token?oauth_session_handle=" + token["oauth_session_handle"])
    assert renewed.status_code == 200, renewed.text
    fresh = dict(parse_qsl(renewed.text))
    assert fresh["oauth_token"] != token["oauth_token"]
    auth = OAuth1("app", SECRET, fresh["oauth_token"], fresh["oauth_token_secret"])
    assert requests.get(gate.url("/api/email"), auth=auth, timeout=20).status_code == 200
    # The old one is spent, and so is its handle.
    url = gate.url("/oauth/access_token?oauth_session_handle=" + token["oauth_session_handle"])
    old = OAuth1("app", SECRET, token["oauth_token"], token["oauth_token_secret"], signature_type="query")
    assert requests.post(url, auth=old, timeout=20).status_code == 401


def test_repeated_consent_gives_the_same_token_to_a_client_that_is_set_so(provider, store):
    gate = provider(client=("--same-token",))
    user = User(gate)
    first, second = granted(Client(gate), user), granted(Client(gate), user)
    assert first["oauth_token"] == second["oauth_token"]
    wider = granted(Client(gate), user, realm="email address")
    assert wider["oauth_token"] != first["oauth_token"]
    store.ok("token", "revoke", first["oauth_token"])
    assert granted(Client(gate), user)["oauth_token"] != first["oauth_token"]


def test_one_client_can_not_fill_the_store_with_request_tokens(provider):
    gate = provider(limits={"request_tokens": 5})
    answers = [Client(gate).request_token() for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
