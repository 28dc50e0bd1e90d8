"""The proxies that are compared: their configurations and the commands that run them in the foreground."""

import os
import pathlib
import subprocess

CONNECTIONS = 64
CLIENTS, TOKENS = 1000, 10


class Failure(Exception):
    """One sentence for whoever started the run."""


class Target:
    """A proxy under test; `command` runs it in the foreground."""

    def __init__(self, name, label, verifies, path, command):
        self.name, self.label, self.verifies, self.path, self.command = name, label, verifies, path, command


def write_nginx(room, port, upstream):
    """A plain proxy that keeps its connections to both sides."""
    (room / "nginx.conf").write_text(f"""
{"user root;" if os.geteuid() == 0 else ""}
worker_processes 1;
pid {room}/nginx.pid;
error_log {room}/nginx.log error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {room}/nginx-body;
  proxy_temp_path {room}/nginx-proxy;
  fastcgi_temp_path {room}/nginx-fastcgi;
  uwsgi_temp_path {room}/nginx-uwsgi;
  scgi_temp_path {room}/nginx-scgi;
  keepalive_requests 1000000000;
  upstream api {{
    server 127.0.0.1:{upstream};
    keepalive {2 * CONNECTIONS};
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
""")
    return ["nginx", "-e", f"{room}/nginx.log", "-c", f"{room}/nginx.conf", "-p", str(room), "-g", "daemon off;"]


def write_haproxy(room, port, upstream):
    (room / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  no log
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:{port}
  default_backend api
backend api
  server api 127.0.0.1:{upstream}
""")
    return ["haproxy", "-db", "-f", f"{room}/haproxy.cfg"]


def write_gate(room, port, admin, upstream, store="", oauth=""):
    """`store` and `oauth`: more lines of those sections."""
    (room / "portcullis.toml").write_text(f"""
[listen]
address = "127.0.0.1:{port}"
threads = 1
[admin]
address = "127.0.0.1:{admin}"
[log]
level = "warn"
[store]
path = "{room}/store"
map_size = "1GiB"
{store}
[oauth]
enforce_tls = false
{oauth}
[[upstream]]
name = "api"
servers = ["http://127.0.0.1:{upstream}"]
[[route]]
path = "/api/*"
upstream = "api"
[[route]]
path = "/open/*"
auth = "none"
upstream = "api"
""")


def succeed(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise Failure(f"{pathlib.Path(command[0]).name} {command[1]} failed: {said}")


def make_store(portcullis, bench, room):
    """The identities that the load signs as and, if there is a gate, its store with them."""
    succeed(bench, "--make-keys", room / "keys", "--clients", str(CLIENTS), "--tokens", str(TOKENS))
    if portcullis:
        succeed(portcullis, "import", room / "keys", "--config", room / "portcullis.toml")


def make_targets(names, room, ports, upstream, portcullis):
    gate = [str(portcullis), "serve", "--config", f"{room}/portcullis.toml"]
    known = {
        "gate": lambda: Target("gate", "Portcullis", True, "/api", gate),
        "gate-open": lambda: Target("gate-open", 'Portcullis, auth = "none"', False, "/open", gate),
        "nginx": lambda: Target("nginx", "nginx", False, "/api", write_nginx(room, ports["nginx"], upstream)),
        "haproxy": lambda: Target(
            "haproxy", "HAProxy", False, "/api", write_haproxy(room, ports["haproxy"], upstream)
        ),
    }
    return [known[name]() for name in names]
