"""Backends: nginx as Debian ships it, and a recorder that keeps every byte and answers as it is told."""

import json
import shutil
import socket
import subprocess
import threading

from wire import LIMIT, Closed, Wire, eventually, free_port

NGINX = """
daemon off;
master_process off;
pid {room}/nginx.pid;
error_log {room}/error.log info;
events {{ worker_connections 1024; }}
http {{
  client_body_temp_path {room}/bodies;
  proxy_temp_path {room}/proxy;
  fastcgi_temp_path {room}/fastcgi;
  uwsgi_temp_path {room}/uwsgi;
  scgi_temp_path {room}/scgi;
  client_max_body_size 0;
  client_body_in_file_only on;
  keepalive_requests 100000;
  log_format seen escape=json '{{"request":"$request","host":"$http_host","body_file":"$request_body_file",'
    '"connection":"$connection","id":"$http_x_request_id","authorization":"$http_authorization",'
    '"user":"$http_x_oauth_user","client":"$http_x_oauth_client","realms":"$http_x_oauth_realms",'
    '"token":"$http_x_oauth_token_id","type":"$content_type","status":"$status"}}';
  access_log {room}/seen.log seen;
  server {{
    listen 127.0.0.1:{port};
    root {room}/www;
    location /files/ {{
      dav_methods PUT DELETE;
      create_full_put_path on;
    }}
    location / {{ proxy_pass http://unix:{room}/answer.sock; }}
  }}
  server {{
    listen unix:{room}/answer.sock;
    access_log off;
    location / {{ return 200 "answered\\n"; }}
  }}
}}
"""


class Nginx:
    """Answers 200 to everything, keeps /files/ as PUT and DELETE say, and logs what it saw."""

    def __init__(self, room, port=None):
        self.room = room
        self.port = port or free_port()
        self.process = None
        for folder in ("www/files", "bodies"):
            (room / folder).mkdir(parents=True, exist_ok=True)
        (room / "nginx.conf").write_text(NGINX.format(room=room, port=self.port))
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        command = [program, "-p", str(self.room), "-c", str(self.room / "nginx.conf"), "-e", str(self.room / "error.log")]
        (self.room / "answer.sock").unlink(missing_ok=True)
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

        def listens():
            assert self.process.poll() is None, (self.room / "error.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        eventually(listens, "nginx listens")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(LIMIT)

    def lines(self):
        log = self.room / "seen.log"
        return [json.loads(line) for line in log.read_bytes().decode("utf-8").splitlines()] if log.exists() else []

    def saw(self, count):
        """What it saw, once that is `count` requests; with the bodies as bytes."""
        eventually(lambda: len(self.lines()) >= count, f"nginx saw {count} requests")
        lines = self.lines()
        assert len(lines) == count, lines
        for line in lines:
            line["body"] = open(line["body_file"], "rb").read() if line["body_file"] else b""
        return lines


class Seen:
    """One request as the recorder got it."""

    def __init__(self, raw, connection):
        self.raw = raw  # the head
        self.connection = connection
        lines = raw.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.method, self.target, self.version = lines[0].split(" ")
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        self.body = b""
        self.complete = False

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def one(self, name):
        found = self.all(name)
        assert len(found) == 1, f"{name} {len(found)} times in {self.fields}"
        return found[0]

    def names(self):
        return [name.lower() for name, _ in self.fields]


def plain(body=b"ok", status="200 OK", extra=b""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode() + extra + b"\r\n" + body


class Recorder:
    """Keeps what arrives and answers with answer(seen, wire): bytes to send, or None to close. before_body(seen, wire)
    may hold the reading up, or take the body itself by raising Closed."""

    def __init__(self, port=0):
        self.answer = lambda seen, wire: plain()
        self.before_body = lambda seen, wire: None
        self.seen = []
        self.touched = False  # a byte of a request has come
        self.connections = 0
        self.live = set()
        self.lock = threading.Lock()
        self.port = port or free_port()  # which a test may let go for a while
        self.listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.live.add(accepted)
                number = self.connections
            threading.Thread(target=self._serve, args=(accepted, number), daemon=True).start()

    def _serve(self, accepted, number):
        wire = Wire.__new__(Wire)
        wire.socket, wire.buffer = accepted, b""
        try:
            while self._exchange(wire, number):
                pass
        except (Closed, OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.live.discard(accepted)
            accepted.close()

    def _exchange(self, wire, number):
        if not wire.buffer:
            wire._more()
        self.touched = True
        seen = Seen(wire._until(b"\r\n\r\n"), number)
        with self.lock:
            self.seen.append(seen)
        self.before_body(seen, wire)
        if seen.all("transfer-encoding"):
            seen.body = wire._chunks()
        elif seen.all("content-length"):
            seen.body = wire._exactly(int(seen.one("content-length")))
        seen.complete = True
        reply = self.answer(seen, wire)
        if reply is None:
            return False
        wire.socket.sendall(reply)
        return True

    def only(self):
        assert len(self.seen) == 1, [s.line for s in self.seen]
        return self.seen[0]

    def drop(self):
        """Closes the connections that are open, and goes on listening."""
        with self.lock:
            for accepted in self.live:
                try:
                    accepted.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        eventually(lambda: not self.live, "the recorder's connections are closed")

    def stop(self):
        # shutdown wakes the thread that waits in accept, so that the port is free when this returns
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.drop()

