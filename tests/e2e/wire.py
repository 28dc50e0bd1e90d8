"""HTTP as bytes on a socket: what a test sends is exactly what it wrote, and answers are read strictly."""

import contextlib
import random
import socket
import time
from pathlib import Path

LIMIT = 20.0  # seconds that anything may take before the test fails


class Response:
    def __init__(self, status, version, fields, body):
        self.status = status
        self.version = version
        self.fields = fields  # (name, value) as received
        self.body = body

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def one(self, name):
        found = self.all(name)
        assert len(found) == 1, f"{name} {len(found)} times in {self.fields}"
        return found[0]

    def has(self, name):
        return bool(self.all(name))

    def __repr__(self):
        return f"Response({self.status}, {self.fields}, {self.body[:200]!r})"


class Closed(Exception):
    """The other side closed before a whole message had come."""


class Wire:
    """One connection to 127.0.0.1:port."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)
        return self

    def try_send(self, data):
        """Sends what the other side still takes."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass
        return self

    def end(self):
        """Nothing more comes from here."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return self

    def _receive(self):
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""

    def _more(self):
        data = self._receive()
        if not data:
            raise Closed(self.buffer)
        self.buffer += data

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def _exactly(self, length):
        pieces, have = [self.buffer], len(self.buffer)  # joined once: bodies may be large
        while have < length:
            data = self._receive()
            if not data:
                raise Closed(b"".join(pieces))
            pieces.append(data)
            have += len(data)
        whole = b"".join(pieces)
        found, self.buffer = whole[:length], whole[length:]
        return found

    def _rest(self):
        try:
            while True:
                self._more()
        except Closed:
            found, self.buffer = self.buffer, b""
            return found

    def _chunks(self):
        body = b""
        while size := int(self._until(b"\r\n").split(b";")[0], 16):
            body += self._exactly(size)
            assert self._exactly(2) == b"\r\n"
        while self._until(b"\r\n"):
            pass
        return body

    def head(self):
        """The next status line and fields, of an interim answer too."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status = lines[0].split(" ")[:2]
        assert version in ("HTTP/1.1", "HTTP/1.0"), lines[0]
        fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon and name and name == name.strip(), line
            fields.append((name, value.strip()))
        return Response(int(status), version, fields, b"")

    def read(self, method="GET"):
        """The next final answer, whole."""
        response = self.head()
        while response.status < 200:
            response = self.head()
        if method == "HEAD" or response.status in (204, 304):
            return response
        if response.has("transfer-encoding"):
            assert response.one("transfer-encoding").lower() == "chunked"
            assert not response.has("content-length")
            response.body = self._chunks()
        elif response.has("content-length"):
            response.body = self._exactly(int(response.one("content-length")))
        else:
            response.body = self._rest()
        return response

    def closed(self):
        """True if the other side closes, within the limit, without another byte."""
        try:
            self._more()
        except Closed as end:
            return end.args[0] == b""
        except TimeoutError:
            return False
        return False

    def quiet(self, seconds=0.3):
        """True if nothing comes for a moment and the connection stays open."""
        self.socket.settimeout(seconds)
        try:
            self._more()
            return False
        except Closed:
            return False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(LIMIT)


def eventually(condition, what, within=None):
    """Waits, bounded, until condition() is true, and answers what it gave."""
    end = time.monotonic() + (within or LIMIT)
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


def free_port():
    """A port that nobody listens on, and that the kernel gives to nobody who asks for any: another gate or backend that
    starts while nobody listens on it doesn't get it."""
    first_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for _ in range(1000):
        port = random.randrange(min(10240, first_given - 1000), first_given)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise AssertionError("no port is free")
