"""Real backends that say what they take a request for: gunicorn with Flask, Express, lighttpd with a CGI program, PHP."""

import os
import shutil
import socket
import subprocess

import pytest

from gate import TOP
from wire import LIMIT, eventually, free_port

HERE = TOP / "tests/e2e"
NODE_PATH = os.environ.get("PORTCULLIS_NODE_PATH", str(TOP / "build/npm/node_modules"))

LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{here}"
server.modules = ("mod_rewrite", "mod_cgi")
server.errorlog = "{room}/lighttpd.log"
url.rewrite-once = ("" => "/echo.cgi")
cgi.assign = (".cgi" => "/bin/sh")
"""


class Echo:
    """One of them; `fooled` is what it believes of a stranger who speaks to it directly, as (target, fields, what it then
    says)."""

    def __init__(self, room):
        self.port = free_port()
        self.log = open(room / "echo.log", "wb+")
        self.process = subprocess.Popen(self.command(room), stdout=self.log, stderr=self.log,
                                        env={**os.environ, "NODE_PATH": NODE_PATH, "PORT": str(self.port)})

        def listens():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
            self.log.seek(0)
            assert self.process.poll() is None, self.log.read()
            return False

        eventually(listens, "the backend listens")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        self.process.terminate()
        self.process.wait(LIMIT)
        self.log.close()


class Flask(Echo):
    fooled = [
        ("/public/api/email", ["SCRIPT_NAME: /public"], {"handler": "email", "path": "/api/email"}),
        ("/public/api/email", ["X-Script-Name: /public"], {"handler": "email", "path": "/api/email"}),
        ("/public/x", ["X_OAuth_User: eve"], {"user": "eve"}),
        ("/public/x", ["X-HTTP-Method-Override: DELETE"], {"method": "DELETE"}),
        ("/public/x", ["X_HTTP_Method-Override: delete"], {"method": "DELETE"}),
        ("/public/x", ["Client-IP: 6.6.6.6"], {"address": "6.6.6.6"}),
        ("/public/x", ["X-Host: evil.test"], {"host": "evil.test"}),
        ("/public/x", ["X-Scheme: https"], {"scheme": "https"}),
        ("/api/email/", [], {"handler": "email"}),
    ]

    def command(self, room):
        return ["/usr/bin/python3", "-m", "gunicorn", "--chdir", str(HERE), "--bind", f"127.0.0.1:{self.port}", "--threads", "2",
                "--worker-tmp-dir", str(room), "--log-level=warning", "echo_flask:app"]


class Express(Echo):
    fooled = [
        ("/api/Email", [], {"handler": "email"}),
        ("/API/EMAIL/", [], {"handler": "email"}),
        ("/public/x", ["X-HTTP-Method-Override: DELETE"], {"method": "DELETE"}),
        ("/public/x", ["X-Rewrite-URL: /api/email"], {"handler": "email"}),
        ("/public/x", ["X-OAuth-User: eve"], {"user": "eve"}),
        ("/public/x", ["Client-IP: 6.6.6.6"], {"address": "6.6.6.6"}),
        ("/public/x", ["X-Forwarded-Host: evil.test"], {"host": "evil.test"}),
    ]

    def command(self, room):
        if not shutil.which("node") or not os.path.isdir(os.path.join(NODE_PATH, "express")):
            pytest.skip("node or express is missing: ./tests/run installs them")
        return ["node", str(HERE / "echo_express.js")]


class Lighttpd(Echo):
    fooled = [
        ("/public/x", ["X~OAuth~User: eve"], {"user": "eve"}),
        ("/public/x", ["x!oauth|user: eve"], {"user": "eve"}),
        ("/public/x", ["X.OAuth_User: eve"], {"user": "eve"}),
        ("/public/x", ["Client*IP: 6.6.6.6"], {"address": "6.6.6.6"}),
    ]

    def command(self, room):
        (room / "lighttpd.conf").write_text(LIGHTTPD.format(port=self.port, here=HERE, room=room))
        return [shutil.which("lighttpd") or "/usr/sbin/lighttpd", "-D", "-f", str(room / "lighttpd.conf")]


class Php(Echo):
    fooled = [
        ("/public/x", ["X_OAuth_User: eve"], {"user": "eve"}),
        ("/public/x", ["X-Original-URL: /api/email"], {"handler": "email"}),
        ("/public/x", ["X-HTTP-Method-Override: delete"], {"method": "DELETE"}),
        ("/public/x", ["Front-End-Https: on"], {"scheme": "https"}),
        ("/public/x", ["Client_IP: 6.6.6.6"], {"address": "6.6.6.6"}),
        ("/api/email%0A", [], {"handler": "email"}),
    ]

    def command(self, room):
        return ["php", "-n", "-d", "display_errors=0", "-S", f"127.0.0.1:{self.port}",
                str(HERE / "echo_php.php")]


ALL = {"flask": Flask, "express": Express, "lighttpd": Lighttpd, "php": Php}
