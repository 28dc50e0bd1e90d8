"""A second opinion on RFC 5849: signs requests from their raw text, in as few lines as it takes."""

import base64
import hashlib
import hmac
import itertools
import time
from urllib.parse import quote, unquote_to_bytes

SECRET, TOKEN_SECRET = "client-secret-&-%", "token-secret-+-/"
_nonces = itertools.count()


def escape(data):
    return quote(data, safe="-._~")


def pairs_of(text):
    """A query or form as pairs of bytes (3.4.1.3.1)."""
    pairs = []
    for item in text.split("&"):
        if item:
            name, _, value = item.partition("=")
            pairs.append(tuple(unquote_to_bytes(part.replace("+", " ")) for part in (name, value)))
    return pairs


def fresh_nonce():
    return f"n{next(_nonces)}x{time.monotonic_ns()}"


def base_string(method, url, parameters):
    where, _, query = url.partition("?")
    scheme, rest = where.split("://", 1)
    authority, _, path = rest.partition("/")
    authority = authority.lower()
    authority = authority.removesuffix({"http": ":80", "https": ":443"}[scheme])
    encoded = sorted((escape(name), escape(value)) for name, value in parameters + pairs_of(query))
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    return "&".join([method, escape(f"{scheme}://{authority}/{path}"), escape(joined)])


class Signer:
    """A client and, if it has one, its token."""

    def __init__(self, key, secret=SECRET, token=None, token_secret=TOKEN_SECRET, digest="SHA1"):
        self.key = key
        self.secret = secret
        self.token = token
        self.token_secret = token_secret if token else ""
        self.digest = digest

    def but(self, **changes):
        other = Signer(self.key, self.secret, self.token, self.token_secret, self.digest)
        other.__dict__.update(changes)
        return other

    def parameters(self, method, url, form="", **given):
        """The protocol parameters of one request; `given` sets them (oauth_timestamp=...) or, with None, leaves them out."""
        oauth = {
            "oauth_consumer_key": self.key,
            "oauth_token": self.token,
            "oauth_signature_method": f"HMAC-{self.digest}",
            "oauth_timestamp": str(int(time.time())),
            "oauth_nonce": fresh_nonce(),
            "oauth_version": "1.0",
        }
        oauth.update(given)
        oauth = {name: value for name, value in oauth.items() if value is not None}
        signed = [(name.encode(), value.encode()) for name, value in oauth.items()] + pairs_of(form)
        key = f"{escape(self.secret)}&{escape(self.token_secret)}".encode()
        made = hmac.new(key, base_string(method, url, signed).encode(), getattr(hashlib, self.digest.lower()))
        oauth["oauth_signature"] = base64.b64encode(made.digest()).decode()
        return oauth

    def header(self, method, url, form="", **given):
        """The value of Authorization."""
        oauth = self.parameters(method, url, form, **given)
        return "OAuth " + ", ".join(f'{name}="{escape(value)}"' for name, value in oauth.items())
