#!/usr/bin/python3
"""What clients in the field do otherwise than RFC 5849, explained: of each request that one of them signs wrongly the
right cause is named and nothing beside it, and none of those that are signed rightly is blamed.

usage: clients_explained.py DRIVER [--count N] [--seed N] [--show]

1. Each row of HABITS is a habit of some clients. Requests of many kinds are signed with one of them, or with those
   of one of the LIBRARIES, which have several.
2. As many requests are signed by oauthlib and by the plain words of the RFC.
3. tests/vectors/explained.tsv has requests as libraries really sent them, with what they do otherwise. They were
   made by client_libraries.py, which makes new ones where the libraries are installed.

A habit that makes no difference to a request is none: it is left out of what is expected. Where two habits come to
the same base string, either is right.
"""

import argparse
import itertools
import pathlib
import random
import subprocess
import sys
from urllib.parse import quote

from oauthlib.oauth1 import Client

from client_habits import HABITS, LIBRARIES
from client_model import ACCESS, CLIENT, KEY, TIME, TOKEN, Request, sign

QUERIES = [None, "a=1", "a=1&b=2", "b=2&a=1&a=3&a=2", "a%5B%5D=1&a%5B%5D=2", "q=caf%C3%A9&z=%20x", "q=one+two", "q=a%2Bb+c",
           "flag&d=1&e=", "x=(1)*'2!&y=~", "name=a%2fb%c3%a9", "f=a%3Db=c&g=h", "a;b=1;c=2", "Z=1&a=2&B=3",
           "n=10&m=9&k=100", "url=http%3A%2F%2Fx.example%2F%3Fa%3Db%26c", "a[]=1&a[]=2", "aa=1&a%C3%A9=2&a-=3", "e=%E2%82%AC&a=%F0%9F%98%80"]
FORMS = [None, "text=hello", "status=Hello%20Ladies%20%2b%20Gentlemen", "a=1&a=2", "b=two+words&c=%C3%BC", "k=(v)*!&t=~/", "a=2&z="]
PATHS = ["/", "/1/resource", "/api/v2/users/", "/a%20b/c", "/Caf%C3%A9/%7Ex", "/a(1);v=2/b@c"]
HOSTS = ["api.example.com", "API.Example.com", "www.example.com", "api.example.com:8443", "localhost:3000"]


def requests(seed, count):
    rng = random.Random(seed)
    for _ in range(count):
        form = rng.choice(FORMS) if rng.random() < 0.4 else None
        place = rng.choice(["header"] * 6 + ["query"] + (["form"] if form else []))
        query = rng.choice(QUERIES)
        yield Request(
            method="POST" if form else rng.choice(["GET", "GET", "GET", "POST", "PUT", "DELETE"]),
            scheme=rng.choice(["https", "https", "http"]), authority=rng.choice(HOSTS), path=rng.choice(PATHS),
            query=query, form=form, place=place, token=rng.random() < 0.8, version=rng.random() < 0.7,
            realm="Photos" if place == "header" and rng.random() < 0.3 else None,
            extra=[("oauth_callback", "http://c.example/cb?x=1 2")] if rng.random() < 0.2 else [],
            body=b'{"a":1}' if not form and rng.random() < 0.2 else None)


def merged(names):
    out = {}
    for name in names:
        for key, value in HABITS[name].items():
            if key == "items" and "items" in out:
                before = out["items"]
                value = (lambda first, then: lambda e, r: then(first(e, r), r))(before, value)
            out[key] = value
    return out


def plain(names):
    return ", ".join(sorted(name.rstrip(" ;") for name in names))


def expected(r, names, singles):
    """Every fewest set of habits that signs the request so; `singles`: by signature."""
    signature = sign(r, merged(names))
    if signature == sign(r, {}):
        return None
    if "question_mark_signed" in names:
        # As Tcl has it, the mark is not encoded: that is one thing with it, or two.
        more = ["parameters_as_received", "values_as_received", "url_encoding", "slash_left", "left_script",
                "query_reserved_left", "reserved_left", "asterisk_left", "lower_case_escapes", "space_as_plus"]
        return {"question_mark_signed"} | {plain(["question_mark_signed", one]) for one in more} | {
            plain(["question_mark_signed", one + "_in_parameters"]) for one in more}
    for count in range(1, len(names) + 1):
        found = {plain(some) for some in itertools.combinations(names, count) if sign(r, merged(some)) == signature}
        if count == 1:
            found |= {plain([name]) for name in singles.get(signature, [])}
        if found:
            return found
    raise AssertionError(names)


def single_signatures(r):
    out = {}
    for name, options in HABITS.items():
        try:
            out.setdefault(sign(r, options), []).append(name)
        except UnicodeError:
            pass
    return out


# Names for one and the same thing, where a request can't tell them apart.
SAME = {"_in_parameters": "", "_and_port": "", "as_received": "not_encoded", "_of_query": "", "_of_form": "", "https": "http",
        "names_not": "parameters_not", "form_encoding": "space_as_plus", "java_encoding": "space_as_plus",
        "script_escape": "url_encoding", "base_string_not_encoded": "url_encoding", "query_in_form": "form_left_out",
        "own_parameters_first": "not_sorted", "names_encoded_twice": "parameters_encoded_twice",
        "sorted_by_name_alone": "sorted_in_any_case"}


def alike(answer):
    names = answer.split(", ")
    for old, new in SAME.items():
        names = [name.replace(old, new) if name != "http" else name for name in names]
    return ", ".join(sorted(names))


def is_right(answer, expectation):
    """Fewer changes than were made, with which the signature comes out, are another way to the same base string."""
    fewest = min(one.count(", ") for one in expectation)
    known = answer not in ("right", "nothing", "unreadable")
    return alike(answer) in {alike(one) for one in expectation} or (known and answer.count(", ") < fewest)


def cases(seed, count):
    """(label, line for the driver, answers that are right)."""
    for index, r in enumerate(requests(seed, count)):
        singles = single_signatures(r)
        rng = random.Random(index)
        some = rng.sample(list(HABITS), 6)
        for name in some:
            right = expected(r, [name], singles)
            if right:
                yield name, r.line(sign(r, HABITS[name])), right
        library = rng.choice(list(LIBRARIES))
        right = expected(r, LIBRARIES[library], singles)
        if right:
            yield library, r.line(sign(r, merged(LIBRARIES[library]))), right
        yield "right", r.line(sign(r, {})), {"right"}


def recorded(path):
    """Of the file: label, answer and the driver's line, divided by tabs."""
    for text in path.read_text().splitlines() if path.exists() else []:
        if text and not text.startswith("#"):
            label, answer, line = text.split("\t", 2)
            yield label, line, set(answer.split("|"))


def signed_by_oauthlib(count):
    for index, (query, form, path) in enumerate(itertools.islice(itertools.product(QUERIES, FORMS, PATHS), count)):
        if query and ("[" in query or ";" in query):
            continue
        url = "https://api.example.com" + path + ("?" + query if query else "")
        client = Client(KEY, CLIENT, ACCESS, TOKEN, timestamp=str(TIME), nonce="n0nce")
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            _, headers, _ = client.sign(url, "POST" if form else "GET", form, headers)
        except ValueError:
            continue  # oauthlib does not take every query
        r = Request("POST" if form else "GET", path=path, query=query, form=form)
        fields = r.line("x").split("\t")
        fields[4] = quote(headers["Authorization"], safe="")
        yield f"oauthlib {index}", "\t".join(fields), {"right"}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("driver")
    parser.add_argument("--count", type=int, default=45)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    vectors = pathlib.Path(__file__).resolve().parents[1] / "vectors" / "explained.tsv"
    all_cases = [*cases(options.seed, options.count), *signed_by_oauthlib(300), *recorded(vectors)]
    done = subprocess.run([options.driver, CLIENT, TOKEN], input="\n".join(line for _, line, _ in all_cases) + "\n",
                          capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(all_cases), (len(answers), len(all_cases), done.stderr)
    wrong = right = failed = 0
    for (label, line, expectation), answer in zip(all_cases, answers):
        wrong += expectation != {"right"}
        right += expectation == {"right"}
        if not is_right(answer, expectation):
            failed += 1
            print(f"{label}: {answer}, not {' or '.join(sorted(expectation))}\n  {line}")
    print(f"{wrong} requests signed wrongly, {right} rightly; {failed} told otherwise")
    return 1 if failed or wrong < 2 * options.count or right < 150 else 0


if __name__ == "__main__":
    sys.exit(main())
