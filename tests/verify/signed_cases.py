"""Random requests signed by oauthlib, and what becomes of them when one place is changed."""

import random
import re
import string
from urllib.parse import parse_qsl, quote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from oauthlib.oauth1 import (Client, SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512,
                             SIGNATURE_PLAINTEXT, SIGNATURE_RSA_SHA1, SIGNATURE_RSA_SHA256, SIGNATURE_RSA_SHA512,
                             SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_BODY, SIGNATURE_TYPE_QUERY)
from oauthlib.oauth1.rfc5849 import signature

HMAC = [SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512]
RSA = [SIGNATURE_RSA_SHA1, SIGNATURE_RSA_SHA256, SIGNATURE_RSA_SHA512]
FORM = "application/x-www-form-urlencoded"
ALNUM = string.ascii_letters + string.digits
VISIBLE = "".join(chr(c) for c in range(0x21, 0x7f))
ODD = VISIBLE + " \té€日\U0001f511\0\r\n"
HTTP_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "M-SEARCH"]
HOSTS = ["api.example.com", "Api.EXAMPLE.com", "localhost", "127.0.0.1", "[2001:db8::1]", "xn--bcher-kva.example"]

# The fields of a case, in the order in which the driver reads them.
METHOD, SCHEME, AUTHORITY, PREFIX, TARGET, AUTHORIZATION, BODY, CLIENT_SECRET, TOKEN_SECRET, PUBLIC_KEY = range(10)


class RsaPair:
    def __init__(self, bits):
        self.private = rsa.generate_private_key(65537, bits)
        self.public_pem = self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        self.private_pem = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def make_pairs():
    return [RsaPair(bits) for bits in (1024, 1024, 2048)]


def text(rng, letters, least, most):
    return "".join(rng.choices(letters, k=rng.randint(least, most)))


def spell(rng, value, raw):
    """The value as one of the many spellings that decode to it; `raw` may stand unescaped."""
    out = ""
    for char in value:
        if char == " " and rng.random() < 0.5:
            out += "+"
        elif char in raw and rng.random() < 0.9:
            out += char
        else:
            escaped = "".join("%%%02X" % byte for byte in char.encode())
            out += escaped.lower() if rng.random() < 0.3 else escaped
    return out


def pairs_text(rng, raw, wild):
    pieces = []
    for _ in range(rng.choice([0, 0, 1, 2, 3, 8])):
        name = text(rng, rng.choice([ALNUM, "ab", ODD]), 1 if not wild else 0, 6)
        if name.startswith("oauth_"):
            continue
        piece = spell(rng, name, raw)
        if not wild or rng.random() < 0.8:
            piece += "=" + spell(rng, text(rng, rng.choice([ALNUM, "ab", ODD]), 0, 9), raw + ("=" if wild else ""))
        pieces += [piece] * rng.choice([1, 1, 1, 2])
        if wild and rng.random() < 0.1:
            pieces.append("")
    return "&".join(pieces)


def path_text(rng):
    pieces = list(ALNUM + "-._~!$&'()*+,;=:@/") + ["%20", "%2F", "%2f", "%c3%a9", "%25", "//", "..", "é"]
    path = "/" + "".join(rng.choices(pieces, k=rng.randint(0, 12)))
    # Two slashes at the start of a URL's path are read as another host by urllib, and by no server.
    while path.startswith("//"):
        path = path[1:]
    return path.rstrip(";")  # see the differences


class Case:
    """One request: who signs it, for what, and how it came to look."""

    def __init__(self, rng, pairs):
        self.rng = rng
        self.method = rng.choice(HTTP_METHODS)
        self.scheme = rng.choice(["http", "https"])
        self.authority = rng.choice(HOSTS) + rng.choice(["", "", ":80", ":443", ":8080"])
        self.prefix = rng.choice(["", "", "/base", "/b%2Fase"])
        self.path = path_text(rng)
        self.client = text(rng, rng.choice([ALNUM, VISIBLE]), 1, 40)
        self.client_secret = text(rng, rng.choice([ALNUM, VISIBLE + " "]), 0, 40)
        self.token = rng.choice([None, text(rng, rng.choice([ALNUM, VISIBLE]), 1, 40)])
        self.token_secret = text(rng, rng.choice([ALNUM, VISIBLE + " "]), 0, 40) if self.token else ""
        self.nonce = text(rng, rng.choice([ALNUM, VISIBLE, ODD]), 1, 43)
        self.timestamp = str(rng.choice([rng.randint(1, 2**33), rng.randint(1, 10**11)]))  # beyond that, it counts milliseconds
        kind = rng.random()
        self.signature_method = rng.choice(RSA if kind < 0.05 else [SIGNATURE_PLAINTEXT] if kind < 0.15 else HMAC)
        self.pair = rng.choice(pairs) if self.signature_method in RSA else None
        self.other_pair = rng.choice([p for p in pairs if p is not self.pair])
        self.authorization = self.form = None
        self.query = ""

    def target(self):
        return self.path + ("?" + self.query if self.query else "")

    def uri(self):
        return self.scheme + "://" + self.authority + self.prefix + self.target()

    def sign_as_applications_do(self):
        """By oauthlib's Client."""
        rng = self.rng
        raw = ALNUM + "-._~!*'();:@,$/?"
        place = rng.choice([SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_QUERY, SIGNATURE_TYPE_BODY])
        self.query = pairs_text(rng, raw, False)
        body, headers = None, {}
        if place == SIGNATURE_TYPE_BODY or rng.random() < 0.4:
            body, headers = pairs_text(rng, raw, False), {"Content-Type": FORM}
            if self.method in ("GET", "HEAD"):
                self.method = "POST"  # oauthlib signs no body there
        callback = rng.choice([None, None, "http://c.example/?a=1&b=%20"])
        verifier = rng.choice([None, None, "v~%+ é"])
        if place != SIGNATURE_TYPE_AUTH_HEADER:  # see the differences
            self.client, self.nonce = self.client.replace("%", "x"), self.nonce.replace("%", "x")
            self.token = self.token and self.token.replace("%", "x")
            callback, verifier = callback and callback.replace("%", "x"), verifier and verifier.replace("%", "x")
        client = Client(self.client, client_secret=self.client_secret, resource_owner_key=self.token,
                        resource_owner_secret=self.token_secret or None, signature_method=self.signature_method,
                        signature_type=place, nonce=self.nonce, timestamp=self.timestamp, callback_uri=callback,
                        verifier=verifier, rsa_key=self.pair and self.pair.private)
        realm = rng.choice([None, "photos", "http://sp.example/", "a b"]) if place == SIGNATURE_TYPE_AUTH_HEADER else None
        uri, headers, body = client.sign(self.uri(), self.method, body, headers, realm)
        self.query = uri[uri.index("?") + 1:] if "?" in uri else ""
        self.authorization = headers.get("Authorization")
        self.form = body

    def sign_the_odd_way(self):
        """Texts that oauthlib's Client doesn't take: only normalising and signing are oauthlib's."""
        rng = self.rng
        raw = "".join(c for c in ODD if c not in "&=+%#\0\r\n")
        place = rng.choice(["header", "query", "form"])
        self.query = pairs_text(rng, raw, True)
        if place == "form" or rng.random() < 0.5:
            self.form = pairs_text(rng, raw + "\0\r\n#", True)
        own = [("oauth_consumer_key", self.client), ("oauth_signature_method", self.signature_method)]
        if self.signature_method != SIGNATURE_PLAINTEXT or rng.random() < 0.7:
            own += [("oauth_timestamp", self.timestamp), ("oauth_nonce", self.nonce)]
        if self.token is not None or rng.random() < 0.5:
            own.append(("oauth_token", self.token or ""))
        if rng.random() < 0.5:
            own.append(("oauth_version", "1.0"))
        if rng.random() < 0.2:
            own.append(("oauth_body_hash", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="))
        if place == "header" and rng.random() < 0.2:
            own.append((text(rng, ALNUM, 1, 5) + "€x", text(rng, ODD, 0, 9)))  # never a realm
        rng.shuffle(own)
        params = own + parse_qsl(self.query, keep_blank_values=True)
        params += parse_qsl(self.form or "", keep_blank_values=True)
        base = signature.signature_base_string(self.method, signature.base_string_uri(self.uri()),
                                               signature.normalize_parameters(params))
        own.insert(rng.randint(0, len(own)), ("oauth_signature", self.signature_of(base)))
        if place == "header":
            header = ['%s="%s"' % (quote(name, safe="~"), quote(value, safe="~")) for name, value in own]
            if rng.random() < 0.3:
                header.insert(rng.randint(0, len(header)), rng.choice(['realm="a, \\"b\\" = %"', 'Realm=""']))
            separator = rng.choice([", ", ",", " ,  ", ",,"])
            self.authorization = rng.choice(["OAuth ", "oauth  ", "OAUTH\t"]) + separator.join(header)
        else:
            spelled = "&".join(spell(rng, name, ALNUM + "_") + "=" + spell(rng, value, raw) for name, value in own)
            if place == "query":
                self.query = "&".join(filter(None, [self.query, spelled]))
            else:
                self.form = "&".join(filter(None, [spelled, self.form]))

    def signature_of(self, base):
        if self.signature_method == SIGNATURE_PLAINTEXT:
            return signature.sign_plaintext(self.client_secret, self.token_secret)
        family, name = self.signature_method.split("-", 1)
        name = name.replace("SHA", "SHA-")
        if family == "RSA":
            return signature._sign_rsa(name, base, self.pair.private)
        return signature._sign_hmac(name, base, self.client_secret, self.token_secret)

    def fields(self):
        return [self.method, self.scheme, self.authority, self.prefix, self.target(), self.authorization, self.form,
                self.client_secret, self.token_secret, self.pair and self.pair.public_pem]

    def mutated(self):
        """The fields with one place changed so that no reading of the request stays what it was, and where."""
        rng, fields = self.rng, self.fields()
        # Scheme, host and key as a whole, since case, port and padding may not matter.
        places = [METHOD, SCHEME, AUTHORITY, PREFIX] + 3 * [TARGET, AUTHORIZATION] + 2 * [BODY]
        places += [PUBLIC_KEY] if self.pair else [CLIENT_SECRET, TOKEN_SECRET]
        if self.signature_method == SIGNATURE_PLAINTEXT:  # that signs nothing but the secrets
            places = [CLIENT_SECRET, TOKEN_SECRET] + [i for i in (TARGET, AUTHORIZATION, BODY) if signature_span(fields[i])]
        which = rng.choice([i for i in places if fields[i] is not None])
        value = fields[which]
        if which == SCHEME:
            fields[which] = "http" if value == "https" else "https"
        elif which == AUTHORITY:
            fields[which] = "x" + value if value[0] != "[" else "[2001:db8::2]"
        elif which == PUBLIC_KEY:
            fields[which] = self.other_pair.public_pem
        elif which in (CLIENT_SECRET, TOKEN_SECRET) or not value:
            fields[which] = value + "x"
        else:
            span = signature_span(value) if self.signature_method == SIGNATURE_PLAINTEXT else range(len(value))
            skipped = set(realm_span(value)) | set(range(5)) if which == AUTHORIZATION else set()
            fields[which] = changed(rng, value, [i for i in span if value[i] in ALNUM and i not in skipped])
        return fields, "field %d" % which


def changed(rng, value, places):
    """One letter or digit of `places` replaced, put in or taken out."""
    if not places:
        return value + "x"
    at = rng.choice(places)
    letter = rng.choice([c for c in ALNUM if c.lower() != value[at].lower()])
    kind = rng.random()
    if kind < 0.15:
        return value[:at] + letter + value[at:]
    if kind < 0.3:
        return value[:at] + value[at + 1:]
    return value[:at] + letter + value[at + 1:]


def signature_span(value):
    found = re.search(r'oauth_signature="?([^"&]*)', value or "")
    return range(*found.span(1)) if found else range(0)


def realm_span(authorization):
    start = authorization.lower().find("realm=")
    if start < 0:
        return range(0)
    end = start + 7
    while authorization[end] != '"':
        end += 2 if authorization[end] == "\\" else 1
    return range(start, end + 1)


def make_case(rng, pairs, odd):
    case = Case(rng, pairs)
    if odd:
        case.sign_the_odd_way()
    else:
        case.sign_as_applications_do()
    return case


def rng_of(seed, worker):
    return random.Random("%d/%d" % (seed, worker))
