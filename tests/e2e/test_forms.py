"""What real backends take for a form: nothing of it reaches them with an identity unless it is what was signed."""

import json
import os
import shutil
import subprocess
import sys
import urllib.parse

import pytest

from gate import BINARY, HOST, TOP
from wire import LIMIT, Closed, Wire, eventually, free_port

PHP = """<?php
header('Content-Type: application/json');
echo json_encode(['form' => $_POST, 'client' => $_SERVER['HTTP_X_OAUTH_CLIENT'] ?? '']);
"""

EXPRESS = """
const express = require('express');
const app = express();
app.use(express.urlencoded({ extended: true }));
app.use((request, answer) => answer.json({ form: request.body || {}, client: request.get('X-OAuth-Client') || '' }));
app.use((fault, request, answer, next) => answer.json({ form: {}, client: request.get('X-OAuth-Client') || '' }));
const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""

FLASK = """
import logging
from flask import Flask, request
from werkzeug.serving import make_server
logging.disable()
app = Flask(__name__)

@app.route("/<path:path>", methods=["GET", "POST", "PUT"])
def answer(path):
    return {"form": request.form, "client": request.headers.get("X-OAuth-Client", "")}

server = make_server("127.0.0.1", 0, app)
print(server.port, flush=True)
server.serve_forever()
"""

FORM = "application/x-www-form-urlencoded"
# As bytes of Latin-1, which is what servers make of a field's value.
ALMOST = [
    f"{FORM},", f"{FORM}, text/plain", f"text/plain, {FORM}", f"{FORM} charset=utf-8", f"{FORM}x", f"{FORM}/2", f'"{FORM}"',
    f"{FORM}\xa0", f"\xa0{FORM}", f"{FORM}\xa0; charset=utf-8", f"{FORM}\x85", f"{FORM}\xc2\xa0", f"\xef\xbb\xbf{FORM}",
    f"{FORM}\xe2\x80\xa8", f"{FORM},{FORM}", f"{FORM}\t,", f"{FORM.upper()},x", f"appl\xc4\xb0cation/{FORM[12:]}",
    FORM.replace("/", "%2F"), "application/x-url-encoded", "x-www-form-urlencoded", f"{FORM}=; a=b", f"{FORM}: text",
    f"{FORM}; charset=utf-7", f"{FORM}; charset=\"UTF-16\"", f"{FORM};charset*=utf-8''utf-7",
]
# Refused as HTTP already: control bytes in a field, and the field given twice.
BROKEN = [f"{FORM}\x0b", f"\x0c{FORM}", f"{FORM}\x1f", f"{FORM}\x00", f"text/plain\r\nContent-Type: {FORM}", f"{FORM}\r\nContent-Type: {FORM}"]
# What every backend and the gate agree on.
PLAIN = [FORM, f"{FORM}; charset=utf-8", FORM.upper().title(), f"\t{FORM} ", f'{FORM} ; charset="UTF-8"']
OTHER = ["application/json", "text/plain", "application/octet-stream", "", f"text/plain; note={FORM}"]

ROUTES = [
    {"path": "/lti/*", "upstream": "api", "auth": "client"},
    {"path": "/api/*", "upstream": "api"},
    {"path": "/maybe/*", "upstream": "api", "auth": "optional"},
    {"path": "/public/*", "upstream": "api", "auth": "none"},
]


class Backend:
    """A program that says on its first line which port it listens on, or is told."""

    def __init__(self, command, port=None, **environment):
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = port or int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"
        eventually(self.listens, "the backend listens")

    def listens(self):
        assert self.process.poll() is None
        try:
            with Wire(self.port):
                return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(LIMIT)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def backends(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")
    modules = os.environ.get("PORTCULLIS_NODE_PATH", str(TOP / "build/npm/node_modules"))
    assert os.path.isdir(os.path.join(modules, "express")), "express is missing: ./tests/run installs it"
    (folder / "index.php").write_text(PHP)
    port = free_port()
    made = {"php": Backend([shutil.which("php"), "-S", f"127.0.0.1:{port}", str(folder / "index.php")], port)}
    try:
        made["express"] = Backend(["node", "-e", EXPRESS], NODE_PATH=modules)
        made["flask"] = Backend([sys.executable, "-c", FLASK])
        yield made
    finally:
        for backend in made.values():
            backend.stop()


def posted(target, kind, body, *lines, method="POST"):
    head = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}", *lines]
    if kind:
        head.append(f"Content-Type: {kind}")
    return "\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1") + body


def sent(port, data):
    with Wire(port) as wire:
        answer = wire.try_send(data).read("POST")
    return answer.status, json.loads(answer.body) if answer.status == 200 else {}


def in_query(signer, target, form):
    """A form that was signed for this address, as the query that its receiver makes of it."""
    return target + "?" + urllib.parse.urlencode([*form.items(), *signer.parameters("POST", f"http://{HOST}{target}", urllib.parse.urlencode(form)).items()],
                                                 quote_via=urllib.parse.quote, safe="-._~")


SIGNED = {"user_id": "1", "roles": "Learner"}
FORGED = b"user_id=2&roles=Instructor"


@pytest.mark.parametrize("name", ["php", "express", "flask"])
def test_no_backend_reads_an_unsigned_form_with_an_identity(name, backends, new_gate, alice):
    backend = backends[name]
    gate = new_gate(backend, ROUTES)
    learner = alice.but(token=None, token_secret="")
    read = []  # by the backend, were the gate not there
    for kind in ALMOST + BROKEN:
        forged = posted("/lti/x", kind, FORGED)
        try:
            if sent(backend.port, forged)[1].get("form"):
                read.append(kind)
        except (Closed, ValueError):
            pass
        for signer, target in ((learner, "/lti/x"), (alice, "/api/x"), (alice, "/maybe/x")):
            data = posted(in_query(signer, target, SIGNED), kind, FORGED)
            assert sent(gate.port, data)[0] == 400, (kind, target)
            header = "Authorization: " + signer.header("POST", f"http://{HOST}{target}")
            assert sent(gate.port, posted(target, kind, FORGED, header))[0] == 400, (kind, target)
        assert sent(gate.port, posted("/maybe/x", kind, FORGED))[0] == 400, kind
    print(name, "reads as a form:", read)
    assert len(read) >= 2
    for kind in [*PLAIN, f"{FORM};"]:  # signed in the query, and a form besides: that is signed too
        assert sent(gate.port, posted(in_query(learner, "/lti/x", SIGNED), kind, FORGED))[0] == 401, kind
    for kind in OTHER:  # passes unsigned, and is no form to anyone
        status, seen = sent(gate.port, posted(in_query(learner, "/lti/x", SIGNED), kind, FORGED))
        assert (status, seen) == (200, {"form": seen["form"], "client": "client"}) and not seen["form"], kind


@pytest.mark.parametrize("name", ["php", "express", "flask"])
def test_what_is_a_form_arrives_as_it_was_signed(name, backends, new_gate, alice):
    gate = new_gate(backends[name], ROUTES)
    form = {"user_id": "1", "text": "ü & more + less", "empty": ""}
    body = urllib.parse.urlencode(form)
    for kind in PLAIN:
        header = "Authorization: " + alice.header("POST", f"http://{HOST}/api/x", body)
        assert sent(gate.port, posted("/api/x", kind, body.encode(), header)) == (200, {"form": form, "client": "client"}), kind
    # Where nothing may be signed there is nothing to tell apart.
    for kind in PLAIN + ALMOST:
        status, seen = sent(gate.port, posted("/public/x", kind, FORGED, "X-OAuth-Client: eve"))
        assert (status, seen["client"]) == (200, ""), kind


def test_a_form_that_is_coded_is_refused_where_it_may_be_signed(new_gate, recorder, alice):
    gate = new_gate(recorder, ROUTES)
    for coding, status in (("gzip", 400), ("deflate", 400), ("br", 400), ("identity, gzip", 400), ("identity", 200), ("Identity", 200), ("", 200)):
        line = f"Content-Encoding: {coding}"
        header = "Authorization: " + alice.header("POST", f"http://{HOST}/api/x", "a=1")
        assert sent_status(gate, posted("/api/x", FORM, b"a=1", header, line)) == status, coding
        assert sent_status(gate, posted("/maybe/x", FORM, b"a=1", line)) == status, coding
        assert sent_status(gate, posted("/public/x", FORM, b"a=1", line)) == 200, coding
        header = "Authorization: " + alice.header("POST", f"http://{HOST}/api/x")
        assert sent_status(gate, posted("/api/x", "application/json", b"{}", header, line)) == 200, coding
    eventually(lambda: "form_unclear" in gate.said(), "the log says why")


def sent_status(gate, data):
    return gate.exchange(data, "POST").status


def test_a_body_without_a_type_is_told_not_to_be_a_form(new_gate, recorder, alice):
    """Python's cgi.FieldStorage, for one, takes it for a form."""
    gate = new_gate(recorder, ROUTES)
    for kind in ("", " ", ";", "; charset=utf-8"):
        header = "Authorization: " + alice.header("POST", f"http://{HOST}/api/x")
        lines = [f"Content-Type: {kind}"] if kind else []
        assert sent_status(gate, posted("/api/x", "", FORGED, header, *lines)) == 200, kind
        assert recorder.seen[-1].all("content-type") == ["application/octet-stream"], kind
        assert recorder.seen[-1].body == FORGED
    assert sent_status(gate, posted("/public/x", "", FORGED)) == 200
    assert recorder.seen[-1].all("content-type") == []


def test_a_request_without_a_body_may_have_any_type(new_gate, recorder, alice):
    gate = new_gate(recorder, ROUTES)
    for kind in ALMOST:
        assert sent_status(gate, gate.request(alice, "GET", "/api/x", headers=[f"Content-Type: {kind}"])) == 200, kind
    assert {seen.one("x-oauth-user") for seen in recorder.seen} == {"alice"}


def test_explain_knows_what_is_almost_a_form(new_gate, recorder, alice, tmp_path):
    gate = new_gate(recorder, ROUTES)
    for kind, line in ((f"{FORM}, text/plain", ""), ("application/x-url-encoded", ""), (FORM, "Content-Encoding: gzip\r\n")):
        head = f"POST /api/x HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\n{line}Authorization: "
        dump = tmp_path / "request.txt"
        dump.write_text(head + alice.header("POST", f"http://{HOST}/api/x") + "\r\n\r\na=1")
        done = subprocess.run([BINARY, "explain", "--http", str(dump), "--config", str(gate.file), "--json"],
                              capture_output=True, timeout=LIMIT, text=True, check=False)
        assert done.returncode == 0 and "form_unclear" in done.stdout, done.stdout + done.stderr
