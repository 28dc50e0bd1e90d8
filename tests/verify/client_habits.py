"""What clients in the field do otherwise than RFC 5849."""

import base64
import hashlib

from client_model import CLIENT, KEY, TOKEN, decode, default_port, escape, right_key

# What becomes of the parameters.

def values_of(entries):
    out = {}
    for name, value, source, bare in entries:
        out.setdefault(decode(name, source != "header"), []).append((value, source, bare))
    return out


def keep(which):
    def change(entries, r):
        counts, seen, out = {}, {}, []
        for entry in entries:
            counts[decode(entry[0])] = counts.get(decode(entry[0]), 0) + 1
        for entry in entries:
            name = decode(entry[0])
            seen[name] = seen.get(name, 0) + 1
            if which(seen[name] - 1, counts[name]):
                out.append(entry)
        return out
    return change


def renamed(to):
    def change(entries, r):
        counts, seen, out = {}, {}, []
        for entry in entries:
            counts[decode(entry[0])] = counts.get(decode(entry[0]), 0) + 1
        for name, value, source, bare in entries:
            own = decode(name)
            index = seen.get(own, 0)
            seen[own] = index + 1
            other = to(own.decode("latin-1"), index, counts[own])
            out.append((name if other == own.decode("latin-1") else escape(other.encode("latin-1")), value, source, bare))
        return out
    return change


def joined_by(separator):
    def change(entries, r):
        seen, out, all_values = set(), [], values_of(entries)
        for name, value, source, bare in entries:
            own = decode(name, source != "header")
            if own in seen:
                continue
            seen.add(own)
            if len(all_values[own]) > 1:
                value = escape(separator.encode().join(decode(v, s != "header") for v, s, _ in all_values[own]))
            out.append((name, value, source, bare))
        return out
    return change


def without(test):
    return lambda entries, r: [entry for entry in entries if not test(entry, r)]


def plus_item(name, value):
    return lambda entries, r: [*entries, (name, value, "made", False)]


def once(entries, r):
    seen, out = set(), []
    for entry in entries:
        pair = (decode(entry[0], entry[2] != "header"), decode(entry[1], entry[2] != "header"))
        if pair not in seen:
            out.append(entry)
        seen.add(pair)
    return out


def empties_named(word):
    return lambda entries, r: [(n, v or word, s, b) for n, v, s, b in entries]


def question(entries, r):
    out, done = [], False
    for name, value, source, bare in entries:
        if source == "query" and not done and not name.startswith("oauth_"):
            name, done = "?" + name, True
        out.append((name, value, source, bare))
    return out


def body_hash(r):
    return base64.b64encode(hashlib.sha1(r.body or b"").digest()).decode()


def port_written(port):
    return lambda r: default_port(r) + port if ":" not in r.authority else default_port(r)


def drop(source):
    return without(lambda e, r: e[2] == source and not e[0].startswith("oauth_"))


HABITS = {
    # The URL.
    "http": {"scheme": lambda r: "http" if r.scheme == "https" else r.scheme},
    "default_port_written": {"authority": lambda r: port_written({"http": ":80", "https": ":443"}[r.scheme])(r)},
    "other_port_written": {"authority": lambda r: port_written({"http": ":443", "https": ":80"}[r.scheme])(r)},
    "port_left_out": {"authority": lambda r: r.authority.lower().rpartition(":")[0] or r.authority.lower()},
    "host_in_capitals": {"authority": lambda r: r.authority},
    "www_left_out": {"authority": lambda r: default_port(r).removeprefix("www.")},
    "www_added": {"authority": lambda r: "www." + default_port(r).removeprefix("www.")},
    "host_dot_added": {"authority": lambda r: default_port(r) if ":" in r.authority else default_port(r) + "."},
    "path_decoded": {"path": lambda r: decode(r.path, False).decode("latin-1")},
    "path_encoded": {"path": lambda r: escape(r.path.encode(), left="/")},
    "path_recoded": {"path": lambda r: escape(decode(r.path, False), left="/")},
    "path_in_other_case": {"path": lambda r: r.path.lower()},
    "slash_added": {"path": lambda r: r.path + "/"},
    "slash_left_out": {"path": lambda r: r.path.removesuffix("/")},
    "path_parameters_left_out": {"path": lambda r: r.path.split(";")[0]},
    "query_in_url_too": {"path": lambda r: r.path + ("?" + r.query if r.query else "")},
    "query_in_url": {"path": lambda r: r.path + ("?" + r.query if r.query else ""), "items": drop("query")},
    "question_mark_in_url": {"path": lambda r: r.path + ("?" if r.query is not None else "")},
    "url_not_encoded": {"url_whole": False},
    "url_in_part": {"url": lambda r: r.path},
    # The method.
    "method_in_lower_case": {"method": lambda r: r.method.lower()},
    "method_post": {"method": lambda r: "POST"},
    "method_get": {"method": lambda r: "GET"},
    # What is signed.
    "query_left_out": {"items": drop("query")},
    "form_left_out": {"items": drop("form")},
    "query_in_form": {"items": lambda e, r: [x for x in e if x[2] != "form" or not any(
        y[2] == "query" and (decode(y[0]), decode(y[1])) == (decode(x[0]), decode(x[1])) for y in e)]},
    "repeats_signed_once": {"items": once},
    "last_repeat_signed": {"items": keep(lambda index, count: index + 1 == count)},
    "first_repeat_signed": {"items": keep(lambda index, count: index == 0)},
    "repeats_joined": {"items": joined_by(",")},
    "repeats_joined ": {"items": joined_by(" ")},
    "repeats_joined;": {"items": joined_by(";")},
    "repeats_numbered": {"items": renamed(lambda name, index, count: f"{name}[{index}]" if count > 1 else name)},
    "brackets_added": {"items": renamed(lambda name, index, count: f"{name}[]" if count > 1 else name)},
    "brackets_left_out": {"items": renamed(lambda name, index, count: name.removesuffix("[]"))},
    "brackets_numbered": {"items": renamed(
        lambda name, index, count: f"{name[:-2]}[{index}]" if name.endswith("[]") else name)},
    "empty_values_left_out": {"items": without(lambda e, r: not e[1])},
    "empty_values_named": {"items": empties_named("undefined")},
    "bare_names": {"bare": True},
    "realm_signed": {"items": lambda e, r: plus_item("realm", escape(r.realm.encode()))(e, r) if r.realm else e},
    "empty_token_signed": {"items": lambda e, r: e if r.token else plus_item("oauth_token", "")(e, r)},
    "version_signed": {"items": lambda e, r: e if r.version else plus_item("oauth_version", "1.0")(e, r)},
    "signature_signed": {"items": plus_item("oauth_signature", "")},
    "body_hash_signed": {"items": lambda e, r: plus_item("oauth_body_hash", escape(body_hash(r).encode()))(e, r)
                         if r.body else e},
    "question_mark_signed": {"items": question},
    "values_cut": {"items": lambda e, r: [(n, v if s == "header" else v.split("=")[0], s, b) for n, v, s, b in e]},
    "divided_at_semicolons": {"query": lambda q: q.replace(";", "&")},
    "html_ampersands": {"query": lambda q: q.replace("&", "&amp;")},
    "parameter_left_out": {"items": without(lambda e, r: e[0] == "oauth_version")},
    # How it is written and sorted.
    "plus_as_itself": {"plus": True},
    "names_not_decoded": {"names": "received_encoded"},
    "values_not_decoded": {"values": "received_encoded"},
    "parameters_not_decoded": {"names": "received_encoded", "values": "received_encoded"},
    "values_encoded_twice": {"values": "twice"},
    "parameters_encoded_twice": {"names": "twice", "values": "twice"},
    "parameters_not_encoded": {"names": "decoded", "values": "decoded"},
    "values_not_encoded": {"values": "decoded"},
    "parameters_as_received": {"names": "received", "values": "received"},
    "sorted_before_encoding": {"order": "decoded"},
    "sorted_as_joined": {"order": "joined"},
    "sorted_by_name_alone": {"order": "names"},
    "sorted_in_any_case": {"order": "case"},
    "sorted_by_value": {"order": "values"},
    "not_sorted": {"order": "none"},
    "double_utf8": {"text": lambda b: b.decode("latin-1").encode()},
    "signed_as_latin1": {"text": lambda b: b.decode(errors="replace").encode("latin-1", "replace")},
    "left_script": {"codec": {"left": "!*'()"}, "whole": {"left": "!*'()"}},
    "form_encoding": {"codec": {"plus": True, "escaped": "~"}, "whole": {"plus": True, "escaped": "~"}},
    "space_as_plus": {"codec": {"plus": True}, "whole": {"plus": True}},
    "java_encoding": {"codec": {"plus": True, "escaped": "~", "left": "*"}, "whole": {"plus": True, "escaped": "~", "left": "*"}},
    "tilde_escaped": {"codec": {"escaped": "~"}, "whole": {"escaped": "~"}},
    "lower_case_escapes": {"codec": {"lower": True}, "whole": {"lower": True}},
    "lower_case_escapes_in_parameters": {"codec": {"lower": True}},
    "slash_left_in_parameters": {"codec": {"left": "/"}},
    "url_encoding_in_parameters": {"codec": {"left": ";,/?:@&=+$!*'()#"}},
    "left_script_in_parameters": {"codec": {"left": "!*'()"}},
    "form_encoding_in_parameters": {"codec": {"plus": True, "escaped": "~"}},
    "asterisk_left_in_parameters": {"codec": {"left": "*"}},
    "values_as_received": {"values": "received"},
    "asterisk_left": {"codec": {"left": "*"}, "whole": {"left": "*"}},
    "parameters_not_encoded_as_a_whole": {"params_whole": False},
    "base_string_not_encoded": {"params_whole": False, "url_whole": False},
    "line_end_behind_base_string": {"frame": "{}&{}&{}\n"},
    # The key, the hash, the notation.
    "key_not_encoded": {"key": lambda r: CLIENT + "&" + (TOKEN if r.token else "")},
    "token_secret_left_out": {"key": lambda r: escape(CLIENT.encode()) + "&"},
    "client_key_as_token_secret": {"key": lambda r: escape(CLIENT.encode()) + "&" + KEY},
    "key_without_ampersand": {"key": lambda r: right_key(r).replace("&", "")},
    "key_in_wrong_order": {"key": lambda r: "&".join(reversed(right_key(r).split("&")))},
    "space_in_secret": {"key": lambda r: right_key(r).replace("&", "%20&")},
    "line_end_in_secret": {"key": lambda r: right_key(r).replace("&", "%0D%0A&")},
    "space_in_token_secret": {"key": lambda r: right_key(r) + "%20" if r.token else right_key(r)},
    "key_encoded_otherwise": {"key": lambda r: right_key(r).replace("%20", "+")},
    "key_encoded_twice": {"key": lambda r: right_key(r).replace("%", "%25")},
    "client_key_as_secret": {"key": lambda r: KEY + "&" + right_key(r).split("&")[1]},
    "token_secret_named": {"key": lambda r: right_key(r) + ("" if r.token else "undefined")},
    "hash": {"digest": "sha256"},
    "signature_hex": {"notation": lambda raw: raw.hex()},
    "signature_without_padding": {"notation": lambda raw: base64.b64encode(raw).decode().rstrip("=")},
    "signature_base64url": {"notation": lambda raw: base64.urlsafe_b64encode(raw).decode()},
    "signature_base64_of_hex": {"notation": lambda raw: base64.b64encode(raw.hex().encode()).decode()},
    "signature_in_one_case": {"notation": lambda raw: base64.b64encode(raw).decode().lower()},
}

# Libraries with several habits, as their source has them.
LIBRARIES = {
    "Tcl's oauth": ["question_mark_signed", "parameters_as_received"],
    "oauth-1.0a": ["names_not_decoded", "plus_as_itself", "values_cut"],
    "twitter-api-v2": ["names_not_decoded", "default_port_written"],
    "npm oauth": ["repeats_numbered", "default_port_written"],
    "Qt": ["sorted_before_encoding", "default_port_written"],
    "ruby-oauth": ["sorted_before_encoding", "version_signed"],
    "WP-API": ["plus_as_itself", "key_not_encoded"],
    "axios": ["form_left_out", "repeats_joined"],
    "a PHP script": ["form_encoding", "key_not_encoded"],
    "a tool behind nginx": ["http", "form_encoding"],
    "a Java program": ["java_encoding", "default_port_written"],
    "a .NET program": ["sorted_in_any_case", "lower_case_escapes"],
    "another tool behind nginx": ["http", "port_left_out", "left_script"],
    "a shell script": ["line_end_behind_base_string", "line_end_in_secret"],
    "an old client": ["query_left_out", "form_left_out"],
}
