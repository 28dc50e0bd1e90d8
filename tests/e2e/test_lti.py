"""LTI 1.1: a learning platform launches a tool through the user's browser, and takes grades back."""

import urllib.parse

import pytest
from oauthlib.oauth1 import SIGNATURE_TYPE_BODY, Client

from gate import HOST

KEY, SECRET = "lms.school.example", "launch-secret"
LAUNCH = {
    "lti_message_type": "basic-lti-launch-request",
    "lti_version": "LTI-1p0",
    "resource_link_id": "120988f929-274612",
    "resource_link_title": "Übung 1: a=b & c",
    "user_id": "292832126",
    "roles": "urn:lti:sysrole:ims/lis/Administrator,Instructor",
    "lis_person_name_full": "Jane Q. Public",
    "lis_person_contact_email_primary": "",
    "launch_presentation_return_url": "https://lms.school.example/return?course=1&x=%20",
    "custom_chapter": "1.2~3",
    "ext_submit": "Press to Launch",
    "oauth_callback": "about:blank",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUIRKS = ["query_in_form", "crlf_fields"]


def routes(**more):
    launches = {"path": "/lti/*", "upstream": "api", "auth": "client", "credentials": "form", "body_hash": "required"}
    return [{**launches, **more}, {**launches, "path": "/lti/outcomes", "credentials": "header"}]


@pytest.fixture
def lms(store):
    store.client(KEY, SECRET)


@pytest.fixture
def tool(new_gate, recorder, lms):
    """The usual one: behind a terminator of TLS."""
    return new_gate(recorder, routes(), listen={"external_url": f"https://{HOST}"}, oauth={"enforce_tls": True})


def launch(url, fields, key=KEY, secret=SECRET):
    """The form that the platform signs and the browser posts; oauth_callback is one of its fields."""
    fields = dict(fields)
    client = Client(key, secret, signature_type=SIGNATURE_TYPE_BODY, callback_uri=fields.pop("oauth_callback", None))
    return client.sign(url, "POST", body=urllib.parse.urlencode(fields), headers=FORM)[2]


def posted(target, body, *lines, content_type=FORM["Content-Type"]):
    head = [f"POST {target} HTTP/1.1", f"Host: {HOST}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *lines,
            "Origin: https://lms.school.example", "Cookie: portcullis=x; session=1"]
    return "\r\n".join([*head, "", body]).encode()


@pytest.mark.parametrize("target", ["/lti/launch", "/lti/launch?course=math%20101&course=2&empty=", "/lti/launch?"])
@pytest.mark.parametrize("content_type", [FORM["Content-Type"], "application/x-www-form-urlencoded; charset=UTF-8"])
def test_a_launch_is_proven_and_reaches_the_tool_as_the_browser_sent_it(target, content_type, tool, recorder):
    body = launch(f"https://{HOST}{target}", LAUNCH)
    answer = tool.exchange(posted(target, body, content_type=content_type), "POST")
    assert answer.status == 200, answer
    seen = recorder.only()
    assert (seen.target, seen.body) == (target, body.encode())
    assert seen.one("x-oauth-client") == KEY and not seen.all("x-oauth-user")
    assert seen.one("content-type") == content_type and seen.one("cookie") == "session=1"


def test_a_launch_is_good_once_and_for_nothing_else(tool, recorder):
    body = launch(f"https://{HOST}/lti/launch?course=1", LAUNCH)
    good = posted("/lti/launch?course=1", body)
    assert tool.exchange(good, "POST").status == 200
    assert tool.exchange(good, "POST").status == 401
    for tampered in (
        posted("/lti/launch?course=2", launch(f"https://{HOST}/lti/launch?course=1", LAUNCH)),
        posted("/lti/launch", launch(f"https://{HOST}/lti/launch", LAUNCH).replace("user_id=292832126", "user_id=1")),
        posted("/lti/launch", launch(f"https://{HOST}/lti/launch", LAUNCH) + "&custom_more=1"),
        posted("/lti/launch", launch(f"http://{HOST}/lti/launch", LAUNCH)),
        posted("/lti/launch", launch(f"https://{HOST}/lti/launch", LAUNCH, secret="wrong")),
        posted("/lti/launch", launch(f"https://{HOST}/lti/launch", LAUNCH, key="lms.school")),
    ):
        assert tool.exchange(tampered, "POST").status == 401
    assert len(recorder.seen) == 1


def test_a_launch_without_a_callback_is_as_good(tool, recorder):
    fields = {name: value for name, value in LAUNCH.items() if name != "oauth_callback"}
    assert tool.exchange(posted("/lti/launch", launch(f"https://{HOST}/lti/launch", fields)), "POST").status == 200


def test_behind_a_proxy_the_launch_url_is_what_the_proxy_says(new_gate, recorder, lms):
    gate = new_gate(recorder, routes(), listen={"external_url": None, "trusted_proxies": ["127.0.0.1"]}, oauth={"enforce_tls": True})
    body = launch("https://tool.test:8443/lti/launch", LAUNCH)
    said = ["X-Forwarded-Proto: https", "X-Forwarded-Host: tool.test", "X-Forwarded-Port: 8443"]
    assert gate.exchange(posted("/lti/launch", body, *said), "POST").status == 200
    assert gate.exchange(posted("/lti/launch", launch("https://tool.test:8443/lti/launch", LAUNCH)), "POST").status == 400


def moved(target, body, *lines, content, content_type):
    """The launch as a query, and another body in its place."""
    return posted(f"{target}{'&' if '?' in target else '?'}{body}", content, *lines, content_type=content_type)


def in_header(body):
    """The OAuth parameters of a launch as an Authorization field, and the rest."""
    pairs = body.split("&")
    own = [pair.split("=", 1) for pair in pairs if pair.startswith("oauth_")]
    field = "Authorization: OAuth " + ", ".join(f'{name}="{value}"' for name, value in own)
    return field, "&".join(pair for pair in pairs if not pair.startswith("oauth_"))


def test_the_user_who_is_to_post_a_launch_can_not_send_another_body_with_it(tool, recorder):
    multipart = "--b\r\nContent-Disposition: form-data; name=\"roles\"\r\n\r\nInstructor\r\n--b--\r\n"
    others = [(multipart, "multipart/form-data; boundary=b"), ('{"roles":"Instructor"}', "application/json"), ("roles=Instructor", "text/plain"),
              ("roles=Instructor", FORM["Content-Type"]), ("roles=Instructor", FORM["Content-Type"] + ", text/plain"), ("", FORM["Content-Type"])]
    for path in ("/lti/launch", "/lti/launch?course=1", "/lti/outcomes"):
        body = launch(f"https://{HOST}{path}", LAUNCH).replace("+", "%20")
        for content, content_type in others:
            if not (path == "/lti/outcomes" and not content):
                assert tool.exchange(moved(path, body, content=content, content_type=content_type), "POST").status in (400, 401)
            field, rest = in_header(body)
            if not (path == "/lti/outcomes" and not content):
                assert tool.exchange(moved(path, rest, field, content=content, content_type=content_type), "POST").status in (400, 401)
    assert not recorder.touched


def test_a_part_of_a_value_can_not_be_made_a_field_for_tools_that_split_at_semicolons(tool, recorder):
    body = launch(f"https://{HOST}/lti/launch", {**LAUNCH, "lis_person_name_full": "Bob;roles=Instructor"})
    for raw in (body.replace("%3B", ";"), body.replace("%3Broles%3D", ";roles="), body.replace("%3B", "&")):
        assert raw != body
        assert tool.exchange(posted("/lti/launch", raw), "POST").status in (400, 401)
    assert not recorder.touched
    assert tool.exchange(posted("/lti/launch", body), "POST").status == 200


def repeated_query():
    """Canvas: the query stands in the form too, and was signed once."""
    body = launch(f"https://{HOST}/lti/launch", {"course": "1", "part": "a b", **LAUNCH})
    return posted("/lti/launch?course=1&part=a%20b", body)


def browser_lines():
    """A field with line ends, which were signed as LF and which browsers send as CR LF."""
    body = launch(f"https://{HOST}/lti/launch", {"custom_text": "one\ntwo\n", **LAUNCH})
    assert body.count("%0A") == 2
    return posted("/lti/launch", body.replace("%0A", "%0D%0A"))


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_with_its_quirks_a_route_takes_launches_of_platforms_that_have_none(end, twice, new_gate, recorder, lms):
    """Canvas signs CRLF, since 2022; others sign what is in query and form twice, as they should."""
    gate = new_gate(recorder, routes(quirks=QUIRKS), listen={"external_url": f"https://{HOST}"})
    fields = {"course": "1", "custom_text": f"one{end}two{end}", **LAUNCH}
    signed = launch(f"https://{HOST}/lti/launch" + ("?course=1" if twice else ""), fields)
    body = signed if end == "\r\n" else signed.replace("%0A", "%0D%0A")
    assert body.count("%0D%0A") == 2
    data = posted("/lti/launch?course=1", body)
    assert gate.exchange(data.replace(b"one", b"two", 1), "POST").status == 401
    assert gate.exchange(data, "POST").status == 200
    assert gate.exchange(data, "POST").status == 401
    assert recorder.only().body == body.encode()


@pytest.mark.parametrize("make", [repeated_query, browser_lines])
def test_departures_of_platforms_and_browsers_pass_where_the_route_has_their_quirk(make, new_gate, recorder, lms):
    strict = new_gate(recorder, routes(), listen={"external_url": f"https://{HOST}"})
    assert strict.exchange(make(), "POST").status == 401
    strict.stop()
    assert not recorder.touched
    lenient = new_gate(recorder, routes(quirks=QUIRKS), listen={"external_url": f"https://{HOST}"})
    assert lenient.exchange(make(), "POST").status == 200
    data = make()
    assert lenient.exchange(data.replace(b"user_id=292832126", b"user_id=292832127"), "POST").status == 401
    plain = posted("/lti/launch?a=1", launch(f"https://{HOST}/lti/launch?a=1", LAUNCH))
    assert lenient.exchange(plain, "POST").status == 200
    assert len(recorder.seen) == 2


def test_a_grade_goes_back_in_a_body_whose_hash_is_signed(tool, recorder):
    body = '<?xml version="1.0"?><imsx_POXEnvelopeRequest><resultScore>0.92</resultScore></imsx_POXEnvelopeRequest>'
    url = f"https://{HOST}/lti/outcomes"

    def request(sent):
        _, headers, _ = Client(KEY, SECRET).sign(url, "POST", body=body, headers={"Content-Type": "application/xml"})
        assert "oauth_body_hash" in headers["Authorization"]
        return posted("/lti/outcomes", sent, f"Authorization: {headers['Authorization']}", content_type="application/xml")

    assert tool.exchange(request(body), "POST").status == 200
    assert tool.exchange(request(body.replace("0.92", "1.00")), "POST").status == 401
    assert recorder.only().body == body.encode()
