"""The gate's own TLS listener: real handshakes, and the scheme that clients sign."""

import socket
import ssl

import pytest

from gate import HOST


@pytest.fixture
def secure(new_gate, recorder, certificate):
    made, key = certificate
    tls = {"certificate": str(made), "key": str(key)}
    return new_gate(recorder, listen={"external_url": f"https://{HOST}"}, oauth={"enforce_tls": True}, **{"listen.tls": tls})


def ask(gate, certificate, data, **options):
    context = ssl.create_default_context(cafile=str(certificate[0]))
    for name, value in options.items():
        setattr(context, name, value)
    with socket.create_connection(("127.0.0.1", gate.port), 30) as plain:
        with context.wrap_socket(plain, server_hostname=HOST) as wire:
            wire.sendall(data)
            received = b""
            while part := wire.recv(65536):
                received += part
            return wire.version(), received


def signed(alice, target, body=b""):
    method = "PUT" if body else "GET"
    head = alice.header(method, f"https://{HOST}{target}")
    length = f"Content-Length: {len(body)}\r\nContent-Type: application/octet-stream\r\n" if body else ""
    return (f"{method} {target} HTTP/1.1\r\nHost: {HOST}\r\n{length}Connection: close\r\n"
            f"Authorization: {head}\r\n\r\n").encode() + body


def test_a_signed_request_passes_over_tls_1_3_and_1_2(secure, certificate, recorder, alice):
    for newest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
        version, answer = ask(secure, certificate, signed(alice, "/api/x"), maximum_version=newest)
        assert version == {ssl.TLSVersion.TLSv1_3: "TLSv1.3", ssl.TLSVersion.TLSv1_2: "TLSv1.2"}[newest]
        assert answer.startswith(b"HTTP/1.1 200 "), answer
    assert len(recorder.seen) == 2


def test_a_body_of_many_records_arrives_whole_over_tls(secure, certificate, recorder, alice):
    body = bytes(range(256)) * 4096
    _, answer = ask(secure, certificate, signed(alice, "/api/big", body))
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    assert recorder.seen[0].body == body


def test_plain_http_on_the_tls_port_gets_nothing_and_harms_nobody(secure, certificate, recorder, alice):
    with socket.create_connection(("127.0.0.1", secure.port), 30) as wire:
        wire.sendall(signed(alice, "/api/x"))
        received = b""
        try:
            while part := wire.recv(4096):
                received += part
        except ConnectionResetError:
            pass
    assert b"200" not in received
    _, answer = ask(secure, certificate, signed(alice, "/api/y"))
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    assert [seen.target for seen in recorder.seen] == ["/api/y"]
