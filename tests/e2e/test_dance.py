"""The provider as the Flask-OAuthlib documentation describes it, danced by real clients."""

import threading
import time
from urllib.parse import quote, urlsplit

import pytest
import requests
from requests_oauthlib import OAuth1

from dance import CALLBACK, Client, Forms, User, granted, header, query, said
from signer import SECRET


def test_the_whole_dance_gives_a_token_for_what_was_asked(provider, recorder):
    """Also that GET will do for the token endpoints, and realm is asked for in the Authorization field."""
    gate = provider()
    client, user = Client(gate), User(gate)
    first = client.request_token("GET", realm="email")
    assert first.status_code == 200 and first.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert first.headers["Cache-Control"] == "no-store"
    fields = said(first)
    assert sorted(fields) == ["oauth_callback_confirmed", "oauth_token", "oauth_token_secret"]
    assert fields["oauth_callback_confirmed"] == "true"
    assert 20 <= len(fields["oauth_token"]) <= 30 and fields["oauth_token"].isalnum()

    back = user.consent(client)
    assert back.startswith(CALLBACK + "&")
    assert query(back)["keep"] == ["1 2"] and query(back)["oauth_token"] == [client.token]
    assert len(query(back)["oauth_verifier"][0]) >= 22
    client.come_back(back)

    second = client.access_token("GET")
    assert second.status_code == 200 and second.headers["Cache-Control"] == "no-store"
    token = said(second)
    assert sorted(token) == ["oauth_authorized_realms", "oauth_token", "oauth_token_secret"]
    assert token["oauth_authorized_realms"] == "email"

    assert client.call("GET", "/api/email").status_code == 200
    seen = recorder.only()
    assert seen.one("X-OAuth-User") == "alice" and seen.one("X-OAuth-Client") == "app"
    assert seen.one("X-OAuth-Realms") == "email"
    assert client.call("GET", "/api/address").status_code == 401
    for method in ("POST", "PUT", "DELETE"):
        assert client.call(method, "/api/any").status_code == 200, method


def test_post_will_do_as_well_and_more_realms_may_be_asked(provider):
    gate = provider()
    client = Client(gate)
    assert client.request_token("POST", realm="address email").status_code == 200
    client.come_back(User(gate).consent(client))
    token = said(client.access_token("POST"))
    assert sorted(token["oauth_authorized_realms"].split()) == ["address", "email"]
    assert client.call("GET", "/api/address").status_code == 200


def test_without_a_realm_asked_the_client_gets_its_default(provider):
    gate = provider()
    client = Client(gate)
    assert granted(client, User(gate))["oauth_authorized_realms"] == "email"


def test_the_user_may_grant_less_than_was_asked(provider):
    gate = provider()
    client = Client(gate)
    token = granted(client, User(gate), realm="email address", untick=["address"])
    assert token["oauth_authorized_realms"] == "email"
    assert client.call("GET", "/api/email").status_code == 200
    assert client.call("GET", "/api/address").status_code == 401


def test_the_user_can_not_grant_more_than_was_asked(provider):
    gate = provider()
    client, user = Client(gate), User(gate)
    client.request_token(realm="email")
    page = user.sign_in(user.visit(client.authorize_url()))
    answer = user.submit(page, "yes", realm="address")
    if answer.status_code == 303 and "oauth_verifier" in answer.headers["Location"]:
        client.come_back(answer.headers["Location"])
        assert "address" not in said(client.access_token()).get("oauth_authorized_realms", "")


def test_a_realm_that_is_not_the_clients_or_not_there_says_so(provider, store):
    gate = provider()
    store.ok("client", "update", "app", "--realm", "email", "--default-realm", "email")
    for realm in ("address", "no_such_realm", "email address"):
        answer = Client(gate).request_token(realm=realm)
        assert answer.status_code == 400, realm
        assert said(answer)["error"] and "realm" in said(answer)["error_description"].lower()


def test_a_missing_or_foreign_callback_says_so(provider):
    gate = provider()
    missing = Client(gate, callback=None).request_token()
    assert missing.status_code == 400
    assert said(missing)["oauth_problem"] == "parameter_absent"
    assert said(missing)["oauth_parameters_absent"] == "oauth_callback"
    for callback in ("http://evil.test/cb", CALLBACK + "&more", "http://client.test/", "oob", "javascript:alert(1)", ""):
        answer = Client(gate, callback=callback).request_token()
        assert answer.status_code == 400, callback
        assert said(answer)["oauth_problem"] in ("parameter_rejected", "parameter_absent"), callback


def test_a_callback_may_be_so_long_and_no_longer(provider):
    gate = provider(client=("--callback-match", "ignore_query"))
    for size, status in ((2048, 200), (2049, 400)):
        callback = CALLBACK + "&" + "x" * (size - len(CALLBACK) - 1)
        assert Client(gate, callback=callback).request_token("POST").status_code == status, size


def test_a_missing_callback_can_stand_for_the_registered_one(provider):
    gate = provider(oauth={"default_callback": True})
    client = Client(gate, callback=None)
    assert client.request_token().status_code == 200
    assert User(gate).consent(client).startswith(CALLBACK)


def test_a_bad_signature_method_or_signature_says_so(provider):
    gate = provider(oauth={"signature_methods": ["HMAC-SHA256"]})
    answer = Client(gate).request_token()
    assert answer.status_code == 400 and said(answer)["error"] == "invalid_signature_method"
    wrong = Client(gate, secret="wrong", signature_method="HMAC-SHA256").request_token()
    assert wrong.status_code == 401 and wrong.headers["WWW-Authenticate"].startswith("OAuth ")
    nobody = Client(gate, key="nobody", signature_method="HMAC-SHA256").request_token()
    assert (nobody.status_code, said(nobody)) == (401, said(wrong))


def test_a_refusal_goes_back_to_the_client(provider):
    gate = provider()
    client, user = Client(gate), User(gate)
    client.request_token()
    back = user.consent(client, "no")
    assert back.startswith(CALLBACK + "&")
    assert query(back)["error"] == ["denied"] and query(back)["oauth_problem"] == ["user_refused"]
    assert query(back)["oauth_token"] == [client.token] and "oauth_verifier" not in query(back)
    client.session._client.client.verifier = "guessed"
    answer = client.access_token()
    assert answer.status_code == 401 and said(answer)["oauth_problem"] == "user_refused"


def test_a_refusal_can_go_to_the_error_page_as_it_did_in_flask(provider):
    gate = provider(oauth={"refusal_to": "error_uri"})
    client, user = Client(gate), User(gate)
    client.request_token()
    where = user.consent(client, "no")
    assert urlsplit(where).path == "/oauth/errors" and query(where)["error"] == ["denied"]
    page = user.visit(gate.url(f"/oauth/errors?{urlsplit(where).query}"))
    assert "Access was denied." in page.text


def test_a_forged_request_token_gives_an_error_page(provider):
    gate = provider()
    user = User(gate)
    for target in ("/oauth/authorize?oauth_token=forged", "/oauth/authorize", "/oauth/authorize?oauth_token=",
                   "/oauth/authorize?oauth_token=%00%ff", "/oauth/authorize?oauth_token=a&oauth_callback=http://evil.test/"):  # fmt: skip
        first = user.ask("GET", gate.url(target))
        assert first.status_code == 303, target
        assert urlsplit(first.headers["Location"]).path == "/oauth/errors"
        page = user.visit(gate.url(target))
        assert page.status_code == 400 and page.headers["Content-Type"].startswith("text/html")
        assert "evil" not in page.text and "confirm" not in page.text


def test_what_the_address_of_the_consent_page_says_besides_is_not_believed(provider):
    """oauth_callback there is 1.0, and was how sessions were fixed; realm there would be more than was asked."""
    gate = provider()
    client = Client(gate)
    client.request_token(realm="email")
    more = "&oauth_callback=" + quote("http://evil.test/cb", safe="") + "&realm=address&oauth_verifier=x"
    back = User(gate).consent(client, more=more)
    assert back.startswith(CALLBACK)
    client.come_back(back)
    assert said(client.access_token())["oauth_authorized_realms"] == "email"


def test_a_decided_token_is_decided(provider):
    gate = provider()
    client, user, elsewhere = Client(gate), User(gate), User(gate)
    client.request_token()
    page = user.sign_in(user.visit(client.authorize_url()))
    late = elsewhere.sign_in(elsewhere.visit(client.authorize_url()))
    assert user.submit(page, "yes").status_code == 303
    for button in ("yes", "no"):
        answer = elsewhere.submit(late, button)
        assert answer.status_code == 303 and urlsplit(answer.headers["Location"]).path == "/oauth/errors"
        assert query(answer.headers["Location"])["error"] == ["token_used"]
    again = user.visit(client.authorize_url())
    assert again.status_code == 400 and "decided already" in again.text


def test_a_verifier_is_good_once_and_for_its_token_and_client_alone(provider, store):
    gate = provider()
    store.ok("client", "add", "--name", "Other", "--key", "other", "--secret", "-", "--redirect-uri", CALLBACK,
             "--realm", "email", input="other-secret")  # fmt: skip
    one, two, user = Client(gate), Client(gate), User(gate)
    one.request_token()
    two.request_token()
    back = query(user.consent(one))["oauth_verifier"][0]
    user.consent(two)
    # Another token's verifier, none, and another client's exchange.
    two.session._client.client.verifier = back
    assert two.access_token().status_code == 401
    two.session._client.client.verifier = None
    absent = two.access_token()
    assert absent.status_code == 400 and said(absent)["oauth_parameters_absent"] == "oauth_verifier"
    thief = OAuth1("other", "other-secret", one.token, one.session._client.client.resource_owner_secret, verifier=back)
    assert requests.post(gate.url("/oauth/access_token"), auth=thief, timeout=20).status_code == 401
    one.session._client.client.verifier = back
    spent = header("app", SECRET, one.token, one.session._client.client.resource_owner_secret, verifier=back)
    assert one.access_token().status_code == 200
    again = requests.post(gate.url("/oauth/access_token"), auth=spent, timeout=20)
    assert again.status_code == 401 and said(again)["oauth_problem"] in ("token_used", "token_rejected", "signature_invalid")


def test_guessing_verifiers_ends_with_the_token(provider):
    gate = provider()
    client, user = Client(gate), User(gate)
    client.request_token()
    right = query(user.consent(client))["oauth_verifier"][0]
    for guess in range(10):
        client.session._client.client.verifier = f"guess{guess}"
        assert client.access_token().status_code == 401
    client.session._client.client.verifier = right
    assert client.access_token().status_code == 401


@pytest.mark.threads
def test_of_many_exchanges_at_once_one_gets_the_token(provider):
    gate = provider(listen={"threads": 4})
    client = Client(gate)
    client.request_token()
    right = query(User(gate).consent(client))["oauth_verifier"][0]
    auth = header("app", SECRET, client.token, client.session._client.client.resource_owner_secret, verifier=right)
    got, gate_open = [], threading.Barrier(64)

    def exchange():
        gate_open.wait(60)
        with requests.Session() as session:
            session.trust_env = False
            got.append(session.post(gate.url("/oauth/access_token"), auth=auth, timeout=60))

    threads = [threading.Thread(target=exchange) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(got) == 64
    assert [answer.status_code for answer in got].count(200) == 1
    assert {answer.status_code for answer in got} <= {200, 401}


def test_a_request_token_expires(provider):
    gate = provider(oauth={"request_token_lifetime": "1s"})
    client, user = Client(gate), User(gate)
    client.request_token()
    time.sleep(2.1)
    page = user.visit(client.authorize_url())
    assert page.status_code == 400 and "too old" in page.text


def test_an_access_token_expires_when_it_is_set_so(provider):
    gate = provider(oauth={"access_token_lifetime": "2s"})
    client = Client(gate)
    granted(client, User(gate))
    assert client.call("GET", "/api/email").status_code == 200
    time.sleep(3.1)
    assert client.call("GET", "/api/email").status_code == 401


def test_a_client_without_callback_shows_its_user_a_code(provider):
    gate = provider(client=("--allow-oob",))
    client, user = Client(gate, callback="oob"), User(gate)
    assert client.request_token().status_code == 200
    page = user.sign_in(user.visit(client.authorize_url()))
    answer = user.submit(page, "yes")
    assert answer.status_code == 303
    shown = user.visit(gate.url(answer.headers["Location"]))
    code = Forms(shown.text).ids["oauth_verifier"]
    assert shown.status_code == 200 and shown.text.count("verif") == 1
    client.session._client.client.verifier = code
    assert client.access_token().status_code == 200
    # Nobody else is shown it.
    other = Client(gate, callback="oob")
    other.request_token()
    page = user.visit(other.authorize_url())
    where = user.submit(page, "yes").headers["Location"]
    assert "oauth_verifier" not in User(gate).visit(gate.url(where)).text
