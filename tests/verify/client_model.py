"""A client that signs in ways of its own: what is sent, and the base string that it makes of that."""

import base64
import hashlib
import hmac
import itertools
from urllib.parse import quote, unquote_to_bytes

CLIENT, TOKEN = "client+secret %&", "token/secret ~="
KEY, ACCESS = "key", "token"
TIME = 1000


def escape(data, left="", plus=False, lower=False, escaped=""):
    out = ""
    for byte in data:
        c = chr(byte)
        if (c.isascii() and (c.isalnum() or c in "-._~") and c not in escaped) or c in left:
            out += c
        elif c == " " and plus:
            out += "+"
        else:
            out += f"%{byte:02x}" if lower else f"%{byte:02X}"
    return out


def decode(text, plus=True):
    return unquote_to_bytes(text.replace("+", " ") if plus else text)


class Request:
    """What is sent, but for the signature."""

    def __init__(self, method="GET", scheme="https", authority="api.example.com", path="/", query=None, form=None,
                 extra=(), realm=None, token=True, place="header", body=None, version=True):
        self.__dict__.update(locals())
        self.oauth = [("oauth_consumer_key", KEY), ("oauth_nonce", "n0nce"), ("oauth_signature_method", "HMAC-SHA1"),
                      ("oauth_timestamp", str(TIME))]
        if token:
            self.oauth.append(("oauth_token", ACCESS))
        if version:
            self.oauth.append(("oauth_version", "1.0"))
        self.oauth += list(extra)

    def line(self, signature):
        """For the driver."""
        pairs = [*self.oauth, ("oauth_signature", signature)]
        target, form, field = self.path, self.form, None
        if self.query is not None:
            target += "?" + self.query
        text = "&".join(f"{name}={escape(value.encode())}" for name, value in pairs)
        if self.place == "header":
            field = "OAuth " + ", ".join(f'{name}="{escape(value.encode())}"' for name, value in pairs)
            if self.realm is not None:
                field += f', realm="{escape(self.realm.encode())}"'
        elif self.place == "query":
            target += ("&" if self.query else "" if self.query is not None else "?") + text
        else:
            form = f"{form}&{text}" if form else text
        fields = [target, field, form, self.body]
        written = [quote(field.encode("latin-1") if isinstance(field, str) else field, safe="") if field is not None else "-"
                   for field in fields]
        return "\t".join([self.method, self.scheme, self.authority, *written])


def items(text, source):
    """(name, value, source, bare), as received; empty pieces are none."""
    out = []
    for piece in (text or "").split("&"):
        if piece:
            name, equals, value = piece.partition("=")
            out.append((name, value, source, not equals))
    return out


USUAL = {
    "method": lambda r: r.method, "scheme": lambda r: r.scheme, "authority": lambda r: r.authority.lower(),
    "path": lambda r: r.path, "url_codec": {}, "codec": {}, "whole": {}, "plus": False, "names": "right",
    "values": "right", "items": lambda entries, r: entries, "order": "right", "key": None, "frame": "{}&{}&{}", "query": lambda q: q,
    "digest": "sha1", "notation": lambda raw: base64.b64encode(raw).decode(), "text": lambda b: b, "url": None,
    "params_whole": True, "url_whole": True,
}


def default_port(r):
    port = {"http": ":80", "https": ":443"}[r.scheme]
    return r.authority.lower().removesuffix(port)


USUAL["authority"] = default_port


def spelt(text, how, plus, codec, text_map):
    if how == "received":
        return text
    if how == "received_encoded":
        return escape(text.encode("latin-1"), **codec)
    decoded = text_map(decode(text, plus=plus))
    if how == "decoded":
        return decoded.decode("latin-1")
    once = escape(decoded, **codec)
    return escape(once.encode(), **codec) if how == "twice" else once


def dictionary_key(text):
    """Tcl's lsort -dictionary, near enough."""
    out = []
    for is_digit, group in itertools.groupby(text.lower(), str.isdigit):
        part = "".join(group)
        out.append((0, int(part), "") if is_digit else (1, 0, part))
    return out


ORDERS = {
    "right": lambda e: (e[0], e[1]),
    "decoded": lambda e: (e[2], e[3]),
    "joined": lambda e: e[0] + "=" + e[1],
    "names": lambda e: e[0],
    "case": lambda e: e[0].lower(),
    "values": lambda e: e[1],
    "none": lambda e: 0,
}


def base_string(r, options):
    o = {**USUAL, **options}
    entries = []
    for name, value in r.oauth:
        entries.append((escape(name.encode()), escape(value.encode()), r.place, False))
    entries += items(o["query"](r.query) if r.query is not None else None, "query") + items(r.form, "form")
    if o["order"] == "none":
        entries = entries[len(r.oauth):] + entries[:len(r.oauth)] if o.get("own_last") else entries
    entries = o["items"](entries, r)
    written = []
    for name, value, source, bare in entries:
        raw = source == "header"
        made = source == "made"
        codec = o["codec"]
        n = spelt(name, "right" if raw or made else o["names"], not raw and not o["plus"], codec, o["text"])
        v = spelt(value, "right" if raw or made else o["values"], not raw and not o["plus"], codec, o["text"])
        written.append((n, v, decode(name, not raw), decode(value, not raw), bare))
    written.sort(key=ORDERS[o["order"]])
    joined = "&".join(n if bare and o.get("bare") else f"{n}={v}" for n, v, _, _, bare in written)
    url = f"{o['scheme'](r)}://{o['authority'](r)}{o['path'](r)}" if o["url"] is None else o["url"](r)
    if o["url_whole"]:
        url = escape(url.encode("latin-1"), **o["whole"])
    if o["params_whole"]:
        joined = escape(joined.encode("latin-1"), **o["whole"])
    return o["frame"].format(escape(o["method"](r).encode(), **o["whole"]), url, joined)


def right_key(r):
    return escape(CLIENT.encode()) + "&" + (escape(TOKEN.encode()) if r.token else "")


def sign(r, options):
    o = {**USUAL, **options}
    key = o["key"](r) if o["key"] else right_key(r)
    raw = hmac.new(key.encode(), base_string(r, options).encode("latin-1"), o["digest"]).digest()
    return o["notation"](raw)
