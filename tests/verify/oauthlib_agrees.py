#!/usr/bin/python3
"""A second opinion: what oauthlib signs, verify accepts; changed in one place, verify refuses it.

usage: oauthlib_agrees.py DRIVER [--count N] [--seed N]

Half of the requests are signed by oauthlib's Client as applications use it. It refuses some texts that
section 3.4.1.3.1 of RFC 5849 has no quarrel with, and that other clients send. So for the other half only
normalisation and HMAC are oauthlib's, and urllib takes query and form apart.

Where oauthlib and verify differ, and why verify does so; none of it is generated below:
- oauthlib refuses to read `[`, `]`, `{`, `"`, a space or 8-bit bytes that stand raw in a query or form (its
  urldecode). 3.4.1.3.1 decodes a form, and every byte has a meaning there: verify takes them (second half).
- oauthlib turns a raw space of a path into %20 (its base_string_uri). 3.4.1.2 takes the path as in the request
  line, where a space cannot stand.
- oauthlib drops a `;` at the end of a path, for urllib takes it for empty parameters. 3.4.1.2 has no such rule.
- oauthlib's server drops a parameter `realm` of the query too when the word stands in the header. 3.4.1.3.1
  leaves out only the header's own.
- oauthlib's server wants alphanumeric keys and nonces of 20 to 30 characters and timestamps of 10 digits. 3.3
- a timestamp over 10**11 (the year 5138) counts milliseconds here, and is refused unless a quirk says so. 3.3
  and 3.1 have no such bounds.
- oauthlib decodes the value of an oauth_ parameter twice if it comes from a query or form, on both sides. 3.5.2
  and 3.5.3 encode it once.
- oauthlib decodes only header values whose name begins with oauth_. 3.5.1 has all of them encoded.
"""

import argparse
import random
import string
import subprocess
import sys
from urllib.parse import parse_qsl, quote, urlsplit

from oauthlib.oauth1 import (Client, SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512,
                             SIGNATURE_TYPE_AUTH_HEADER, SIGNATURE_TYPE_BODY, SIGNATURE_TYPE_QUERY)
from oauthlib.oauth1.rfc5849 import signature

METHODS = [SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512]
FORM = "application/x-www-form-urlencoded"
VISIBLE = "".join(chr(c) for c in range(0x21, 0x7f))
ODD = VISIBLE + " \té€日\U0001f511\0\r\n"
ALNUM = string.ascii_letters + string.digits


def text(rng, letters, least, most):
    return "".join(rng.choice(letters) for _ in range(rng.randint(least, most)))


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
    path = "/"
    for _ in range(rng.randint(0, 12)):
        path += rng.choice(list(ALNUM + "-._~!$&'()*+,;=:@/") + ["%20", "%2F", "%2f", "%c3%a9", "%25", "//", "..", "é"])
    return path


class Case:
    def __init__(self, rng):
        self.rng = rng
        self.method = rng.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "M-SEARCH"])
        self.scheme = rng.choice(["http", "https"])
        host = rng.choice(["api.example.com", "Api.EXAMPLE.com", "localhost", "127.0.0.1", "[2001:db8::1]", "xn--bcher-kva.example"])
        self.authority = host + rng.choice(["", "", ":80", ":443", ":8080"])
        self.prefix = rng.choice(["", "", "/base", "/b%2Fase"])
        self.path = path_text(rng)
        # Two slashes at the start of a URL's path are read as another host by urllib, and by no server.
        while self.path.startswith("//"):
            self.path = self.path[1:]
        self.path = self.path.rstrip(";")
        self.client = text(rng, rng.choice([ALNUM, VISIBLE]), 1, 40)
        self.client_secret = text(rng, rng.choice([ALNUM, VISIBLE + " "]), 0, 40)
        self.token = rng.choice([None, text(rng, rng.choice([ALNUM, VISIBLE]), 1, 40)])
        self.token_secret = text(rng, rng.choice([ALNUM, VISIBLE + " "]), 0, 40) if self.token else ""
        self.nonce = text(rng, rng.choice([ALNUM, VISIBLE, ODD]), 1, 43)
        self.timestamp = str(rng.choice([rng.randint(1, 2**33), rng.randint(1, 10**11)]))  # beyond that, it counts milliseconds
        self.signature_method = rng.choice(METHODS)
        self.authorization = None
        self.form = None
        self.query = ""

    def uri(self):
        return self.scheme + "://" + self.authority + self.prefix + self.path + ("?" + self.query if self.query else "")

    def sign_as_applications_do(self):
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
        if place != SIGNATURE_TYPE_AUTH_HEADER:
            self.client, self.nonce = self.client.replace("%", "x"), self.nonce.replace("%", "x")
            self.token = self.token and self.token.replace("%", "x")
            callback, verifier = callback and callback.replace("%", "x"), verifier and verifier.replace("%", "x")
        client = Client(self.client, client_secret=self.client_secret, resource_owner_key=self.token,
                        resource_owner_secret=self.token_secret or None, signature_method=self.signature_method,
                        signature_type=place, nonce=self.nonce, timestamp=self.timestamp,
                        callback_uri=callback, verifier=verifier)
        realm = rng.choice([None, "photos", "http://sp.example/", "a b"]) if place == SIGNATURE_TYPE_AUTH_HEADER else None
        uri, headers, body = client.sign(self.uri(), self.method, body, headers, realm)
        self.query = uri[uri.index("?") + 1:] if "?" in uri else ""
        self.authorization = headers.get("Authorization")
        self.form = body

    def sign_the_odd_way(self):
        rng = self.rng
        raw = "".join(c for c in ODD if c not in "&=+%#\0\r\n")
        place = rng.choice(["header", "query", "form"])
        self.query = pairs_text(rng, raw, True)
        if place == "form" or rng.random() < 0.5:
            self.form = pairs_text(rng, raw + "\0\r\n#", True)
        own = [("oauth_consumer_key", self.client), ("oauth_signature_method", self.signature_method),
               ("oauth_timestamp", self.timestamp), ("oauth_nonce", self.nonce)]
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
        sign = {SIGNATURE_HMAC_SHA1: signature.sign_hmac_sha1, SIGNATURE_HMAC_SHA256: signature.sign_hmac_sha256,
                SIGNATURE_HMAC_SHA512: lambda base, a, b: signature._sign_hmac("SHA-512", base, a, b)}
        own.insert(rng.randint(0, len(own)),
                   ("oauth_signature", sign[self.signature_method](base, self.client_secret, self.token_secret)))
        if place == "header":
            header = ['%s="%s"' % (quote(name, safe="~"), quote(value, safe="~")) for name, value in own]
            if rng.random() < 0.3:
                header.insert(rng.randint(0, len(header)), rng.choice(['realm="a, \\"b\\" = %"', 'Realm=""']))
            self.authorization = rng.choice(["OAuth ", "oauth  ", "OAUTH\t"]) + rng.choice([", ", ",", " ,  ", ",,"]).join(header)
        else:
            spelled = "&".join(spell(rng, name, ALNUM + "_") + "=" + spell(rng, value, raw) for name, value in own)
            if place == "query":
                self.query = "&".join(filter(None, [self.query, spelled]))
            else:
                self.form = "&".join(filter(None, [spelled, self.form]))

    def fields(self):
        target = self.path + ("?" + self.query if self.query else "")
        return [self.method, self.scheme, self.authority, self.prefix, target, self.authorization, self.form,
                self.client_secret, self.token_secret]


def realm_span(authorization):
    start = authorization.lower().find("realm=")
    if start < 0:
        return range(0)
    end = start + 7
    while authorization[end] != '"':
        end += 2 if authorization[end] == "\\" else 1
    return range(start, end + 1)


def mutated(rng, fields):
    """One place changed so that no reading of the request stays what it was."""
    fields = list(fields)
    # Secrets and what the reader sees of the request; scheme and host by value, since case and port may not matter.
    which = rng.choice([i for i in (0, 1, 2, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7, 8) if fields[i] is not None])
    value = fields[which]
    if which == 1:
        fields[1] = "http" if value == "https" else "https"
        # With its port written out both ways, only the scheme differs.
        return fields, "scheme"
    if which == 2:
        fields[2] = "x" + value if value[0] != "[" else "[2001:db8::2]"
        return fields, "authority"
    if which in (7, 8) or not value:
        fields[which] = value + "x"
        return fields, "secret or empty field"
    skipped = set(realm_span(value)) | set(range(5)) if which == 5 else set()
    places = [i for i, char in enumerate(value) if char in ALNUM and i not in skipped]
    if not places:
        fields[which] = value + "x"
        return fields, "end of field %d" % which
    at = rng.choice(places)
    replacement = rng.choice([c for c in ALNUM if c.lower() != value[at].lower()])
    fields[which] = value[:at] + replacement + value[at + 1:]
    return fields, "byte %d of field %d" % (at, which)


def line_of(fields):
    return "\t".join("-" if field is None else field.encode().hex() for field in fields)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=5849)
    options = parser.parse_args()
    rng = random.Random(options.seed)

    cases, lines = [], []
    for number in range(options.count):
        case = Case(rng)
        if number % 2 == 0:
            case.sign_as_applications_do()
        else:
            case.sign_the_odd_way()
        changed, where = mutated(rng, case.fields())
        cases.append((case, changed, where))
        lines += [line_of(case.fields()), line_of(changed)]

    run = subprocess.run([options.driver], input="\n".join(lines) + "\n", text=True, capture_output=True)
    if run.returncode != 0:
        sys.exit("the driver failed: " + run.stderr)
    verdicts = run.stdout.split("\n")[:-1]
    assert len(verdicts) == 2 * len(cases), (len(verdicts), len(cases))

    faults = 0
    for (case, changed, where), original, mutant in zip(cases, verdicts[::2], verdicts[1::2]):
        token = case.token
        if token is None and original.startswith("accepted"):
            token = "-" if original.split("\t")[2] == "-".encode().hex() else ""
        wanted = "accepted\t%s\t%s" % (case.client.encode().hex(), (token or "").encode().hex())
        if original != wanted:
            print("not accepted: %s\n  %r" % (original, case.fields()))
            faults += 1
        if not mutant.startswith("refused"):
            print("accepted though %s was changed: %s\n  %r\n  %r" % (where, mutant, case.fields(), changed))
            faults += 1
        if faults > 5:
            break
    if faults:
        sys.exit("seed %d: oauthlib and verify disagree" % options.seed)
    print("%d requests accepted, and as many refused after one change" % len(cases))


if __name__ == "__main__":
    main()
