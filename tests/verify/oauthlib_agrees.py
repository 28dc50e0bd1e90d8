#!/usr/bin/python3
"""A second opinion: oauthlib and verify judge the same requests, and agree, but where the table says why not.

usage: oauthlib_agrees.py DRIVER [--count N] [--seed N] [--vectors FOLDER]

1. What oauthlib signs, verify accepts; changed in one place, verify refuses it. Half of it is signed by
   oauthlib's Client as applications use it. That refuses some texts that section 3.4.1.3.1 of RFC 5849 has no
   quarrel with, and that other clients send: so for the other half only normalising and signing are oauthlib's,
   and urllib takes query and form apart.
2. What verify signs, oauthlib accepts; changed in one place, both refuse it.
3. The published requests of tests/vectors have the signatures that oauthlib and Python's own HMAC give them.
"""

import argparse
import base64
import collections
import concurrent.futures
import hmac
import pathlib
import subprocess
import sys
from urllib.parse import parse_qsl, quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from oauthlib.oauth1 import OAuth1Error, SIGNATURE_PLAINTEXT
from oauthlib.oauth1.rfc5849 import signature
from oauthlib.oauth1.rfc5849.endpoints.base import BaseEndpoint

from signed_cases import (AUTHORIZATION, BODY, FORM, HMAC, RSA, TARGET, VISIBLE, ALNUM, changed, make_case, make_pairs,
                          path_text, pairs_text, realm_span, rng_of, signature_span, text, HOSTS, HTTP_METHODS)

WORKERS = 2
CHUNK = 5000

# Where the two differ, and by which section of RFC 5849 verify is right. Nothing of it is generated above. Each
# is proven by a request: what verify says of it, what oauthlib says, and how it is signed.
Difference = collections.namedtuple("Difference", "section, reason, verify, oauthlib, signer, method, url, form, header, more")
RFC, OAUTHLIB = "as the RFC has it", "as oauthlib has it"
DIFFERENCES = [
    Difference("3.4.1.3.1", "a form is decoded, and every byte has a meaning there: oauthlib reads no raw bracket",
               True, False, RFC, "GET", "http://h/?a[]=1", None, True, []),
    Difference("3.4.1.3.1", "as above, for a quotation mark in a form",
               True, False, RFC, "POST", "http://h/", 'a="', True, []),
    Difference("3.4.1.2", "the path is taken as it stands: oauthlib drops a ';' at its end, as urllib does",
               True, False, RFC, "GET", "http://h/a;", None, True, []),
    Difference("3.4.1.2", "the same, signed as oauthlib signs it",
               False, True, OAUTHLIB, "GET", "http://h/a;", None, True, []),
    Difference("3.4.1.3.1", "only the header's own realm is left out: oauthlib's server drops one of the query too",
               True, False, RFC, "GET", "http://h/?realm=q", None, True, [("realm", "r")]),
    Difference("3.5.1", "all names and values of a header are encoded: oauthlib decodes those that begin with oauth_",
               True, False, RFC, "GET", "http://h/", None, True, [("x", "a b")]),
    Difference("3.5.3", "a query is encoded once: oauthlib decodes the value of an oauth_ parameter there twice",
               True, False, RFC, "GET", "http://h/", None, False, [("oauth_verifier", "%41")]),
    Difference("3.3", "any string is a nonce: oauthlib's server wants 20 to 30 letters and digits",
               True, None, RFC, "GET", "http://h/", None, True, []),
    Difference("3.3", "a timestamp over 10**11, the year 5138, counts milliseconds: verify wants a quirk for it",
               False, True, RFC, "GET", "http://h/", None, True, [("oauth_timestamp", "100000000001")]),
]


def line_of(fields):
    return "\t".join("-" if field is None else field.encode().hex() for field in fields)


def ask(driver, lines, *options):
    run = subprocess.run([driver, *options], input="\n".join(lines) + "\n", text=True, capture_output=True)
    if run.returncode != 0:
        sys.exit("the driver failed: " + run.stderr)
    answers = run.stdout.split("\n")[:-1]
    assert len(answers) == len(lines), (len(answers), len(lines))
    return answers


def complaints(case, original, changed_fields, where, mutant):
    token = case.token
    if token is None and original.startswith("accepted"):
        token = "-" if original.split("\t")[2] == "-".encode().hex() else ""
    if original != "accepted\t%s\t%s" % (case.client.encode().hex(), (token or "").encode().hex()):
        yield "not accepted: %s\n  %r" % (original, case.fields())
    if not mutant.startswith("refused"):
        yield "accepted though %s was changed: %s\n  %r\n  %r" % (where, mutant, case.fields(), changed_fields)


def signed_by_oauthlib(driver, seed, worker, count):
    """Part 1, a worker's share: how many of each signature method, and what went wrong."""
    rng, pairs = rng_of(seed, worker), make_pairs()
    methods, wrong = collections.Counter(), []
    for start in range(0, count, CHUNK):
        cases = [make_case(rng, pairs, odd=number % 2 == 1) for number in range(min(CHUNK, count - start))]
        mutants = [case.mutated() for case in cases]
        lines = []
        for case, (fields, _) in zip(cases, mutants):
            lines += [line_of(case.fields()), line_of(fields)]
        answers = ask(driver, lines)
        for case, (fields, where), original, mutant in zip(cases, mutants, answers[::2], answers[1::2]):
            methods[case.signature_method] += 1
            wrong += complaints(case, original, fields, where, mutant)
        if len(wrong) > 5:
            break
    return methods, wrong


def oauthlib_accepts(fields, signature_method):
    """Its server's reading of the request, and its verification."""
    method, scheme, authority, prefix, target, authorization, form, client_secret, token_secret, public_key = fields
    headers = {} if authorization is None else {"Authorization": authorization}
    if form is not None:
        headers["Content-Type"] = FORM
    try:
        request = BaseEndpoint(None)._create_request(scheme + "://" + authority + prefix + target, method, form, headers)
        if request.signature_method != signature_method or not request.signature:
            return False
        if signature_method == SIGNATURE_PLAINTEXT:
            return signature.verify_plaintext(request, client_secret, token_secret)
        family, name = signature_method.split("-", 1)
        name = name.replace("SHA", "SHA-")
        if family == "RSA":
            key = serialization.load_pem_public_key(public_key.encode())
            return bool(signature._verify_rsa(name, request, key))
        return signature._verify_hmac(name, request, client_secret, token_secret)
    except (OAuth1Error, ValueError, IndexError):
        return False


def signed_by_verify(driver, seed, count):
    """Part 2."""
    rng, pairs = rng_of(seed, WORKERS), make_pairs()
    raw = ALNUM + "-._~!*'();:@,$/?"
    requests, lines = [], []
    for _ in range(count):
        signature_method = rng.choice(3 * HMAC + RSA + [SIGNATURE_PLAINTEXT])
        pair = rng.choice(pairs) if signature_method in RSA else None
        query, token = pairs_text(rng, raw, False), rng.choice([None, text(rng, VISIBLE, 1, 40)])
        form = rng.choice([None, pairs_text(rng, raw, False)])
        head = [rng.choice(HTTP_METHODS), rng.choice(["http", "https"]), rng.choice(HOSTS) + rng.choice(["", ":80", ":8080"]),
                rng.choice(["", "/base"]), path_text(rng) + ("?" + query if query else "")]
        secrets = [text(rng, VISIBLE + " ", 0, 40), text(rng, VISIBLE + " ", 0, 40) if token else ""]
        realm = rng.choice(["", "photos"])
        # The word stands in the header: see the differences.
        head[4] = head[4].replace("realm", "x")
        requests.append((signature_method, head + [None, form] + secrets + [pair and pair.public_pem]))
        lines.append(line_of(head + [form, text(rng, VISIBLE, 1, 40), secrets[0], token, secrets[1], signature_method, realm,
                                     str(rng.randint(1, 2**33)), text(rng, VISIBLE, 1, 40), pair and pair.private_pem]))
    both = []
    for (signature_method, fields), header in zip(requests, ask(driver, lines, "--sign")):
        fields = list(fields)
        fields[AUTHORIZATION] = bytes.fromhex(header).decode()
        mutant = list(fields)
        which, span = rng.choice([i for i in (TARGET, AUTHORIZATION, BODY) if fields[i]]), None
        if signature_method == SIGNATURE_PLAINTEXT:  # that signs nothing but the secrets
            which, span = AUTHORIZATION, signature_span(fields[AUTHORIZATION])
        skipped = set(realm_span(fields[which])) | set(range(5)) if which == AUTHORIZATION else set()
        places = [i for i in span or range(len(fields[which])) if fields[which][i] in ALNUM and i not in skipped]
        mutant[which] = changed(rng, fields[which], places)
        both += [(signature_method, fields, True), (signature_method, mutant, False)]
    wrong = []
    for (signature_method, fields, wanted), answer in zip(both, ask(driver, [line_of(fields) for _, fields, _ in both])):
        ours, theirs = answer.startswith("accepted"), oauthlib_accepts(fields, signature_method)
        if not ours == theirs == wanted:
            wrong.append("verify: %s, oauthlib: %s, wanted: %s\n  %r" % (answer, theirs, wanted, fields))
    return wrong


def prove_differences(driver):
    lines, theirs = [], []
    for d in DIFFERENCES:
        scheme, _, rest = d.url.partition("://")
        authority, _, target = rest.partition("/")
        own = {"oauth_consumer_key": "k", "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "1", "oauth_nonce": "n"}
        own = list((own | dict(d.more)).items())
        signed = [pair for pair in own if pair[0] != "realm"] + parse_qsl(target.partition("?")[2], keep_blank_values=True)
        signed += parse_qsl(d.form or "", keep_blank_values=True)
        uri = signature.base_string_uri(d.url.partition("?")[0]) if d.signer is OAUTHLIB else d.url.partition("?")[0]
        base = signature.signature_base_string(d.method, uri, signature.normalize_parameters(signed))
        own.append(("oauth_signature", base64.b64encode(hmac.digest(b"cs&", base.encode(), "sha1")).decode()))
        header = None
        if d.header:
            header = "OAuth " + ", ".join('%s="%s"' % (name, quote(value, safe="~")) for name, value in own)
        else:
            target += "?" + "&".join(name + "=" + quote(value, safe="~") for name, value in own)
        fields = [d.method, scheme, authority, "", "/" + target, header, d.form, "cs", "", None]
        lines.append(line_of(fields))
        theirs.append(oauthlib_accepts(fields, "HMAC-SHA1"))
    wrong = []
    for d, answer, accepted in zip(DIFFERENCES, ask(driver, lines), theirs):
        if answer.startswith("accepted") != d.verify or d.oauthlib not in (None, accepted):
            wrong.append("not as the table of differences has it: %s, oauthlib: %s\n  %r" % (answer, accepted, d))
    return wrong


def recompute(block, folder):
    """A published request's signature, by oauthlib and Python alone; nothing if it is right."""
    scheme = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith("#"))
    url, base = scheme["url"], scheme["base"]
    params = parse_qsl(url.partition("?")[2], keep_blank_values=True) + parse_qsl(scheme.get("form", ""), keep_blank_values=True)
    header = scheme.get("authorization", "OAuth ")[6:].split(",")
    for name, value in (piece.strip().split("=", 1) for piece in header if piece.strip()):
        if name != "realm":
            params += parse_qsl(name + "=" + value.strip('"').replace("+", "%2B").replace("&", "%26"), keep_blank_values=True)
    given = dict(params)["oauth_signature"]
    params = [pair for pair in params if pair[0] != "oauth_signature"]
    method = dict(params)["oauth_signature_method"]
    if "quirk" not in scheme:
        derived = signature.signature_base_string(scheme["method"], signature.base_string_uri(url), signature.normalize_parameters(params))
        if derived != base:
            return "oauthlib's base string is %s" % derived
    secrets = (scheme.get("client_secret", ""), scheme.get("token_secret", ""))
    if method == "PLAINTEXT":
        return None if given == signature.sign_plaintext(*secrets) else "the secrets are others"
    name = method.partition("-")[2]
    if method.startswith("RSA"):
        key = serialization.load_pem_public_key((folder / scheme["public_key"]).read_bytes())
        try:
            key.verify(base64.b64decode(given), base.encode(), padding.PKCS1v15(), getattr(hashes, name)())
            return None
        except InvalidSignature:
            return "the RSA signature is not the key's"
    if scheme.get("quirk") != "unencoded_key":
        secrets = [quote(secret, safe="~") for secret in secrets]
    made = base64.b64encode(hmac.digest("&".join(secrets).encode(), base.encode(), name)).decode()
    return None if given == made else "the HMAC is %s" % made


def recompute_vectors(folder):
    blocks = [block for path in sorted(folder.glob("*.txt")) for block in path.read_text().split("\n\n")]
    wrong = [(block, recompute(block, folder)) for block in blocks]
    return len(blocks), ["%s: %s" % (block.partition("\n")[0], what) for block, what in wrong if what]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--count", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=5849)
    parser.add_argument("--vectors", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "vectors")
    options = parser.parse_args()
    print("seed %d" % options.seed, flush=True)

    second_opinions = options.count // 20
    methods, wrong = collections.Counter(), []
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        shares = [pool.submit(signed_by_oauthlib, options.driver, options.seed, worker, options.count // WORKERS)
                  for worker in range(WORKERS)]
        other = pool.submit(signed_by_verify, options.driver, options.seed, second_opinions)
        for share in shares:
            counted, faults = share.result()
            methods += counted
            wrong += faults
        wrong += other.result()
    wrong += prove_differences(options.driver)
    published, faults = recompute_vectors(options.vectors)
    wrong += faults
    for fault in wrong[:20]:
        print(fault)
    if wrong:
        sys.exit("seed %d: oauthlib and verify disagree" % options.seed)
    print("%d requests signed by oauthlib accepted, and as many refused after one change: %s" %
          (methods.total(), ", ".join("%s %d" % pair for pair in sorted(methods.items()))))
    print("%d signed by verify, and one change in each: both of the same opinion" % second_opinions)
    print("%d differences as the table has them, %d published requests recomputed" % (len(DIFFERENCES), published))


if __name__ == "__main__":
    main()
